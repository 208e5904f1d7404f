"""Weekly series: what the rows say of each week, whatever the span."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import assignments, sources
from store import models as model_store
from store import threads as thread_store
from store.calendars import WEEKS
from store.database import Database, open_database
from store.months import format_month, month_of, month_start, parse_month
from store.trends import query_trend
from store.values import (
    Assignment,
    Coverage,
    HubModel,
    Mention,
    SourceKind,
    ThreadState,
    TrendPoint,
    TrendSubject,
    UploadCount,
    Verdict,
)
from store.weeks import week_of, week_start
from tests.store.build import thread

BUNDLE = "bundle"
WEEK = timedelta(days=7)
FROM, TO = datetime(2023, 12, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)
NOW = datetime(2024, 4, 25, tzinfo=UTC)


def _written() -> list[tuple[datetime, str, set[str], set[str]]]:
    """When each thread was started, its forum category, labels and families."""
    chance = Random(5)
    hours = int((NOW - FROM).total_seconds() // 3600)
    sets = [set(), {"memory"}, {"spaces"}, {"memory", "spaces"}]
    return [
        (FROM + timedelta(hours=chance.randrange(hours)), chance.choice("ab"), chance.choice(sets), families)
        for families in chance.choices([set(), {"bert"}, {"llama"}, {"bert", "llama"}], k=150)
    ]


THREADS = _written()
MODELS = [(when + timedelta(hours=1), min(families, default=None)) for when, _, _, families in THREADS] + [
    (None, "bert")
]


@pytest.fixture
def full(db: Database) -> Database:
    fill(db)
    return db


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path_factory.mktemp('weeks')}/store.db") as db:
        fill(db)
        yield db


def fill(db: Database) -> None:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    for number, (when, category, _, _) in enumerate(THREADS):
        thread_store.save_thread(db, forum, thread(str(number), created_at=when, category=category))
    sources.mark_covered(db, forum, FROM, NOW)
    stored = thread_store.changed_threads(db, 0, limit=len(THREADS))
    said = [
        (item, [Assignment(item.posts[0].id, item.posts[0].input_hash, Verdict.LABELLED if labels else Verdict.NONE,
                           tuple((label, 0.9) for label in sorted(labels)))])
        for item, (_, _, labels, _) in zip(stored, THREADS, strict=True)
    ]  # fmt: skip
    assignments.save_thread_assignments(db, BUNDLE, "assign", said)
    named = [(item, [Mention(item.id, one, 1) for one in row[3]]) for item, row in zip(stored, THREADS, strict=True)]
    assignments.save_thread_mentions(db, "mentions", named)
    hub = sources.ensure(db, SourceKind.HUB, "https://hub.example").id
    many = [HubModel(f"m{number}", when, family, downloads=3) for number, (when, family) in enumerate(MODELS)]
    model_store.save_models(db, hub, many)
    sources.mark_covered(db, hub, FROM, NOW)


def weekly(
    db: Database, subject: TrendSubject, *families: str, months: tuple[str, str] | None = None
) -> list[TrendPoint]:
    start, end = map(parse_month, months) if months else (None, None)
    return query_trend(db, BUNDLE, None, subject, families, start, end, now=NOW, calendar=WEEKS)


SUBJECTS = st.sampled_from([
    TrendSubject(), TrendSubject(label="memory"), TrendSubject(label="spaces"), TrendSubject(forum_category="a"),
])  # fmt: skip
MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),
    max_value=datetime(9998, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=7))]),
)


@given(MOMENTS)
def test_a_week_is_that_of_iso_8601_in_utc(moment: datetime) -> None:
    start = week_start(week_of(moment))
    assert start <= moment < start + WEEK == week_start(week_of(moment) + 1)
    assert start.isoweekday() == 1
    assert start.isocalendar()[:2] == moment.astimezone(UTC).isocalendar()[:2]


@given(
    SUBJECTS,
    st.sets(st.sampled_from(["bert", "llama"])),
    st.tuples(st.integers(month_of(FROM) - 2, month_of(TO) + 2), st.integers(1, 6)),
)
def test_weeks_say_what_the_rows_say(
    kept: Database, subject: TrendSubject, families: set[str], span: tuple[int, int]
) -> None:
    start, end = span[0], sum(span)
    points = query_trend(kept, BUNDLE, None, subject, sorted(families), start, end, now=NOW, calendar=WEEKS)
    assert [month_of(point.start) in range(start, end) for point in points] == [True] * len(points)
    assert all(later.start - earlier.start == WEEK for earlier, later in pairwise(points))
    assert month_of(points[0].start - WEEK) < start and month_of(points[-1].start + WEEK) >= end
    for point in points:
        inside = [row for row in THREADS if point.start <= row[0] < point.start + WEEK]
        about = [row for row in inside if subject.label in (None, *row[2])
                 and subject.forum_category in (None, row[1]) and (not families or families & row[3])]  # fmt: skip
        uploads = [family for when, family in MODELS if when and point.start <= when < point.start + WEEK]
        known = point.start + WEEK > FROM and point.start < NOW
        assert (point.threads, point.all_threads) == ((len(about), len(inside)) if known else (None, None))
        assert point.labelled_threads == (sum(bool(row[2]) for row in inside) if known else None)
        chosen = [family for family in uploads if not families or family in families]
        assert (point.uploads, point.all_uploads) == ((len(chosen), len(uploads)) if known else (None, None))
        assert point.partial == (point.start + WEEK > NOW or point.start < FROM < point.start + WEEK)


def test_weeks_of_all_time_hold_every_thread_and_every_dated_model_once(full: Database) -> None:
    for families in ((), ("bert",), ("bert", "llama")):
        for subject in (TrendSubject(), TrendSubject(label="memory"), TrendSubject(forum_category="b")):
            weeks = weekly(full, subject, *families)
            months = query_trend(full, BUNDLE, None, subject, families, now=NOW)
            for name in ("threads", "all_threads", "none_threads", "uploads", "all_uploads", "downloads"):
                assert sum(getattr(point, name) for point in weeks) == sum(getattr(point, name) for point in months)


def test_the_week_that_is_not_over_and_those_outside_coverage(full: Database) -> None:
    *before, first, second = weekly(full, TrendSubject(), months=("2023-11", "2024-01"))[:5]
    assert [(point.threads, point.uploads, point.forum_coverage) for point in before] == [
        (None, None, Coverage.NONE)
    ] * 3
    assert first.start == datetime(2023, 11, 27, tzinfo=UTC)
    assert (first.forum_coverage, first.hub_coverage, first.partial) == (Coverage.PARTIAL, Coverage.PARTIAL, True)
    assert (second.forum_coverage, second.partial) == (Coverage.FULL, False)
    current, later = weekly(full, TrendSubject(), months=("2024-04", "2024-05"))[-2:]
    assert current.start <= NOW < later.start
    assert (current.forum_coverage, current.partial) == (Coverage.PARTIAL, True)
    assert (later.threads, later.forum_coverage, later.partial) == (None, Coverage.NONE, True)


def test_a_published_table_tells_nothing_of_weeks(full: Database) -> None:
    table = sources.ensure(full, SourceKind.UPLOADS, "study").id
    model_store.save_uploads(full, table, [UploadCount(parse_month("2023-10"), "bert", 7)])
    sources.mark_covered(full, table, month_start(parse_month("2023-10")), FROM)
    months = ("2023-10", "2023-11")
    assert [(point.uploads, point.hub_coverage) for point in weekly(full, TrendSubject(), months=months)] == [
        (None, Coverage.NONE)
    ] * 5
    (october,) = query_trend(full, BUNDLE, None, TrendSubject(), (), *map(parse_month, months), now=NOW)
    assert (october.uploads, format_month(october.month)) == (7, "2023-10")


def test_what_changes_is_counted_in_its_week(full: Database) -> None:
    forum = sources.ensure(full, SourceKind.FORUM, "https://forum.example").id
    hub = sources.ensure(full, SourceKind.HUB, "https://hub.example").id
    when = THREADS[0][0]

    def told() -> tuple[int | None, int | None]:
        point = next(one for one in weekly(full, TrendSubject()) if one.start <= when < one.start + WEEK)
        return point.threads, point.uploads

    threads, uploads = told()
    assert threads and uploads
    thread_store.set_thread_state(full, forum, "0", ThreadState.DELETED)
    model_store.save_models(full, hub, [HubModel("new", when, "vit"), HubModel("m0", None, "bert")])
    assert told() == (threads - 1, uploads)
