"""Work on a stream of requests: several at once, answers in order, and never more in hand than that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from service.errors import StoppingError

Request = TypeVar("Request")
Response = TypeVar("Response")
_Answers = asyncio.Queue[asyncio.Future[Response] | None]


async def in_order(
    requests: AsyncIterator[Request],
    answer: Callable[[Request], Awaitable[Response]],
    window: int,
    leaving: asyncio.Event,
) -> AsyncIterator[Response]:
    """Answers in the order of the requests, of which at most `window` + 2 are in hand.

    What is not read yet stays with the transport, which holds up the sender. The first failure ends the stream, after
    the answers before it; so does StoppingError once `leaving` is set. Work nobody waits for any more is cancelled.
    """
    answers: _Answers[Response] = asyncio.Queue(window)
    reading = asyncio.ensure_future(_read(requests, answer, answers))
    told = asyncio.ensure_future(leaving.wait())
    told.add_done_callback(lambda _: reading.cancel())
    try:
        while (task := await _next(answers, reading)) is not None:
            try:
                yield await task
            finally:
                task.cancel()
    finally:
        told.cancel()
        reading.cancel()
        while not answers.empty():
            if (task := answers.get_nowait()) is not None:
                task.cancel()


async def _read(
    requests: AsyncIterator[Request], answer: Callable[[Request], Awaitable[Response]], answers: _Answers[Response]
) -> None:
    async for request in requests:
        task = asyncio.ensure_future(answer(request))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, though nobody may ask for it
        try:
            await answers.put(task)
        except asyncio.CancelledError:
            task.cancel()
            raise
    await answers.put(None)


async def _next(answers: _Answers[Response], reading: asyncio.Future[None]) -> asyncio.Future[Response] | None:
    """The next task; the failure of the reader once nothing is left before it."""
    getting = asyncio.ensure_future(answers.get())
    either: set[asyncio.Future[Any]] = {getting, reading}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not getting.done() and reading.done():
            if reading.cancelled():
                raise StoppingError("the server is stopping: call again for what has no answer, another may answer")
            reading.result()
        return await getting
    finally:
        getting.cancel()
