"""Root causes are read from settled questions only, once, and go when a text that they were read from goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from classifier.cache import CachedEmbedder
from classifier.causes import FEEDBACK, CauseSummary, assign_causes, settled_pair
from classifier.features import take_apart
from store.assignments import save_thread_assignments, set_current_bundle
from store.causes import current_causes, known_causes, list_causes, query_causes
from store.database import Database
from store.holdings import counts
from store.sources import ensure
from store.themes import ThemeKind, ThreadScope
from store.threads import changed_threads, save_thread, set_thread_state
from store.values import Assignment, Classification, Post, PostInput, SourceKind, Thread, ThreadState, Verdict
from tests.classifier.fakes import HashEmbedder
from tests.store.build import post, thread

WORDS = {"typo": "user/programming", "fixed": "hub/bug"}
LABELS = "labels-1"


class CauseBundle:
    """Tells causes by a word of the answer; "unsure" makes it abstain."""

    id = "causes-1"

    def __init__(self, embedder: HashEmbedder | CachedEmbedder | None = None) -> None:
        self.read: list[PostInput] = []
        self._embedder = embedder or HashEmbedder()

    def classify(self, posts: Sequence[PostInput]) -> list[Classification]:
        self.read += posts
        self._embedder.encode([view for item in posts for view in take_apart(item).views if view])
        ranked = [tuple((leaf, 0.75) for word, leaf in WORDS.items() if word in item.body) for item in posts]
        return [
            Classification(item.id, () if "unsure" in item.body else found, found or (("other", 0.25),), False)
            for item, found in zip(posts, ranked, strict=True)
        ]


@pytest.fixture
def forum(db: Database) -> int:
    return ensure(db, SourceKind.FORUM, "https://forum.example").id


def settled(key: str, answer: str, **fields: bool) -> Thread:
    """Ann asks, Bob guesses, Cid's answer is accepted, Ann thanks."""
    said = [
        post(1, f"question {key}", author="ann"),
        post(2, f"guess {key}", author="bob"),
        post(3, f"{answer} {key}", author="cid", accepted=fields.get("accepted", True)),
        post(4, f"thanks {key}", author="ann"),
    ]
    return thread(key, *(replace(item, external_id=f"{key}-{item.number}") for item in said), title="A title")


def label(db: Database, thread_id: int, *labels: tuple[str, ...]) -> None:
    """What the label bundle says of each post of a thread."""
    stored = next(each for each in changed_threads(db, 0) if each.id == thread_id)
    found = [
        Assignment(
            item.id, item.input_hash, Verdict.LABELLED if names else Verdict.NONE, tuple((n, 0.5) for n in names)
        )
        for item, names in zip(stored.posts, labels, strict=True)
    ]
    save_thread_assignments(db, LABELS, f"assign:{LABELS}", [(stored, found)])
    set_current_bundle(db, LABELS)


def test_the_accepted_answer_is_read_with_the_question_under_its_title(db: Database, forum: int) -> None:
    save_thread(db, forum, settled("a", "a typo"))
    save_thread(db, forum, thread("b", title="Nobody answered"))
    bundle = CauseBundle()
    assert assign_causes(db, bundle, None) == CauseSummary(2, 1, 1)
    (read,) = bundle.read
    assert (read.body, read.previous, read.title) == ("a typo a", "A title\n\nquestion a", "")
    assert read.is_reply and read.accepted and read.by_starter is False
    (found,) = list_causes(db, bundle.id, ThreadScope())
    assert (found.cause, found.score, found.title) == ("user/programming", 0.75, "A title")
    assert current_causes(db) == bundle.id


def test_only_what_changed_is_read_again(db: Database, forum: int) -> None:
    for key in "abc":
        save_thread(db, forum, settled(key, "a typo"))
    bundle = CauseBundle()
    assign_causes(db, bundle, None)
    assert assign_causes(db, bundle, None) == CauseSummary(0, 0, 0)
    said = settled("b", "a typo")
    save_thread(db, forum, replace(said, posts=(*said.posts, post(5, "me too", key="b-5"))))
    assert assign_causes(db, bundle, None) == CauseSummary(1, 1, 0), "the pair is as it was"
    save_thread(db, forum, settled("b", "was fixed"))
    assert assign_causes(db, bundle, None) == CauseSummary(1, 1, 1)
    shares = query_causes(db, bundle.id, ThreadScope())["all"]
    assert (shares.threads, shares.abstained, shares.causes) == (3, 0, (("user/programming", 2), ("hub/bug", 1)))
    save_thread(db, forum, settled("b", "was fixed", accepted=False))
    assign_causes(db, bundle, None)
    assert query_causes(db, bundle.id, ThreadScope())["all"].threads == 2


