"""The client's calls of ReviewService."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from classifier.agreement import Agreement
from classifier.queue import Reason
from classifier.reviewed import Round
from forumlens.client.calls import Calls, filter_fields
from forumlens.v1 import review_pb2 as rpb
from forumlens.v1.review_pb2_grpc import ReviewServiceStub
from service.convert import post_detail, thread_summary
from service.convert_reviews import review_of, round_of
from service.fields import enum_number, from_message
from store.review_values import Lane, NewReview, Review
from store.values import PostDetail, ThreadFilter, ThreadSummary


@dataclass(frozen=True, slots=True)
class QueuedPost:
    """A post to judge; `suggestions`: the likeliest leaves with their probabilities, given or not, best first."""

    post: PostDetail
    text_hash: bytes
    suggestions: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class QueuedThread:
    """A thread to look at and why, the weightiest reason first; `worth` is 0 in the random lane."""

    thread: ThreadSummary
    posts: tuple[QueuedPost, ...]
    reasons: tuple[Reason, ...]
    worth: float


@dataclass(frozen=True, slots=True)
class Queue:
    """The head of a lane; `total` threads are in it for this reviewer."""

    threads: tuple[QueuedThread, ...]
    total: int
    bundle_id: str


@dataclass(frozen=True, slots=True)
class Undone:
    """The entry that takes a review back, that review, and what the reviewer's word on the post is now."""

    undo: Review
    undone: Review
    in_force: Review | None


@dataclass(frozen=True, slots=True)
class ShareEstimate:
    """Share of threads that a label is true of, in [0, 1], by several ways; None where too few are judged.

    raw: that the classifier gave; expected: by its probabilities; reviewed: of the judged threads; share: by
    prediction-powered inference, with `weight` of the probabilities. Intervals are of 95 %.
    """

    label: str
    raw_share: float
    expected_share: float
    reviewed_share: float | None
    reviewed_low: float | None
    reviewed_high: float | None
    share: float | None
    low: float | None
    high: float | None
    weight: float | None


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of labels among `threads`, of which some were drawn by lot, and of these some are judged whole."""

    shares: tuple[ShareEstimate, ...]
    threads: int
    drawn_threads: int
    reviewed_threads: int
    needed_threads: int
    bundle_id: str


class ReviewCalls(Calls):
    """What people say of the classifier's answers. Writing needs the scope `review` where there are tokens."""

    @cached_property
    def _reviews(self) -> ReviewServiceStub:
        return ReviewServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def list_queue(
        self, reviewer: str = "", wanted: ThreadFilter | None = None, *, lane: Lane = Lane.TRIAGE, size: int = 0
    ) -> Queue:
        """The threads that this reviewer should look at first, at most 100; judge them and ask again.

        The random lane takes no filter. Raises ClientError.
        """
        request = rpb.ListQueueRequest(
            lane=enum_number(rpb.Lane.DESCRIPTOR, lane),  # type: ignore[arg-type]
            reviewer=reviewer,
            **filter_fields(wanted),
            page_size=size,
        )
        found: rpb.ListQueueResponse = self._call(self._reviews.ListQueue, request)
        return Queue(tuple(map(_queued, found.items)), found.total, found.bundle_id)

    def submit_review(self, review: NewReview) -> Review:
        """Record what is said of a post, in place of what the reviewer said of it before. Raises ClientError."""
        request = rpb.SubmitReviewRequest(
            post=review.post_id,
            decision=enum_number(rpb.Decision.DESCRIPTOR, review.decision),  # type: ignore[arg-type]
            labels=review.labels,
            note=review.note,
            lane=enum_number(rpb.Lane.DESCRIPTOR, review.lane),  # type: ignore[arg-type]
            text_hash=review.text_hash.hex(),
            reviewer=review.reviewer,
        )
        return review_of(self._call(self._reviews.SubmitReview, request).review)

    def undo_review(self, reviewer: str = "", review_id: int = 0) -> Undone:
        """Take a review back; without an id the reviewer's latest. Raises ClientError."""
        request = rpb.UndoReviewRequest(id=review_id, reviewer=reviewer)
        found: rpb.UndoReviewResponse = self._call(self._reviews.UndoReview, request)
        in_force = review_of(found.in_force) if found.HasField("in_force") else None
        return Undone(review_of(found.undo), review_of(found.undone), in_force)

    def list_reviews(self, thread_id: int, *, page_size: int = 0) -> Iterator[Review]:
        """All entries on the posts of a thread, oldest first, fetched page by page. Raises ClientError."""
        request = rpb.GetReviewsRequest(thread=thread_id, page_size=page_size)
        for page in self._pages(self._reviews.GetReviews, request):
            yield from map(review_of, page.reviews)

    def reviewers(self) -> tuple[str, ...]:
        """Everybody who has judged a post. Raises ClientError."""
        found: rpb.GetAgreementResponse = self._call(self._reviews.GetAgreement, rpb.GetAgreementRequest(page_size=1))
        return tuple(found.reviewers)

    def agreement(self, first: str = "", second: str = "") -> Agreement:
        """How far two reviewers agree; without names the two with most posts in common. Raises ClientError."""
        request = rpb.GetAgreementRequest(first=first, second=second, page_size=500)
        pages: list[rpb.GetAgreementResponse] = list(self._pages(self._reviews.GetAgreement, request))
        apart = (each for page in pages for each in page.disagreements)
        pairs = tuple((review_of(each.first), review_of(each.second)) for each in apart)
        return from_message(pages[0], Agreement, disagreements=pairs)

    def list_rounds(self, lane: Lane | None = None) -> list[Round]:
        """How right each bundle was about what was judged of it, oldest first. Raises ClientError."""
        number = enum_number(rpb.Lane.DESCRIPTOR, lane) if lane else 0
        request = rpb.ListRoundsRequest(lane=number)  # type: ignore[arg-type]
        return list(map(round_of, self._call(self._reviews.ListRounds, request).rounds))

    def estimate_shares(self, labels: Sequence[str] = (), *, start_month: str = "", end_month: str = "") -> Shares:
        """Shares of leaves or categories (without: of all categories) over months `YYYY-MM`, half-open.

        Raises ClientError.
        """
        request = rpb.EstimateSharesRequest(labels=labels, start_month=start_month, end_month=end_month)
        return from_message(
            found := self._call(self._reviews.EstimateShares, request),
            Shares,
            shares=tuple(from_message(each, ShareEstimate) for each in found.shares),
        )


def _queued(item: rpb.QueueItem) -> QueuedThread:
    return QueuedThread(
        thread=thread_summary(item.thread),
        posts=tuple(map(_queued_post, item.posts)),
        reasons=tuple(from_message(reason, Reason) for reason in item.reasons),
        worth=item.worth,
    )


def _queued_post(queued: rpb.QueuePost) -> QueuedPost:
    suggestions = tuple((each.label, each.score) for each in queued.suggestions)
    return QueuedPost(post_detail(queued.post), bytes.fromhex(queued.text_hash), suggestions)
