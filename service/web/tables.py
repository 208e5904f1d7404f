"""Tables as values, so that a page and its CSV show the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["text", "number", "decimal", "share", "p", "move", "spark", "time", "links", "excerpt"]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere. `note` explains it, `kind` is that of a label, `context` what it is part of.

    `key` stands for it in CSV.
    """

    text: str
    href: str
    note: str = ""
    kind: str = ""
    context: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Whether a series rises or falls, and what the test says of it."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A run of text; `match` where it is what was sought."""

    text: str
    match: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `help` says what is in it."""

    title: str
    kind: Kind = "text"
    help: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; None is unknown, never 0. `name` is what its CSV goes by."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    empty: str = "Nothing to show."
    note: str = ""


def to_csv(table: Table) -> str:
    """The table with a line of titles; little pictures are left out, and no cell is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    shown = [index for index, column in enumerate(table.columns) if column.kind != "spark"]
    writer.writerow([table.columns[index].title for index in shown])
    writer.writerows([[_plain(row[index]) for index in shown] for row in table.rows])
    return out.getvalue()


def _plain(cell: Any) -> Any:
    match cell:
        case Link():
            return _plain(cell.key or cell.text)
        case Found() | Move():
            return cell.text
        case datetime():
            return cell.isoformat()
        case list() | tuple():
            return _plain(" ".join(str(_plain(one)) for one in cell))
        case str():
            return f"'{cell}" if cell.startswith(_FORMULA) else cell
        case _:
            return cell  # None too, as nothing
