"""Whatever happens to threads, in whatever order, the counts made ahead are those of the rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select

from store import assignments, migrations, models, sources, topics, trends
from store import threads as thread_store
from store.calendars import CALENDARS
from store.counts import tally
from store.database import Database, open_database
from store.schema import threads, topic_label_counts, week_uploads
from store.sheets import Cell
from store.topic_values import OUTLIERS, Placed, Topic, TopicRun
from store.values import (
    Assignment,
    HubModel,
    Mention,
    SourceKind,
    StoredThread,
    ThreadState,
    TrendSubject,
    Verdict,
)
from store.weeks import week_of
from tests.store.build import post, thread

LABELS = ("memory", "memory/oom", "spaces")
NOW = datetime(2024, 9, 1, tzinfo=UTC)
WEEK = week_of(datetime(2024, 1, 29, tzinfo=UTC))
KEYS = st.sampled_from("abc")
STEPS = st.one_of(
    st.tuples(st.just("save"), KEYS, st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.just("label"), st.sampled_from(["bundle-1", "bundle-2"]), st.sets(st.sampled_from(LABELS[1:]))),
    st.tuples(st.just("mention"), st.sets(st.sampled_from(["bert", "llama"]))),
    st.tuples(st.just("seek"), st.sampled_from(["run-1", "run-2"]), st.integers(-1, 1)),
    st.tuples(st.just("place"), st.sampled_from(["run-1", "run-2"]), st.integers(-1, 1)),
    st.tuples(st.just("state"), KEYS, st.sampled_from(list(ThreadState))),
    st.tuples(st.just("move"), KEYS, KEYS),
)


TABLES = (*(calendar.counts for calendar in CALENDARS), topic_label_counts)


def counted(db: Database) -> dict[Cell, dict[str, int]]:
    """What the tables say, cells of nothing left out."""
    with db.read() as connection:
        rows = [(table.name, row) for table in TABLES for row in connection.execute(select(table))]
    return kept({(name, *row[: -len(sums)]): sums for name, row in rows if (sums := amounts(row._asdict()))})


def amounts(row: dict[str, int]) -> dict[str, int]:
    return {name: row[name] for name in ("threads", "expected", "openings", "score") if name in row}


def kept(cells: dict[Cell, dict[str, int]]) -> dict[Cell, dict[str, int]]:
    return {
        cell: {name: number for name, number in sums.items() if number}
        for cell, sums in cells.items()
        if any(sums.values())
    }


def from_rows(db: Database) -> dict[Cell, dict[str, int]]:
    """What the rows say, counted from nothing."""
    with db.read() as connection:
        found = tally(connection, list(connection.execute(select(threads.c.id)).scalars()))
    return kept(
        {
            (table.name, *cell): dict(sums)
            for table, sheet in zip(TABLES, found.sheets, strict=True)
            for cell, sums in sheet.cells.items()
        }
    )


def said(item: StoredThread, labels: set[str]) -> list[Assignment]:
    verdict = Verdict.LABELLED if labels else Verdict.NONE
    chances = {"memory": 0.5, "memory/oom": 0.25, "spaces": 0.1}
    given = tuple((label, chances[label]) for label in sorted(labels))
    return [Assignment(one.id, one.input_hash, verdict, given, chances) for one in item.posts]


def take(db: Database, forum: int, step: tuple[object, ...]) -> None:
    stored = thread_store.changed_threads(db, 0)
    match step:
        case ("save", str(key), int(month), int(number)):
            posts = [post(n, key=f"{key}{n}") for n in range(1, number + 1)]
            made = thread(key, *posts, created_at=datetime(2024, month, 10, tzinfo=UTC), category=f"c{month}")
            thread_store.save_thread(db, forum, made)
        case ("move", str(key), str(other)):
            with db.write() as connection:
                made = thread(key, post(1, key=f"{other}2"), post(2, key=f"{key}9"))
                thread_store.put_thread(db, connection, forum, made, NOW, posts_move=True)
        case ("state", str(key), ThreadState() as state):
            thread_store.set_thread_state(db, forum, key, state)
        case ("label", str(bundle), set(labels)) if stored:
            items = [(item, said(item, labels)) for item in stored]
            assignments.save_thread_assignments(db, bundle, f"assign:{bundle}", items, LABELS)
        case ("mention", set(families)) if stored:
            found = [(i, [Mention(i.id, f, 1) for f in families] if i.counted and i.posts else []) for i in stored]
            assignments.save_thread_mentions(db, "mentions:x", found)
        case ("seek", str(run), int(topic)):
            found = [Placed(item.id, item.month, topic, b"-" * 32) for item in stored if item.counted]
            kept = [Topic(topic, ("word",), len(found), (), "spaces", 0.5)]
            topics.save_topic_run(db, TopicRun(run, "recipe", 0, len(found), 0, 2), kept, found, {})
        case ("place", str(run), int(topic)) if topics.topic_run(db, run) and topic in {
            OUTLIERS,
            *topics.topic_sizes(db, run),
        }:
            found = [Placed(item.id, item.month, topic if item.counted else None, b"+" * 32) for item in stored]
            topics.place_threads(db, run, 1, found)


def _has(db: Database, run: str, topic: int) -> bool:
    return topics.topic_run(db, run) is not None and topic in {OUTLIERS, *topics.topic_sizes(db, run)}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=3, max_size=14))
def test_counts_agree_with_the_rows_after_any_sequence(steps: list[tuple[object, ...]]) -> None:
    with TemporaryDirectory() as folder, open_database(f"sqlite:///{Path(folder) / 'store.db'}") as db:
        forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
        for step in steps:
            take(db, forum, step)
            assert counted(db) == from_rows(db), step


def test_counts_on_every_database(db: Database) -> None:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    for step in (
        ("save", "a", 1, 2),
        ("save", "b", 2, 3),
        ("label", "bundle-1", {"memory/oom"}),
        ("mention", {"bert", "llama"}),
        ("seek", "run-1", 0),
        ("state", "a", ThreadState.DELETED),
        ("place", "run-1", -1),
        ("move", "c", "b"),
    ):
        take(db, forum, step)
    found = counted(db)
    assert found == from_rows(db)
    assert Counter(cell[1] for cell in found)["label"] >= 3 * len(CALENDARS)


def test_a_store_from_before_there_were_weeks_is_counted_by_week(db: Database) -> None:
    forum, hub = (sources.ensure(db, kind, "https://example.org").id for kind in (SourceKind.FORUM, SourceKind.HUB))
    for step in (
        ("save", "a", 1, 2),
        ("save", "b", 2, 1),
        ("label", "bundle-1", {"memory/oom"}),
        ("mention", {"bert", "llama"}),
        ("seek", "run-1", 0),
        ("save", "c", 2, 1),
        ("state", "b", ThreadState.DELETED),
    ):
        take(db, forum, step)
    days = (datetime(2024, 1, 31, 23, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC), None)
    models.save_models(db, hub, [HubModel(f"m{place}", day, "bert", downloads=5) for place, day in enumerate(days)])
    found, uploaded = counted(db), uploads_by_week(db)
    assert [row[2:] for row in uploaded] == [(WEEK, "bert", 1, None, 5), (WEEK, "bert", 1, None, 5)]
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with db.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
        command.upgrade(config, "head")
    assert counted(db) == found == from_rows(db)
    assert uploads_by_week(db) == uploaded


def uploads_by_week(db: Database) -> list[tuple[object, ...]]:
    with db.read() as connection:
        return [tuple(row) for row in connection.execute(select(week_uploads).order_by(week_uploads.c.month))]


def test_expected_threads_are_those_with_a_post_that_carries_the_label(db: Database) -> None:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    take(db, forum, ("save", "a", 1, 2))
    take(db, forum, ("save", "b", 1, 1))
    take(db, forum, ("label", "bundle-1", {"memory/oom"}))
    sources.mark_covered(db, forum, datetime(2024, 1, 1, tzinfo=UTC), NOW)

    def expected(label: str | None) -> float | None:
        points = trends.query_trend(db, "bundle-1", None, TrendSubject(label=label), now=NOW)
        return points[0].expected_threads

    assert expected("memory") == pytest.approx((1 - 0.5**2) + 0.5, abs=1e-5)
    assert expected("spaces") == pytest.approx((1 - 0.9**2) + 0.1, abs=1e-5)
    assert expected(None) is None


def test_an_earlier_store_is_counted_when_it_is_migrated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    with open_database(url) as db:
        forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
        for step in (
            ("save", "a", 1, 2),
            ("save", "b", 2, 3),
            ("seek", "run-1", 0),
            ("label", "bundle-1", {"memory/oom", "spaces"}),
            ("label", "bundle-2", set()),
            ("save", "c", 2, 1),
        ):
            take(db, forum, step)
        before = counted(db)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0010_by_thread")
    engine.dispose()
    with open_database(url) as db:
        assert counted(db) == before == from_rows(db)
