"""The values that cross rooms: frozen, plain, without behaviour beyond what they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from store.labels import category_of
from store.months import month_of

AUTHORED_TAG = "authored-sample"
"""A thread or model that carries this tag was written for the project's sample, not mined."""


class SourceKind(StrEnum):
    """What a source tells of."""

    FORUM = "forum"
    HUB = "hub"
    UPLOADS = "uploads"


class ThreadState(StrEnum):
    """What the forum shows of a thread. Only the first three are counted in trends."""

    LIVE = "live"
    CLOSED = "closed"
    ARCHIVED = "archived"
    UNLISTED = "unlisted"
    DELETED = "deleted"
    PRIVATE = "private"


COUNTED_STATES = (ThreadState.LIVE, ThreadState.CLOSED, ThreadState.ARCHIVED)


class Verdict(StrEnum):
    """What a bundle says of a post or thread as a whole."""

    LABELLED = "labelled"
    NONE = "none"
    ABSTAINED = "abstained"


def thread_verdict(verdicts: Collection[Verdict]) -> Verdict:
    """A thread is labelled if one of its posts is; else abstained if one is; else none applies."""
    return next(verdict for verdict in (Verdict.LABELLED, Verdict.ABSTAINED, Verdict.NONE) if verdict in verdicts)


@dataclass(frozen=True, slots=True)
class Source:
    """A forum, a Hub or a published table, with the half-open span of time that it covers (UTC)."""

    id: int
    kind: SourceKind
    name: str
    authored: bool = False
    covered_from: datetime | None = None
    covered_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One post as the forum shows it; `body` is plain text with code in fenced blocks (see store.text).

    `staff`: whether somebody wrote it who runs the forum or the project; None where the source does not tell.
    """

    external_id: str
    number: int
    created_at: datetime
    body: str
    author: str = ""
    updated_at: datetime | None = None
    reply_to: int | None = None
    likes: int = 0
    accepted: bool = False
    staff: bool | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread with its visible posts, ascending by number. `external_id` is unique within the source."""

    external_id: str
    title: str
    url: str
    created_at: datetime
    posts: tuple[Post, ...]
    category: str = ""
    tags: tuple[str, ...] = ()
    state: ThreadState = ThreadState.LIVE
    bumped_at: datetime | None = None
    views: int = 0
    likes: int = 0


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model on the Hub; None where the source does not tell.

    `model_type` is as the Hub has it, `family` its usual name (empty: the same). `hub_id` stays when a model is
    renamed. `gated`: readers must ask for access.
    """

    id: str
    created_at: datetime | None
    model_type: str | None = None
    pipeline_tag: str | None = None
    library: str | None = None
    has_card: bool | None = None
    downloads: int = 0
    likes: int = 0
    tags: tuple[str, ...] = ()
    family: str = ""
    hub_id: str = ""
    gated: bool | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ModelCounts:
    """How many models of a source there are, and how many of them have no known date, are gated, are gone."""

    models: int
    unknown_dates: int
    gated: int
    gone: int


class CardState(StrEnum):
    """How the reading of a model card ended."""

    READ = "read"
    MISSING = "missing"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ModelCardFacts:
    """What a model card holds: length of its text, titles of its sections, names of its metadata fields.

    The text is what stands below the metadata. `placeholders` counts places where a template was left unfilled;
    `broken_metadata`: the metadata is no YAML mapping that can be read, and `fields` are the names that still show.
    """

    model_id: str
    state: CardState
    read_at: datetime
    characters: int = 0
    words: int = 0
    placeholders: int = 0
    sections: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    broken_metadata: bool = False


@dataclass(frozen=True, slots=True)
class UploadCount:
    """Models of one family created in one month, from a published table. `cards`: those with a model card."""

    month: int
    family: str
    models: int
    cards: int | None = None


@dataclass(frozen=True, slots=True)
class PostInput:
    """A text to label, with the context that is known; absent context is None or empty.

    `reply` None means: true if `previous` or `by_starter` is given.
    """

    id: str
    body: str
    title: str = ""
    reply: bool | None = None
    previous: str | None = None
    by_starter: bool | None = None
    accepted: bool | None = None
    category: str = ""
    tags: tuple[str, ...] = ()
    post_number: int | None = None
    source: str = ""

    @property
    def is_reply(self) -> bool:
        """Whether the post answers an earlier one."""
        if self.reply is not None:
            return self.reply
        return self.previous is not None or self.by_starter is not None


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled post: leaf ids, primary first; empty where no label applies."""

    post: PostInput
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A leaf or category of a taxonomy. `category` equals `id` for a category and for a leaf without one."""

    id: str
    kind: str
    name: str
    definition: str
    leaf: bool

    @property
    def category(self) -> str:
        """Id of the category: the part before the slash."""
        return category_of(self.id)


class ExampleOrigin(StrEnum):
    """Where a labelled post comes from."""

    REAL = "real"
    GIVEN = "given"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True)
class NearExample:
    """A labelled post that is like another; `source` tells where it is, as its text is not kept. cosine in (0, 1]."""

    source: str
    labels: tuple[str, ...]
    cosine: float
    origin: ExampleOrigin


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for a label: terms of the post, (words, weight), strongest first, and the nearest examples of it."""

    label: str
    terms: tuple[tuple[str, float], ...]
    examples: tuple[NearExample, ...] = ()


