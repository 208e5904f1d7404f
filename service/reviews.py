"""ReviewService: what people say of the classifier's answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc

from classifier.agreement import Agreement, agreement, busiest_pair
from classifier.reviewed import review_rounds
from forumlens.v1 import review_pb2 as rpb
from forumlens.v1 import review_pb2_grpc
from service import limits
from service.catalog import Catalog, needed_bundle
from service.convert_reviews import agreement_message, review_message, round_message
from service.errors import InvalidRequestError, NotFoundError, Violation
from service.estimates import estimate_shares
from service.fields import enum_member
from service.filters import check_filter, read_filter
from service.paging import page_token, read_token
from service.store_calls import StoreCalls
from service.triage import MovingThemes, queue_messages, random_queue, triage_queue
from service.validation import Violations, shown
from store.candidates import named_threads
from store.labels import category_of
from store.review_values import Decision, Lane, NewReview, by_post
from store.reviews import (
    NoSuchPostError,
    NoSuchReviewError,
    ReviewError,
    add_review,
    all_reviews,
    thread_reviews,
    undo_review,
)
from store.series import known_spans

LOCAL = "local"
"""Name of a reviewer who gives none, where there are no tokens."""

_Context = grpc.aio.ServicerContext[Any, Any]
_FILTERS = ("label", "topic", "families", "category", "start_time", "end_time")


def _nobody(_context: _Context) -> str | None:
    return None


class ReviewServicer(review_pb2_grpc.ReviewServiceServicer):
    """Answers from the store, and writes reviews to it. `caller` names whoever has a token."""

    def __init__(
        self,
        catalog: Catalog,
        calls: StoreCalls,
        caller: Callable[[_Context], str | None] = _nobody,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._catalog = catalog
        self._calls = calls
        self._caller = caller
        self._now = now
        self._moving = MovingThemes()

    async def ListQueue(self, request: rpb.ListQueueRequest, context: _Context) -> rpb.ListQueueResponse:  # noqa: N802
        """Give a page of a lane."""
        who = self._caller(context)
        return await self._calls.run(lambda: self._queue(request, who))

    async def SubmitReview(self, request: rpb.SubmitReviewRequest, context: _Context) -> rpb.SubmitReviewResponse:  # noqa: N802
        """Record a review."""
        who = self._caller(context)
        return await self._calls.run(lambda: self._submit(request, who))

    async def UndoReview(self, request: rpb.UndoReviewRequest, context: _Context) -> rpb.UndoReviewResponse:  # noqa: N802
        """Take a review back."""
        who = self._caller(context)
        return await self._calls.run(lambda: self._undo(request, who))

    async def GetReviews(self, request: rpb.GetReviewsRequest, context: _Context) -> rpb.GetReviewsResponse:  # noqa: N802
        """Give a page of a thread's history."""
        return await self._calls.run(lambda: self._history(request))

    async def GetAgreement(self, request: rpb.GetAgreementRequest, context: _Context) -> rpb.GetAgreementResponse:  # noqa: N802
        """Set two reviewers side by side."""
        return await self._calls.run(lambda: self._agreement(request))

    async def ListRounds(self, request: rpb.ListRoundsRequest, context: _Context) -> rpb.ListRoundsResponse:  # noqa: N802
        """Tell how right each bundle was."""
        return await self._calls.run(lambda: self._rounds(request))

    async def EstimateShares(  # noqa: N802
        self, request: rpb.EstimateSharesRequest, context: _Context
    ) -> rpb.EstimateSharesResponse:
        """Estimate shares of labels."""
        return await self._calls.run(lambda: self._estimate(request))

    def _queue(self, request: rpb.ListQueueRequest, who: str | None) -> rpb.ListQueueResponse:
        versions, found, db = self._catalog.shown(), Violations(), self._catalog.db
        reviewer, lane = _reviewer(found, request.reviewer, who), _lane(found, request.lane)
        size = found.page_size(request.page_size, limits.MAX_QUEUE_PAGE, limits.DEFAULT_QUEUE_PAGE)
        start = read_token(found, request.page_token, request, reviewer) or 0
        wanted = read_filter(self._catalog, found, request, versions)
        if lane is Lane.RANDOM:
            for field in _FILTERS:
                if getattr(request, field) != getattr(rpb.ListQueueRequest(), field):
                    found.add(field, "is for triage only: a filtered sample would not be one of all threads")
        found.raise_any()
        check_filter(versions, wanted)
        now = self._now()
        if lane is Lane.RANDOM:
            queue = random_queue(db, reviewer, start, size)
        else:
            queue = triage_queue(db, versions, wanted, reviewer, now, start, size, self._moving.get(db, versions, now))
        more = page_token(start + size, request, reviewer) if queue.total > start + size else ""
        return rpb.ListQueueResponse(
            items=queue_messages(db, versions, queue),
            next_page_token=more,
            total=queue.total,
            bundle_id=versions.bundle_id or "",
        )

    def _submit(self, request: rpb.SubmitReviewRequest, who: str | None) -> rpb.SubmitReviewResponse:
        found = Violations()
        new = self._new_review(found, request, who)
        found.raise_any()
        try:
            review = add_review(self._catalog.db, new, self._catalog.shown().bundle_id, self._now())
        except NoSuchPostError as error:
            raise NotFoundError("post", str(request.post), str(error)) from error
        except ReviewError as error:
            raise InvalidRequestError([Violation(error.field, str(error))]) from error
        return rpb.SubmitReviewResponse(review=review_message(review))

    def _new_review(self, found: Violations, request: rpb.SubmitReviewRequest, who: str | None) -> NewReview:
        if request.post < 1:
            found.add("post", f"is {request.post}: give a post id as ListQueue and GetThread give it")
        decision = enum_member(rpb.Decision.DESCRIPTOR, request.decision, Decision)
        if decision in (None, Decision.UNDO):
            found.add("decision", f"is {request.decision}: give ACCEPT, CHANGE, ADD, NONE_FITS or SKIP")
        takes_labels = decision in (Decision.CHANGE, Decision.ADD)
        if takes_labels and not request.labels:
            found.add("labels", "is empty: name leaves, or choose NONE_FITS")
        if not takes_labels and request.labels:
            found.add("labels", "are given though the decision takes none: choose CHANGE or ADD, or leave them out")
        found.count("labels", request.labels, limits.MAX_REVIEW_LABELS, "keep those that matter")
        for place, label in enumerate(request.labels[: limits.MAX_REVIEW_LABELS]):
            self._catalog.labels.check_leaf(found, f"labels[{place}]", label)
        found.text("note", request.note, limits.MAX_NOTE_CHARS)
        return NewReview(
            post_id=request.post,
            reviewer=_reviewer(found, request.reviewer, who),
            decision=decision or Decision.SKIP,
            labels=tuple(request.labels),
            note=request.note,
            lane=_lane(found, request.lane),
            text_hash=_hash(found, request.text_hash),
        )

    def _undo(self, request: rpb.UndoReviewRequest, who: str | None) -> rpb.UndoReviewResponse:
        found = Violations()
        reviewer = _reviewer(found, request.reviewer, who)
        if request.id < 0:
            found.add("id", f"is {request.id}: give a review id, or 0 for the latest in force")
        found.raise_any()
        try:
            undo, undone, now = undo_review(self._catalog.db, reviewer, request.id or None, self._now())
        except NoSuchReviewError as error:
            raise NotFoundError("review", str(request.id), str(error)) from error
        in_force = review_message(now) if now else None
        return rpb.UndoReviewResponse(undo=review_message(undo), undone=review_message(undone), in_force=in_force)

    def _history(self, request: rpb.GetReviewsRequest) -> rpb.GetReviewsResponse:
        found = Violations()
        if request.thread < 1:
            found.add("thread", f"is {request.thread}: give a thread id as ListThreads gives it")
        size = found.page_size(request.page_size)
        after = read_token(found, request.page_token, request) or 0
        found.raise_any()
        reviews = thread_reviews(self._catalog.db, request.thread, size + 1, after)
        more = page_token(reviews[size - 1].id, request) if len(reviews) > size else ""
        return rpb.GetReviewsResponse(reviews=map(review_message, reviews[:size]), next_page_token=more)

    def _agreement(self, request: rpb.GetAgreementRequest) -> rpb.GetAgreementResponse:
        versions, found, db = self._catalog.shown(), Violations(), self._catalog.db
        size = found.page_size(request.page_size)
        start = read_token(found, request.page_token, request) or 0
        judged = by_post(all_reviews(db))
        names = sorted({one.reviewer for reviews in judged.values() for one in reviews})
        if bool(request.first) != bool(request.second) or (request.first and request.first == request.second):
            found.add("second", f"{shown(request.second)} beside first {shown(request.first)}: give two names, or none")
        for field in ("first", "second"):
            name = getattr(request, field)
            if name and name not in names:
                found.add(field, f"{shown(name)} has judged no post: give one of {', '.join(names[:20]) or 'nobody'}")
        found.raise_any()
        first, second = (request.first, request.second) if request.first else busiest_pair(judged)
        compared = agreement(judged, first, second) if first else Agreement("", "")
        page = list(compared.disagreements[start : start + size])
        shown_ids = sorted({one.thread for one, _ in page})
        threads = {one.id: one for one in named_threads(db, versions.bundle_id, versions.run_id, shown_ids)}
        more = page_token(start + size, request) if len(compared.disagreements) > start + size else ""
        return agreement_message(compared, page, threads, more, names)

    def _rounds(self, request: rpb.ListRoundsRequest) -> rpb.ListRoundsResponse:
        found = Violations()
        lane = _lane(found, request.lane) if request.lane else None
        found.raise_any()
        rounds = review_rounds([one for one in all_reviews(self._catalog.db) if lane in (None, one.lane)])
        return rpb.ListRoundsResponse(rounds=map(round_message, rounds))

    def _estimate(self, request: rpb.EstimateSharesRequest) -> rpb.EstimateSharesResponse:
        versions, found, now, db = self._catalog.shown(), Violations(), self._now(), self._catalog.db
        start, end = found.months(request.start_month, request.end_month, now)
        found.count("labels", request.labels, limits.MAX_SHARES, "ask in several calls")
        for place, label in enumerate(request.labels[: limits.MAX_SHARES]):
            self._catalog.labels.check_any(found, f"labels[{place}]", label)
        found.raise_any()
        bundle = needed_bundle(versions.bundle_id)
        labels = list(dict.fromkeys(request.labels)) or _categories(self._catalog)
        return estimate_shares(db, bundle, known_spans(db, start, end, now).asked, labels, not request.labels)


def _categories(catalog: Catalog) -> list[str]:
    return list(dict.fromkeys(category_of(label.id) for label in catalog.labels.ordered()))


def _reviewer(found: Violations, given: str, caller: str | None) -> str:
    """The token's name before a name that is given."""
    found.text("reviewer", given, limits.MAX_REVIEWER_CHARS)
    return caller or given.strip() or LOCAL


def _lane(found: Violations, number: int) -> Lane:
    lane = enum_member(rpb.Lane.DESCRIPTOR, number, Lane)
    if number and lane is None:
        found.choice("lane", number, rpb.Lane)
    return lane or Lane.TRIAGE


def _hash(found: Violations, given: str) -> bytes:
    try:
        data = bytes.fromhex(given)
    except ValueError:
        data = b"?"
    if len(data) not in (0, 32):
        found.add("text_hash", f"{shown(given)} is not 64 hex digits: give it as it came, or leave it empty")
        return b""
    return data
