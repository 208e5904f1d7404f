"""The queue in front of the model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.batching import Batcher, BatchLimits, ModelError
from service.errors import BusyError, StoppingError, TooLateError
from store.values import Classification, PostInput
from tests.service.doubles import TinyBundle, answer


def posts(*bodies: str) -> list[PostInput]:
    return [PostInput(id=str(number), body=body) for number, body in enumerate(bodies)]


def run(
    test: Callable[[Batcher, TinyBundle], Awaitable[None]],
    limits: BatchLimits | None = None,
) -> None:
    """Run a test with a started batcher over a tiny bundle."""

    async def main() -> None:
        bundle = TinyBundle()
        batcher = Batcher(bundle.classify, limits)
        batcher.start()
        try:
            await test(batcher, bundle)
        finally:
            bundle.gate.set()
            await batcher.close()

    asyncio.run(main())


async def hold(batcher: Batcher, bundle: TinyBundle) -> asyncio.Task[list[Classification]]:
    """A call that keeps the worker busy until the gate is set."""
    bundle.hold()
    task = asyncio.create_task(batcher.classify(posts("holds the worker")))
    await asyncio.to_thread(bundle.started.wait, 30)
    return task


async def queue(batcher: Batcher, *calls: Sequence[PostInput]) -> list[asyncio.Task[list[Classification]]]:
    """Tasks whose calls are in the queue."""
    tasks = [asyncio.create_task(batcher.classify(call)) for call in calls]
    await asyncio.sleep(0)
    return tasks


def test_what_waits_goes_to_the_model_together() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        tasks = await queue(batcher, posts("a", "b"), posts("c"), posts("d"))
        bundle.gate.set()
        answers = await asyncio.gather(*tasks)
        await held
        assert bundle.batches[1:] == [["a", "c", "d", "b"]]
        assert answers == [list(map(answer, call)) for call in (posts("a", "b"), posts("c"), posts("d"))]

    run(test)


def test_batches_are_bounded_by_posts_and_calls_take_turns() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        tasks = await queue(batcher, posts(*"abcdefg"), posts("x", "y"), posts("z"))
        bundle.gate.set()
        answers = await asyncio.gather(*tasks)
        await held
        assert bundle.batches[1:] == [["a", "x", "z"], ["b", "y", "c"], ["d", "e", "f"], ["g"]]
        assert answers == [list(map(answer, call)) for call in (posts(*"abcdefg"), posts("x", "y"), posts("z"))]

    run(test, BatchLimits(posts=3))


def test_batches_are_bounded_by_tokens_as_far_as_they_are_read() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        texts = [letter * length for length in (8, 1000) for letter in "abcd"]
        tasks = await queue(batcher, *map(posts, texts))
        bundle.gate.set()
        await asyncio.gather(held, *tasks)
        assert [len(batch) for batch in bundle.batches[1:]] == [2, 2, 2, 2]

    run(test, BatchLimits(least_tokens=13, most_tokens=13, read_chars=10))


def test_posts_that_are_read_alike_are_computed_once() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        same = [PostInput(id=str(number), body="memory", source=f"url-{number}") for number in range(3)]
        other = PostInput(id="other", body="memory", previous="slow")
        tasks = await queue(batcher, same[:2], [same[2], other])
        bundle.gate.set()
        answers = await asyncio.gather(*tasks)
        await held
        assert bundle.batches[1:] == [["memory", "memory"]]
        assert [each.id for call in answers for each in call] == ["0", "1", "2", "other"]

    run(test)


def test_a_call_that_cannot_be_answered_in_time_is_refused_at_once() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        tasks = await queue(batcher, *(posts(f"{number} " * 1000) for number in range(100)))
        with pytest.raises(BusyError) as busy:
            await batcher.classify(posts("waits for all of them" * 1000), timeout=0.5)
        assert busy.value.retry_after > 0
        bundle.gate.set()
        assert len(await asyncio.gather(held, *tasks)) == 101

    run(test)


def test_a_batch_that_takes_long_shows_that_there_is_no_time_left() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        await asyncio.sleep(0.3)
        with pytest.raises(BusyError):
            await batcher.classify(posts("soon"), timeout=0.05)
        patient = asyncio.create_task(batcher.classify(posts("whenever"), timeout=60))
        await asyncio.sleep(0)
        bundle.gate.set()
        assert await asyncio.gather(held, patient) == [
            list(map(answer, posts(body))) for body in ("holds the worker", "whenever")
        ]

    run(test)


def test_a_cancelled_call_is_dropped_and_makes_room() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        (dropped,) = await queue(batcher, posts("dropped", "dropped"))
        dropped.cancel()
        await asyncio.wait([dropped])
        (kept,) = await queue(batcher, posts("kept", "too"))
        bundle.gate.set()
        await asyncio.gather(held, kept)
        assert bundle.batches[1:] == [["kept", "too"]]

    run(test, BatchLimits(waiting_posts=2))


def test_work_past_its_deadline_is_dropped() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        late = asyncio.create_task(batcher.classify(posts("late"), timeout=1.0))
        (kept,) = await queue(batcher, posts("kept"))
        await asyncio.sleep(1.1)
        bundle.gate.set()
        with pytest.raises(TooLateError):
            await late
        await asyncio.gather(held, kept)
        assert bundle.batches[1:] == [["kept"]]

    run(test)


def test_a_full_queue_refuses_with_a_time_to_retry() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        tasks = await queue(batcher, posts("a", "b"))
        with pytest.raises(BusyError) as busy:
            await batcher.classify(posts("c", "d"))
        assert busy.value.retry_after > 0
        tasks += await queue(batcher, posts("e"))
        bundle.gate.set()
        await asyncio.gather(held, *tasks)
        assert await batcher.classify(posts("c", "d")) == list(map(answer, posts("c", "d")))

    run(test, BatchLimits(waiting_posts=3))


def test_a_call_larger_than_the_queue_is_taken_when_nothing_waits() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        assert len(await batcher.classify(posts(*"abcdef"))) == 6

    run(test, BatchLimits(waiting_posts=3))


def test_a_poisonous_call_fails_alone() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        tasks = await queue(batcher, posts("a"), posts("boom"), posts("b", "c"))
        bundle.gate.set()
        await held
        first, second, third = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(second, ModelError)
        assert [first, third] == [list(map(answer, posts("a"))), list(map(answer, posts("b", "c")))]
        assert await batcher.classify(posts("d")) == [answer(posts("d")[0])]

    run(test)


@pytest.mark.parametrize("fault", [SystemExit(1), KeyboardInterrupt(), MemoryError(), ValueError("x")])
def test_nothing_a_model_raises_ends_the_worker(fault: BaseException) -> None:
    faults = [fault]

    def classify(given: Sequence[PostInput]) -> list[Classification]:
        if faults:
            raise faults.pop()
        return list(map(answer, given))

    async def main() -> None:
        batcher = Batcher(classify)
        batcher.start()
        with pytest.raises(ModelError):
            await batcher.classify(posts("a"))
        assert await batcher.classify(posts("a")) == [answer(posts("a")[0])]
        await batcher.close()

    asyncio.run(main())


def test_a_wrong_number_of_answers_is_an_error() -> None:
    async def main() -> None:
        batcher = Batcher(lambda given: list(map(answer, given))[1:])
        batcher.start()
        with pytest.raises(ModelError, match="1 answers to 2 posts"):
            await batcher.classify(posts("a", "b"))
        await batcher.close()

    asyncio.run(main())


def test_closing_answers_what_waits_and_takes_no_more() -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        tasks = await queue(batcher, posts("a"), posts("b"))
        closing = asyncio.create_task(batcher.close())
        await asyncio.sleep(0)
        with pytest.raises(StoppingError):
            await batcher.classify(posts("c"))
        bundle.gate.set()
        assert len(await asyncio.gather(held, *tasks)) == 3
        await closing

    run(test)


def test_the_model_runs_in_one_thread_only() -> None:
    seen: set[int] = set()

    def classify(given: Sequence[PostInput]) -> list[Classification]:
        seen.add(threading.get_ident())
        return list(map(answer, given))

    async def main() -> None:
        batcher = Batcher(classify)
        batcher.start()
        await asyncio.gather(*(batcher.classify(posts("a")) for _ in range(50)))
        await batcher.close()

    asyncio.run(main())
    assert len(seen) == 1 and threading.get_ident() not in seen


calls = st.lists(st.lists(st.sampled_from(["memory", "slow", "unsure", "x", "yy" * 20]), min_size=1), max_size=12)


@settings(max_examples=40)
@given(calls, st.integers(1, 6), st.integers(1, 60), st.sets(st.integers(0, 11)))
def test_whoever_stays_gets_exactly_their_answers(
    bodies: list[list[str]], most_posts: int, most_tokens: int, leavers: set[int]
) -> None:
    async def test(batcher: Batcher, bundle: TinyBundle) -> None:
        held = await hold(batcher, bundle)
        asked = [posts(*call) for call in bodies]
        tasks = await queue(batcher, *asked)
        for index in leavers & set(range(len(tasks))):
            tasks[index].cancel()
        bundle.gate.set()
        await held
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        for index, call in enumerate(asked):
            if index in leavers:
                assert isinstance(answers[index], asyncio.CancelledError)
            else:
                assert answers[index] == list(map(answer, call))

    run(test, BatchLimits(posts=most_posts, least_tokens=1, most_tokens=most_tokens, waiting_posts=10_000))
