"""Series by month, quarter or week, and shares smoothed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from store.calendars import MONTHS, WEEKS
from store.database import Database
from store.months import month_start
from store.trends import query_trend
from store.values import Coverage, TrendPoint, TrendSubject

_SUMS = (
    "threads", "all_threads", "labelled_threads", "none_threads", "abstained_threads", "uploads", "all_uploads",
    "uploads_with_card", "expected_threads", "downloads",
)  # fmt: skip


class Period(StrEnum):
    """Length of a series' periods. Weeks are those of ISO 8601: they begin on Monday 00:00 UTC."""

    MONTH = "month"
    QUARTER = "quarter"
    WEEK = "week"


def series_by(
    period: Period,
    db: Database,
    bundle_id: str | None,
    run_id: str | None,
    subject: TrendSubject,
    families: Sequence[str] = (),
    start: int | None = None,
    end: int | None = None,
    *,
    now: datetime,
) -> list[TrendPoint]:
    """What store.trends.query_trend gives, by periods of this length."""
    calendar = WEEKS if period is Period.WEEK else MONTHS
    points = query_trend(db, bundle_id, run_id, subject, families, start, end, now=now, calendar=calendar)
    return by_quarter(points) if period is Period.QUARTER else points


def by_quarter(points: Iterable[TrendPoint]) -> list[TrendPoint]:
    """Quarters of consecutive months, each under its first month.

    A count is unknown where it is in all months of the quarter; a quarter is partial where one of its months is, is
    not among the points, or is not covered.
    """
    return [
        _quarter(month_start(first * 3), list(months))
        for first, months in groupby(points, key=lambda point: point.month // 3)
    ]


def moving_mean(points: Sequence[TrendPoint], reach: int = 1) -> list[float | None]:
    """Mean share of each period and of `reach` before and after it, as far as they are known and not partial.

    A partial period that nothing whole is near keeps its own share.
    """
    smoothed = []
    for place, point in enumerate(points):
        near = points[max(0, place - reach) : place + reach + 1]
        whole = [share for one in near if (share := one.share) is not None and not one.partial]
        smoothed.append(sum(whole) / len(whole) if whole and point.share is not None else point.share)
    return smoothed


def _quarter(start: datetime, months: Sequence[TrendPoint]) -> TrendPoint:
    forum, hub = (_together(each) for each in zip(*((m.forum_coverage, m.hub_coverage) for m in months), strict=True))
    whole = len(months) == 3 and not any(month.partial for month in months)
    return TrendPoint(
        start=start,
        partial=not whole or Coverage.PARTIAL in (forum, hub),
        forum_coverage=forum,
        hub_coverage=hub,
        **{name: _sum(getattr(month, name) for month in months) for name in _SUMS},
    )


def _sum(values: Iterable[Any]) -> Any:
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def _together(covered: Sequence[Coverage]) -> Coverage:
    return covered[0] if len(set(covered)) == 1 else Coverage.PARTIAL
