"""Fixtures that more than one room's tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Database, open_database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite store."""
    with open_database(f"sqlite:///{tmp_path / 'store.db'}") as database:
        yield database
