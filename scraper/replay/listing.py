"""Which threads a Discourse list shows, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from scraper.replay.dump import ThreadEntry

_Key = Callable[[ThreadEntry], float]
_Test = Callable[[ThreadEntry], bool]

_TERM = re.compile(r"(?P<key>[\w-]+):(?P<value>\S+)")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


class QueryError(ValueError):
    """A list was asked for in a way that cannot be answered; the message names the parameter."""


def _latest_post(entry: ThreadEntry) -> float:
    return entry.last_posted_at.timestamp() if entry.last_posted_at else float("-inf")


_ORDERS: dict[str, _Key] = {
    "activity": lambda entry: entry.bumped_at.timestamp(),
    "created": lambda entry: entry.created_at.timestamp(),
    "latest-post": _latest_post,
    "likes": lambda entry: entry.likes,
    "posts": lambda entry: entry.posts_count,
    "views": lambda entry: entry.views,
    "category": lambda entry: entry.category_id,
}
_DATES = ("activity", "created", "latest-post")
_NUMBERS = ("likes", "posts", "views")


@dataclass(frozen=True, slots=True)
class Query:
    """A list's conditions and order; globally pinned threads come first where `pinned_first`."""

    tests: tuple[_Test, ...] = ()
    order: str = "activity"
    ascending: bool = False
    pinned_first: bool = True

    def apply(self, entries: Iterable[ThreadEntry]) -> list[ThreadEntry]:
        """The threads that meet every condition, in order; equal ones by id, so that pages fit together."""
        key = _ORDERS[self.order]
        found = [entry for entry in entries if all(test(entry) for test in self.tests)]
        found.sort(key=lambda entry: (key(entry), entry.id), reverse=not self.ascending)
        if not self.pinned_first:
            return found
        pinned = [(entry.pinned_at, entry) for entry in found if entry.pinned_at]
        pinned.sort(key=lambda pair: (pair[0], pair[1].id), reverse=True)
        return [entry for _, entry in pinned] + [entry for entry in found if not entry.pinned_at]


def latest_query(order: str | None, ascending: bool) -> Query:
    """The query of `/latest`: as in Discourse an unknown order is the default one, by last activity.

    Pinned threads stand first in the orders `default` and `activity` only, and `default` knows no ascending.
    """
    if order in _ORDERS:
        return Query(order=order, ascending=ascending, pinned_first=order == "activity")
    return Query(pinned_first=order in (None, "", "default"))


def filter_query(text: str, categories: dict[str, int]) -> Query:
    """The query of `/filter?q=...`: dates are UTC midnights, both ends included; the last of a repeated term counts.

    As in Discourse pinned threads stand first here whatever the order, and a malformed value is passed over.

    Raises:
        QueryError: a term that this replay does not know; to ignore it would show too much.
    """
    terms = {match["key"]: match["value"] for match in _TERM.finditer(text)}
    order, ascending = "activity", False
    tests: list[_Test] = []
    for name, value in terms.items():
        if name == "order":
            wanted = value.removesuffix("-asc")
            if wanted in _ORDERS and wanted != "posts":
                order, ascending = wanted, value.endswith("-asc")
        elif name in ("category", "categories"):
            tests.append(_category_test(value, categories))
        else:
            tests.extend(_range_test(name, value))
    return Query(tests=tuple(tests), order=order, ascending=ascending)


def _category_test(value: str, categories: dict[str, int]) -> _Test:
    wanted = {categories.get(slug) for slug in value.split(",")}
    return lambda entry: entry.category_id in wanted


def _range_test(name: str, value: str) -> list[_Test]:
    column, _, bound = name.rpartition("-")
    if column in _DATES and bound in ("after", "before"):
        limit = _midnight(value)
    elif column in _NUMBERS and bound in ("min", "max"):
        limit = float(value) if value.isdecimal() else None
    else:
        raise QueryError(f"q: the term {name!r} is not one that this replay knows")
    if limit is None:
        return []
    edge, key = limit, _ORDERS[column]
    if bound in ("after", "min"):
        return [lambda entry: key(entry) >= edge]
    return [lambda entry: key(entry) <= edge]


def _midnight(value: str) -> float | None:
    match = _DATE.fullmatch(value)
    if match is None:
        return None
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC).timestamp()
    except ValueError:
        return None
