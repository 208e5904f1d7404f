"""Sums by cell that a table keeps: its key is the cell, its other columns are whole numbers that add up."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Connection, Table

from store.database import insert_into

MILLION = 1_000_000
"""Parts that scores and expected threads are counted in, so that sums stay exact."""

Cell = tuple[Any, ...]
"""Values of the table's key, in the order of its columns."""


class Sheet:
    """What some rows count for, by cell and name of the sum."""

    def __init__(self, table: Table) -> None:
        self.cells: defaultdict[Cell, Counter[str]] = defaultdict(Counter)
        self._table = table
        self._key = [column.name for column in table.columns if column.primary_key]
        self._sums = [column.name for column in table.columns if not column.primary_key]

    def add(self, *cell: Any, **amounts: int) -> None:
        """Add to the sums of a cell."""
        self.cells[cell].update(amounts)

    def change_to(self, connection: Connection, after: Sheet) -> None:
        """Add to the table what came and take away what went; cells that stay as they are are left alone."""
        rows = []
        for cell in sorted({*self.cells, *after.cells}):
            now, then = after.cells[cell], self.cells[cell]
            change = {name: now[name] - then[name] for name in self._sums}
            if any(change.values()):
                rows.append(dict(zip(self._key, cell, strict=True)) | change)
        if not rows:
            return
        insert = insert_into(connection, self._table)
        sums = {name: self._table.c[name] + insert.excluded[name] for name in self._sums}
        connection.execute(insert.on_conflict_do_update(index_elements=self._key, set_=sums), rows)
