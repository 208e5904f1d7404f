"""Does a trend cost what its months cost, and not what is stored?

python -m tests.measures.trend_scale [--threads 1000000 --models 3000000] [--queries 400]

Fills two stores with synthetic threads and models, a small one of 10,000 threads and 30,000 models and a big one, over
the same 60 months, and asks both the same random questions in turns.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from more_itertools import chunked
from sqlalchemy import insert, select

from classifier.trend.questions import Asked, theme_trends
from store import sources
from store.assignments import set_current_bundle
from store.counts import CountKind, Tally, change_counts, tally
from store.database import Database, open_database
from store.models import recount
from store.schema import bundles, mentions, models, thread_labels, thread_verdicts, threads
from store.series import thread_series
from store.themes import ThemeKind
from store.trends import query_trend
from store.values import SourceKind, TrendSubject

START, MONTHS = 2020 * 12, 60
LABELS = [f"category-{number // 4}/leaf-{number}" for number in range(68)]
FAMILIES = [f"family-{number}" for number in range(120)]
NOW = datetime(2025, 6, 1, tzinfo=UTC)
_BATCH = 20_000


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1_000_000)
    parser.add_argument("--models", type=int, default=3_000_000)
    parser.add_argument("--queries", type=int, default=400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stores = {}
        for name, number, uploaded in (("small", 10_000, 30_000), ("big", given.threads, given.models)):
            stores[name] = open_database(f"sqlite:///{Path(folder) / name}.db")
            took = fill(stores[name], number, uploaded)
            print(f"{name}: {number:,} threads, {uploaded:,} models, filled in {took:.0f} s")  # noqa: T201
        for title, ask in questions().items():
            told = measured(stores, ask, given.queries)
            shown = ", ".join(
                f"{name} p50 {np.quantile(times, 0.5) * 1e3:.2f} ms p99 {np.quantile(times, 0.99) * 1e3:.2f} ms"
                for name, times in told.items()
            )
            ratio = np.quantile(told["big"], 0.99) / np.quantile(told["small"], 0.99)
            print(f"{title}: {shown}; p99 ratio {ratio:.2f}")  # noqa: T201


def questions() -> dict[str, Callable[[Database, random.Random], Any]]:
    """What is asked, by name."""

    def trend(subject: Callable[[random.Random], TrendSubject], families: int) -> Callable[..., Any]:
        def ask(db: Database, chance: random.Random) -> Any:
            start = START + chance.randrange(MONTHS - 24)
            named = chance.sample(FAMILIES, families)
            return query_trend(db, "bundle", None, subject(chance), named, start, start + 24, now=NOW)

        return ask

    def leaf(chance: random.Random) -> TrendSubject:
        return TrendSubject(label=chance.choice(LABELS))

    return {
        "trend of a leaf, 24 months": trend(leaf, 0),
        "trend of a leaf and a family, 24 months": trend(leaf, 1),
        "trend of all threads, 24 months": trend(lambda _: TrendSubject(), 0),
        "series of all leaves, 60 months": lambda db, _: thread_series(
            db, "bundle", None, CountKind.LABEL, range(START, START + MONTHS)
        ),
        "ListThemes (categories)": lambda db, _: theme_trends(db, Asked("bundle", None, NOW), ThemeKind.CATEGORY),
    }


def measured(
    stores: dict[str, Database], ask: Callable[[Database, random.Random], Any], queries: int
) -> dict[str, list[float]]:
    """Seconds of each query, by store; the stores take turns."""
    found: dict[str, list[float]] = {name: [] for name in stores}
    for number in range(queries):
        for name, db in stores.items():
            chance = random.Random(number)
            start = time.perf_counter()
            ask(db, chance)
            found[name].append(time.perf_counter() - start)
    return found


def fill(db: Database, number: int, uploaded: int) -> float:
    """Write the rows and count them; seconds it took."""
    start, chance = time.perf_counter(), random.Random(0)
    forum = sources.ensure(db, SourceKind.FORUM, "forum").id
    hub = sources.ensure(db, SourceKind.HUB, "hub").id
    for source in (forum, hub):
        sources.mark_covered(db, source, _day(0), _day(MONTHS))
    set_current_bundle(db, "bundle")
    with db.read() as connection:
        bundle = connection.execute(select(bundles.c.id)).scalar_one()
    for ids in chunked(range(1, number + 1), _BATCH):
        heads = [_head(forum, thread, chance) for thread in ids]
        with db.write() as connection:
            connection.execute(insert(threads), heads)
            connection.execute(insert(thread_labels), list(_labels(bundle, heads, chance)))
            connection.execute(insert(thread_verdicts), [_verdict(bundle, head) for head in heads])
            connection.execute(insert(mentions), list(_mentions(heads, chance)))
            change_counts(connection, Tally(), tally(connection, list(ids)))
    for ids in chunked(range(uploaded), _BATCH):
        with db.write() as connection:
            connection.execute(insert(models), [model_row(hub, model, chance) for model in ids])
    recount(db, hub)
    return time.perf_counter() - start


def _day(month: int) -> datetime:
    return datetime((START + month) // 12, (START + month) % 12 + 1, 1, tzinfo=UTC)


def _head(source: int, thread: int, chance: random.Random) -> dict[str, Any]:
    month = chance.randrange(MONTHS)
    return {
        "id": thread, "source_id": source, "external_id": str(thread), "title": "t", "url": "u",
        "category": f"forum-{thread % 12}", "tags": [], "created_at": _day(month) + timedelta(minutes=thread % 40_000),
        "month": START + month, "state": "live", "counted": True, "views": 0, "likes": 0, "content_hash": b"",
        "revision": thread,
    }  # fmt: skip


def _labels(bundle: int, heads: list[dict[str, Any]], chance: random.Random) -> Iterator[dict[str, Any]]:
    for head in heads:
        leaves = chance.sample(LABELS, 1 + head["id"] % 3)
        for label in {*leaves, *(leaf.partition("/")[0] for leaf in leaves)}:
            yield {"bundle_id": bundle, "label": label, "month": head["month"], "thread_id": head["id"]}


def _verdict(bundle: int, head: dict[str, Any]) -> dict[str, Any]:
    return {"bundle_id": bundle, "month": head["month"], "verdict": "labelled", "thread_id": head["id"]}


def _mentions(heads: list[dict[str, Any]], chance: random.Random) -> Iterator[dict[str, Any]]:
    for head in heads:
        for family in chance.sample(FAMILIES, head["id"] % 3):
            yield {"family": family, "month": head["month"], "thread_id": head["id"], "posts": 1}


def model_row(source: int, model: int, chance: random.Random) -> dict[str, Any]:
    """A model of a random month and family."""
    month = chance.randrange(MONTHS)
    return {
        "source_id": source, "id": f"m{model}", "hub_id": "", "created_at": _day(month), "month": START + month,
        "model_type": "x", "family": chance.choice(FAMILIES), "has_card": True, "downloads": model % 100, "likes": 0,
        "tags": [], "listing": 0, "gone": False,
    }  # fmt: skip


if __name__ == "__main__":
    main()
