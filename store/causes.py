"""Root causes of answered threads: written by the classifier's stage, read by theme."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from store.assignments import bundle_row, move_stage
from store.database import Database
from store.schema import settings, thread_causes, threads
from store.scopes import bundle_number, bundle_of
from store.themes import ThemeKind, ThreadScope, themes_of, threads_of
from store.values import StoredThread

_CURRENT = "current_causes"


@dataclass(frozen=True, slots=True)
class ThreadCause:
    """Why a thread's question had to be asked, read from two of its posts.

    `cause`: leaf id, empty where the bundle abstained; `score`: of the likeliest leaf, in [0, 1].
    """

    question_id: int
    answer_id: int
    input_hash: bytes
    cause: str
    score: float


@dataclass(frozen=True, slots=True)
class CauseShares:
    """Threads of a theme that have a root cause: all that were read, those left open, and (leaf id, threads)."""

    threads: int
    abstained: int
    causes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CausedThread:
    """A thread with its root cause, for reading."""

    thread_id: int
    title: str
    url: str
    cause: str
    score: float


def save_thread_causes(
    db: Database, bundle_id: str, stage: str, items: Sequence[tuple[StoredThread, ThreadCause | None]]
) -> None:
    """Replace what the bundle says of these threads, and move the stage to the last one's revision.

    Threads must come ascending by revision; one without an accepted or confirmed answer comes with None.
    """
    with db.write() as connection:
        bundle, _ = bundle_row(connection, bundle_id)
        ids = [thread.id for thread, _ in items]
        mine = thread_causes.c.bundle_id == bundle, thread_causes.c.thread_id.in_(ids)
        connection.execute(delete(thread_causes).where(*mine))
        rows = [
            {
                "bundle_id": bundle,
                "thread_id": thread.id,
                "question_id": found.question_id,
                "post_id": found.answer_id,
                "input_hash": found.input_hash,
                "cause": found.cause,
                "score": found.score,
            }
            for thread, found in items
            if found
        ]
        if rows:
            connection.execute(thread_causes.insert(), rows)
        move_stage(db, connection, stage, items[-1][0].revision)


def known_causes(db: Database, bundle_id: str, thread_ids: Sequence[int]) -> dict[int, ThreadCause]:
    """What the bundle has said of these threads, by thread id."""
    with db.read() as connection:
        mine = thread_causes.c.bundle_id == bundle_number(connection, bundle_id)
        rows = connection.execute(select(thread_causes).where(mine, thread_causes.c.thread_id.in_(thread_ids)))
        return {
            row.thread_id: ThreadCause(row.question_id, row.post_id, row.input_hash, row.cause, row.score)
            for row in rows
        }


def set_current_causes(db: Database, bundle_id: str) -> None:
    """Make this bundle the one whose root causes are shown."""
    with db.write() as connection:
        bundle_row(connection, bundle_id)
        db.upsert(connection, settings, [{"name": _CURRENT, "value": bundle_id}], ["name"])


def current_causes(db: Database) -> str | None:
    """Id of the bundle whose root causes are shown, or None before the first."""
    with db.read() as connection:
        return connection.execute(select(settings.c.value).where(settings.c.name == _CURRENT)).scalar()


def query_causes(
    db: Database, causes_id: str, scope: ThreadScope, by: ThemeKind = ThemeKind.ALL
) -> dict[str, CauseShares]:
    """Root causes of each theme of the scope, the theme with most first; causes are those of the bundle `causes_id`."""
    with db.read() as connection:
        mine = thread_causes.c.bundle_id == bundle_number(connection, causes_id)
        causes = {
            row.thread_id: row.cause
            for row in connection.execute(
                select(thread_causes.c.thread_id, thread_causes.c.cause).where(
                    mine, thread_causes.c.thread_id.in_(threads_of(scope))
                )
            )
        }
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for thread, theme in themes_of(connection, scope, by):
            if thread in causes:
                found[theme][causes[thread]] += 1
    shares = {theme: _shares(counted) for theme, counted in found.items()}
    return dict(sorted(shares.items(), key=lambda item: (-item[1].threads, item[0])))


def list_causes(
    db: Database, causes_id: str, scope: ThreadScope, cause: str | None = None, limit: int = 50
) -> list[CausedThread]:
    """Threads of the scope with their root causes, surest first; of one leaf if given, "" for those left open."""
    with db.read() as connection:
        key = bundle_of(causes_id)
        where = [thread_causes.c.bundle_id == key, threads.c.id.in_(threads_of(scope))]
        where += [] if cause is None else [thread_causes.c.cause == cause]
        rows = connection.execute(
            select(threads.c.id, threads.c.title, threads.c.url, thread_causes.c.cause, thread_causes.c.score)
            .join(thread_causes, thread_causes.c.thread_id == threads.c.id)
            .where(*where)
            .order_by(thread_causes.c.score.desc(), threads.c.id)
            .limit(limit)
        )
        return [CausedThread(row.id, row.title, row.url, row.cause, row.score) for row in rows]


def _shares(counted: Counter[str]) -> CauseShares:
    told = sorted(((cause, number) for cause, number in counted.items() if cause), key=lambda item: (-item[1], item[0]))
    return CauseShares(counted.total(), counted[""], tuple(told))
