"""One model worker behind a queue that is drained whenever the worker is free.

There is no waiting window: what came in while the worker was busy makes up the next batch.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from service.errors import BusyError, StoppingError, TooLateError
from store.values import Classification, PostInput

log = logging.getLogger(__name__)

Classify = Callable[[Sequence[PostInput]], Sequence[Classification]]


class ModelError(RuntimeError):
    """The model failed on a call, or gave another number of answers than there were posts."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How much goes to the model at once, and how much may wait.

    A text costs its characters up to `read_chars`, since the encoder reads no further. A call is never split:
    one that alone exceeds `posts` or `chars` makes a batch of its own.
    """

    posts: int = 256
    chars: int = 262_144
    read_chars: int = 4_096
    waiting_posts: int = 4_096

    def cost(self, post: PostInput) -> int:
        """Characters of a post that the model will read, about."""
        return min(len(post.title) + len(post.body) + len(post.previous or ""), self.read_chars)


@dataclass(eq=False, slots=True)
class _Call:
    posts: tuple[PostInput, ...]
    cost: int
    deadline: float | None
    answer: asyncio.Future[list[Classification]] = field(repr=False)


class Batcher:
    """Queues calls for a model and answers them in batches, from one worker thread."""

    def __init__(self, classify: Classify, limits: BatchLimits | None = None) -> None:
        self._classify = classify
        self._limits = limits or BatchLimits()
        self._queue: deque[_Call] = deque()
        self._waiting = 0
        self._seconds_per_post = 0.02
        self._wake = asyncio.Event()
        self._closing = False
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to answer; needs a running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="batcher")

    async def classify(self, posts: Sequence[PostInput], timeout: float | None = None) -> list[Classification]:
        """Answers for these posts, in order; `timeout` in seconds until nobody needs them any more.

        Raises BusyError when too much is waiting, TooLateError when the time is up before the work began,
        ModelError when the model fails on these posts, and StoppingError after `close`.
        """
        if self._closing:
            raise StoppingError("the server is stopping: call again, another may answer")
        if self._waiting and self._waiting + len(posts) > self._limits.waiting_posts:
            raise BusyError(f"{self._waiting} posts are waiting for the model: retry later", self._retry_after())
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        cost = sum(map(self._limits.cost, posts))
        call = _Call(tuple(posts), cost, deadline, loop.create_future())
        self._queue.append(call)
        self._waiting += len(call.posts)
        self._wake.set()
        try:
            return await call.answer
        except asyncio.CancelledError:
            self._forget(call)
            raise

    async def close(self) -> None:
        """Answer what is queued, then end the worker."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        self._worker.shutdown()

    def _forget(self, call: _Call) -> None:
        if call in self._queue:
            self._queue.remove(call)
            self._waiting -= len(call.posts)

    def _retry_after(self) -> float:
        return min(max(self._waiting * self._seconds_per_post, 0.1), 30.0)

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

    def _take(self) -> list[_Call]:
        """Calls for the next batch, in order of arrival, without those nobody waits for."""
        batch: list[_Call] = []
        posts = cost = 0
        now = asyncio.get_running_loop().time()
        while self._queue:
            call = self._queue[0]
            alive = not call.answer.done() and (call.deadline is None or call.deadline > now)
            if alive and batch:
                fits = posts + len(call.posts) <= self._limits.posts and cost + call.cost <= self._limits.chars
                if not fits:
                    break
            self._queue.popleft()
            self._waiting -= len(call.posts)
            if alive:
                batch.append(call)
                posts, cost = posts + len(call.posts), cost + call.cost
            elif not call.answer.done():
                call.answer.set_exception(TooLateError("the deadline passed while the call waited for the model"))
        return batch

    async def _answer(self, batch: Sequence[_Call]) -> None:
        try:
            answers = await self._compute([post for call in batch for post in call.posts])
        except ModelError as error:
            if len(batch) == 1:
                _settle(batch[0], error)
                return
            log.warning("the model failed on %d calls together, each is tried alone", len(batch), exc_info=error)
            for call in batch:
                await self._answer([call])
            return
        start = 0
        for call in batch:
            _settle(call, answers[start : start + len(call.posts)])
            start += len(call.posts)

    async def _compute(self, posts: Sequence[PostInput]) -> list[Classification]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        answers = await loop.run_in_executor(self._worker, self._ask_model, posts)
        per_post = (loop.time() - began) / max(len(posts), 1)
        self._seconds_per_post += 0.2 * (per_post - self._seconds_per_post)
        return answers

    def _ask_model(self, posts: Sequence[PostInput]) -> list[Classification]:
        try:
            answers = list(self._classify(posts))
        except BaseException as error:  # nothing a model raises may end the worker
            raise ModelError(f"the model failed on {len(posts)} posts: {type(error).__name__}") from error
        if len(answers) != len(posts):
            raise ModelError(f"the model gave {len(answers)} answers to {len(posts)} posts")
        return answers


def _settle(call: _Call, outcome: list[Classification] | ModelError) -> None:
    if call.answer.done():
        return
    if isinstance(outcome, ModelError):
        call.answer.set_exception(outcome)
    else:
        call.answer.set_result(outcome)