def test_what_the_bundle_leaves_open_is_told_apart(db: Database, forum: int) -> None:
    save_thread(db, forum, settled("a", "unsure"))
    save_thread(db, forum, settled("b", "a typo"))
    bundle = CauseBundle()
    assign_causes(db, bundle, None)
    shares = query_causes(db, bundle.id, ThreadScope(), ThemeKind.FORUM_CATEGORY)["Beginners"]
    assert (shares.threads, shares.abstained, shares.causes) == (2, 1, (("user/programming", 1),))
    assert [item.score for item in list_causes(db, bundle.id, ThreadScope(), "")] == [0.25]


@pytest.mark.parametrize(
    ("last", "confirmed"),
    [
        ((FEEDBACK,), True),
        ((FEEDBACK, "acknowledgement/thanks"), True),
        (("acknowledgement/thanks",), False),
        ((FEEDBACK, "memory/gpu"), False),
        ((), False),
    ],
)
def test_an_answer_counts_as_confirmed_where_the_thread_ends_with_good_feedback_by_its_starter(
    db: Database, forum: int, last: tuple[str, ...], confirmed: bool
) -> None:
    thread_id = save_thread(db, forum, settled("a", "was fixed", accepted=False))
    label(db, thread_id, (), (), (), last)
    bundle = CauseBundle()
    assert assign_causes(db, bundle, LABELS).answered == confirmed
    assert [item.body for item in bundle.read] == ["was fixed a"] * confirmed
    assert assign_causes(db, bundle, None).answered == 0, "without labels nothing is known to be confirmed"


def test_feedback_by_another_confirms_nothing(db: Database, forum: int) -> None:
    said = settled("a", "was fixed", accepted=False)
    save_thread(db, forum, replace(said, posts=(*said.posts, post(5, "worked for me", key="a-5", author="dan"))))
    (stored,) = changed_threads(db, 0)
    labels = {item.id: {FEEDBACK} for item in stored.posts}
    assert settled_pair(stored, labels) is None


@pytest.mark.parametrize("gone", [1, 3])
def test_a_cause_goes_at_once_with_the_question_or_the_answer(db: Database, forum: int, gone: int) -> None:
    said = settled("a", "a typo")
    thread_id = save_thread(db, forum, said)
    save_thread(db, forum, settled("b", "a typo"))
    bundle = CauseBundle(CachedEmbedder(HashEmbedder(), db))
    assign_causes(db, bundle, None)
    assert counts(db, None).vectors == 4
    save_thread(db, forum, replace(said, posts=tuple(item for item in said.posts if item.number != gone)))
    assert thread_id not in known_causes(db, bundle.id, [thread_id])
    assert len(list_causes(db, bundle.id, ThreadScope())) == 1
    assert counts(db, None).vectors == 3
    assert assign_causes(db, bundle, None).answered == 0


def test_a_thread_that_is_gone_has_no_cause(db: Database, forum: int) -> None:
    save_thread(db, forum, settled("a", "a typo"))
    bundle = CauseBundle(CachedEmbedder(HashEmbedder(), db))
    assign_causes(db, bundle, None)
    set_thread_state(db, forum, "a", ThreadState.DELETED)
    assert query_causes(db, bundle.id, ThreadScope()) == {}
    assert counts(db, None).vectors == 0


def test_an_opening_that_is_gone_is_no_question(db: Database, forum: int) -> None:
    said = settled("a", "a typo")
    save_thread(db, forum, replace(said, posts=said.posts[1:]))
    assert assign_causes(db, CauseBundle(), None).answered == 0


def test_the_opening_may_not_answer_itself(db: Database, forum: int) -> None:
    first = Post("x", 1, post(1).created_at, "a typo", "ann", accepted=True)
    save_thread(db, forum, thread("a", first, post(2, "hm", author="bob")))
    assert assign_causes(db, CauseBundle(), None).answered == 0
