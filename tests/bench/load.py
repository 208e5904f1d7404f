"""Clients: so many at once, each with one post at a time; or an open stream of calls that waits for nobody."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import grpc

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from service.convert import post_input_message
from store.values import PostInput

_LOCAL = [("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]


@dataclass(slots=True)
class Calls:
    """Seconds of calls by code."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def note(self, code: str, seconds: float) -> None:
        self.seconds.setdefault(code, []).append(seconds)

    @property
    def codes(self) -> Counter[str]:
        return Counter({code: len(seconds) for code, seconds in self.seconds.items()})


def closed(address: str, posts: Sequence[PostInput], clients: int) -> float:
    """Seconds until so many clients, a connection each, have had all posts answered, one post a call."""
    return asyncio.run(_closed(address, posts, clients))


async def _closed(address: str, posts: Sequence[PostInput], clients: int) -> float:
    waiting = iter(posts)

    async def work(stub: ClassificationServiceStub) -> None:
        for post in waiting:
            await stub.Classify(cpb.ClassifyRequest(posts=[post_input_message(post)]))

    channels = [grpc.aio.insecure_channel(address, _LOCAL) for _ in range(clients)]
    await asyncio.gather(*(channel.channel_ready() for channel in channels))
    began = time.perf_counter()
    await asyncio.gather(*(work(ClassificationServiceStub(channel)) for channel in channels))
    seconds = time.perf_counter() - began
    await asyncio.gather(*(channel.close() for channel in channels))
    return seconds


def latencies(address: str, posts: Sequence[PostInput]) -> list[float]:
    """Seconds of each of these calls by one client."""
    with grpc.insecure_channel(address, _LOCAL) as channel:
        stub = ClassificationServiceStub(channel)
        seconds = []
        for post in posts:
            began = time.perf_counter()
            stub.Classify(cpb.ClassifyRequest(posts=[post_input_message(post)]))
            seconds.append(time.perf_counter() - began)
        return seconds


def flood(address: str, posts: Sequence[PostInput], rate: float, deadline: float) -> Calls:
    """Send a call for each post, `rate` a second, whatever becomes of them."""
    return asyncio.run(_flood(address, posts, rate, deadline))


async def _flood(address: str, posts: Sequence[PostInput], rate: float, deadline: float) -> Calls:
    calls = Calls()

    async def call(stub: ClassificationServiceStub, post: PostInput) -> None:
        began = time.perf_counter()
        try:
            await stub.Classify(cpb.ClassifyRequest(posts=[post_input_message(post)]), timeout=deadline)
            code = "OK"
        except grpc.aio.AioRpcError as error:
            code = error.code().name
        calls.note(code, time.perf_counter() - began)

    channels = [grpc.aio.insecure_channel(address, _LOCAL) for _ in range(8)]
    stubs = [ClassificationServiceStub(channel) for channel in channels]
    await asyncio.gather(*(channel.channel_ready() for channel in channels))
    began, sent = time.perf_counter(), []
    for number, post in enumerate(posts):
        if (ahead := number / rate - (time.perf_counter() - began)) > 0:
            await asyncio.sleep(ahead)
        sent.append(asyncio.create_task(call(stubs[number % len(stubs)], post)))
    await asyncio.gather(*sent)
    await asyncio.gather(*(channel.close() for channel in channels))
    return calls
