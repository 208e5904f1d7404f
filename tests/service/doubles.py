"""A small model whose answers are known from the words of the text, and a server run beside the test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import grpc

from service.model import FamilyNames, Model
from service.server import Server, ServerOptions
from service.serving import LoadModel
from store.database import Database
from store.values import Classification, ExampleOrigin, Label, NearExample, PostInput, Reason

LABELS = (
    Label("memory-performance", "challenge", "Memory", "Runs out of memory or is slow.", leaf=False),
    Label("memory-performance/memory", "challenge", "Memory", "Runs out of memory.", leaf=True),
    Label("memory-performance/speed", "challenge", "Speed", "Too slow.", leaf=True),
    Label("spaces", "challenge", "Spaces", "A category without leaves.", leaf=True),
    Label("expert-solutions/other", "benefit", "Solution", "Somebody knows what to do.", leaf=True),
    Label("expert-solutions", "benefit", "Solutions", "Somebody helps.", leaf=False),
)
WORDS = {
    "memory": "memory-performance/memory",
    "slow": "memory-performance/speed",
    "space": "spaces",
    "try": "expert-solutions/other",
}


@dataclass(frozen=True, slots=True)
class TinyTaxonomy:
    labels: tuple[Label, ...] = LABELS
    ref: str = "tiny@1"


@dataclass(frozen=True, slots=True)
class TinyFamilies:
    """Knows `gpt2`, also as `GPT-2`, which no store of the tests does."""

    names: tuple[str, ...] = ("gpt2",)

    def canonical(self, name: str) -> str:
        return name.lower().replace("-", "")


@dataclass(slots=True)
class TinyBundle:
    """Labels by words. "unsure" abstains, "boom" raises; while `gate` is clear, work waits and `started` is set."""

    id: str = "tiny-bundle"
    taxonomy: TinyTaxonomy = TinyTaxonomy()
    manifest: dict[str, Any] = field(
        default_factory=lambda: {
            "fitted_at": "2024-05-06T07:08:09+00:00",
            "encoder": {"key": "tiny|r1|float32|256"},
            "metrics": {
                "held_out": {
                    "n": 7,
                    "kind": None,
                    "category": {"micro_f1": 0.5, "per_label": {"spaces": {"f1": 0.25}}},
                }
            },
        }
    )
    batches: list[list[str]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    started: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def hold(self) -> None:
        """Let the next batch wait for the gate, and tell by `started` that it came."""
        self.started.clear()
        self.gate.clear()

    def classify(self, posts: Sequence[PostInput]) -> list[Classification]:
        self.batches.append([post.body for post in posts])
        self.started.set()
        assert self.gate.wait(60)
        if any("boom" in post.body for post in posts):
            raise RuntimeError("secret detail of the fault")
        return [answer(post) for post in posts]

    def explain(self, posts: Sequence[PostInput], answers: Sequence[Classification]) -> list[Classification]:
        """Each word that gave a label speaks for it, and an example."""
        of_label = {label: word for word, label in WORDS.items()}
        return [
            replace(each, reasons=tuple(_reason(label, of_label[label]) for label, _ in each.labels))
            for each in answers
        ]


def _reason(label: str, word: str) -> Reason:
    return Reason(label, ((word, 1.0),), (NearExample("ex-1", (label, "spaces"), 0.5, ExampleOrigin.GIVEN),))


def answer(post: PostInput) -> Classification:
    """What the tiny bundle says of one post; the score tells texts apart."""
    score = 0.5 + (sum(post.body.encode()) % 1000) / 2000
    given = [label for word, label in WORDS.items() if word in post.body]
    rest = [label for label in WORDS.values() if label not in given]
    unsure = "unsure" in post.body
    return Classification(
        id=post.id,
        labels=() if unsure else tuple((label, score) for label in given),
        ranked=(*((label, score) for label in given), *((label, 0.1) for label in rest)),
        abstained=unsure,
    )


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs on a loop in another thread."""

    server: Server
    loop: asyncio.AbstractEventLoop
    bundle: Model

    @property
    def address(self) -> str:
        return self.server.address

    def stop(self) -> None:
        """Stop it gracefully and wait."""
        asyncio.run_coroutine_threadsafe(self.server.stop(), self.loop).result(60)


@contextmanager
def serving(
    db: Database,
    bundle: Model,
    *,
    families: FamilyNames | None = None,
    options: ServerOptions | None = None,
    load: LoadModel | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Running]:
    """A server on a free port, stopped at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="server")
    thread.start()
    try:
        quick = options or ServerOptions(farewell=0.0, grace=10.0)
        server = Server(db, bundle, host, port=0, families=families, options=quick, load=load)
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(60)
        running = Running(server, loop, bundle)
        try:
            yield running
        finally:
            if isinstance(bundle, TinyBundle):
                bundle.gate.set()
            running.stop()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


@contextmanager
def channel(running: Running) -> Iterator[grpc.Channel]:
    """A plain channel without retries."""
    with grpc.insecure_channel(running.address, options=[("grpc.enable_retries", 0)]) as open_channel:
        yield open_channel
