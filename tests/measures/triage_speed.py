"""What search and the queues take on a large store: `python -m tests.measures.triage_speed --threads 100000`.

The store is made up: random words, labels, probabilities and vectors, three posts a thread.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classifier.taxonomy import load_taxonomy
from labeled import files
from service.catalog import Shown
from service.triage import queue_messages, random_queue, triage_queue
from store import schema
from store.counts import CountKind
from store.database import Database, open_database
from store.months import month_of
from store.search import index_thread, phrases, search_threads
from store.values import ThreadFilter

POSTS, WORDS, DIMENSIONS, BATCH = 3, 60, 384, 2_000
QUERIES = ("memory", "cuda out of memory", "word00500 tokenizer")
START = datetime(2020, 7, 1, tzinfo=UTC)
SHOWN, ANY, PLACES = Shown("made-up", None), ThreadFilter(), 20


class Maker:
    """Makes rows of threads, the same for the same number."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        common = ("memory", "model", "tokenizer", "cuda", "out", "of")
        self.words = np.asarray([*common, *(f"word{number:05d}" for number in range(20_000))])
        self.chances = 1 / np.arange(1, len(self.words) + 1)
        self.chances /= self.chances.sum()
        self.labels = sorted(label.id for label in load_taxonomy(files.taxonomy()).labels)

    def rows(self, thread: int) -> dict[str, list[dict[str, Any]]]:
        """Rows of one thread by table."""
        at = START + timedelta(minutes=28 * thread)
        month, label = month_of(at), self.labels[int(self.rng.integers(len(self.labels)))]
        texts = [" ".join(self.rng.choice(self.words, WORDS, p=self.chances)) for _ in range(POSTS)]
        head = {
            "id": thread, "source_id": 1, "external_id": str(thread), "title": texts[0][:60], "created_at": at,
            "url": f"https://forum.example/{thread}", "category": "c", "tags": [], "month": month, "bumped_at": at,
            "state": "live", "counted": True, "views": 0, "likes": 0, "content_hash": b"", "revision": thread,
        }  # fmt: skip
        posts, verdicts = [], []
        for number, body in enumerate(texts, 1):
            post = thread * POSTS + number
            key = post.to_bytes(32, "big")
            posts.append({
                "id": post, "thread_id": thread, "external_id": str(post), "number": number, "author": "",
                "created_at": at, "likes": 0, "accepted": False, "body": body, "text_hash": key, "input_hash": key,
                "deleted": False,
            })  # fmt: skip
            chances = (self.rng.random(len(self.labels)) ** 6 * 10_000).astype("<u2").tobytes()
            verdicts.append({
                "bundle_id": 1, "thread_id": thread, "post_id": post, "input_hash": key, "verdict": "labelled",
                "probabilities": chances,
            })  # fmt: skip
        key, first = posts[0]["text_hash"], posts[0]["id"]
        vector = self.rng.standard_normal(DIMENSIONS).astype("<f4").tobytes()
        carried = {"bundle_id": 1, "thread_id": thread, "label": label}
        return {
            "threads": [head],
            "posts": posts,
            "post_verdicts": verdicts,
            "assignments": [{**carried, "post_id": first, "score": 0.5}],
            "thread_labels": [{**carried, "month": month}],
            "post_texts": [{"post_id": first, "stage": "topics", "text_hash": key}],
            "vectors": [{"encoder_id": 1, "text_hash": key, "data": vector}],
        }


def fill(db: Database, threads: int) -> None:
    """Write the made-up store, without its search index."""
    maker = Maker()
    with db.write() as connection:
        source = {"id": 1, "kind": "forum", "name": "https://forum.example", "authored": False}
        span = {"covered_from": START, "covered_to": datetime.now(UTC)}
        connection.execute(schema.sources.insert(), [source | span])
        connection.execute(schema.bundles.insert(), [{"id": 1, "key": SHOWN.bundle_id, "labels": maker.labels}])
        connection.execute(schema.encoders.insert(), [{"id": 1, "key": "made-up"}])
    counts: dict[tuple[str, int, str, int], int] = {}
    for first in range(1, threads + 1, BATCH):
        tables: dict[str, list[dict[str, Any]]] = {}
        for thread in range(first, min(first + BATCH, threads + 1)):
            for table, rows in maker.rows(thread).items():
                tables.setdefault(table, []).extend(rows)
        for row in tables["thread_labels"]:
            for cell in ((CountKind.ALL, 0, "", row["month"]), (CountKind.LABEL, 1, row["label"], row["month"])):
                counts[cell] = counts.get(cell, 0) + 1
        with db.write() as connection:
            for table, rows in tables.items():
                connection.execute(schema.metadata.tables[table].insert(), rows)
    names = ("kind", "scope", "subject", "month")
    cells = [dict(zip(names, cell, strict=True)) | {"threads": count} for cell, count in counts.items()]
    with db.write() as connection:
        connection.execute(schema.trend_counts.insert(), [{**cell, "family": "", "expected": 0} for cell in cells])


def index(db: Database, threads: int) -> None:
    """Make the search index."""
    with db.write() as connection:
        for thread in range(1, threads + 1):
            index_thread(connection, thread)


def tell(name: str, work: Callable[[], object], times: int = 3) -> None:
    """Print the shortest wall and CPU time of some runs."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    sys.stdout.write(f"| {name} | {min(walls):.3f} | {min(cpus):.3f} |\n")
    sys.stdout.flush()


def main() -> None:
    """Make the store, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=100_000)
    count = parser.parse_args().threads
    with tempfile.TemporaryDirectory() as folder, open_database(f"sqlite:///{folder}/store.db") as db:
        fill(db, count)
        size = Path(folder, "store.db").stat().st_size
        tell(f"index {count:,} threads", lambda: index(db, count), times=1)
        grown = Path(folder, "store.db").stat().st_size
        sys.stdout.write(f"store: {size / 1e6:.0f} MB before, {grown / 1e6:.0f} MB after\n")
        for query in QUERIES:
            tell(f"search {query!r}", partial(search_threads, db, "made-up", None, phrases(query), ANY, 50))
        now = datetime.now(UTC)
        tell("random lane", lambda: queue_messages(db, SHOWN, random_queue(db, "ann", 0, PLACES)))
        tell("triage lane", lambda: queue_messages(db, SHOWN, triage_queue(db, SHOWN, ANY, "ann", now, 0, PLACES)))


if __name__ == "__main__":
    main()
