"""What commands print: data on stdout as a table, JSON or CSV; progress and remarks on stderr."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Cell = str | int | float | bool | None
Row = Mapping[str, Any]

_DATE = len("2024-01-01")
"""Text up to this length is not folded in tables."""


class CountedProgress(Protocol):
    """Told what is going on, how much of it is done, and of how much (None: unknown)."""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Take note."""


class Format(StrEnum):
    """How data is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def stderr() -> Console:
    """Console for people, beside the data."""
    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Tell the person something that is not data; `text` may have markup, so data in it must be escaped."""
    stderr().print(text, soft_wrap=True)


def print_rows(rows: Sequence[Row], form: Format, title: str = "") -> None:
    """Print rows that share their columns. JSON is a list of objects; unknown values are null, empty or a dash."""
    if form is Format.JSON:
        print_json(list(rows))
    elif form is Format.CSV:
        _print_csv(rows)
    else:
        _print_table(rows, title)


def print_record(record: Row, form: Format, title: str = "") -> None:
    """Print one record: a JSON object, a CSV of one line, or a table of name and value."""
    if form is Format.TABLE:
        _print_table([{"": name, "value": _shown(value)} for name, value in record.items()], title)
    elif form is Format.JSON:
        print_json(dict(record))
    else:
        _print_csv([record])


def summary_row(summary: DataclassInstance) -> dict[str, Any]:
    """A summary's figures in one row; its lists as counts."""
    return {name: len(value) if isinstance(value, list) else value for name, value in asdict(summary).items()}


def print_json(value: object) -> None:
    """Print one JSON document."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def _print_csv(rows: Sequence[Row]) -> None:
    if not rows:
        return
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _flat(value) for key, value in row.items()} for row in rows)


def _print_table(rows: Sequence[Row], title: str) -> None:
    table = Table(
        title=escape(title) if title else None,
        title_justify="left",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in rows[0] if rows else ():
        numeric = all(isinstance(row[name], int | float | None) for row in rows)
        short = all(isinstance(row[name], str) and len(row[name]) <= _DATE for row in rows)
        table.add_column(escape(name), justify="right" if numeric else "left", overflow="fold", no_wrap=short)
    for row in rows:
        table.add_row(*(Text(_shown(value)) for value in row.values()))
    Console(highlight=False).print(table)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f}" if isinstance(value, float) else _flat(value)


def _flat(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(str(item) for item in value)
    if isinstance(value, Mapping):
        return " ".join(f"{name}={item}" for name, item in value.items())
    return "" if value is None else str(value)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr that moves by the number of items told to the function given."""
    with _bar() as bar:
        task = bar.add_task(what, total=total)
        yield lambda items: bar.advance(task, items)
        done = bar.tasks[0].completed
        bar.update(task, total=done, completed=done)


@contextmanager
def counted_progress(title: str) -> Iterator[CountedProgress]:
    """A bar for each step that is told by name, with how much is done and of how much (None: unknown)."""
    with _bar() as bar:
        tasks: dict[str, TaskID] = {}

        def note(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(f"{title}: {what}", total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield note
        for task in bar.tasks:
            bar.update(task.id, total=task.completed)


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(finished_text="[green]+[/green]"),
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
        console=stderr(),
    )


def write_out(path: Path | None, data: bytes) -> None:
    """Write to a file, or to standard output where none is named."""
    if path is None:
        sys.stdout.write(data.decode())
    else:
        path.write_bytes(data)
        say(f"Wrote {path}.")
