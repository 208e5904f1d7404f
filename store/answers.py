"""How threads are answered, by theme: whether, by whom and how soon. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select

from store.database import Database
from store.schema import posts, sources, threads
from store.themes import ThemeKind, ThreadScope, themes_of, threads_of

OBSERVED = timedelta(days=14)
"""How long a thread must have been seen: one of yesterday is not unanswered."""

_EVIDENCE = 10
_HOUR = timedelta(hours=1)
_OPENING = posts.alias("opening")


@dataclass(frozen=True, slots=True)
class Quartiles:
    """First quartile, median and third quartile, in hours, by linear interpolation."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """How the threads of a theme are answered.

    threads: those that were observed for long enough in a source that tells of replies; left_out: the others.
    answered: with a visible reply by somebody other than the starter; accepted: with an accepted answer. Of their first
    reply and of the accepted post, how many staff and other users wrote; where a source does not tell, neither counts.
    reply_hours, accept_hours: from the opening to the first reply and to the accepted post, over the threads that have
    one; None where none has. unanswered: ids of the newest unanswered threads, newest first, at most ten.
    """

    threads: int
    left_out: int
    answered: int
    answered_by_staff: int
    answered_by_users: int
    accepted: int
    accepted_by_staff: int
    accepted_by_users: int
    reply_hours: Quartiles | None = None
    accept_hours: Quartiles | None = None
    unanswered: tuple[int, ...] = ()

    @property
    def answered_share(self) -> float | None:
        """answered / threads; None without threads."""
        return self.answered / self.threads if self.threads else None

    @property
    def accepted_share(self) -> float | None:
        """accepted / threads; None without threads."""
        return self.accepted / self.threads if self.threads else None

    @property
    def unanswered_share(self) -> float | None:
        """1 - answered_share; None without threads."""
        return None if self.answered_share is None else 1 - self.answered_share


@dataclass(frozen=True, slots=True)
class _Answer:
    hours: float
    staff: bool | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a thread; None for what did not happen."""

    created_at: datetime
    reply: _Answer | None
    accepted: _Answer | None


def query_answers(
    db: Database, scope: ThreadScope, by: ThemeKind = ThemeKind.ALL, observed: timedelta = OBSERVED
) -> dict[str, AnswerFigures]:
    """Figures of each theme of the scope, the one with most threads first.

    A source that holds no reply at all tells nothing of answers: its threads are left out.
    """
    with db.read() as connection:
        outcomes = dict(_outcomes(connection, scope, observed))
        members: defaultdict[str, list[int]] = defaultdict(list)
        for thread, theme in themes_of(connection, scope, by):
            members[theme].append(thread)
    found = {theme: _figures(ids, outcomes) for theme, ids in members.items()}
    return dict(sorted(found.items(), key=lambda item: (-item[1].threads, item[0])))


def _outcomes(connection: Connection, scope: ThreadScope, observed: timedelta) -> Iterator[tuple[int, _Outcome]]:
    """What became of the scope's threads that were observed for long enough."""
    until, wanted = _observed_until(connection), threads_of(scope)
    heads = connection.execute(
        select(threads.c.id, threads.c.source_id, threads.c.created_at, _OPENING.c.id.label("opening"))
        .outerjoin(_OPENING, _opens(threads.c.id))
        .where(threads.c.id.in_(wanted))
    ).all()
    by_another = func.coalesce(_OPENING.c.author, "") != posts.c.author
    replies = _first_posts(connection, wanted, posts.c.number > 1, by_another | (posts.c.author == ""))
    accepted = _first_posts(connection, wanted, posts.c.accepted)
    for head in heads:
        end = until.get(head.source_id)
        shown = head.opening is not None or head.id in replies
        if shown and end is not None and head.created_at <= end - observed:
            reply, answer = replies.get(head.id), accepted.get(head.id)
            yield head.id, _Outcome(head.created_at, _answer(reply, head.created_at), _answer(answer, head.created_at))


def _opens(thread_id: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(_OPENING.c.thread_id == thread_id, _OPENING.c.number == 1, ~_OPENING.c.deleted)


def _first_posts(connection: Connection, wanted: Select[Any], *where: ColumnElement[bool]) -> dict[int, Any]:
    """By thread, the first visible post that fits the conditions."""
    # A post without words is a note of the forum or was hidden, unless it was accepted: a picture may be the answer.
    told = (posts.c.body != "") | posts.c.accepted
    place = func.row_number().over(partition_by=posts.c.thread_id, order_by=(posts.c.number, posts.c.id))
    found = (
        select(posts.c.thread_id, posts.c.created_at, posts.c.staff, place.label("place"))
        .outerjoin(_OPENING, _opens(posts.c.thread_id))
        .where(posts.c.thread_id.in_(wanted), ~posts.c.deleted, told, *where)
        .subquery()
    )
    return {row.thread_id: row for row in connection.execute(select(found).where(found.c.place == 1)).all()}


def _observed_until(connection: Connection) -> dict[int, datetime]:
    """When each source was last read, for those that hold a reply."""
    reply = exists().where(threads.c.source_id == sources.c.id, posts.c.thread_id == threads.c.id, posts.c.number > 1)
    rows = connection.execute(
        select(sources.c.id, sources.c.covered_to).where(sources.c.covered_to.is_not(None), reply)
    ).all()
    return {row.id: row.covered_to for row in rows}


def _answer(row: Any, started: datetime) -> _Answer | None:
    if row is None:
        return None
    return _Answer(max(0.0, (row.created_at - started) / _HOUR), row.staff)


def _figures(ids: Sequence[int], outcomes: dict[int, _Outcome]) -> AnswerFigures:
    told = {thread: outcomes[thread] for thread in ids if thread in outcomes}
    replies = [item.reply for item in told.values() if item.reply]
    accepted = [item.accepted for item in told.values() if item.accepted]
    silent = sorted((item.created_at, thread) for thread, item in told.items() if item.reply is None)
    return AnswerFigures(
        threads=len(told),
        left_out=len(ids) - len(told),
        answered=len(replies),
        answered_by_staff=_written_by(replies, staff=True),
        answered_by_users=_written_by(replies, staff=False),
        accepted=len(accepted),
        accepted_by_staff=_written_by(accepted, staff=True),
        accepted_by_users=_written_by(accepted, staff=False),
        reply_hours=_quartiles(replies),
        accept_hours=_quartiles(accepted),
        unanswered=tuple(thread for _, thread in silent[::-1][:_EVIDENCE]),
    )


def _written_by(answers: Iterable[_Answer], *, staff: bool) -> int:
    return sum(answer.staff is staff for answer in answers)


def _quartiles(answers: Sequence[_Answer]) -> Quartiles | None:
    if not answers:
        return None
    return Quartiles(*(float(value) for value in np.quantile([answer.hours for answer in answers], (0.25, 0.5, 0.75))))
