"""The typed client against a running server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent import futures
from datetime import UTC, datetime
from itertools import count
from typing import Any

import grpc
import pytest

from forumlens.client import Client, ClientError
from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import classification_pb2_grpc, review_pb2_grpc
from forumlens.v1 import review_pb2 as rpb
from service.errors import PUSHBACK_KEY, BusyError
from store.database import Database
from store.months import format_month
from store.review_values import Decision, Lane, NewReview
from store.topic_lists import list_topics
from store.values import (
    Classification,
    Coverage,
    ExampleOrigin,
    NearExample,
    PostInput,
    Reason,
    SourceKind,
    ThreadFilter,
    Verdict,
)
from tests.service.corpus import BUNDLE, END, RUN, START, Corpus, fill
from tests.service.doubles import LABELS, Running, TinyBundle, answer, serving


@pytest.fixture
def corpus(db: Database) -> Corpus:
    return fill(db)


@pytest.fixture
def bundle() -> TinyBundle:
    return TinyBundle()


@pytest.fixture
def running(corpus: Corpus, bundle: TinyBundle) -> Iterator[Running]:
    with serving(corpus.db, bundle) as server:
        yield server


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with Client(running.address) as connected:
        yield connected


def same(told: Sequence[Classification], expected: Sequence[Classification]) -> bool:
    return list(told) == list(expected)


def test_classify_takes_values_and_mappings(client: Client) -> None:
    posts = [PostInput("a", "out of memory", previous="hm", tags=("t",)), PostInput("b", "unsure")]
    told = client.classify([posts[0], {"id": "b", "body": "unsure"}], ranking=True)
    assert same(told, list(map(answer, posts)))
    assert [each.verdict for each in told] == [Verdict.LABELLED, Verdict.ABSTAINED]


def test_without_a_ranking_there_is_none(client: Client) -> None:
    assert client.classify([{"body": "slow"}])[0].ranked == ()


def test_more_posts_than_a_call_may_hold(client: Client, bundle: TinyBundle) -> None:
    posts = [PostInput(str(number), f"slow {number}") for number in range(600)]
    assert same(client.classify(iter(posts), ranking=True), list(map(answer, posts)))
    assert max(map(len, bundle.batches)) == 256


def test_a_stream_has_no_end_to_it(client: Client) -> None:
    posts = (PostInput(str(number), f"slow {number}") for number in range(1_000))
    assert same(
        list(client.classify_stream(posts, ranking=True)),
        [answer(PostInput(str(n), f"slow {n}")) for n in range(1_000)],
    )
    endless = client.classify_stream({"id": str(number), "body": "slow"} for number in count())
    assert [next(endless).id for _ in range(300)] == [str(number) for number in range(300)]
    endless.close()


def test_a_stream_tells_bad_posts_by_their_place_and_keeps_what_was_answered(client: Client) -> None:
    told = []
    with pytest.raises(ClientError) as caught:
        for each in client.classify_stream([{"body": "fine"}] * 200 + [{"body": ""}]):
            told.append(each)
    assert len(told) == 192
    assert [field for field, _ in caught.value.violations] == ["posts[200].body"]
    with pytest.raises(ValueError, match="text"):
        list(client.classify_stream([{"text": "x"}]))


def test_reasons_come_when_asked_for(client: Client) -> None:
    (told,) = client.classify([{"body": "slow"}], evidence=True)
    speed = "memory-performance/speed"
    near = NearExample("ex-1", (speed, "spaces"), 0.5, ExampleOrigin.GIVEN)
    assert told.reasons == (Reason(speed, (("slow", 1.0),), (near,)),)


def test_a_thread_to_label(client: Client) -> None:
    told = client.classify_thread([{"body": "slow", "author": "x"}, {"id": "2", "body": "try this"}], title="T")
    assert told.labels == ("memory-performance/speed", "expert-solutions/other")
    assert [each.id for each in told.posts] == ["", "2"]


def test_nothing_to_classify(client: Client) -> None:
    assert client.classify([]) == []


def test_bad_posts_are_told_by_their_place_in_what_was_given(client: Client) -> None:
    posts = [{"body": "fine"}] * 300 + [{"body": ""}]
    with pytest.raises(ClientError) as caught:
        client.classify(posts)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [field for field, _ in caught.value.violations] == ["posts[300].body"]
    assert "posts[300].body" in str(caught.value)


@pytest.mark.parametrize(("post", "word"), [({"text": "x"}, "text"), ({"id": "7"}, "'7'")])
def test_mappings_that_are_no_posts(client: Client, post: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        client.classify([post])


def test_trends(client: Client) -> None:
    trends = client.query_trends(label="memory-performance/memory", families=["llama"], start_month="2023-12")
    (series,) = trends.series
    assert series.families == ("llama",)
    before, january = series.points[:2]
    assert (format_month(before.month), before.threads, before.uploads) == ("2023-12", None, None)
    assert (before.share, before.forum_coverage) == (None, Coverage.NONE)
    assert (january.threads, january.all_threads, january.share) == (1, 2, 0.5)
    assert (january.uploads, january.all_uploads, january.uploads_with_card) == (1, 2, 1)
    assert (trends.bundle_id, trends.topic_run, trends.authored) == ("tiny-bundle", "run-1", False)


def test_one_series_per_family(client: Client) -> None:
    trends = client.query_trends(topic=0, families=["llama", "bert"], per_family=True)
    told = {series.families: [point.threads for point in series.points] for series in trends.series}
    assert told == {("llama",): [1, 1, 0], ("bert",): [0, 1, 0]}


def test_trends_by_week(client: Client) -> None:
    (series,) = client.query_trends(label="memory-performance/memory", start_month="2024-01", by="week").series
    assert [(point.start.day, point.threads, point.uploads) for point in series.points][:3] == [
        (1, 1, 2), (8, 1, 0), (15, 0, 0),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="month, quarter, week"):
        client.query_trends(by="day")


def test_a_trend_has_one_subject(client: Client) -> None:
    with pytest.raises(ValueError, match="exclude each other"):
        client.query_trends(category="spaces", topic=0)


def test_topics_and_threads_are_fetched_page_by_page(client: Client, corpus: Corpus) -> None:
    topics = list(client.list_topics(page_size=1))
    assert [topic.id for topic in topics] == [0, -1, 1]
    assert [topic.new_theme for topic in topics] == [False, None, True]
    assert (topics[0].coherence, topics[1].coherence, topics[0].unlabelled) == (0.5, None, 0.0)
    assert topics == list_topics(corpus.db, RUN, BUNDLE, 10)
    found = [thread.id for thread in client.list_threads(page_size=2)]
    assert found == [corpus.ids[key] for key in "edcba"]


def test_threads_that_pass_a_filter(client: Client, corpus: Corpus) -> None:
    wanted = ThreadFilter(
        label="memory-performance",
        topic=0,
        families=("llama",),
        start=datetime(2024, 2, 1, tzinfo=UTC),
        end=datetime(2024, 3, 1, tzinfo=UTC),
    )
    assert [thread.id for thread in client.list_threads(wanted)] == [corpus.ids["c"]]


def test_a_thread(client: Client, corpus: Corpus) -> None:
    thread, posts = client.get_thread(corpus.ids["c"])
    assert (thread.title, thread.families, thread.topic) == ("Thread c", ("bert", "llama"), 0)
    assert [post.verdict for post in posts] == [Verdict.LABELLED, Verdict.ABSTAINED]
    assert [post.reply_to for post in posts] == [None, 1]
    with pytest.raises(ClientError) as caught:
        client.get_thread(4711)
    assert caught.value.code is grpc.StatusCode.NOT_FOUND


def test_labels_and_model(client: Client) -> None:
    assert sorted(client.labels(), key=lambda each: each.id) == sorted(LABELS, key=lambda each: each.id)
    assert {label.kind for label in client.labels("benefit")} == {"benefit"}
    info = client.model_info()
    assert (info.taxonomy, info.max_posts, info.metrics["category_micro_f1"]) == ("tiny@1", 256, 0.5)
    assert info.fitted_at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_search_goes_page_by_page_and_tells_the_words_found(client: Client, corpus: Corpus) -> None:
    hits = list(client.search_threads("memory", page_size=1))
    assert {hit.thread.id for hit in hits} == {corpus.ids["a"], corpus.ids["b"]}
    assert [text for text, match in hits[0].excerpt if match] == ["memory"]
    (llama,) = client.search_threads("memory", ThreadFilter(families=("llama",)))
    assert llama.thread.id == corpus.ids["a"]


def test_status(client: Client) -> None:
    status = client.status(size=True)
    forum, hub = status.sources
    assert (forum.kind, forum.name, forum.covered_from, forum.covered_to) == (
        SourceKind.FORUM, "forum.example", START, END,
    )  # fmt: skip
    assert (hub.kind, hub.authored, status.authored) == (SourceKind.HUB, False, False)
    assert (status.bundle_id, status.topic_run) == (BUNDLE, RUN)
    assert status.size is not None
    assert (status.size.posts, status.size.models, dict(status.size.threads_by_state)) == (7, 6, {"live": 5})
    assert client.status().size is None


def test_a_reviewers_day(client: Client, corpus: Corpus) -> None:
    queue = client.list_queue("ann", size=2)
    assert (len(queue.threads), queue.total, queue.bundle_id) == (2, 5, BUNDLE)
    (seen, *_) = queue.threads[0].posts
    assert queue.threads[0].reasons
    speed = "memory-performance/speed"
    new = NewReview(seen.post.id, "ann", Decision.CHANGE, (speed,), "slow", text_hash=seen.text_hash)
    made = client.submit_review(new)
    assert (made.reviewer, made.labels, made.text_hash, made.undoes) == ("ann", (speed,), seen.text_hash, None)
    assert made.made_at.tzinfo is UTC
    client.submit_review(NewReview(seen.post.id, "bob", Decision.NONE_FITS))

    assert client.reviewers() == ("ann", "bob")
    compared = client.agreement()
    assert (compared.first, compared.posts, compared.same) == ("ann", 1, 0)
    assert [(one.reviewer, other.labels) for one, other in compared.disagreements] == [("ann", ())]
    assert [(one.reviews, one.bundle_id) for one in client.list_rounds(Lane.TRIAGE)] == [(2, BUNDLE)]
    assert client.list_rounds(Lane.RANDOM) == []

    undone = client.undo_review("ann")
    assert (undone.undone.id, undone.undo.undoes, undone.in_force) == (made.id, made.id, None)
    thread = queue.threads[0].thread.id
    assert [one.decision for one in client.list_reviews(thread, page_size=1)] == [
        Decision.CHANGE, Decision.NONE_FITS, Decision.UNDO,
    ]  # fmt: skip


def test_shares_tell_what_is_not_known_yet(client: Client) -> None:
    shares = client.estimate_shares(["spaces"])
    assert (shares.threads, shares.drawn_threads, shares.bundle_id) == (5, 0, BUNDLE)
    assert [(one.label, one.reviewed_share, one.share) for one in shares.shares] == [("spaces", None, None)]


def test_a_call_does_not_outlast_its_timeout(running: Running, bundle: TinyBundle) -> None:
    bundle.hold()
    with Client(running.address, timeout=0.3) as client, pytest.raises(ClientError) as caught:
        client.classify([{"body": "slow"}])
    bundle.gate.set()
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


class _Flaky(classification_pb2_grpc.ClassificationServiceServicer):
    """Busy twice, then it answers."""

    def __init__(self) -> None:
        self.calls = 0

    def ListLabels(self, request: cpb.ListLabelsRequest, context: Any) -> cpb.ListLabelsResponse:  # noqa: N802
        self.calls += 1
        if self.calls < 3:
            busy = BusyError("busy", retry_after=0.01)
            context.set_trailing_metadata(busy.trailing_metadata())
            context.abort(busy.code, busy.message)
        return cpb.ListLabelsResponse(labels=[cpb.Label(id="x")])


def test_a_busy_server_is_asked_again() -> None:
    flaky = _Flaky()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    classification_pb2_grpc.add_ClassificationServiceServicer_to_server(flaky, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with Client(f"127.0.0.1:{port}") as client:
        assert [label.id for label in client.labels()] == ["x"]
    assert flaky.calls == 3
    server.stop(None).wait()


class _Lost(review_pb2_grpc.ReviewServiceServicer):
    """Does what it is asked to, but its answers are lost."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def SubmitReview(self, request: rpb.SubmitReviewRequest, context: Any) -> rpb.SubmitReviewResponse:  # noqa: N802
        return self._lost("SubmitReview", context)

    def ListRounds(self, request: rpb.ListRoundsRequest, context: Any) -> rpb.ListRoundsResponse:  # noqa: N802
        return self._lost("ListRounds", context)

    def _lost(self, method: str, context: Any) -> Any:
        self.calls.append(method)
        context.set_trailing_metadata(((PUSHBACK_KEY, "10"),))
        context.abort(grpc.StatusCode.UNAVAILABLE, "lost")


def test_what_writes_is_not_asked_twice() -> None:
    lost = _Lost()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    review_pb2_grpc.add_ReviewServiceServicer_to_server(lost, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with Client(f"127.0.0.1:{port}") as client:
        for ask in (lambda: client.submit_review(NewReview(1, "ann", Decision.SKIP)), client.list_rounds):
            with pytest.raises(ClientError):
                ask()
    assert lost.calls.count("SubmitReview") == 1 < lost.calls.count("ListRounds")
    server.stop(None).wait()


def test_a_server_that_is_not_there() -> None:
    with Client("127.0.0.1:1", timeout=5) as client, pytest.raises(ClientError) as caught:
        client.model_info()
    assert caught.value.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
