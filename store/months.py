"""Months as integers (year * 12 + month - 1), so that they sort, subtract and index; half-open, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MONTH = re.compile(r"(\d{4})-(\d{2})")


class BadMonthError(ValueError):
    """A month that is not written YYYY-MM."""


def month_of(moment: datetime) -> int:
    """Month that a timezone-aware moment falls into, in UTC."""
    moment = moment.astimezone(UTC)
    return moment.year * 12 + moment.month - 1


def parse_month(text: str) -> int:
    """Read `YYYY-MM`; raises BadMonthError for anything else."""
    match = _MONTH.fullmatch(text)
    if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
        raise BadMonthError(f"{text!r} is not a month: write YYYY-MM, for example 2023-04")
    return int(match[1]) * 12 + int(match[2]) - 1


def format_month(month: int) -> str:
    """Write a month as `YYYY-MM`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def month_start(month: int) -> datetime:
    """First moment of a month, UTC."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
