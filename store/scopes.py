"""Bundles and topic runs by the numbers that the store's tables know them by."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, ScalarSelect, select

from store.counts import CountKind
from store.schema import bundles, topic_runs


class Scopes(NamedTuple):
    """Numbers of the bundle and the topic run that are asked for; None for one that is not known."""

    bundle: int | None
    run: int | None

    def of(self, kind: CountKind) -> int:
        """Whose counts of this kind are read; -1 is nobody's."""
        if kind in (CountKind.LABEL, CountKind.VERDICT):
            return -1 if self.bundle is None else self.bundle
        if kind is CountKind.TOPIC:
            return -1 if self.run is None else self.run
        return 0


def scopes(connection: Connection, bundle_id: str | None, run_id: str | None) -> Scopes:
    """Look a bundle and a topic run up."""
    return Scopes(bundle_number(connection, bundle_id), run_number(connection, run_id))


def bundle_number(connection: Connection, key: str | None) -> int | None:
    """Number of a bundle; None for one that is not known."""
    return connection.execute(select(bundles.c.id).where(bundles.c.key == key)).scalar()


def run_number(connection: Connection, key: str | None) -> int | None:
    """Number of a topic run; None for one that is not known."""
    return connection.execute(select(topic_runs.c.id).where(topic_runs.c.key == key)).scalar()


def bundle_of(key: str | None) -> ScalarSelect[Any]:
    """Number of a bundle, inside a statement."""
    return select(bundles.c.id).where(bundles.c.key == key).scalar_subquery()


def run_of(key: str | None) -> ScalarSelect[Any]:
    """Number of a topic run, inside a statement."""
    return select(topic_runs.c.id).where(topic_runs.c.key == key).scalar_subquery()
