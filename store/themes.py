"""Which threads a question is about, and the themes that they fall under. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from store.labels import without_categories
from store.schema import mentions, thread_labels, threads, topic_threads
from store.scopes import bundle_of, run_of
from store.values import TrendSubject

EVERYTHING = "all"
"""Name of the theme that every thread falls under."""


class ThemeKind(StrEnum):
    """By what threads are told apart. A thread may fall under several labels, categories or families."""

    ALL = "all"
    LEAF = "leaf"
    CATEGORY = "category"
    TOPIC = "topic"
    FAMILY = "family"
    FORUM_CATEGORY = "forum-category"


@dataclass(frozen=True, slots=True)
class ThreadScope:
    """Counted threads of a subject that mention one of `families` and lie in `forum_category`, created in [start, end).

    Empty and None do not narrow. Labels are those of the bundle, topics those of the run.
    """

    bundle_id: str | None = None
    run_id: str | None = None
    subject: TrendSubject = field(default_factory=TrendSubject)
    families: tuple[str, ...] = ()
    forum_category: str = ""
    start: int | None = None
    end: int | None = None


def threads_of(scope: ThreadScope) -> Select[Any]:
    """The ids of the scope's threads, as a query."""
    where: list[ColumnElement[bool]] = [threads.c.counted]
    if scope.start is not None:
        where.append(threads.c.month >= scope.start)
    if scope.end is not None:
        where.append(threads.c.month < scope.end)
    if scope.forum_category:
        where.append(threads.c.category == scope.forum_category)
    if scope.subject.label is not None:
        where.append(_among(thread_labels, _of_bundle(scope), thread_labels.c.label == scope.subject.label))
    if scope.subject.topic is not None:
        where.append(_among(topic_threads, _of_run(scope), topic_threads.c.topic == scope.subject.topic))
    if scope.families:
        where.append(_among(mentions, mentions.c.family.in_(scope.families)))
    return select(threads.c.id).where(*where)


def themes_of(connection: Connection, scope: ThreadScope, by: ThemeKind) -> Iterator[tuple[int, str]]:
    """(thread id, name of a theme) for the scope's threads; a topic's name is its number."""
    if by is ThemeKind.ALL:
        yield from ((thread, EVERYTHING) for thread in connection.execute(threads_of(scope)).scalars())
        return
    column, where = _MEMBERS[by]
    table = column.table
    thread = table.c.id if table is threads else table.c.thread_id
    found = connection.execute(select(thread, column).where(*where(scope), thread.in_(threads_of(scope)))).all()
    kept = _kept({str(name) for _, name in found}, by)
    yield from ((thread_id, str(name)) for thread_id, name in found if str(name) in kept)


def _among(table: Table, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    return threads.c.id.in_(select(table.c.thread_id).where(*where))


def _of_bundle(scope: ThreadScope) -> ColumnElement[bool]:
    return thread_labels.c.bundle_id == bundle_of(scope.bundle_id)


def _of_run(scope: ThreadScope) -> ColumnElement[bool]:
    key = run_of(scope.run_id)
    return topic_threads.c.run_id == key


_MEMBERS: dict[ThemeKind, Any] = {
    ThemeKind.LEAF: (thread_labels.c.label, lambda scope: [_of_bundle(scope)]),
    ThemeKind.CATEGORY: (thread_labels.c.label, lambda scope: [_of_bundle(scope)]),
    ThemeKind.TOPIC: (topic_threads.c.topic, lambda scope: [_of_run(scope)]),
    ThemeKind.FAMILY: (mentions.c.family, lambda scope: []),
    ThemeKind.FORUM_CATEGORY: (threads.c.category, lambda scope: []),
}


def _kept(names: Iterable[str], by: ThemeKind) -> set[str]:
    """Leaves and categories share a table."""
    if by is ThemeKind.LEAF:
        return set(without_categories(names))
    return {name for name in names if by is not ThemeKind.CATEGORY or "/" not in name}
