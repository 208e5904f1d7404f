"""ClassifyStream and ClassifyThread, evidence, and requests ids."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from service.classification import WINDOW
from service.convert import thread_inputs
from service.errors import StoppingError
from service.server import ServerOptions
from service.streaming import in_order
from store.threads import changed_threads
from tests.service.corpus import Corpus
from tests.service.doubles import Running, TinyBundle, channel, serving
from tests.service.failures import failure, violations


def part(*bodies: str, **options: bool) -> cpb.ClassifyStreamRequest:
    posts = [cpb.PostInput(id=body, body=body) for body in bodies]
    return cpb.ClassifyStreamRequest(posts=posts, **options)


def ids(response: cpb.ClassifyStreamResponse) -> list[str]:
    return [each.id for each in response.classifications]


def test_a_stream_answers_each_request_in_order(classification: ClassificationServiceStub) -> None:
    asked = [part(*(f"slow {number} {place}" for place in range(number % 5 + 1))) for number in range(200)]
    told = list(classification.ClassifyStream(iter(asked)))
    assert [ids(each) for each in told] == [[post.id for post in each.posts] for each in asked]
    assert {(each.bundle_id, each.taxonomy) for each in told} == {("tiny-bundle", "tiny@1")}


def test_a_stream_can_be_a_conversation(classification: ClassificationServiceStub) -> None:
    turn = threading.Semaphore(1)

    def ask() -> Iterator[cpb.ClassifyStreamRequest]:
        for number in range(5):
            assert turn.acquire(timeout=30)
            yield part(str(number))

    seen = []
    for response in classification.ClassifyStream(ask()):
        seen += ids(response)
        turn.release()
    assert seen == list("01234")


def test_a_bad_request_does_not_end_a_stream(classification: ClassificationServiceStub) -> None:
    told = list(classification.ClassifyStream(iter([part("a"), part("b", ""), part(), part("c")])))
    assert [ids(each) for each in told] == [["a"], [], [], ["c"]]
    assert [[problem.field for problem in each.problems] for each in told] == [[], ["posts[1].body"], ["posts"], []]


def test_an_empty_stream(classification: ClassificationServiceStub) -> None:
    assert list(classification.ClassifyStream(iter([]))) == []


def test_a_stream_reads_no_further_than_it_answers(running: Running, bundle: TinyBundle) -> None:
    """While the model is held, the server reads a window of requests, and the transport holds up the sender."""
    taken = threading.Semaphore(0)
    sent = 0

    def ask() -> Iterator[cpb.ClassifyStreamRequest]:
        nonlocal sent
        for number in range(400):
            sent = number
            taken.release()
            yield cpb.ClassifyStreamRequest(posts=[cpb.PostInput(body=f"{number} " + "x" * 100_000)])

    with channel(running) as wire:
        bundle.hold()
        call = ClassificationServiceStub(wire).ClassifyStream(ask())
        assert bundle.started.wait(30)
        while taken.acquire(timeout=1):  # until nothing moves for a second
            pass
        assert sent < 100
        assert running.server.waiting <= WINDOW + 2
        bundle.gate.set()
        assert sum(len(ids(each)) for each in call) == 400


def test_a_stream_waits_where_a_call_would_be_refused(corpus: Corpus) -> None:
    from service.batching import BatchLimits

    bundle = TinyBundle()
    options = ServerOptions(batch=BatchLimits(waiting_posts=2, posts=2), farewell=0)
    with serving(corpus.db, bundle, options=options) as running, channel(running) as wire:
        asked = [part(f"{number}a", f"{number}b") for number in range(30)]
        told = list(ClassificationServiceStub(wire).ClassifyStream(iter(asked)))
    assert [ids(each) for each in told] == [[post.id for post in each.posts] for each in asked]


def test_stopping_ends_a_stream_after_what_it_has_read(corpus: Corpus) -> None:
    bundle, go_on = TinyBundle(), threading.Event()

    def ask() -> Iterator[cpb.ClassifyStreamRequest]:
        yield part("read before")
        go_on.wait(30)

    with serving(corpus.db, bundle) as running, channel(running) as wire:
        call = ClassificationServiceStub(wire).ClassifyStream(ask())
        assert ids(next(call)) == ["read before"]
        running.stop()
        error = failure(lambda: next(call))
        go_on.set()
    assert error.code() is grpc.StatusCode.UNAVAILABLE


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 5), st.integers(0, 14))
def test_answers_of_a_stream_keep_their_order_and_stay_few(delays: list[int], window: int, failing: int) -> None:
    async def main() -> None:
        at_work = most = 0

        async def requests() -> AsyncIterator[tuple[int, int]]:
            for item in enumerate(delays):
                yield item

        async def work(item: tuple[int, int]) -> int:
            nonlocal at_work, most
            at_work += 1
            most = max(most, at_work)
            for _ in range(item[1]):
                await asyncio.sleep(0)
            at_work -= 1
            if item[0] == failing:
                raise ValueError(failing)
            return item[0]

        seen = []
        try:
            async for each in in_order(requests(), work, window, asyncio.Event()):
                seen.append(each)
        except ValueError:
            assert seen == list(range(failing))
        else:
            assert failing >= len(delays) and seen == list(range(len(delays)))
        assert most <= window + 2

    asyncio.run(main())


def test_leaving_ends_a_stream_that_waits() -> None:
    async def main() -> None:
        leaving = asyncio.Event()

        async def requests() -> AsyncIterator[int]:
            yield 1
            await asyncio.Event().wait()

        async def work(item: int) -> int:
            return item

        stream = in_order(requests(), work, 2, leaving)
        assert await anext(stream) == 1
        leaving.set()
        with pytest.raises(StoppingError):
            await anext(stream)

    asyncio.run(main())


def test_a_thread_is_read_as_the_store_reads_it(corpus: Corpus, classification: ClassificationServiceStub) -> None:
    stored = next(thread for thread in changed_threads(corpus.db, 0) if thread.title == "Thread a")
    request = cpb.ClassifyThreadRequest(
        title=stored.title,
        category=stored.posts[0].input.category,
        tags=stored.posts[0].input.tags,
        posts=[
            cpb.ThreadPostInput(id=post.input.id, body=post.input.body, author=f"author {post.number}")
            for post in stored.posts
        ],
    )
    from dataclasses import replace

    assert thread_inputs(request) == [replace(post.input, source="") for post in stored.posts]
    told = classification.ClassifyThread(request)
    assert [[score.label for score in each.labels] for each in told.classifications] == [
        ["memory-performance/memory"],
        ["expert-solutions/other"],
    ]
    assert list(told.labels) == ["memory-performance/memory", "expert-solutions/other"]


def test_who_started_a_thread_is_seen_from_its_authors() -> None:
    posts = [cpb.ThreadPostInput(body=body, author=author) for body, author in (("a", "x"), ("b", "y"), ("c", "x"))]
    inputs = thread_inputs(cpb.ClassifyThreadRequest(posts=[*posts, cpb.ThreadPostInput(body="d")]))
    assert [post.by_starter for post in inputs] == [None, False, True, None]
    assert [post.previous for post in inputs] == [None, "a", "b", "c"]
    assert [post.reply for post in inputs] == [False, True, True, True]


def test_a_thread_is_checked_field_by_field(classification: ClassificationServiceStub) -> None:
    posts = [cpb.ThreadPostInput(body="a", number=3), cpb.ThreadPostInput(body=" ", number=3, id="i" * 300)]
    problems = violations(lambda: classification.ClassifyThread(cpb.ClassifyThreadRequest(posts=posts, tags=["\0"])))
    assert set(problems) == {"posts[1].number", "posts[1].body", "posts[1].id", "tags[0]"}
    assert set(violations(lambda: classification.ClassifyThread(cpb.ClassifyThreadRequest()))) == {"posts"}


def test_evidence_comes_only_when_asked_for(classification: ClassificationServiceStub) -> None:
    posts = [cpb.PostInput(body="slow memory"), cpb.PostInput(body="hello")]
    without = classification.Classify(cpb.ClassifyRequest(posts=posts))
    assert not any(each.evidence for each in without.classifications)
    told = classification.Classify(cpb.ClassifyRequest(posts=posts, include_evidence=True)).classifications
    labels = [score.label for score in told[0].labels]
    assert [each.label for each in told[0].evidence] == labels and len(labels) == 2
    assert {term.text for each in told[0].evidence for term in each.terms} == {"slow", "memory"}
    assert not told[1].evidence


def test_a_call_carries_its_request_id(classification: ClassificationServiceStub) -> None:
    def echoed(call: grpc.Call) -> str:
        return dict(call.trailing_metadata())["x-request-id"]

    given_id = (("x-request-id", "caller-7"),)
    _, call = classification.ListLabels.with_call(cpb.ListLabelsRequest(), metadata=given_id)
    assert echoed(call) == "caller-7"
    _, call = classification.ListLabels.with_call(cpb.ListLabelsRequest(), metadata=(("x-request-id", "no good"),))
    assert len(echoed(call)) == 32
    stream = classification.ClassifyStream(iter([part("a")]), metadata=given_id)
    assert len(list(stream)) == 1 and echoed(stream) == "caller-7"
    refused = failure(lambda: classification.Classify(cpb.ClassifyRequest(), metadata=given_id))
    assert echoed(refused) == "caller-7"


def test_answers_do_not_depend_on_the_way_they_were_asked(classification: ClassificationServiceStub) -> None:
    bodies = ["slow memory", "unsure", "hello"]
    (streamed,) = classification.ClassifyStream(iter([part(*bodies, include_ranking=True)]))
    posts = [cpb.PostInput(id=body, body=body) for body in bodies]
    called = classification.Classify(cpb.ClassifyRequest(posts=posts, include_ranking=True))
    assert list(streamed.classifications) == list(called.classifications)
