"""ReviewService over the wire: the queue, judgements, their history, agreement and estimates."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from forumlens.v1 import review_pb2 as rpb
from forumlens.v1 import review_pb2_grpc, search_pb2, search_pb2_grpc
from service.catalog import Catalog
from service.labels import LabelIndex
from service.repeats import Repeats
from service.reviews import ReviewServicer
from service.store_calls import StoreCalls
from store.reviews import all_reviews
from tests.service.corpus import BUNDLE, Corpus
from tests.service.doubles import TinyTaxonomy
from tests.service.failures import failure

MEMORY, SPEED = "memory-performance/memory", "memory-performance/speed"


@pytest.fixture
def reviews(wire: grpc.Channel) -> review_pb2_grpc.ReviewServiceStub:
    return review_pb2_grpc.ReviewServiceStub(wire)


@pytest.fixture
def search(wire: grpc.Channel) -> search_pb2_grpc.SearchServiceStub:
    return search_pb2_grpc.SearchServiceStub(wire)


def queue(stub: review_pb2_grpc.ReviewServiceStub, **fields: object) -> rpb.ListQueueResponse:
    response: rpb.ListQueueResponse = stub.ListQueue(rpb.ListQueueRequest(**fields))
    return response


def submit(stub: review_pb2_grpc.ReviewServiceStub, post: int, decision: int, **fields: object) -> rpb.Review:
    return stub.SubmitReview(rpb.SubmitReviewRequest(post=post, decision=decision, **fields)).review


def test_the_loop_of_a_reviewer(reviews: review_pb2_grpc.ReviewServiceStub, corpus: Corpus) -> None:
    page = queue(reviews, page_size=2, reviewer="ann")
    assert (page.total, page.bundle_id, len(page.items)) == (5, BUNDLE, 2)
    rest = queue(reviews, page_size=5, reviewer="ann", page_token=page.next_page_token)
    items = [*page.items, *rest.items]
    assert {item.thread.id for item in items} == set(corpus.ids.values())
    assert rest.next_page_token == ""
    abstained = next(item for item in items if item.thread.title == "Thread e")
    assert rpb.REASON_KIND_ABSTAINED in [reason.kind for reason in abstained.reasons]

    shown = items[0].posts[0]
    made = submit(
        reviews,
        shown.post.id,
        rpb.DECISION_CHANGE,
        labels=[SPEED],
        note="slow",
        text_hash=shown.text_hash,
        reviewer="ann",
    )
    assert (made.reviewer, made.in_force, made.text_hash, list(made.labels)) == ("ann", True, shown.text_hash, [SPEED])
    again = queue(reviews, reviewer="ann").items
    assert shown.post.id not in [post.post.id for item in again for post in item.posts]

    taken = reviews.UndoReview(rpb.UndoReviewRequest(reviewer="ann"))
    assert (taken.undone.id, taken.undo.undoes, taken.HasField("in_force")) == (made.id, made.id, False)
    history = reviews.GetReviews(rpb.GetReviewsRequest(thread=made.thread)).reviews
    assert [(one.decision, one.in_force) for one in history] == [
        (rpb.DECISION_CHANGE, False),
        (rpb.DECISION_UNDO, False),
    ]
    assert (
        failure(lambda: reviews.UndoReview(rpb.UndoReviewRequest(reviewer="ann"))).code() is grpc.StatusCode.NOT_FOUND
    )


def test_what_is_wrong_with_a_review_is_told_at_once(reviews: review_pb2_grpc.ReviewServiceStub) -> None:
    bad = rpb.SubmitReviewRequest(post=0, decision=rpb.DECISION_CHANGE, text_hash="zz", note="x" * 2_001)
    error = failure(lambda: reviews.SubmitReview(bad))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    for field in ("post", "labels", "note", "text_hash"):
        assert f"{field}: " in error.details()
    unknown = rpb.SubmitReviewRequest(post=1, decision=rpb.DECISION_ADD, labels=["memory-performance"])
    assert "labels[0]" in failure(lambda: reviews.SubmitReview(unknown)).details()
    undo = rpb.SubmitReviewRequest(post=1, decision=rpb.DECISION_UNDO)
    assert "decision" in failure(lambda: reviews.SubmitReview(undo)).details()
    nowhere = rpb.SubmitReviewRequest(post=999, decision=rpb.DECISION_SKIP)
    assert failure(lambda: reviews.SubmitReview(nowhere)).code() is grpc.StatusCode.NOT_FOUND


def test_two_reviewers_are_set_side_by_side_and_a_dispute_comes_first(
    reviews: review_pb2_grpc.ReviewServiceStub,
) -> None:
    posts = [item.posts[0].post.id for item in queue(reviews, page_size=5).items]
    for post in posts:
        submit(reviews, post, rpb.DECISION_CHANGE, labels=[MEMORY], reviewer="ann")
    for post in posts[:-1]:
        submit(reviews, post, rpb.DECISION_CHANGE, labels=[MEMORY], reviewer="bob")
    submit(reviews, posts[-1], rpb.DECISION_NONE_FITS, reviewer="bob")

    found = reviews.GetAgreement(rpb.GetAgreementRequest())
    assert (found.first, found.second, found.posts, found.same) == ("ann", "bob", 5, 4)
    [apart] = found.disagreements
    assert (apart.post, apart.first.reviewer, list(apart.second.labels)) == (posts[-1], "ann", [])
    first = queue(reviews, reviewer="cid").items[0]
    assert (first.posts[0].post.id, first.reasons[0].kind) == (posts[-1], rpb.REASON_KIND_DISAGREEING)
    [one] = reviews.ListRounds(rpb.ListRoundsRequest()).rounds
    assert (one.bundle_id, one.reviews) == (BUNDLE, 10)
    assert (
        "has judged no post"
        in failure(lambda: reviews.GetAgreement(rpb.GetAgreementRequest(first="ann", second="eve"))).details()
    )


def test_the_random_lane_feeds_the_shares_and_nothing_else_does(
    reviews: review_pb2_grpc.ReviewServiceStub, corpus: Corpus
) -> None:
    triaged = queue(reviews).items[0]
    submit(reviews, triaged.posts[0].post.id, rpb.DECISION_ACCEPT)
    assert reviews.EstimateShares(rpb.EstimateSharesRequest()).drawn_threads == 0

    order = queue(reviews, lane=rpb.LANE_RANDOM, reviewer="bob")
    assert [reason.kind for item in order.items for reason in item.reasons] == [rpb.REASON_KIND_RANDOM] * len(
        order.items
    )
    for item in order.items:
        for post in item.posts:
            submit(reviews, post.post.id, rpb.DECISION_ACCEPT, lane=rpb.LANE_RANDOM)
    assert queue(reviews, lane=rpb.LANE_RANDOM).total == 0

    found = reviews.EstimateShares(rpb.EstimateSharesRequest(labels=[MEMORY, "spaces"]))
    assert (found.threads, found.drawn_threads, found.reviewed_threads, found.needed_threads) == (5, 5, 5, 100)
    memory = found.shares[0]
    assert (memory.label, memory.raw_share, memory.reviewed_share) == (MEMORY, 0.4, 0.4)
    assert not memory.HasField("share")
    assert all(one.lane in ("triage", "random") for one in all_reviews(corpus.db))
    filtered = rpb.ListQueueRequest(lane=rpb.LANE_RANDOM, label=MEMORY)
    assert "label: is for triage only" in failure(lambda: reviews.ListQueue(filtered)).details()


def test_who_has_a_token_reviews_under_its_name_and_no_other(corpus: Corpus) -> None:
    catalog = Catalog(corpus.db, LabelIndex(TinyTaxonomy()))
    calls = StoreCalls(Repeats(catalog.version), threads=1)
    servicer = ReviewServicer(catalog, calls, caller=lambda context: "ann's token")
    request = rpb.SubmitReviewRequest(post=1, decision=rpb.DECISION_NONE_FITS, reviewer="bob")
    made = asyncio.run(servicer.SubmitReview(request, None)).review  # type: ignore[arg-type]
    calls.close()
    assert made.reviewer == "ann's token"


def test_search_finds_pages_and_filters(search: search_pb2_grpc.SearchServiceStub, corpus: Corpus) -> None:
    request = search_pb2.SearchThreadsRequest(query="memory", page_size=1)
    first = search.SearchThreads(request)
    second = search.SearchThreads(
        search_pb2.SearchThreadsRequest(query="memory", page_size=1, page_token=first.next_page_token)
    )
    found = {result.thread.id for page in (first, second) for result in page.results}
    assert (found, second.next_page_token) == ({corpus.ids["a"], corpus.ids["b"]}, "")
    assert [part.text for part in first.results[0].excerpt if part.match] == ["memory"]
    [llama] = search.SearchThreads(search_pb2.SearchThreadsRequest(query="memory", families=["llama"])).results
    assert llama.thread.id == corpus.ids["a"]
    error = failure(lambda: search.SearchThreads(search_pb2.SearchThreadsRequest(query='"!" -', label="nothing")))
    assert "query: " in error.details() and "label: " in error.details()
