"""Where a crawl stands: cursors by name, and the frontier: every thread that was seen, and which are still to read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from more_itertools import chunked
from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select, true, update

from store.database import Database
from store.schema import cursors, frontier, posts, threads
from store.threads import Saved, put_thread, put_thread_state
from store.values import COUNTED_STATES, Thread, ThreadState

_BATCH = 500
_REST = timedelta(days=1)
_FAILED, _FAILED_AGAIN = "failed: ", "failed again: "


def hold(db: Database, source_id: int) -> AbstractContextManager[None]:
    """Be the only crawler of a source; raises BusyError while another is."""
    return db.exclusive(f"crawl-{source_id}")


def get_cursor(db: Database, source_id: int, name: str) -> str | None:
    """Value that was last set under this name, or None."""
    with db.read() as connection:
        return connection.execute(
            select(cursors.c.value).where(cursors.c.source_id == source_id, cursors.c.name == name)
        ).scalar()


def set_cursor(db: Database, source_id: int, name: str, value: str) -> None:
    """Remember a value under a name."""
    set_cursors(db, source_id, {name: value})


def set_cursors(db: Database, source_id: int, values: Mapping[str, str]) -> None:
    """Remember values under their names, all together."""
    with db.write() as connection:
        _set_cursors(db, connection, source_id, values)


def add_to_frontier(
    db: Database, source_id: int, items: Iterable[tuple[str, str]], then: Mapping[str, str] | None = None
) -> int:
    """Take in (external id, marker) pairs from a list.

    A marker is whatever the list says of the thread's state. Threads that are new, or whose marker differs
    from the one before, become pending. Returns how many did. The cursors `then` are set with the last of them.
    """
    count = 0
    for some in chunked(items, _BATCH):
        with db.write() as connection:
            count += _add(db, connection, source_id, dict(some))
    if then:
        set_cursors(db, source_id, then)
    return count


def unchanged(db: Database, source_id: int, items: Collection[tuple[str, str]]) -> bool:
    """Whether the frontier knows all of these (external id, marker) pairs."""
    with db.read() as connection:
        known = _markers(connection, source_id, [key for key, _ in items])
    return all(known.get(key) == marker for key, marker in items)


def read_again(db: Database, source_id: int, keys: Iterable[str]) -> None:
    """Make threads pending whatever their lists say; unknown ones join the frontier."""
    for some in chunked(keys, _BATCH):
        with db.write() as connection:
            _make_pending(db, connection, source_id, some)


def read_all_again(db: Database, source_id: int, then: Mapping[str, str]) -> None:
    """Make every known thread pending, to be read at once and without conditions, and set cursors, all together."""
    with db.write() as connection:
        everything = {"pending": True, "outcome": "", "etag": ""}
        connection.execute(update(frontier).where(frontier.c.source_id == source_id).values(everything))
        _set_cursors(db, connection, source_id, then)


def forget_etags(db: Database, source_id: int) -> None:
    """Let every thread be read without conditions the next time."""
    with db.write() as connection:
        connection.execute(update(frontier).where(frontier.c.source_id == source_id).values(etag=""))


def put_off(db: Database, source_id: int, key: str, why: str, tried_at: datetime) -> None:
    """Leave a thread pending that could not be read; where that is so twice in a row, it rests for a day.

    A change that a list shows ends the rest, and so does read_all_again.
    """
    with db.write() as connection:
        _put_off(connection, source_id, key, why, tried_at)


def pending(db: Database, source_id: int, moment: datetime | None = None, limit: int = 1000) -> list[str]:
    """External ids of threads still to read, in the order in which they were found.

    All of them, or those that do not rest at a moment.
    """
    with db.read() as connection:
        rows = connection.execute(
            select(frontier.c.external_id)
            .where(frontier.c.source_id == source_id, frontier.c.pending, _awake(moment))
            .order_by(frontier.c.id)
            .limit(limit)
        )
        return [row.external_id for row in rows]


def pending_count(db: Database, source_id: int, moment: datetime | None = None) -> int:
    """How many threads are still to read: all of them, or those that do not rest at a moment."""
    with db.read() as connection:
        return connection.execute(
            select(func.count()).where(frontier.c.source_id == source_id, frontier.c.pending, _awake(moment))
        ).scalar_one()


def next_in_rotation(db: Database, source_id: int, limit: int, read_before: datetime) -> list[tuple[str, str, str]]:
    """(external id, ETag, outcome) of threads that were last read longest ago, before a moment."""
    with db.read() as connection:
        rows = connection.execute(
            select(frontier.c.external_id, frontier.c.etag, frontier.c.outcome)
            .where(
                frontier.c.source_id == source_id,
                ~frontier.c.pending,
                or_(frontier.c.read_at.is_(None), frontier.c.read_at < read_before),
            )
            .order_by(frontier.c.read_at.asc().nulls_first(), frontier.c.id)
            .limit(limit)
        )
        return [(row.external_id, row.etag, row.outcome) for row in rows]


def mark_done(
    db: Database,
    source_id: int,
    external_id: str,
    outcome: str = "stored",
    read_at: datetime | None = None,
    etag: str = "",
) -> None:
    """Take a thread off what is pending and say how it ended, for example `stored` or `missing`."""
    with db.write() as connection:
        _mark_done(connection, source_id, external_id, outcome, read_at, etag)


def save_read_thread(
    db: Database,
    source_id: int,
    key: str,
    thread: Thread,
    read_at: datetime,
    etag: str = "",
    not_given: Collection[str] = (),
) -> Saved:
    """Store a thread that was asked for as `key`, and take it off what is pending, all together.

    Another id than the thread's own means that what was asked for is now part of it. Threads that posts have moved
    away from become pending. Where it names posts that the forum did not give, those stay as they were, and the thread
    is put off.
    """
    with db.write() as connection:
        saved = put_thread(db, connection, source_id, thread, read_at, posts_move=True, not_given=not_given)
        if thread.external_id != key:
            put_thread_state(connection, source_id, key, ThreadState.DELETED, read_at)
            _mark_done(connection, source_id, key, f"moved: to thread {thread.external_id}", read_at)
            _make_pending(db, connection, source_id, [thread.external_id])
        if not_given:
            why = f"the site names {len(not_given)} posts that it does not give"
            _put_off(connection, source_id, thread.external_id, why, read_at)
        else:
            _mark_done(connection, source_id, thread.external_id, "stored", read_at, etag)
        _make_pending(db, connection, source_id, saved.robbed)
    return saved


def save_unreadable(
    db: Database, source_id: int, key: str, state: ThreadState | None, outcome: str, read_at: datetime
) -> bool:
    """Note the state of a thread that is not shown (None: as before), and take it off what is pending, all together.

    Returns whether the store's thread changed.
    """
    with db.write() as connection:
        changed = state is not None and put_thread_state(connection, source_id, key, state, read_at)
        _mark_done(connection, source_id, key, outcome, read_at)
    return changed


def known_threads(db: Database, source_id: int, keys: Iterable[str]) -> set[str]:
    """Those of the external ids that the frontier knows."""
    found: set[str] = set()
    with db.read() as connection:
        for some in chunked(keys, _BATCH):
            found |= _markers(connection, source_id, some).keys()
    return found


def known_posts(db: Database, source_id: int, keys: Iterable[str]) -> set[str]:
    """Those of the posts' external ids that the store has of this source, tombstones too."""
    found: set[str] = set()
    with db.read() as connection:
        for some in chunked(keys, _BATCH):
            found |= set(
                connection.execute(
                    select(posts.c.external_id)
                    .join(threads, threads.c.id == posts.c.thread_id)
                    .where(posts.c.external_id.in_(some), threads.c.source_id == source_id)
                ).scalars()
            )
    return found


