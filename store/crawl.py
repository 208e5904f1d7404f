"""Where a crawl stands: cursors by name, and the frontier of threads that are seen but not yet read."""

from __future__ import annotations

from collections.abc import Iterable

from more_itertools import chunked
from sqlalchemy import func, select, update

from store.database import Database
from store.schema import cursors, frontier

_BATCH = 500


def get_cursor(db: Database, source_id: int, name: str) -> str | None:
    """Value that was last set under this name, or None."""
    with db.read() as connection:
        return connection.execute(
            select(cursors.c.value).where(cursors.c.source_id == source_id, cursors.c.name == name)
        ).scalar()


def set_cursor(db: Database, source_id: int, name: str, value: str) -> None:
    """Remember a value under a name."""
    row = {"source_id": source_id, "name": name, "value": value}
    with db.write() as connection:
        db.upsert(connection, cursors, [row], ["source_id", "name"])


def add_to_frontier(db: Database, source_id: int, items: Iterable[tuple[str, str]]) -> int:
    """Take in (external id, marker) pairs from a list.

    A marker is whatever the list says of the thread's state. Threads that are new, or whose marker differs
    from the one before, become pending. Returns how many did.
    """
    return sum(_add(db, source_id, dict(some)) for some in chunked(items, _BATCH))


def _add(db: Database, source_id: int, seen: dict[str, str]) -> int:
    with db.write() as connection:
        rows = connection.execute(
            select(frontier.c.external_id, frontier.c.marker).where(
                frontier.c.source_id == source_id, frontier.c.external_id.in_(list(seen))
            )
        )
        known = {row.external_id: row.marker for row in rows}
        changed = [
            {"source_id": source_id, "external_id": key, "marker": marker, "pending": True, "outcome": ""}
            for key, marker in seen.items()
            if known.get(key) != marker
        ]
        db.upsert(connection, frontier, changed, ["source_id", "external_id"])
    return len(changed)


def pending(db: Database, source_id: int, limit: int = 1000) -> list[str]:
    """External ids of threads still to read, in the order in which they were found."""
    with db.read() as connection:
        rows = connection.execute(
            select(frontier.c.external_id)
            .where(frontier.c.source_id == source_id, frontier.c.pending)
            .order_by(frontier.c.id)
            .limit(limit)
        )
        return [row.external_id for row in rows]


def pending_count(db: Database, source_id: int) -> int:
    """How many threads are still to read."""
    with db.read() as connection:
        return connection.execute(
            select(func.count()).where(frontier.c.source_id == source_id, frontier.c.pending)
        ).scalar_one()


def mark_done(db: Database, source_id: int, external_id: str, outcome: str = "stored") -> None:
    """Take a thread off the frontier and say how it ended, for example `stored` or `missing`."""
    with db.write() as connection:
        connection.execute(
            update(frontier)
            .where(frontier.c.source_id == source_id, frontier.c.external_id == external_id)
            .values(pending=False, outcome=outcome)
        )
