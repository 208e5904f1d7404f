"""Reading single fields of foreign rows: texts, times, numbers; an error names the field, the value and the remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scraper.errors import BadFieldError

Json = Mapping[str, Any]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TRUE = {"true", "1", "1.0", "yes"}
_FALSE = {"false", "0", "0.0", "no"}
_SOON = timedelta(days=2)


def clean(text: str) -> str:
    """Make a text storable: line ends become newlines, lone surrogates U+FFFD, NUL characters go."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSTORABLE.sub(lambda match: "" if match[0] == "\x00" else "\ufffd", text)


def is_missing(value: object) -> bool:
    """Whether a field holds nothing: None, blank text or NaN."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and not value.strip())


def text_field(row: Json, *names: str) -> str:
    """First of the fields that is there, as text; empty if none is."""
    for name in names:
        value = row.get(name)
        if is_missing(value):
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float | date):
            raise BadFieldError(f"{name} is {_shown(value)}: write a text")
        return clean(value.isoformat() if isinstance(value, date) else str(value))
    return ""


def int_field(row: Json, *names: str, default: int = 0) -> int:
    """First of the fields that is there, as a whole number of at least 0."""
    for name in names:
        value = row.get(name)
        if is_missing(value):
            continue
        number = _whole(value)
        if number is None or not 0 <= number < 2**63:
            raise BadFieldError(f"{name} is {_shown(value)}: write a whole number of at least 0")
        return number
    return default


def bool_field(row: Json, *names: str) -> bool | None:
    """First of the fields that is there, as true or false; None if none is."""
    for name in names:
        value = row.get(name)
        if is_missing(value):
            continue
        word = str(value).strip().lower()
        if word not in _TRUE | _FALSE:
            raise BadFieldError(f"{name} is {_shown(value)}: write true or false")
        return word in _TRUE
    return None


def time_field(row: Json, *names: str) -> datetime | None:
    """First of the fields that is there, as a moment in UTC (UTC is assumed where no zone is told)."""
    for name in names:
        if not is_missing(value := row.get(name)):
            return parse_time(value, name)
    return None


def parse_time(value: object, name: str) -> datetime:
    """Read an ISO 8601 text or a datetime; raises BadFieldError, also for a moment that is yet to come."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadFieldError(
            f"{name} is {_shown(value)}: write a date and time, for example 2023-04-01T12:30:00Z"
        ) from error
    if moment > datetime.now(UTC) + _SOON:
        raise BadFieldError(f"{name} is {_shown(value)}, which is in the future: write the moment it was made")
    return moment


def names_field(row: Json, *names: str) -> tuple[str, ...]:
    """First of the fields that is there, as a tuple of words: a list of texts or of objects with a name, or a text
    with commas or semicolons between.
    """
    for name in names:
        value = row.get(name)
        if is_missing(value):
            continue
        if isinstance(value, str):
            parts: list[object] = list(re.split(r"[,;]", value))
        elif isinstance(value, list | tuple):
            parts = [item.get("name") or item.get("slug") if isinstance(item, Mapping) else item for item in value]
        else:
            raise BadFieldError(f"{name} is {_shown(value)}: write a list of texts")
        words = [clean(str(part)).strip() for part in parts if not is_missing(part)]
        return tuple(dict.fromkeys(word for word in words if word))
    return ()


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and number.is_integer() else None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
