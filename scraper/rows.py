"""Reading rows out of JSONL, CSV and Parquet files, gzipped or not, one at a time; what cannot be read is set aside."""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Self, cast

import pyarrow as pa
import pyarrow.parquet as pq

from scraper.errors import FileError

_MAX_LINE = 64 * 1024 * 1024
_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
_CSV_SEPARATORS = {".csv": ",", ".tsv": "\t"}
ColumnChoice = Callable[[Sequence[str]], list[str]]
"""Picks, of the columns that a file has, those to read."""

_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"\s*")
_BROKEN = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file and the line where it stands (for Parquet: its number), from 1. `error`: why it is no row."""

    line: int
    values: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


class Rejects:
    """Rows that were not taken, written as JSONL of `line` and `reason`; the file is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[str] | None = None

    def add(self, line: int, reason: str) -> None:
        """Note a row."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8")
        self._file.write(json.dumps({"line": line, "reason": reason}) + "\n")
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def base_name(path: Path) -> str:
    """Name of a file without its folders and the endings that tell its form."""
    name = path.name.removesuffix(".gz")
    stem = Path(name)
    return stem.stem if _form(path) else name


def read_rows(path: Path, columns: ColumnChoice | None = None) -> Iterator[Row]:
    """Rows of a file in order; `columns` chooses among those of a Parquet file, which is much quicker than to read all.

    Raises FileError for a file that is missing, of no known form, or broken off.
    """
    form = _form(path)
    if not form:
        raise FileError(f"{path} is of no known form: name it .jsonl, .csv or .tsv (each also with .gz), or .parquet")
    last = 0
    try:
        for row in _read_parquet(path, columns) if form == "parquet" else _READERS[form](path):
            last = row.line
            yield row
    except FileNotFoundError as error:
        raise FileError(f"{path} is not there") from error
    except pa.ArrowInvalid as error:
        raise FileError(f"{path} is no Parquet file that can be read: {error}") from error
    except _BROKEN as error:
        raise FileError(f"{path} cannot be read beyond line {last}: {error}; the rows before are kept") from error


def _form(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".parquet"]:
        return "parquet"
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    last = suffixes[-1] if suffixes else ""
    return "jsonl" if last in _JSON_SUFFIXES else "csv" if last in _CSV_SEPARATORS else ""


def _open(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return path.open("rb")


def _read_jsonl(path: Path) -> Iterator[Row]:
    with _open(path) as file:
        number = 0
        while data := file.readline(_MAX_LINE):
            number += 1
            if not data.endswith(b"\n") and len(data) == _MAX_LINE:
                while rest := file.readline(_MAX_LINE):
                    if rest.endswith(b"\n"):
                        break
                yield Row(number, error=f"the line is longer than {_MAX_LINE // 2**20} MiB")
            elif data.strip():
                yield from _json_rows(number, data.removeprefix(b"\xef\xbb\xbf"))


def _json_rows(number: int, data: bytes) -> Iterator[Row]:
    """The objects of a line: one, or those of lists, which some tools write one behind the other."""
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:
        yield Row(number, error="the line is not UTF-8")
        return
    position = 0
    while position < len(text):
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            yield Row(number, error=f"the line is not JSON: {error}")
            return
        for item in value if isinstance(value, list) else [value]:
            yield Row(number, item) if isinstance(item, dict) else Row(number, error="the line is no JSON object")
        position = _BLANKS.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing at all too


def _read_csv(path: Path) -> Iterator[Row]:
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    csv.field_size_limit(_MAX_LINE)  # the limit is the module's; a post in a cell is easily longer than its default
    with _open(path) as raw:
        # Undecodable bytes become surrogates, so that only their own rows are rejected.
        lines = (line.decode("utf-8", "surrogateescape") for line in raw)
        reader = csv.reader(_without_mark(lines), delimiter=_CSV_SEPARATORS[suffix])
        try:
            header = next(reader, None)
        except csv.Error as error:
            raise FileError(f"{path} is no CSV file that can be read: {error}") from error
        if header is None:
            raise FileError(f"{path} is empty: the first line must name the columns")
        names = [name.strip() for name in header]
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(reader.line_num, error=f"the line is not CSV: {error}")
                continue
            if cells:
                yield _csv_row(reader.line_num, names, cells)


def _without_mark(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix("\ufeff")


def _csv_row(number: int, names: list[str], cells: list[str]) -> Row:
    if len(cells) != len(names):
        return Row(number, error=f"the row has {len(cells)} cells, the header {len(names)}")
    if any("\udc80" <= character <= "\udcff" for cell in cells if not cell.isascii() for character in cell):
        return Row(number, error="the row is not UTF-8")
    return Row(number, dict(zip(names, cells, strict=True)))


def _read_parquet(path: Path, columns: ColumnChoice | None) -> Iterator[Row]:
    number = 0
    with pq.ParquetFile(path) as file:
        chosen = columns(file.schema_arrow.names) if columns else None
        for batch in file.iter_batches(batch_size=500, columns=chosen):
            for values in batch.to_pylist():
                number += 1
                yield Row(number, values)


_READERS = {"jsonl": _read_jsonl, "csv": _read_csv}
