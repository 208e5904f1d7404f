"""What the pages of `forumlens serve` take on a large store, the first visit and the next.

python -m tests.measures.page_speed --threads 100000 --store FILE

The store is made up (random words, labels, probabilities, vectors, topics, mentions and models over 60 months) and is
made where FILE is not there yet. Every page gets a server of its own, which has answered nothing before; with
--ahead there is one for all, which has asked ahead what it does when it starts.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from more_itertools import chunked

from classifier.taxonomy import load_taxonomy
from labeled import files
from service.web.api import open_channel
from service.web.app import make_app
from store import schema, sources
from store.assignments import set_current_bundle
from store.counts import Tally, change_counts, tally
from store.database import Database, open_database
from store.labels import category_of
from store.models import recount
from store.months import month_of
from store.topic_values import Placed, Topic, TopicRun
from store.topics import save_topic_run
from store.values import SourceKind
from tests.measures.trend_scale import FAMILIES
from tests.measures.triage_speed import START, Maker, index
from tests.service.doubles import TinyBundle, TinyFamilies, TinyTaxonomy, serving

SPAN, TOPICS, DIMENSIONS, BATCH = timedelta(days=1826), 200, 384, 2_000
PAGES = (
    "/", "/themes", "/themes?kind=category", "/themes/leaf/{leaf}", "/themes/category/{category}",
    "/themes/forum-category/forum-1", "/topics", "/topics/map",
    "/topics/map?topic=7", "/topics/7", "/families", "/families/family-7", "/threads",
    "/threads?q=memory", "/threads?topic=7&label={leaf}", "/threads/{thread}", "/triage", "/triage?lane=random",
    "/triage/agreement", "/triage/estimates", "/status",
)  # fmt: skip


def fill(db: Database, threads: int, models: int) -> None:
    """Write the made-up store."""
    maker, chance = Maker(), random.Random(0)
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    hub = sources.ensure(db, SourceKind.HUB, "https://hub.example").id
    for source in (forum, hub):
        sources.mark_covered(db, source, START, START + SPAN)
    set_current_bundle(db, "tiny-bundle")
    with db.write() as connection:
        connection.execute(schema.bundles.update().values(labels=maker.labels))
        connection.execute(schema.encoders.insert(), [{"id": 1, "key": "made-up"}])
    places: list[Placed] = []
    for ids in chunked(range(1, threads + 1), BATCH):
        tables: dict[str, list[dict[str, Any]]] = {}
        for thread in ids:
            for table, row in _rows(maker, chance, thread, START + SPAN * (thread / threads)):
                tables.setdefault(table, []).append(row)
        places += [Placed(row["id"], row["month"], int(min(chance.expovariate(4 / TOPICS), TOPICS - 1)), b"-" * 32)
                   for row in tables["threads"]]  # fmt: skip
        with db.write() as connection:
            for table, rows in tables.items():
                connection.execute(schema.metadata.tables[table].insert(), rows)
            change_counts(connection, Tally(), tally(connection, ids))
    _save_topics(db, places)
    for some in chunked(range(models), BATCH):
        with db.write() as connection:
            connection.execute(schema.models.insert(), [_model(hub, number, chance) for number in some])
    recount(db, hub)
    index(db, threads)


def _rows(maker: Maker, chance: random.Random, thread: int, at: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of a thread by table: a leaf or two for its opening, one for a reply, and up to two families."""
    made, month = maker.rows(thread), month_of(at)
    leaves = [label for label in maker.labels if "/" in label]
    kept = ("threads", "posts", "post_verdicts", "post_texts", "vectors")
    for table in kept:
        for place, row in enumerate(made[table]):
            if table == "threads":
                row |= {"created_at": at, "month": month, "bumped_at": at, "category": f"forum-{thread % 12}"}
            elif table == "posts":
                row |= {"created_at": at + timedelta(hours=place), "author": f"user-{place}"}
            yield table, row
    said = [(made["posts"][place % 3], leaf) for place, leaf in enumerate(chance.sample(leaves, 1 + thread % 3))]
    mine = {"bundle_id": 1, "thread_id": thread}
    for post, leaf in said:
        yield "assignments", {**mine, "post_id": post["id"], "label": leaf, "score": chance.uniform(0.4, 1.0)}
    for label in {label for _, leaf in said for label in (leaf, category_of(leaf))}:
        yield "thread_labels", {**mine, "label": label, "month": month}
    yield "thread_verdicts", {**mine, "month": month, "verdict": "labelled"}
    for family in chance.sample(FAMILIES, thread % 3):
        yield "mentions", {"family": family, "month": month, "thread_id": thread, "posts": 1}


