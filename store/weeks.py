"""ISO weeks as integers (0 begins on Monday, 1 January of year 1), so that they sort, subtract and index; UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


def week_of(moment: datetime) -> int:
    """Week that a timezone-aware moment falls into, in UTC."""
    return (moment.astimezone(UTC).toordinal() - 1) // 7


def week_start(week: int) -> datetime:
    """First moment of a week, Monday 00:00 UTC."""
    return datetime.fromordinal(week * 7 + 1).replace(tzinfo=UTC)


class week_number(FunctionElement[int]):  # noqa: N801
    """`week_of` a column of moments, in SQL."""

    type = Integer()
    inherit_cache = True


@compiles(week_number, "sqlite")
def _sqlite(element: Any, compiler: Any, **given: Any) -> str:
    return f"(CAST(julianday(date({compiler.process(element.clauses, **given)})) - 1721425.5 AS INTEGER) / 7)"


@compiles(week_number, "postgresql")
def _postgresql(element: Any, compiler: Any, **given: Any) -> str:
    moment = compiler.process(element.clauses, **given)
    return f"((CAST(floor(extract(epoch FROM {moment}) / 86400) AS integer) + 719162) / 7)"
