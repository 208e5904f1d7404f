"""A forum dump on disk: an index of its threads and posts in memory, the bodies themselves in a temporary file."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scraper.replay.shapes import (
    REGULAR,
    ShapeError,
    complete_category,
    complete_thread,
    list_row,
    list_users,
    parse_time,
)
from scraper.replay.spool import DumpError, Json, Span, Spool, read_lines

_DECODED_THREADS = 32


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """What the index keeps of a thread: what lists are sorted and filtered by, and where the rest lies."""

    id: int
    slug: str
    category_id: int
    created_at: datetime
    bumped_at: datetime
    last_posted_at: datetime | None
    pinned_at: datetime | None
    posts_count: int
    views: int
    likes: int
    visible: bool
    private: bool
    deleted: bool
    body: Span
    row: Span

    @property
    def readable(self) -> bool:
        """Whether an anonymous visitor may open it by id."""
        return not (self.private or self.deleted)

    @property
    def listed(self) -> bool:
        """Whether it stands in the lists of an anonymous visitor."""
        return self.visible and self.readable


class ForumDump:
    """A dump of raw `/t/ID.json` bodies with all posts inline, one a line, and optionally one of `/categories.json`.

    A thread that comes twice is taken as it came last.

    Raises:
        DumpError: the file cannot be read, or a line is neither of the two.
    """

    def __init__(self, path: str | Path) -> None:
        self._spool = Spool()
        self._threads: dict[int, ThreadEntry] = {}
        self._decoded: OrderedDict[int, Json] = OrderedDict()
        given: dict[int, Json] = {}
        for number, line, value in read_lines(path):
            try:
                if "category_list" in value:
                    given.update((category["id"], category) for category in _flat(value["category_list"]["categories"]))
                else:
                    entry = self._index(line, value)
                    self._threads[entry.id] = entry
            except (ShapeError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise DumpError(
                    f"dump {str(path)!r}, line {number}: {error}; each line must be the body of /t/ID.json with all "
                    "its posts in post_stream.posts, or the body of /categories.json"
                ) from error
        self._given = given
        self._posts_index: tuple[array[int], array[int]] | None = None
        self._shown: tuple[tuple[ThreadEntry, ...], datetime | None] | None = None
        self.version = 0
        """Grows with every change, so that what was worked out from the dump can be told from what still holds."""

    def put(self, body: Json) -> None:
        """Add a thread, or change one: readers see it as the body has it from now on. Raises ShapeError."""
        entry = self._index(json.dumps(body).encode(), body)
        self._threads[entry.id] = entry
        self._decoded.pop(entry.id, None)
        self._posts_index = self._shown = None
        self.version += 1

    def copy(self, entry: ThreadEntry) -> Json:
        """The completed body of a thread, the caller's own to change."""
        return complete_thread(self._spool.read_json(entry.body))

    @property
    def listed(self) -> tuple[ThreadEntry, ...]:
        """Threads that stand in the lists of an anonymous visitor."""
        return self._look()[0]

    @property
    def until(self) -> datetime | None:
        """When the last thing in the dump happened."""
        return self._look()[1]

    def _look(self) -> tuple[tuple[ThreadEntry, ...], datetime | None]:
        if self._shown is None:
            listed = tuple(entry for entry in self._threads.values() if entry.listed)
            self._shown = listed, max((entry.bumped_at for entry in listed), default=None)
        return self._shown

    @property
    def last_thread_id(self) -> int:
        """The highest id of a thread, 0 without any."""
        return max(self._threads, default=0)

    @property
    def last_post_id(self) -> int:
        """The highest id of a post that may be read, 0 without any."""
        return max(self._post_index()[0], default=0)

    @property
    def categories(self) -> tuple[Json, ...]:
        """Every category: those that the dump describes, and those that its threads are in."""
        return tuple(self._all_categories(self._given))

    def _index(self, line: bytes, value: Json) -> ThreadEntry:
        thread = complete_thread(value)
        row = {"row": list_row(thread), "users": list_users(thread), "posts": _feed_ids(thread)}
        pinned = _pinned_globally_at(thread)
        return ThreadEntry(
            id=thread["id"],
            slug=thread["slug"],
            category_id=thread["category_id"],
            created_at=parse_time(thread["created_at"]),
            bumped_at=parse_time(thread["bumped_at"]),
            last_posted_at=parse_time(thread["last_posted_at"]) if thread["last_posted_at"] else None,
            pinned_at=parse_time(pinned) if pinned else None,
            posts_count=thread["posts_count"],
            views=thread["views"],
            likes=thread["like_count"],
            visible=bool(thread["visible"]),
            private=thread["archetype"] == "private_message",
            deleted=thread["deleted_at"] is not None,
            body=self._spool.append(line),
            row=self._spool.append(json.dumps(row).encode()),
        )

    def _post_index(self) -> tuple[array[int], array[int]]:
        if self._posts_index is None:
            pairs = sorted(
                (post_id, entry.id) for entry in self.listed for post_id in self._spool.read_json(entry.row)["posts"]
            )
            self._posts_index = array("q", (post for post, _ in pairs)), array("q", (thread for _, thread in pairs))
        return self._posts_index

    def _all_categories(self, given: dict[int, Json]) -> Iterator[Json]:
        threads: Counter[int] = Counter()
        posts: Counter[int] = Counter()
        for entry in self.listed:
            threads[entry.category_id] += 1
            posts[entry.category_id] += entry.posts_count
        for category_id in [*given, *sorted(set(threads) - set(given))]:
            counts = {"topic_count": threads[category_id], "post_count": posts[category_id]}
            yield complete_category({**counts, **given.get(category_id, {"id": category_id})})

    def __len__(self) -> int:
        return len(self._threads)

    @property
    def posts_count(self) -> int:
        """Posts in listed threads."""
        return sum(entry.posts_count for entry in self.listed)

    def find(self, thread_id: int) -> ThreadEntry | None:
        """The entry of a thread, also of one that may not be read."""
        return self._threads.get(thread_id)

    def thread(self, entry: ThreadEntry) -> Json:
        """The completed body of a thread with all posts that may be read; shared, so it must not be changed."""
        found = self._decoded.pop(entry.id, None)
        thread = complete_thread(self._spool.read_json(entry.body)) if found is None else found
        self._decoded[entry.id] = thread
        if len(self._decoded) > _DECODED_THREADS:
            self._decoded.popitem(last=False)
        return thread

    def rows(self, entries: Iterable[ThreadEntry]) -> tuple[list[Json], list[Json]]:
        """List rows of threads, and the users they refer to, each once."""
        records = [self._spool.read_json(entry.row) for entry in entries]
        users = {user["id"]: user for record in records for user in record["users"]}
        return [record["row"] for record in records], list(users.values())

    def posts_before(self, post_id: int | None, count: int) -> list[Json]:
        """At most `count` regular posts of listed threads with an id up to `post_id`, newest id first."""
        ids, owners = self._post_index()
        end = len(ids) if post_id is None else bisect_right(ids, post_id)
        return [self._post(ids[index], owners[index]) for index in range(end - 1, max(end - count, 0) - 1, -1)]

    def _post(self, post_id: int, thread_id: int) -> Json:
        entry = self._threads[thread_id]
        thread = self.thread(entry)
        post = next(post for post in thread["post_stream"]["posts"] if post["id"] == post_id)
        return {**post, "topic_title": thread["title"], "category_id": entry.category_id}


def _pinned_globally_at(thread: Json) -> str | None:
    if not thread["pinned_globally"]:
        return None
    since: str | None = thread["pinned_at"] or (thread["created_at"] if thread["pinned"] else None)
    return since


def _feed_ids(thread: Json) -> list[int]:
    return [post["id"] for post in thread["post_stream"]["posts"] if post["post_type"] == REGULAR]


def _flat(categories: Iterable[Json]) -> Iterator[Json]:
    for category in categories:
        below = category.get("subcategory_list") or ()
        yield {name: value for name, value in category.items() if name != "subcategory_list"}
        for child in _flat(below):
            yield {"parent_category_id": category["id"], **child}
