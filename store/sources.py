"""Where the store's content comes from, and which span of time each source covers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, select, update

from store.database import Database
from store.schema import sources
from store.values import Source, SourceKind


def ensure(db: Database, kind: SourceKind, name: str) -> Source:
    """Give the source of this kind and name; make it if it is new."""
    with db.write() as connection:
        db.upsert(connection, sources, [{"kind": kind.value, "name": name}], ["kind", "name"])
        row = connection.execute(select(sources).where(sources.c.kind == kind.value, sources.c.name == name)).one()
    return _source(row)


def mark_covered(db: Database, source_id: int, start: datetime | None, end: datetime) -> None:
    """Widen the half-open span that the source covers to take in [start, end); start None keeps the old start."""
    with db.write() as connection:
        row = connection.execute(select(sources).where(sources.c.id == source_id)).one()
        starts = [moment for moment in (row.covered_from, start) if moment is not None]
        ends = [moment for moment in (row.covered_to, end) if moment is not None]
        connection.execute(
            update(sources)
            .where(sources.c.id == source_id)
            .values(covered_from=min(starts, default=None), covered_to=max(ends))
        )


def mark_authored(db: Database, source_id: int) -> None:
    """Say that the source holds authored sample data, not mined."""
    with db.write() as connection:
        connection.execute(update(sources).where(sources.c.id == source_id).values(authored=True))


def all_sources(db: Database) -> tuple[Source, ...]:
    """Every source, oldest first."""
    with db.read() as connection:
        return tuple(_source(row) for row in connection.execute(select(sources).order_by(sources.c.id)))


def holds_authored(db: Database) -> bool:
    """Whether some of what is stored is authored sample data, not mined."""
    with db.read() as connection:
        return connection.execute(select(exists().where(sources.c.authored))).scalar_one()


def _source(row: Row[Any]) -> Source:
    return Source(row.id, SourceKind(row.kind), row.name, row.authored, row.covered_from, row.covered_to)