@dataclass(frozen=True, slots=True)
class Classification:
    """What a bundle says of one post: labels given and the full ranking, both (leaf id, score), best first.

    `categories` are those with their scores, in the order of the taxonomy.
    """

    id: str
    labels: tuple[tuple[str, float], ...]
    ranked: tuple[tuple[str, float], ...]
    abstained: bool
    categories: tuple[tuple[str, float], ...] = ()
    reasons: tuple[Reason, ...] = ()
    """Why each label was given, in the order of `labels`; only where it was asked for."""

    @property
    def verdict(self) -> Verdict:
        """The three-way answer that trends count."""
        if self.labels:
            return Verdict.LABELLED
        return Verdict.ABSTAINED if self.abstained else Verdict.NONE


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post of the store in its context, ready to be labelled. `input_hash` covers text and context."""

    id: int
    number: int
    input_hash: bytes
    input: PostInput


@dataclass(frozen=True, slots=True)
class Opening:
    """The first visible post of a thread, whose row in the store is `post_id`."""

    thread_id: int
    month: int
    post_id: int
    post: PostInput


@dataclass(frozen=True, slots=True)
class StoredThread:
    """A thread of the store with its visible posts in context, ascending by number.

    `revision` grows with every change of any thread: a stage that has seen revision r reads on from there.
    A thread that is no longer counted comes with `counted` False and no posts.
    """

    id: int
    revision: int
    month: int
    title: str
    counted: bool
    posts: tuple[StoredPost, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a bundle says of one stored post; `labels` are (leaf id, score), best first.

    `probabilities` are those of all leaves and categories, given or not.
    """

    post_id: int
    input_hash: bytes
    verdict: Verdict
    labels: tuple[tuple[str, float], ...]
    probabilities: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mention:
    """A thread mentions a model family in `posts` of its posts."""

    thread_id: int
    family: str
    posts: int


@dataclass(frozen=True, slots=True)
class TrendSubject:
    """What a trend counts: at most one of label (leaf or category id), topic and forum category; none: all threads."""

    label: str | None = None
    topic: int | None = None
    forum_category: str | None = None


class Coverage(StrEnum):
    """How much of a month the sources cover."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A month, quarter or week of a trend, by its first moment; None means unknown (outside coverage), never 0.

    `expected_threads` is the sum of the subject's calibrated probabilities over all threads (probabilistic adjusted
    count, Bella et al. 2010): of labels only, and without families. `downloads` are those of its uploads.
    """

    start: datetime
    threads: int | None
    all_threads: int | None
    labelled_threads: int | None
    none_threads: int | None
    abstained_threads: int | None
    uploads: int | None
    all_uploads: int | None
    uploads_with_card: int | None
    partial: bool
    forum_coverage: Coverage
    hub_coverage: Coverage
    expected_threads: float | None = None
    downloads: int | None = None

    @property
    def month(self) -> int:
        """The month in which it begins."""
        return month_of(self.start)

    @property
    def share(self) -> float | None:
        """Threads of the subject over all threads; None when unknown or when there are none."""
        return self.threads / self.all_threads if self.threads is not None and self.all_threads else None

    @property
    def upload_share(self) -> float | None:
        """Uploads of the families over all uploads; None when unknown or when there are none."""
        return self.uploads / self.all_uploads if self.uploads is not None and self.all_uploads else None

    @property
    def card_share(self) -> float | None:
        """Uploads with a card over uploads; None when unknown or when there are none."""
        return self.uploads_with_card / self.uploads if self.uploads_with_card is not None and self.uploads else None

    @property
    def abstained_share(self) -> float | None:
        """Abstained threads over all threads; None when unknown or when there are none."""
        if self.abstained_threads is None or not self.all_threads:
            return None
        return self.abstained_threads / self.all_threads


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """A thread as lists show it."""

    id: int
    title: str
    url: str
    category: str
    tags: tuple[str, ...]
    created_at: datetime
    posts: int
    labels: tuple[str, ...]
    families: tuple[str, ...]
    topic: int | None
    authored: bool


@dataclass(frozen=True, slots=True)
class ThreadLink:
    """A thread as evidence names it."""

    id: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class PostDetail:
    """A post as a reader sees it, with what the current bundle says of it."""

    id: int
    number: int
    author: str
    created_at: datetime
    body: str
    reply_to: int | None
    accepted: bool
    labels: tuple[tuple[str, float], ...]
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """Which threads to list; empty or None means any. `label` is a leaf or category id."""

    label: str = ""
    topic: int | None = None
    families: tuple[str, ...] = ()
    category: str = ""
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """How much the store holds. `assignments` counts posts that the current bundle has read."""

    threads: int
    posts: int
    models: int
    assignments: int
    mentions: int
    topics: int
    vectors: int
    threads_by_state: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
