"""Months and weeks: the periods that threads and uploads are counted in ahead, so that a series costs its span alone.

Weeks cannot be had from months, and counting them from rows when asked costs what is stored: so both are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table

from store.months import month_of, month_start
from store.schema import threads, trend_counts, uploads, week_counts, week_uploads
from store.values import SourceKind
from store.weeks import week_number, week_of, week_start


@dataclass(frozen=True, slots=True)
class Calendar:
    """Periods of one length, by numbers that sort, subtract and index; `name` is the column that holds the number.

    `number` gives the period of a moment, `start` a period's first moment, `of_thread` the one in which a thread was
    started. `telling`: the sources of uploads that tell of such periods; a published table tells of months only.
    """

    name: str
    number: Callable[[datetime], int]
    start: Callable[[int], datetime]
    of_thread: ColumnElement[int]
    counts: Table
    uploads: Table
    telling: frozenset[SourceKind]

    def span(self, period: int) -> tuple[datetime, datetime]:
        """First moment of a period and of the next."""
        return self.start(period), self.start(period + 1)

    def months(self, periods: range) -> range:
        """The months that these periods reach into."""
        last = self.start(periods.stop) - timedelta(microseconds=1)
        return range(month_of(self.start(periods.start)), month_of(last) + 1)

    def first_in(self, month: int) -> int:
        """The first period that begins in this month, or later."""
        first = month_start(month)
        period = self.number(first)
        return period if self.start(period) == first else period + 1


MONTHS = Calendar(
    "month",
    month_of,
    month_start,
    threads.c.month,
    trend_counts,
    uploads,
    frozenset({SourceKind.HUB, SourceKind.UPLOADS}),
)
WEEKS = Calendar(
    "week",
    week_of,
    week_start,
    week_number(threads.c.created_at),
    week_counts,
    week_uploads,
    frozenset({SourceKind.HUB}),
)
CALENDARS = MONTHS, WEEKS
