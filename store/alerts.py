"""Alerts that were raised, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from store.database import Database, insert_into
from store.schema import alerts


@dataclass(frozen=True, slots=True)
class Alert:
    """What was raised: `key` says what about; `delivered_at` None: no webhook took it yet."""

    key: str
    raised_at: datetime
    text: str
    delivered_at: datetime | None = None


def raise_alerts(db: Database, found: Sequence[Alert]) -> None:
    """Store alerts; one that is there under its key stays as it is."""
    if not found:
        return
    rows = [{"key": one.key, "raised_at": one.raised_at, "text": one.text} for one in found]
    with db.write() as connection:
        connection.execute(insert_into(connection, alerts).on_conflict_do_nothing(index_elements=["key"]), rows)


def list_alerts(db: Database, limit: int = 100, *, undelivered: bool = False) -> list[Alert]:
    """Alerts, latest first."""
    query = select(alerts).order_by(alerts.c.raised_at.desc(), alerts.c.key).limit(limit)
    if undelivered:
        query = query.where(alerts.c.delivered_at.is_(None))
    with db.read() as connection:
        return [Alert(row.key, row.raised_at, row.text, row.delivered_at) for row in connection.execute(query)]


def mark_delivered(db: Database, key: str, at: datetime) -> None:
    """Note that a webhook took an alert."""
    with db.write() as connection:
        connection.execute(update(alerts).where(alerts.c.key == key).values(delivered_at=at))
