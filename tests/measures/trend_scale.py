"""Does a trend cost what its span costs, and not what is stored?

python -m tests.measures.trend_scale [--threads 1000000 --models 3000000] [--queries 400] [--folder kept]

Fills two stores with synthetic threads and models, a small one of 10,000 threads and 30,000 models and a big one, over
the same 60 months, and asks both the same random questions in turns. Stores in `--folder` are kept and asked again.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, func, insert, literal, select

from classifier.trend.questions import Asked, compare_with_uploads, cross_table, theme_trends
from store import sources
from store.assignments import set_current_bundle
from store.calendars import CALENDARS, Calendar
from store.counts import CountKind
from store.database import Database, open_database
from store.models import recount
from store.schema import bundles, mentions, models, thread_labels, thread_verdicts, threads
from store.series import thread_series
from store.themes import ThemeKind
from store.trends import query_trend
from store.values import SourceKind, TrendSubject

START, SPAN = 2020 * 12, 60
_BEGIN, _END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
LABELS = [f"category-{number // 4}/leaf-{number}" for number in range(68)]
FAMILIES = [f"family-{number}" for number in range(120)]
NOW = datetime(2025, 6, 1, tzinfo=UTC)
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
"""What else runs on the machine shows in the first only."""


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1_000_000)
    parser.add_argument("--models", type=int, default=3_000_000)
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        stores = {}
        for name, number, uploaded in (("small", 10_000, 30_000), ("big", given.threads, given.models)):
            path = (given.folder or Path(temporary)) / f"{name}.db"
            there = path.exists()
            stores[name] = open_database(f"sqlite:///{path}")
            took = 0 if there else fill(stores[name], number, uploaded)
            print(f"{name}: {number:,} threads, {uploaded:,} models, filled in {took:.0f} s")  # noqa: T201
        for title, ask in questions().items():
            told = measured(stores, ask, given.queries)
            for place, clock in enumerate(CLOCKS):
                p50, p99 = (
                    {name: np.quantile(times, share, axis=0)[place] * 1e3 for name, times in told.items()}
                    for share in (0.5, 0.99)
                )
                shown = ", ".join(f"{name} {p50[name]:.1f} / {p99[name]:.1f} ms" for name in told)
                ratios = f"{p50['big'] / p50['small']:.2f} / {p99['big'] / p99['small']:.2f}"
                print(f"{title}, {clock}, p50 / p99: {shown}, ratio {ratios}", flush=True)  # noqa: T201


def questions() -> dict[str, Callable[[Database, random.Random], Any]]:
    """What is asked, by name."""
    asked = Asked("bundle", None, NOW)

    def trend(
        subject: Callable[[random.Random], TrendSubject], families: int, calendar: Calendar
    ) -> Callable[..., Any]:
        def ask(db: Database, chance: random.Random) -> Any:
            start = START + chance.randrange(SPAN - 24)
            named = chance.sample(FAMILIES, families)
            return query_trend(
                db, "bundle", None, subject(chance), named, start, start + 24, now=NOW, calendar=calendar
            )

        return ask

    subjects = {
        "all threads": (lambda _: TrendSubject(), 0),
        "a leaf": (lambda chance: TrendSubject(label=chance.choice(LABELS)), 0),
        "a family": (lambda _: TrendSubject(), 1),
        "a leaf and a family": (lambda chance: TrendSubject(label=chance.choice(LABELS)), 1),
        "a forum category": (lambda chance: TrendSubject(forum_category=f"forum-{chance.randrange(12)}"), 0),
        "a forum category and a family": (
            lambda chance: TrendSubject(forum_category=f"forum-{chance.randrange(12)}"),
            1,
        ),
        "a leaf and three families together": (lambda chance: TrendSubject(label=chance.choice(LABELS)), 3),
    }
    return {
        **{
            f"{name}, 24 months by {calendar.name}": trend(subject, families, calendar)
            for calendar in CALENDARS
            for name, (subject, families) in subjects.items()
        },
        "every leaf, 60 months": lambda db, _: thread_series(
            db, "bundle", None, CountKind.LABEL, range(START, START + SPAN)
        ),
        "ListThemes (categories)": lambda db, _: theme_trends(db, asked, ThemeKind.CATEGORY),
        "CompareWithUploads (a family)": lambda db, chance: compare_with_uploads(
            db, asked, ThemeKind.FAMILY, [chance.choice(FAMILIES)]
        ),
        "QueryCrossTable (categories)": lambda db, _: cross_table(db, asked, ThemeKind.CATEGORY),
    }


def measured(
    stores: dict[str, Database], ask: Callable[[Database, random.Random], Any], queries: int
) -> dict[str, list[tuple[float, ...]]]:
    """Seconds of each query by each clock, by store; the stores take turns."""
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in stores}
    for number in range(queries):
        for name, db in stores.items():
            chance = random.Random(number)
            start = [clock() for clock in CLOCKS.values()]
            ask(db, chance)
            found[name].append(tuple(clock() - before for clock, before in zip(CLOCKS.values(), start, strict=True)))
    return found


def fill(db: Database, number: int, uploaded: int) -> float:
    """Write the rows and count them; seconds it took. Rows go in as they lie on disk, and are counted by the table."""
    start, chance = time.perf_counter(), np.random.default_rng(0)
    forum = sources.ensure(db, SourceKind.FORUM, "forum").id
    hub = sources.ensure(db, SourceKind.HUB, "hub").id
    for source in (forum, hub):
        sources.mark_covered(db, source, _BEGIN, _END)
    set_current_bundle(db, "bundle")
    with db.write() as connection:
        bundle = connection.execute(select(bundles.c.id)).scalar_one()
        _load_threads(connection, forum, bundle, number, chance)
        for calendar in CALENDARS:
            _count(connection, calendar)
    with db.write() as connection:
        _load_models(connection, hub, uploaded, chance)
    recount(db, hub)
    return time.perf_counter() - start


def _load_threads(connection: Connection, forum: int, bundle: int, number: int, chance: Generator) -> None:
    ids, moments, months = np.arange(1, number + 1), *_moments(number, chance)
    many = range(number)
    _load(connection, threads, {
        "id": ids.tolist(), "source_id": [forum] * number, "external_id": list(map(str, many)), "title": "t" * number,
        "url": "u" * number, "category": [f"forum-{thread % 12}" for thread in many], "tags": ["[]"] * number,
        "created_at": moments, "month": months.tolist(), "state": ["live"] * number, "counted": [True] * number,
        "views": [0] * number, "likes": [0] * number, "content_hash": [b""] * number, "revision": ids.tolist(),
    })  # fmt: skip
    _load(connection, thread_verdicts, {
        "bundle_id": [bundle] * number, "month": months.tolist(), "verdict": ["labelled"] * number,
        "thread_id": ids.tolist(),
    })  # fmt: skip
    leaves = [_some(chance, number, len(LABELS)) for _ in range(3)]
    carried = {(thread, LABELS[leaf]) for place, each in enumerate(leaves) for thread, leaf in enumerate(each)
               if place <= thread % 3}  # fmt: skip
    carried |= {(thread, label.partition("/")[0]) for thread, label in carried}
    said = sorted((label, thread) for thread, label in carried)
    _load(connection, thread_labels, {
        "bundle_id": [bundle] * len(said), "label": [label for label, _ in said],
        "month": [int(months[thread]) for _, thread in said], "thread_id": [thread + 1 for _, thread in said],
    })  # fmt: skip
    families = [_some(chance, number, len(FAMILIES)) for _ in range(2)]
    named = sorted({(FAMILIES[family], thread) for place, each in enumerate(families)
                    for thread, family in enumerate(each) if place < thread % 3})  # fmt: skip
    _load(connection, mentions, {
        "family": [family for family, _ in named], "month": [int(months[thread]) for _, thread in named],
        "thread_id": [thread + 1 for _, thread in named], "posts": [1] * len(named),
    })  # fmt: skip


def _load_models(connection: Connection, hub: int, uploaded: int, chance: Generator) -> None:
    moments, months = _moments(uploaded, chance)
    many = range(uploaded)
    _load(connection, models, {
        "source_id": [hub] * uploaded, "id": [f"m{model:07}" for model in many], "created_at": moments,
        "month": months.tolist(), "model_type": "x" * uploaded,
        "family": [FAMILIES[family] for family in _some(chance, uploaded, len(FAMILIES))],
        "has_card": [True] * uploaded, "downloads": [model % 100 for model in many], "likes": [0] * uploaded,
        "tags": ["[]"] * uploaded, "gone": [False] * uploaded,
    })  # fmt: skip


def _moments(number: int, chance: Generator) -> tuple[list[str], NDArray[np.int64]]:
    """Ascending moments, even over the months, as the table keeps them; and their months."""
    days = np.sort(chance.integers(0, (_END - _BEGIN).days, number))
    dates = np.datetime64(_BEGIN.date()) + days
    texts = np.char.add(dates.astype(str), " 12:00:00.000000").tolist()
    return texts, dates.astype("datetime64[M]").astype(np.int64) + 1970 * 12


def _some(chance: Generator, number: int, below: int) -> list[int]:
    found: list[int] = chance.integers(0, below, number).tolist()
    return found


def _load(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    places = ", ".join("?" * len(columns))
    rows = list(zip(*columns.values(), strict=True))
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({places})", rows)


def _count(connection: Connection, calendar: Calendar) -> None:
    """What store.counts says of these rows, but of all at once."""
    for kind, said, scope, subject in (
        (CountKind.ALL, None, None, None),
        (CountKind.FORUM_CATEGORY, None, None, threads.c.category),
        (CountKind.VERDICT, thread_verdicts, thread_verdicts.c.bundle_id, thread_verdicts.c.verdict),
        (CountKind.FAMILY, mentions, None, mentions.c.family),
        (CountKind.LABEL, thread_labels, thread_labels.c.bundle_id, thread_labels.c.label),
    ):
        rows = threads if said is None else threads.join(said, said.c.thread_id == threads.c.id)
        _add(connection, calendar, kind, rows, scope, subject, None, calendar.of_thread)
        if kind in (CountKind.LABEL, CountKind.FORUM_CATEGORY):
            crossed = rows.join(mentions, mentions.c.thread_id == threads.c.id)
            _add(connection, calendar, kind, crossed, scope, subject, mentions.c.family, calendar.of_thread)


def _add(connection: Connection, calendar: Calendar, kind: CountKind, rows: Any, *by: Any) -> None:
    scope, subject, family, period = by
    counted = (
        select(
            literal(kind.value),
            literal(0) if scope is None else scope,
            literal("") if subject is None else subject,
            literal("") if family is None else family,
            period,
            func.count(),
            literal(0),
        )
        .select_from(rows)
        .group_by(*(column for column in by if column is not None))
    )
    names = ["kind", "scope", "subject", "family", calendar.name, "threads", "expected"]
    connection.execute(insert(calendar.counts).from_select(names, counted))


if __name__ == "__main__":
    main()