def _model(source: int, number: int, chance: random.Random) -> dict[str, Any]:
    """A model of a random month and family."""
    at = START + SPAN * chance.random()
    return {
        "source_id": source, "id": f"m{number}", "hub_id": "", "created_at": at, "month": month_of(at),
        "model_type": "x", "family": chance.choice(FAMILIES), "has_card": True, "downloads": number % 100, "likes": 0,
        "tags": [], "listing": 0, "gone": False,
    }  # fmt: skip


def _save_topics(db: Database, places: list[Placed]) -> None:
    sizes = np.bincount([place.topic or 0 for place in places], minlength=TOPICS)
    centres = np.random.default_rng(0).standard_normal((TOPICS, DIMENSIONS)).astype(np.float32)
    found = [
        Topic(topic, ("words", "of", "it"), int(size), (places[topic].thread_id,), "", 0.0, name=f"words of {topic}")
        for topic, size in enumerate(sizes)
        if size
    ]
    run = TopicRun("made-up", "recipe", len(places), len(places), 0, TOPICS)
    save_topic_run(db, run, found, places, dict(enumerate(centres)))


async def visit(address: str, paths: Sequence[str], ahead: bool) -> None:
    """Visit each page twice and print what it took; `ahead`: after what the service asks ahead when it starts."""
    channel = open_channel(address)
    app = make_app(channel)
    if ahead:
        await app.state.warm()
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://localhost", timeout=60
    ) as browser:
        for path in paths:
            took = []
            for _ in range(2):
                wall, cpu = time.perf_counter(), time.process_time()
                answer = await browser.get(path)
                took.append((time.perf_counter() - wall, time.process_time() - cpu))
                answer.raise_for_status()
            (first, of_cpu), (later, _) = took
            size = len(answer.content) / 1e3
            sys.stdout.write(f"| {path} | {first:.2f} ({of_cpu:.2f}) | {later:.2f} | {size:.0f} |\n")
            sys.stdout.flush()
    await channel.close()


def main() -> None:
    """Make the store where it is not there, visit every page, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=100_000)
    parser.add_argument("--models", type=int, default=200_000)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--only", default="", help="pages whose address has this in it")
    parser.add_argument("--ahead", action="store_true", help="one server, after it asked ahead")
    given = parser.parse_args()
    new = not given.store.exists()
    labels = load_taxonomy(files.taxonomy()).labels
    leaf = next(label.id for label in labels if "/" in label.id)
    names = {"leaf": leaf, "category": category_of(leaf), "thread": given.threads // 2}
    with open_database(f"sqlite:///{given.store}") as db:
        if new:
            fill(db, given.threads, given.models)
        sys.stdout.write("| page | first, s (of processor) | next, s | KB |\n|---|---|---|---|\n")
        paths = [path for page in PAGES if given.only in (path := page.format_map(names))]
        for some in [paths] if given.ahead else [[path] for path in paths]:
            with serving(db, TinyBundle(taxonomy=TinyTaxonomy(tuple(labels))), families=TinyFamilies(())) as running:
                asyncio.run(visit(running.address, some, given.ahead))


if __name__ == "__main__":
    main()
