"""Lines of a dump, and a temporary file that holds them uncompressed so that any one can be read again."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_GZIP_MAGIC = b"\x1f\x8b"


class DumpError(ValueError):
    """A dump cannot be served; the message names the file, the line, the field and the remedy."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a record lies in a spool: byte offset and length."""

    offset: int
    length: int


class Spool:
    """An unnamed temporary file of records; it vanishes with the object, also when the process is killed."""

    def __init__(self) -> None:
        self._fd, name = tempfile.mkstemp(prefix="forumlens-replay-")
        Path(name).unlink()
        self._end = 0
        weakref.finalize(self, os.close, self._fd)

    def append(self, record: bytes) -> Span:
        """Write a record at the end and say where it lies."""
        left = memoryview(record)
        while left:
            left = left[os.write(self._fd, left) :]
        span = Span(self._end, len(record))
        self._end += len(record)
        return span

    def read(self, span: Span) -> bytes:
        """Read one record; safe from several threads at once."""
        return os.pread(self._fd, span.length, span.offset)

    def read_json(self, span: Span) -> Json:
        """Read one record that was written as a JSON object."""
        value: Json = json.loads(self.read(span))
        return value


def read_lines(path: str | Path) -> Iterator[tuple[int, bytes, Json]]:
    """Yield (line number from 1, raw line, decoded object) of a JSONL file, gzipped or not; blank lines are skipped.

    Raises:
        DumpError: the file is missing or damaged, or a line is not a JSON object.
    """
    number = 0
    try:
        with Path(path).open("rb") as probe:
            zipped = probe.read(2) == _GZIP_MAGIC
        with gzip.open(path, "rb") if zipped else Path(path).open("rb") as lines:
            for line in lines:
                number += 1
                if line.strip():
                    yield number, line, _decode(path, number, line)
    except FileNotFoundError as error:
        raise DumpError(f"dump {str(path)!r} does not exist: give the path of a .jsonl or .jsonl.gz file") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DumpError(f"dump {str(path)!r} is damaged after line {number} ({error}): fetch it again") from error


def _decode(path: str | Path, number: int, line: bytes) -> Json:
    problem = "it is not a JSON object"
    with suppress(ValueError):
        value = json.loads(line)
        if isinstance(value, dict):
            return value
        problem = f"it is a JSON {type(value).__name__}"
    where = f"dump {str(path)!r}, line {number}"
    raise DumpError(f"{where}: {problem}; write one JSON object a line, none broken over lines")
