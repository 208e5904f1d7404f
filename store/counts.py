"""Threads by month or week and subject of a trend, and what bundles say of topics: counted ahead, with each change.

Every change is the same: what the threads counted for before is taken away, what they count for after is added. So a
count costs what changed, not what is stored, and a process that is killed leaves counts that agree with the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import numpy as np
from more_itertools import chunked
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from store.calendars import CALENDARS
from store.schema import (
    bundles,
    mentions,
    post_verdicts,
    thread_labels,
    thread_verdicts,
    threads,
    topic_label_counts,
    topic_threads,
)
from store.sheets import MILLION, Sheet
from store.topic_counts import count_topics

_BATCH = 500
_UNIT = 10_000
_STORED = np.dtype("<u2")


class CountKind(StrEnum):
    """What a count is of. Labels and verdicts are a bundle's, topics a run's."""

    ALL = "all"
    FORUM_CATEGORY = "forum category"
    VERDICT = "verdict"
    FAMILY = "family"
    LABEL = "label"
    TOPIC = "topic"


_Periods = Sequence[tuple[str, int]]
"""The month and the week in which a thread was started, each with the name of its calendar."""


class Tally:
    """What some threads count for: cells of the counts by calendar, and of `topic_label_counts`."""

    def __init__(self) -> None:
        self.periods = {calendar.name: Sheet(calendar.counts) for calendar in CALENDARS}
        self.topics = Sheet(topic_label_counts)

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """All of them, in the same order for every tally."""
        return *self.periods.values(), self.topics


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
    for then, now in zip(before.sheets, after.sheets, strict=True):
        then.change_to(connection, now)


def forget_run_counts(connection: Connection, run: int | None) -> None:
    """Drop the counts of a topic run that is deleted as a whole."""
    for table in (calendar.counts for calendar in CALENDARS):
        connection.execute(delete(table).where(table.c.kind == CountKind.TOPIC.value, table.c.scope == run))
    connection.execute(delete(topic_label_counts).where(topic_label_counts.c.run_id == run))


def _tally_some(connection: Connection, ids: Sequence[int], found: Tally) -> None:
    head = select(threads.c.id, threads.c.created_at, threads.c.category)
    heads = connection.execute(head.where(threads.c.id.in_(ids), threads.c.counted).with_for_update()).all()
    started = {row.id: [(each.name, each.number(row.created_at)) for each in CALENDARS] for row in heads}
    for row in heads:
        _count(found, started[row.id], CountKind.ALL)
    families = defaultdict(list)
    for row in _rows(connection, mentions, started):
        families[row.thread_id].append(row.family)
        _count(found, started[row.thread_id], CountKind.FAMILY, subject=row.family)
    for row in _rows(connection, thread_verdicts, started):
        _count(found, started[row.thread_id], CountKind.VERDICT, row.bundle_id, row.verdict)
    labels, places, verdicts = (
        _rows(connection, table, started) for table in (thread_labels, topic_threads, post_verdicts)
    )
    themes = [(CountKind.FORUM_CATEGORY, 0, row.category, row.id) for row in heads]
    themes += [(CountKind.LABEL, row.bundle_id, row.label, row.thread_id) for row in labels]
    themes += [(CountKind.TOPIC, row.run_id, str(row.topic), row.thread_id) for row in places]
    for kind, scope, subject, thread in themes:
        for family in ("", *families[thread]):
            _count(found, started[thread], kind, scope, subject, family)
    for bundle, label, thread, expected in _expected(connection, verdicts):
        _count(found, started[thread], CountKind.LABEL, bundle, label, threads=0, expected=expected)
    count_topics(connection, found.topics, places, labels, verdicts)


def _count(
    found: Tally,
    periods: _Periods,
    kind: CountKind,
    scope: int = 0,
    subject: str = "",
    family: str = "",
    threads: int = 1,
    expected: int = 0,
) -> None:
    for calendar, period in periods:
        found.periods[calendar].add(kind.value, scope, subject, family, period, threads=threads, expected=expected)


def _rows(connection: Connection, table: Any, threads_: Iterable[int]) -> Sequence[Any]:
    return connection.execute(select(table).where(table.c.thread_id.in_(list(threads_)))).all()


def _expected(connection: Connection, verdicts: Sequence[Any]) -> Iterator[tuple[int, str, int, int]]:
    """Bundle, label, thread, probability in millionths that one of the thread's posts carries the label."""
    labels = {row.id: row.labels for row in connection.execute(select(bundles))}
    posts: defaultdict[tuple[int, int], list[NDArray[np.uint16]]] = defaultdict(list)
    for row in verdicts:
        posts[row.bundle_id, row.thread_id].append(np.frombuffer(row.probabilities, _STORED))
    for (bundle, thread), probabilities in posts.items():
        for label, expected in zip(labels[bundle], _any_of(probabilities), strict=True):
            if expected:
                yield bundle, label, thread, expected


def _any_of(probabilities: Sequence[NDArray[np.uint16]]) -> list[int]:
    """Probability, in millionths, that at least one post carries each label, were the posts independent."""
    none = np.prod(1 - np.stack(probabilities) / _UNIT, axis=0)
    return [int(value) for value in np.rint((1 - none) * MILLION)]
