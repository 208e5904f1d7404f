"""One model worker behind a queue that is drained whenever the worker is free.

There is no waiting window: what came in while the worker was busy makes up the next batches. Calls take turns, a post
each, so that a call of many posts does not hold up one of few.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from service.errors import BusyError, StoppingError, TooLateError
from store.values import Classification, PostInput

log = logging.getLogger(__name__)

Classify = Callable[[Sequence[PostInput]], Sequence[Classification]]
Computed = Callable[[Sequence[Classification], int, float, int], None]
"""Is told of each batch: answers, tokens, seconds, and how many posts were equal to another."""

_HASTE = 0.5
"""Share of the time that is left which a call may be expected to take: what was measured is no promise."""


class ModelError(RuntimeError):
    """The model failed on a call, or gave another number of answers than there were posts."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How much goes to the model at once, and how much may wait.

    A batch holds as many posts as should take about `seconds` at the speed measured so far, so that whoever comes next
    waits no longer than that on any machine; yet at least `least_tokens`, so that the model is used well, and at most
    `most_tokens`. Tokens are estimated, four characters each, as far as the encoder reads.
    """

    seconds: float = 0.8
    least_tokens: int = 2_048
    most_tokens: int = 65_536
    posts: int = 256
    read_chars: int = 2_048
    waiting_posts: int = 4_096

    def tokens(self, post: PostInput) -> int:
        """Tokens of a post that the model will read, about."""
        chars = min(len(post.title) + len(post.body), self.read_chars) + min(len(post.previous or ""), self.read_chars)
        return 4 + chars // 4


@dataclass(eq=False, slots=True)
class _Call:
    """`taken` posts are with the model or answered; `left` is the tokens of the others."""

    posts: tuple[PostInput, ...]
    tokens: tuple[int, ...]
    deadline: float | None
    answer: asyncio.Future[list[Classification]] = field(repr=False)
    answers: list[Classification] = field(default_factory=list)
    taken: int = 0

    @property
    def left(self) -> int:
        return sum(self.tokens[self.taken :])


_Batch = list[tuple[_Call, int]]
"""Calls and which of their posts; those of one call are in order."""


class Batcher:
    """Queues calls for a model and answers them in batches, from one worker thread."""

    def __init__(
        self, classify: Classify, limits: BatchLimits | None = None, computed: Computed = lambda *_: None
    ) -> None:
        self._classify = classify
        self._limits = limits or BatchLimits()
        self._computed = computed
        self._queue: deque[_Call] = deque()
        self._waiting = self._waiting_tokens = 0
        self._at_work = 0
        self._began = 0.0
        self._speed = 4_000.0  # tokens a second; soon measured
        self._wake = asyncio.Event()
        self._closing = False
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Posts that wait for the model."""
        return self._waiting

    def start(self) -> None:
        """Begin to answer; needs a running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="batcher")

    async def classify(self, posts: Sequence[PostInput], timeout: float | None = None) -> list[Classification]:
        """Answers for these posts, in order; `timeout` in seconds until nobody needs them any more.

        Raises BusyError when too much is waiting for an answer in time, TooLateError when the time is up before the
        work began, ModelError when the model fails on these posts, and StoppingError after `close`.
        """
        if self._closing:
            raise StoppingError("the server is stopping: call again, another may answer")
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        call = _Call(tuple(posts), tuple(map(self._limits.tokens, posts)), deadline, loop.create_future())
        self._check_room(call, timeout)
        self._queue.append(call)
        self._waiting += len(call.posts)
        self._waiting_tokens += call.left
        self._wake.set()
        try:
            return await call.answer
        except asyncio.CancelledError:
            self._drop(call)
            raise

    async def close(self) -> None:
        """Answer what is queued, then end the worker."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        self._worker.shutdown()

    def _check_room(self, call: _Call, timeout: float | None) -> None:
        if not self._queue and not self._at_work:
            return
        if self._queue and self._waiting + len(call.posts) > self._limits.waiting_posts:
            retry_after = _bounded(self._waiting_tokens / self._speed)
            raise BusyError(f"{self._waiting} posts are waiting for the model: retry later", retry_after)
        if timeout is not None and (late := self._expected(call) - timeout * _HASTE) > 0:
            raise BusyError("too much is waiting for an answer before the deadline: retry later", _bounded(late))

    def _expected(self, call: _Call) -> float:
        """Seconds until a call that comes now should be answered: others take their turns until it is through."""
        ahead = min(self._waiting, len(self._queue) * len(call.posts))
        tokens = ahead * self._waiting_tokens / max(self._waiting, 1)
        speed, at_work = self._speed, 0.0
        if self._at_work:
            # A batch that is not done after all this time shows that the model has become slower.
            gone = asyncio.get_running_loop().time() - self._began
            speed = min(speed, self._at_work / max(gone, 1e-4))
            at_work = self._at_work / speed - gone
        return at_work + (tokens + call.left) / speed

    def _drop(self, call: _Call) -> None:
        """Let a call wait no more."""
        self._waiting -= len(call.posts) - call.taken
        self._waiting_tokens -= call.left
        call.taken = len(call.posts)

    async def _run(self) -> None:
        while True:
            batch = self._take()
            if batch:
                await self._answer(batch)
            elif self._closing:
                return
            else:
                self._wake.clear()
                await self._wake.wait()

    def _take(self) -> _Batch:
        """Posts for the next batch, one of each call in turn, without those nobody waits for."""
        batch: _Batch = []
        most = min(max(self._speed * self._limits.seconds, self._limits.least_tokens), self._limits.most_tokens)
        tokens, now = 0, asyncio.get_running_loop().time()
        while self._queue and len(batch) < self._limits.posts:
            call = self._queue.popleft()
            if call.answer.done():
                self._drop(call)
            elif call.deadline is not None and call.deadline <= now:
                self._drop(call)
                call.answer.set_exception(TooLateError("the deadline passed while the call waited for the model"))
            elif batch and tokens + call.tokens[call.taken] > most:
                self._queue.appendleft(call)
                break
            else:
                batch.append((call, call.taken))
                tokens += call.tokens[call.taken]
                self._waiting_tokens -= call.tokens[call.taken]
                self._waiting -= 1
                call.taken += 1
                if call.taken < len(call.posts):
                    self._queue.append(call)
        return batch

    async def _answer(self, batch: _Batch) -> None:
        try:
            answers = await self._compute(batch)
        except ModelError as error:
            calls = list(dict.fromkeys(call for call, _ in batch))
            if len(calls) > 1:
                log.warning("the model failed on %d calls together, each is tried alone", len(calls), exc_info=error)
                for call in calls:
                    await self._answer([part for part in batch if part[0] is call])
            elif not calls[0].answer.done():
                self._drop(calls[0])
                calls[0].answer.set_exception(error)
            return
        for (call, _), answer in zip(batch, answers, strict=True):
            call.answers.append(answer)
            if len(call.answers) == len(call.posts) and not call.answer.done():
                call.answer.set_result(call.answers)

    async def _compute(self, batch: _Batch) -> list[Classification]:
        """Answers in order; posts that differ in nothing that is read are computed once."""
        posts = [call.posts[index] for call, index in batch]
        read = [replace(post, id="", source="") for post in posts]
        unique = dict.fromkeys(read)
        tokens = sum(map(self._limits.tokens, unique))
        self._at_work = tokens
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        try:
            found = await loop.run_in_executor(self._worker, self._ask_model, list(unique))
        finally:
            self._at_work = 0
        seconds = loop.time() - self._began
        self._learn(tokens / max(seconds, 1e-4), tokens)
        of_post = dict(zip(unique, found, strict=True))
        answers = [replace(of_post[key], id=post.id) for key, post in zip(read, posts, strict=True)]
        self._computed(answers, tokens, seconds, len(posts) - len(unique))
        return answers

    def _learn(self, speed: float, tokens: int) -> None:
        """Note the speed of a batch. A small one that was slow tells nothing, as each batch takes a while of its own.

        Slower counts for more: vectors that were at hand make a batch look quicker than the next will be.
        """
        if speed > self._speed:
            self._speed += 0.2 * (speed - self._speed)
        elif 2 * tokens >= self._limits.least_tokens:
            self._speed += 0.5 * (speed - self._speed)

    def _ask_model(self, posts: Sequence[PostInput]) -> list[Classification]:
        try:
            answers = list(self._classify(posts))
        except BaseException as error:  # nothing a model raises may end the worker
            raise ModelError(f"the model failed on {len(posts)} posts: {type(error).__name__}") from error
        if len(answers) != len(posts):
            raise ModelError(f"the model gave {len(answers)} answers to {len(posts)} posts")
        return answers


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.1), 30.0)
