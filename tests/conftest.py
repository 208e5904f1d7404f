"""Fixtures that more than one room's tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from store.database import Database, open_database

settings.register_profile("any machine", deadline=None)  # no test may depend on how busy the machine is
settings.load_profile("any machine")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite store."""
    with open_database(f"sqlite:///{tmp_path / 'store.db'}") as database:
        yield database
