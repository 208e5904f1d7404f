"""What the service costs over the bare work, on this machine, now: `python -m tests.bench --bundle DIR`.

Every figure is a ratio of two ways of doing the same, taken in turns (A B A B ...) so that whatever else the machine
does falls on both. OMP_NUM_THREADS and the like hold for all of them alike. Prints a table.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.bundle import Bundle, load_bundle
from store.database import open_database
from tests.bench import load, servers, trends
from tests.bench.corpus import fill
from tests.bench.texts import Texts

CLIENTS = 64


@dataclass(frozen=True, slots=True)
class Row:
    """A ratio with its aim, and the two figures that it is of (medians over the rounds)."""

    what: str
    ratio: float
    aim: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured with: a bundle here and one behind a server, texts, and how much of it."""

    bundle: Bundle
    folder: Path
    directory: Path
    texts: Texts
    rounds: int
    posts: int

    def offline(self, kind: str) -> Iterator[Row]:
        """64 clients with a post each, against the model called with all posts at once; and repeated posts."""
        with servers.forumlens(self.directory, self.folder) as server:
            load.closed(server.address, self.texts.posts(self.posts, kind), CLIENTS)  # the queue learns the speed
            ours, theirs = self._turns(
                lambda: self.posts / load.closed(server.address, self.texts.posts(self.posts, kind), CLIENTS),
                lambda: self.posts / _seconds(lambda: self.bundle.classify(self.texts.posts(self.posts, kind))),
            )
            yield _row(f"Classify, {CLIENTS} clients x 1 {kind} post, against offline", ours, theirs, "at least 0.85")
            yield self._processor(server, kind)
            known = self.texts.posts(self.posts, kind)
            load.closed(server.address, known, CLIENTS)
            again, fresh = self._turns(
                lambda: self.posts / load.closed(server.address, known, CLIENTS),
                lambda: self.posts / load.closed(server.address, self.texts.posts(self.posts, kind), CLIENTS),
            )
            yield _row(f"{kind} posts whose vectors are cached, against fresh ones", again, fresh, "told apart")

    def _processor(self, server: servers.Process, kind: str) -> Row:
        """The same by time of the processor alone, which other work on the machine distorts less."""

        def ours() -> float:
            began = server.processor_seconds()
            load.closed(server.address, self.texts.posts(self.posts, kind), CLIENTS)
            return self.posts / (server.processor_seconds() - began)

        def theirs() -> float:
            posts = self.texts.posts(self.posts, kind)
            began = time.process_time()
            self.bundle.classify(posts)
            return self.posts / (time.process_time() - began)

        return _row(f"the same, {kind} posts per second of processor", *self._turns(ours, theirs), "told apart")

    def pool(self, kind: str, aim: str) -> Iterator[Row]:
        """64 clients with a post each, against a thread pool that calls the model for each; the best of two sizes."""
        with servers.forumlens(self.directory, self.folder) as server:
            load.closed(server.address, self.texts.posts(self.posts, kind), CLIENTS)
            for workers in (1, 2):
                with servers.pool(self.directory, self.folder, workers) as other:
                    load.closed(other.address, self.texts.posts(16, kind), CLIENTS)
                    ours, theirs = self._turns(
                        lambda: self.posts / load.closed(server.address, self.texts.posts(self.posts, kind), CLIENTS),
                        lambda: self.posts / load.closed(other.address, self.texts.posts(self.posts, kind), CLIENTS),
                    )
                what = f"Classify, {CLIENTS} clients x 1 {kind} post, against a pool of {workers}"
                yield _row(what, ours, theirs, aim)

    def latency(self) -> Iterator[Row]:
        """One client, one short post: what the service adds to the model."""
        with servers.forumlens(self.directory, self.folder) as server:
            load.latencies(server.address, self.texts.posts(8, "short"))

            def bare() -> float:
                posts = self.texts.posts(16, "short")
                return statistics.median(_seconds(lambda post=post: self.bundle.classify([post])) for post in posts)

            bare()
            ours, theirs = self._turns(
                lambda: statistics.median(load.latencies(server.address, self.texts.posts(16, "short"))), bare
            )
        ratio = statistics.median(ours) / statistics.median(theirs)
        told = (f"{statistics.median(some) * 1000:.1f} ms" for some in (ours, theirs))
        yield Row("one client, one short post, p50, over the model call", ratio, "at most 1.3", *told)

    def overload(self, seconds: float, deadline: float) -> Iterator[Row]:
        """Ten times as many calls as can be answered: who is accepted is in time, the rest is told at once."""
        with servers.forumlens(self.directory, self.folder) as server:
            load.closed(server.address, self.texts.posts(self.posts, "short"), CLIENTS)
            before = self.posts / load.closed(server.address, self.texts.posts(self.posts, "short"), CLIENTS)
            memory = server.resident_mib()
            posts = self.texts.posts(int(10 * before * seconds), "short")
            calls = load.flood(server.address, posts, 10 * before, deadline)
            grown = server.resident_mib() - memory
            after = self.posts / load.closed(server.address, self.texts.posts(self.posts, "short"), CLIENTS)
        codes = dict(calls.codes)
        refused = calls.seconds.get("RESOURCE_EXHAUSTED", [0.0])
        p99 = statistics.quantiles(refused, n=100)[-1] if len(refused) > 1 else refused[0]
        good = codes.get("OK", 0) / seconds / before
        what = f"overload, {10 * before:.0f} calls/s for {seconds:g} s, deadline {deadline:g} s"
        yield Row(f"{what}: answered, of capacity", good, "1", f"{codes}", f"refused p99 {p99 * 1000:.0f} ms")
        yield Row(f"{what}: speed after, of before", after / before, "1", f"{after:.1f} posts/s", f"+{grown:.0f} MiB")

    def trends(self, threads: int) -> Iterator[Row]:
        """QueryTrends, by the server's own clock, against the bare SQL of the same query; and asked again."""
        store = self.folder / "store.db"
        with open_database(f"sqlite:///{store}") as db:
            fill(db, list(self.bundle.taxonomy.labels), threads)
        for name, request in trends.REQUESTS.items():
            with servers.forumlens(
                self.directory, self.folder, "--log-level", "INFO", "--log-format", "json"
            ) as server:
                sql = trends.BareSql(store, request)
                sql.run()

                def asked(server: servers.Process, request: Any, changing: Path | None) -> float:
                    before = len(server.seconds("QueryTrends"))
                    trends.ask(server.address, request, 10, changing)
                    return statistics.median(server.seconds("QueryTrends")[before:])

                asked(server, request, store)
                rounds = [
                    (
                        asked(server, request, store),
                        statistics.median(_seconds(sql.run) for _ in range(10)),
                        asked(server, request, None),
                    )
                    for _ in range(self.rounds)
                ]
            fresh, bare, again = (statistics.median(some) for some in zip(*rounds, strict=True))
            what = f"QueryTrends ({name}, {threads} threads), server p50"
            yield Row(f"{what} over bare SQL", fresh / bare, "at most 3", _ms(fresh), _ms(bare))
            yield Row(f"{what}, asked again, over bare SQL", again / bare, "told apart", _ms(again), _ms(bare))

    def _turns(self, ours: Callable[[], float], theirs: Callable[[], float]) -> tuple[list[float], list[float]]:
        pairs = [(ours(), theirs()) for _ in range(self.rounds)]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _row(what: str, ours: Sequence[float], theirs: Sequence[float], aim: str) -> Row:
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return Row(what, ratio, aim, *(f"{statistics.median(some):.1f} posts/s" for some in (ours, theirs)))


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("bundle"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--posts", type=int, default=256, help="posts a round")
    parser.add_argument("--threads", type=int, default=20_000, help="threads in the store that trends are asked of")
    parser.add_argument("--seconds", type=float, default=60, help="of overload")
    parser.add_argument("--deadline", type=float, default=5, help="of calls in the overload")
    parser.add_argument("--only", choices=["offline", "pool", "latency", "trends", "overload"], action="append")
    given = parser.parse_args()
    print("| what | ratio | aim | service | beside |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        bundle = load_bundle(given.bundle)
        bench = Bench(bundle, Path(folder), given.bundle.absolute(), Texts(), given.rounds, given.posts)
        parts: dict[str, list[Callable[[], Iterator[Row]]]] = {
            "offline": [lambda: bench.offline("full"), lambda: bench.offline("short")],
            "pool": [lambda: bench.pool("full", "at least 1"), lambda: bench.pool("short", "at least 1.4")],
            "latency": [bench.latency],
            "trends": [lambda: bench.trends(given.threads)],
            "overload": [lambda: bench.overload(given.seconds, given.deadline)],
        }
        for name, runs in parts.items():
            for run in runs if not given.only or name in given.only else ():
                for row in run():
                    print(f"| {row.what} | {row.ratio:.2f} | {row.aim} | {row.ours} | {row.theirs} |", flush=True)


if __name__ == "__main__":
    main()
