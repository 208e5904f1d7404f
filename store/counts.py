"""Threads by month and week, counted ahead for every subject of a trend, in the transaction of whoever changes them.

Every change is the same: what the threads counted for before is taken away, what they count for after is added. So a
count costs what changed, not what is stored, and a process that is killed leaves counts that agree with the rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import numpy as np
from more_itertools import chunked
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from store.calendars import CALENDARS
from store.database import insert_into
from store.schema import (
    bundles,
    mentions,
    post_verdicts,
    thread_labels,
    thread_verdicts,
    threads,
    topic_threads,
)

_BATCH = 500
_UNIT = 10_000
MILLION = 1_000_000
"""Parts that an expected thread is counted in, so that sums stay exact."""

_STORED = np.dtype("<u2")


class CountKind(StrEnum):
    """What a count is of. Labels and verdicts are a bundle's, topics a run's."""

    ALL = "all"
    FORUM_CATEGORY = "forum category"
    VERDICT = "verdict"
    FAMILY = "family"
    LABEL = "label"
    TOPIC = "topic"


Cell = tuple[str, str, int, str, str, int]
"""Name of the calendar, kind, bundle or run, subject, family, month or week."""

_Periods = Sequence[tuple[str, int]]
"""The month and the week in which a thread was started, each with the name of its calendar."""


class Tally:
    """What some threads count for: threads and millionths of expected threads, by cell."""

    def __init__(self) -> None:
        self.threads: Counter[Cell] = Counter()
        self.expected: Counter[Cell] = Counter()

    def change_to(self, after: Tally) -> dict[Cell, tuple[int, int]]:
        """What to add, by cell, to come from this to `after`; cells that stay as they are are left out."""
        cells = {*self.threads, *self.expected, *after.threads, *after.expected}
        changes = {
            cell: (after.threads[cell] - self.threads[cell], after.expected[cell] - self.expected[cell])
            for cell in cells
        }
        return {cell: change for cell, change in changes.items() if any(change)}


def pack_probabilities(labels: Sequence[str], probabilities: Mapping[str, float]) -> bytes:
    """Probabilities of a bundle's labels as `post_verdicts` keeps them; a label that is not given has 0."""
    values = np.asarray([probabilities.get(label, 0.0) for label in labels]) * _UNIT
    return values.round().astype(_STORED).tobytes()


def unpack_probabilities(labels: Sequence[str], data: bytes) -> dict[str, float]:
    """What pack_probabilities wrote, to 1/10,000."""
    return dict(zip(labels, (np.frombuffer(data, _STORED) / _UNIT).tolist(), strict=True))


def unpack_probability_row(data: bytes) -> NDArray[np.float32]:
    """What pack_probabilities wrote, to 1/10,000, float32 in the order of the bundle's labels."""
    return (np.frombuffer(data, _STORED) / _UNIT).astype(np.float32)


@contextmanager
def recounted(connection: Connection, thread_ids: Sequence[int]) -> Iterator[None]:
    """Bring the counts in line with what is done inside to these threads, and only to them."""
    before = tally(connection, thread_ids)
    yield
    change_counts(connection, before, tally(connection, thread_ids))


def tally(connection: Connection, thread_ids: Sequence[int]) -> Tally:
    """What these threads count for as the store is now; their rows stay locked, so that it holds until the commit."""
    found = Tally()
    for some in chunked(thread_ids, _BATCH):
        _tally_some(connection, some, found)
    return found


def change_counts(connection: Connection, before: Tally, after: Tally) -> None:
    """Add what came and take away what went."""
    changes = before.change_to(after)
    if not changes:
        return
    for calendar in CALENDARS:
        names = ("kind", "scope", "subject", "family", calendar.name)
        rows = [
            dict(zip(names, cell[1:], strict=True)) | {"threads": count, "expected": expected}
            for cell, (count, expected) in sorted(changes.items())
            if cell[0] == calendar.name
        ]
        insert = insert_into(connection, calendar.counts)
        sums = {name: calendar.counts.c[name] + insert.excluded[name] for name in ("threads", "expected")}
        connection.execute(insert.on_conflict_do_update(index_elements=list(names), set_=sums), rows)


