"""The one place where kinds of forum exports are plugged in: a reader for each, asked in turn who knows a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from scraper.discourse import missing_post_ids, parse_categories, parse_thread
from scraper.errors import BadFieldError
from scraper.fields import Json
from scraper.github import GithubReader
from scraper.pseudonyms import Pseudonymizer
from scraper.rows import Row
from scraper.thread_rows import KNOWN_FIELDS, parse_flat_thread
from store.values import Thread


class ThreadReader(Protocol):
    """Reads the rows of one kind of export; made anew for each import.

    `fields` are the columns that it may use, None where a row has more than anyone wants told; `incomplete` counts
    threads of which the export lacks some posts.
    """

    fields: frozenset[str] | None
    incomplete: int

    def knows(self, row: Json) -> bool:
        """Whether a row is of this kind."""

    def read(self, row: Row) -> Thread | None:
        """The thread that a row holds, None where it holds none yet. Raises BadFieldError, BadThreadError."""

    def rest(self) -> Iterator[tuple[int, Thread | BadFieldError]]:
        """Threads that were known to be whole at the end only, or why they cannot be read, with their lines."""


class DiscourseReader:
    """Raw `/t/ID.json` bodies; a `/categories.json` body names the categories of the bodies after it."""

    fields: frozenset[str] | None = None

    def __init__(self, pseudonyms: Pseudonymizer, base_url: str) -> None:
        self._pseudonyms, self._base_url = pseudonyms, base_url
        self._categories: dict[int, str] = {}
        self.incomplete = 0

    def knows(self, row: Json) -> bool:
        """Whether a row is one of the two bodies."""
        return "post_stream" in row or "category_list" in row

    def read(self, row: Row) -> Thread | None:
        """The thread of a body. Raises BadThreadError."""
        if "category_list" in row.values:
            self._categories.update(parse_categories(row.values))
            return None
        thread = parse_thread(
            row.values, pseudonyms=self._pseudonyms, base_url=self._base_url, categories=self._categories
        )
        self.incomplete += bool(missing_post_ids(row.values))
        return thread

    def rest(self) -> Iterator[tuple[int, Thread | BadFieldError]]:
        """Nothing: a body holds a whole thread."""
        return iter(())


class FlatReader:
    """Rows of one post a thread; knows every row, so it is asked last."""

    fields: frozenset[str] | None = KNOWN_FIELDS

    def __init__(self, pseudonyms: Pseudonymizer) -> None:
        self._pseudonyms = pseudonyms
        self.incomplete = 0

    def knows(self, row: Json) -> bool:
        """Any row will do."""
        return True

    def read(self, row: Row) -> Thread | None:
        """The thread of a row. Raises BadFieldError."""
        return parse_flat_thread(row.values, self._pseudonyms)

    def rest(self) -> Iterator[tuple[int, Thread | BadFieldError]]:
        """Nothing: a row holds a whole thread."""
        return iter(())


def make_readers(pseudonyms: Pseudonymizer, base_url: str) -> tuple[ThreadReader, ...]:
    """A reader of each kind, in the order in which they are asked; to read another kind of export, add one here."""
    return DiscourseReader(pseudonyms, base_url), GithubReader(pseudonyms), FlatReader(pseudonyms)