def is_shown(db: Database, source_id: int, external_id: str) -> bool:
    """Whether the store holds the thread as shown."""
    with db.read() as connection:
        state = connection.execute(
            select(threads.c.state).where(threads.c.source_id == source_id, threads.c.external_id == external_id)
        ).scalar()
    return state is not None and ThreadState(state) in COUNTED_STATES


def shown_threads(db: Database, source_id: int) -> set[str]:
    """External ids of the source's threads that the store holds as shown."""
    with db.read() as connection:
        shown = threads.c.state.in_([state.value for state in COUNTED_STATES])
        return set(
            connection.execute(select(threads.c.external_id).where(threads.c.source_id == source_id, shown)).scalars()
        )


def outcomes(db: Database, source_id: int) -> dict[str, str]:
    """How the last reading of each thread of the frontier ended, by external id; empty where it was never read."""
    with db.read() as connection:
        rows = connection.execute(
            select(frontier.c.external_id, frontier.c.outcome).where(frontier.c.source_id == source_id)
        )
        return {row.external_id: row.outcome for row in rows}


def _add(db: Database, connection: Connection, source_id: int, seen: dict[str, str]) -> int:
    known = _markers(connection, source_id, list(seen))
    changed = [
        {"source_id": source_id, "external_id": key, "marker": marker, "pending": True, "outcome": ""}
        for key, marker in seen.items()
        if known.get(key) != marker
    ]
    db.upsert(connection, frontier, changed, ["source_id", "external_id"])
    return len(changed)


def _markers(connection: Connection, source_id: int, keys: Collection[str]) -> dict[str, str]:
    rows = connection.execute(
        select(frontier.c.external_id, frontier.c.marker).where(
            frontier.c.source_id == source_id, frontier.c.external_id.in_(keys)
        )
    )
    return {row.external_id: row.marker for row in rows}


def _make_pending(db: Database, connection: Connection, source_id: int, keys: Collection[str]) -> None:
    known = _markers(connection, source_id, keys)
    rows = [
        {
            "source_id": source_id,
            "external_id": key,
            "marker": known.get(key, ""),
            "pending": True,
            "outcome": "",
            "etag": "",
        }
        for key in keys
    ]
    db.upsert(connection, frontier, rows, ["source_id", "external_id"])


def _mark_done(
    connection: Connection, source_id: int, external_id: str, outcome: str, read_at: datetime | None, etag: str = ""
) -> None:
    connection.execute(
        update(frontier)
        .where(frontier.c.source_id == source_id, frontier.c.external_id == external_id)
        .values(pending=False, outcome=outcome, read_at=read_at, etag=etag)
    )


def _put_off(connection: Connection, source_id: int, key: str, why: str, tried_at: datetime) -> None:
    before = and_(frontier.c.pending, or_(*(frontier.c.outcome.startswith(told) for told in (_FAILED, _FAILED_AGAIN))))
    told = case((before, literal(_FAILED_AGAIN + why)), else_=literal(_FAILED + why))
    connection.execute(
        update(frontier)
        .where(frontier.c.source_id == source_id, frontier.c.external_id == key)
        .values(pending=True, outcome=told, read_at=tried_at, etag="")
    )


def _awake(moment: datetime | None) -> ColumnElement[bool]:
    if moment is None:
        return true()
    return or_(~frontier.c.outcome.startswith(_FAILED_AGAIN), frontier.c.read_at <= moment - _REST)


def _set_cursors(db: Database, connection: Connection, source_id: int, values: Mapping[str, str]) -> None:
    rows = [{"source_id": source_id, "name": name, "value": value} for name, value in values.items()]
    db.upsert(connection, cursors, rows, ["source_id", "name"])