def forget_scope(connection: Connection, kind: CountKind, scope: int | None) -> None:
    """Drop the counts of a bundle or run that is deleted as a whole."""
    for calendar in CALENDARS:
        table = calendar.counts
        connection.execute(delete(table).where(table.c.kind == kind.value, table.c.scope == scope))


def _tally_some(connection: Connection, ids: Sequence[int], found: Tally) -> None:
    head = select(threads.c.id, threads.c.created_at, threads.c.category)
    heads = connection.execute(head.where(threads.c.id.in_(ids), threads.c.counted).with_for_update()).all()
    started = {row.id: [(each.name, each.number(row.created_at)) for each in CALENDARS] for row in heads}
    for row in heads:
        _add(found.threads, started[row.id], CountKind.ALL)
    families = defaultdict(list)
    for row in _rows(connection, mentions, started):
        families[row.thread_id].append(row.family)
        _add(found.threads, started[row.thread_id], CountKind.FAMILY, 0, row.family)
    for row in _rows(connection, thread_verdicts, started):
        _add(found.threads, started[row.thread_id], CountKind.VERDICT, row.bundle_id, row.verdict)
    categories = ((CountKind.FORUM_CATEGORY, 0, row.category, row.id) for row in heads)
    for kind, scope, subject, thread in (*categories, *_themes(connection, started)):
        for family in ("", *families[thread]):
            _add(found.threads, started[thread], kind, scope, subject, family)
    for bundle, label, thread, expected in _expected(connection, started):
        _add(found.expected, started[thread], CountKind.LABEL, bundle, label, number=expected)


def _add(
    counts: Counter[Cell],
    periods: _Periods,
    kind: CountKind,
    scope: int = 0,
    subject: str = "",
    family: str = "",
    number: int = 1,
) -> None:
    for calendar, period in periods:
        counts[calendar, kind.value, scope, subject, family, period] += number


def _themes(connection: Connection, threads_: Iterable[int]) -> Iterator[tuple[CountKind, int, str, int]]:
    """Kind, bundle or run, label or topic, thread."""
    for row in _rows(connection, thread_labels, threads_):
        yield CountKind.LABEL, row.bundle_id, row.label, row.thread_id
    for row in _rows(connection, topic_threads, threads_):
        yield CountKind.TOPIC, row.run_id, str(row.topic), row.thread_id


def _rows(connection: Connection, table: Any, threads_: Iterable[int]) -> Iterable[Any]:
    return connection.execute(select(table).where(table.c.thread_id.in_(list(threads_))))


def _expected(connection: Connection, threads_: Iterable[int]) -> Iterator[tuple[int, str, int, int]]:
    """Bundle, label, thread, probability in millionths that one of the thread's posts carries the label."""
    labels = {row.id: row.labels for row in connection.execute(select(bundles))}
    posts: defaultdict[tuple[int, int], list[NDArray[np.uint16]]] = defaultdict(list)
    for row in _rows(connection, post_verdicts, threads_):
        posts[row.bundle_id, row.thread_id].append(np.frombuffer(row.probabilities, _STORED))
    for (bundle, thread), probabilities in posts.items():
        for label, expected in zip(labels[bundle], _any_of(probabilities), strict=True):
            if expected:
                yield bundle, label, thread, expected


def _any_of(probabilities: Sequence[NDArray[np.uint16]]) -> list[int]:
    """Probability, in millionths, that at least one post carries each label, were the posts independent."""
    none = np.prod(1 - np.stack(probabilities) / _UNIT, axis=0)
    return [int(value) for value in np.rint((1 - none) * MILLION)]
