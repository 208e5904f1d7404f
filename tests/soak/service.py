"""All kinds of callers at once, for long: does memory grow, are handles lost, is anybody answered wrongly?

    python -m tests.soak.service --minutes 30

Serves the tiny model of the tests in a process of its own. Good callers ask by calls, streams and threads, and compare
their answers; bad ones vanish, read slowly, send nonsense, come too late or send 4 MB. Prints what was answered, open
handles at the start (after a tenth of the time) and at the end, and memory at both and ten times in between.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from store.values import PostInput
from tests.bench import servers
from tests.service.doubles import answer

_WORDS = ("memory", "slow", "space", "try", "hello", "unsure")
CLASSIFY = "/forumlens.v1.ClassificationService/Classify"


@dataclass(slots=True)
class Report:
    """Calls by caller and outcome; answers that were wrong; memory of the server over time, and handles."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: int = 0
    memory_mib: list[float] = field(default_factory=list)
    handles: tuple[int, int] = (0, 0)

    @property
    def grown_mib(self) -> float:
        return self.memory_mib[-1] - self.memory_mib[0]


class Callers:
    """One of each kind; every method is one turn of a caller."""

    def __init__(self, channel: grpc.aio.Channel, report: Report, seed: int) -> None:
        self._classification = ClassificationServiceStub(channel)
        self._threads = ThreadServiceStub(channel)
        self._raw = channel.unary_unary(CLASSIFY)
        self._report = report
        self._draw = random.Random(seed)
        self._number = itertools.count()

    async def call(self) -> None:
        """A call with some posts."""
        posts = self._posts(self._draw.randrange(1, 20))
        response = await self._classification.Classify(cpb.ClassifyRequest(posts=posts), timeout=60)
        self._check(posts, response.classifications)

    async def stream(self) -> None:
        """A stream that is read to its end."""
        parts = [self._posts(self._draw.randrange(1, 20)) for _ in range(30)]
        call = self._classification.ClassifyStream(cpb.ClassifyStreamRequest(posts=posts) for posts in parts)
        place = 0
        async for response in call:
            self._check(parts[place], response.classifications)
            place += 1
        self._report.wrong += place != len(parts)

    async def slow_reader(self) -> None:
        """A stream whose answers are read with pauses."""
        call = self._classification.ClassifyStream(self._endless(50))
        async for _ in call:
            await asyncio.sleep(0.01)

    async def vanisher(self) -> None:
        """A stream that is given up in the middle."""
        call = self._classification.ClassifyStream(self._endless(1_000))
        for _ in range(self._draw.randrange(3)):
            await call.read()
        call.cancel()

    async def nonsense(self) -> None:
        """Bytes that are no message."""
        await self._raw(self._draw.randbytes(self._draw.randrange(1, 400)))

    async def late(self) -> None:
        """A call whose deadline has all but passed."""
        await self._classification.Classify(cpb.ClassifyRequest(posts=self._posts(5)), timeout=0.001)

    async def large(self) -> None:
        """A call of 4 MB."""
        posts = [cpb.PostInput(body="é memory " * 11_000) for _ in range(40)]
        response = await self._classification.Classify(cpb.ClassifyRequest(posts=posts), timeout=60)
        self._check(posts, response.classifications)

    async def empty(self) -> None:
        """Posts without text, and with a NUL."""
        await self._classification.Classify(cpb.ClassifyRequest(posts=[cpb.PostInput(), cpb.PostInput(body="a\0b")]))

    async def reader(self) -> None:
        """The threads of the store."""
        response = await self._threads.ListThreads(hpb.ListThreadsRequest(page_size=3))
        self._report.wrong += len(response.threads) != 3

    def _posts(self, number: int) -> list[cpb.PostInput]:
        return [
            cpb.PostInput(id=str(next(self._number)), body=" ".join(self._draw.choices(_WORDS, k=5)) + f" {number}")
            for _ in range(number)
        ]

    async def _endless(self, parts: int) -> AsyncIterator[cpb.ClassifyStreamRequest]:
        for _ in range(parts):
            yield cpb.ClassifyStreamRequest(posts=self._posts(5))

    def _check(self, posts: list[cpb.PostInput], answers: object) -> None:
        expected = [(post.id, [label for label, _ in answer(PostInput(post.id, post.body)).labels]) for post in posts]
        self._report.wrong += [(each.id, [s.label for s in each.labels]) for each in answers] != expected  # type: ignore[attr-defined]


def soak(folder: Path, seconds: float) -> Report:
    """Let all kinds of callers ask for so long."""
    report = Report()
    with servers.tiny(folder) as server:
        asyncio.run(_phase(server, seconds / 10, Report()))
        handles = server.handles()
        asyncio.run(_phase(server, seconds, report))
        report.memory_mib.append(server.resident_mib())
        report.handles = (handles, server.handles())
    return report


async def _phase(server: servers.Process, seconds: float, report: Report) -> None:
    until = time.monotonic() + seconds
    async with grpc.aio.insecure_channel(server.address, [("grpc.enable_retries", 0)]) as channel:
        callers = Callers(channel, report, seed=0)
        kinds = (callers.call, callers.stream, callers.slow_reader, callers.vanisher, callers.nonsense, callers.late,
                 callers.large, callers.empty, callers.reader)  # fmt: skip
        await asyncio.gather(_watch(server, seconds, report), *(_repeat(kind, until, report) for kind in kinds))


async def _watch(server: servers.Process, seconds: float, report: Report) -> None:
    for _ in range(10):
        report.memory_mib.append(server.resident_mib())
        await asyncio.sleep(seconds / 10)


async def _repeat(turn: Callable[[], Awaitable[None]], until: float, report: Report) -> None:
    while time.monotonic() < until:
        try:
            await turn()
            outcome = "OK"
        except grpc.aio.AioRpcError as error:
            outcome = error.code().name
        report.outcomes[turn.__name__, outcome] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = soak(Path(folder), given.minutes * 60)
    for (caller, outcome), number in sorted(report.outcomes.items()):
        print(f"{caller:12} {outcome:20} {number}")
    first, last = report.handles
    memory = ", ".join(f"{mib:.0f}" for mib in report.memory_mib)
    print(f"memory {memory} MiB, handles {first} -> {last}, wrong answers {report.wrong}")


if __name__ == "__main__":
    main()
