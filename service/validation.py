"""Checks of what comes in: every problem of a request is found before it is refused.

A Violations object gathers them; `raise_any` raises InvalidRequestError with all of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from forumlens.v1 import classification_pb2 as cpb
from service import limits
from service.errors import InvalidRequestError, Violation
from service.model import FamilyNames
from store.months import BadMonthError, format_month, month_of, parse_month

SHOWN_CHARS = 60


def shown(value: str) -> str:
    """A value as messages quote it: escaped and cut."""
    return repr(value if len(value) <= SHOWN_CHARS else value[:SHOWN_CHARS] + "…")


def nearest(value: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)`, or nothing when no known name is near."""
    names = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(value.casefold(), list(names), n=1, cutoff=0.6)
    return f" (did you mean {names[found[0]]!r}?)" if found else ""


class Violations:
    """Problems found so far."""

    def __init__(self) -> None:
        self._found: list[Violation] = []

    def add(self, field: str, description: str) -> None:
        """Note one problem of a field."""
        self._found.append(Violation(field, description))

    def raise_any(self) -> None:
        """Raise InvalidRequestError if there was a problem."""
        if self._found:
            raise InvalidRequestError(self._found)

    def text(self, field: str, value: str, most: int) -> None:
        """Check that a text has at most so many characters and no NUL, which databases refuse."""
        if len(value) > most:
            self.add(field, f"has {len(value):,} characters, at most {most:,} are allowed: shorten it")
        if "\x00" in value:
            self.add(field, f"{shown(value)} holds a NUL character: remove it")

    def count(self, field: str, values: Sequence[object], most: int, remedy: str) -> None:
        """Check that a repeated field has at most so many entries."""
        if len(values) > most:
            self.add(field, f"has {len(values):,} entries, at most {most:,} are allowed: {remedy}")

    def choice(self, field: str, value: int, kind: Any) -> None:
        """Check that an enumeration knows a value."""
        if value not in kind.values():
            found = ", ".join(name for name, number in kind.items() if number)
            self.add(field, f"is {value}: give {found}, or leave it unset")

    def page_size(self, value: int, most: int = limits.MAX_PAGE, default: int = limits.DEFAULT_PAGE) -> int:
        """Check a page size; the default where it is 0."""
        if not 0 <= value <= most:
            self.add("page_size", f"is {value}: give 1 to {most}, or 0 for {default}")
        return value or default

    def month(self, field: str, value: str) -> int | None:
        """Read a month; None where it is empty or bad."""
        if not value:
            return None
        try:
            return parse_month(value)
        except BadMonthError:
            self.add(field, f"{shown(value)} is not a month: write YYYY-MM, for example 2023-04")
            return None

    def months(
        self, start: str, end: str, now: datetime, most: int = limits.MAX_MONTHS
    ) -> tuple[int | None, int | None]:
        """Read a half-open range of at most so many months."""
        first, last = self.month("start_month", start), self.month("end_month", end)
        this = month_of(now)
        if first is not None and last is not None and first >= last:
            after = format_month(first + 1) if first + 1 < 12 * 10_000 else "a month within the calendar"
            self.add("end_month", f"{shown(end)} is exclusive and must be after start_month {start!r}: "
                     f"for that one month give {after!r}")  # fmt: skip
        elif first is not None and (this + 1 if last is None else last) - first > most:
            self.add("start_month", f"{shown(start)} makes more than {most:,} months: narrow the range")
        elif first is None and last is not None and last - this > most // 2:
            self.add("end_month", f"{shown(end)} is too far ahead: give a month nearer to {format_month(this)!r}")
        return first, last

    def time(self, field: str, value: Timestamp) -> datetime | None:
        """Read a point in time; None where it is bad."""
        try:
            return value.ToDatetime(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.add(field, f"seconds {value.seconds}, nanos {value.nanos} is not a time: "
                     "give years 1 to 9999 and nanos 0 to 999,999,999")  # fmt: skip
            return None

    def family_names(
        self, values: Sequence[str], known: Set[str], registry: FamilyNames | None, field: str = "families"
    ) -> tuple[str, ...]:
        """Read family names: as the store knows them, or by any spelling in the registry; each once."""
        self.count(field, values, limits.MAX_FAMILIES, "ask in several calls")
        names = known | set(registry.names if registry else ()) - {""}
        read = []
        for index, value in enumerate(values[: limits.MAX_FAMILIES]):
            name = registry.canonical(value) if registry and value not in names else value
            read.append(name)
            if not value.strip():
                self.add(f"{field}[{index}]", "is empty: name a model family, for example 'llama', or leave it out")
            elif name not in names:
                self.add(f"{field}[{index}]", f"{shown(value)} is not a known model family{nearest(value, names)}: "
                         "give one as the Hub writes its model_type")  # fmt: skip
        return tuple(dict.fromkeys(read))


def check_classify(request: cpb.ClassifyRequest | cpb.ClassifyStreamRequest) -> None:
    """Check a request of posts against the limits; raises InvalidRequestError with everything that is wrong."""
    found = Violations()
    _check_number(found, request.posts)
    total = 0
    for index, post in enumerate(request.posts[: limits.MAX_POSTS]):
        _check_post(found, f"posts[{index}].", post)
        total += len(post.body) + len(post.previous) + len(post.title)
    _check_total(found, total)
    found.raise_any()


def check_thread(request: cpb.ClassifyThreadRequest) -> None:
    """Check a thread against the limits; raises InvalidRequestError with everything that is wrong."""
    found = Violations()
    found.text("title", request.title, limits.MAX_TITLE_CHARS)
    found.text("category", request.category, limits.MAX_NAME_CHARS)
    _check_tags(found, "tags", request.tags)
    _check_number(found, request.posts)
    before = 0
    for index, post in enumerate(request.posts[: limits.MAX_POSTS]):
        path = f"posts[{index}]."
        found.text(path + "id", post.id, limits.MAX_ID_CHARS)
        found.text(path + "author", post.author, limits.MAX_NAME_CHARS)
        _check_body(found, path, post.body, request.title)
        number = post.number if post.HasField("number") else index + 1
        if number <= before:
            found.add(path + "number", f"is {number} after {before}: give posts in reading order, counted from 1")
        before = number
    _check_total(found, len(request.title) + sum(len(post.body) for post in request.posts))
    found.raise_any()


def _check_number(found: Violations, posts: Sequence[object]) -> None:
    if not posts:
        found.add("posts", f"is empty: give 1 to {limits.MAX_POSTS} posts")
    found.count("posts", posts, limits.MAX_POSTS, "send the rest in further calls")


def _check_total(found: Violations, total: int) -> None:
    if total > limits.MAX_CALL_CHARS:
        found.add("posts", f"hold {total:,} characters together, at most {limits.MAX_CALL_CHARS:,} are allowed: "
                  "send the posts in several calls")  # fmt: skip


def _check_post(found: Violations, path: str, post: cpb.PostInput) -> None:
    found.text(path + "id", post.id, limits.MAX_ID_CHARS)
    found.text(path + "title", post.title, limits.MAX_TITLE_CHARS)
    _check_body(found, path, post.body, post.title)
    found.text(path + "previous", post.previous, limits.MAX_BODY_CHARS)
    found.text(path + "category", post.category, limits.MAX_NAME_CHARS)
    found.text(path + "source", post.source, limits.MAX_SOURCE_CHARS)
    _check_tags(found, path + "tags", post.tags)
    if post.HasField("post_number") and post.post_number < 1:
        found.add(path + "post_number", f"is {post.post_number}: count from 1, or leave it unset")


def _check_body(found: Violations, path: str, body: str, title: str) -> None:
    if not body.strip() and not title.strip():
        problem = f"{shown(body)} is blank" if body else "is empty"
        found.add(path + "body", f"{problem}: give the text of the post, or a title")
    found.text(path + "body", body, limits.MAX_BODY_CHARS)


def _check_tags(found: Violations, field: str, tags: Sequence[str]) -> None:
    found.count(field, tags, limits.MAX_TAGS, "keep the most telling ones")
    for index, tag in enumerate(tags[: limits.MAX_TAGS]):
        found.text(f"{field}[{index}]", tag, limits.MAX_NAME_CHARS)
