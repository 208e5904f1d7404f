"""Importing threads, models and tables of uploads from files; unknown columns are reported, bad rows set aside."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from more_itertools import chunked

from scraper import hub
from scraper.errors import BadFieldError, BadThreadError, FileError
from scraper.fields import Json
from scraper.holding import only_crawler
from scraper.model_rows import ID_FIELDS, UNKNOWN_UNTIL, Families, model_columns, parse_model
from scraper.model_rows import KNOWN_FIELDS as MODEL_FIELDS
from scraper.progress import Progress, silent
from scraper.pseudonyms import Pseudonymizer
from scraper.rows import ColumnChoice, Rejects, Row, base_name, read_rows
from scraper.thread_readers import make_readers
from scraper.upload_rows import UploadTable
from store import models, sources, threads
from store.database import Database
from store.months import month_of, month_start
from store.values import AUTHORED_TAG, COUNTED_STATES, HubModel, SourceKind, Thread, UploadCount

_BATCH = 200
_TICK = timedelta(microseconds=1)
_Value = TypeVar("_Value", Thread, HubModel)


@dataclass(slots=True)
class ImportSummary:
    """What an import did.

    `rows` were read, `stored` of them kept, `rejected` set aside in the file `rejects`. `unknown_columns` were not
    used; `left_out` are rows or columns that hold sums; `incomplete`: threads of which the file lacks some posts.
    """

    source: str
    rows: int = 0
    stored: int = 0
    posts: int = 0
    rejected: int = 0
    rejects: Path | None = None
    incomplete: int = 0
    unknown_dates: int = 0
    gated: int = 0
    gone: int = 0
    unknown_columns: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def import_threads(
    db: Database,
    path: Path,
    *further: Path,
    pseudonyms: Pseudonymizer,
    source: str | None = None,
    rejects: Path | None = None,
    progress: Progress = silent,
) -> ImportSummary:
    """Import threads out of one file, or several that belong together, in any form of scraper.thread_readers.

    `source` names the source they belong to (default: the first file's name); the address of a forum that is crawled
    too lets both fill one source. Raises FileError.
    """
    origin = sources.ensure(db, SourceKind.FORUM, source or base_name(path))
    readers = make_readers(pseudonyms, origin.name if "://" in origin.name else "")

    def read(row: Row) -> Thread | None:
        reader = next(reader for reader in readers if reader.knows(row.values))
        if reader.fields is not None:
            take.note_columns(row.values, reader.fields)
        return reader.read(row)

    with _Take(origin.name, (path, *further), rejects, progress) as take:
        found = itertools.chain(take.values(read), *(take.kept(reader.rest()) for reader in readers))
        for some in chunked(found, _BATCH):
            shown = [thread for thread in some if thread.state in COUNTED_STATES]
            threads.save_threads(db, origin.id, shown)
            for thread in some:
                if thread.state not in COUNTED_STATES:
                    threads.set_thread_state(db, origin.id, thread.external_id, thread.state)
                    take.summary.left_out.append(f"thread {thread.external_id}: {thread.state}")
            take.summary.stored += len(shown)
            take.summary.posts += sum(len(thread.posts) for thread in shown)
            _note(db, origin.id, [thread.created_at for thread in shown], [thread.tags for thread in shown])
        take.summary.incomplete = sum(reader.incomplete for reader in readers)
    return take.summary


def import_models(
    db: Database,
    path: Path,
    *,
    families: Families | None = None,
    snapshot: bool = False,
    source: str | None = None,
    rejects: Path | None = None,
    progress: Progress = silent,
) -> ImportSummary:
    """Import Hub models, as the Hub's API gives them or with columns of the same meaning (see scraper.model_rows).

    `snapshot`: the file holds a whole Hub, as the public daily dumps do. Models of the source that it lacks are then
    gone, and a crawl into the same source takes only what is newer. `families` gives the usual names of model types;
    `source` as for import_threads. Raises FileError, and BusyCrawlError while that Hub is crawled into this store.
    """
    origin = sources.ensure(db, SourceKind.HUB, source or base_name(path))
    with only_crawler(db, origin):
        listing = hub.begin_snapshot(db, origin.id) if snapshot else 0
        span = _Span()

        def read(row: Row) -> HubModel:
            take.note_columns(row.values, MODEL_FIELDS)
            try:
                return parse_model(row.values, families=families)
            except BadFieldError:
                models.keep_listed(db, origin.id, [str(row.values.get(name)) for name in ID_FIELDS], listing)
                raise

        def choose(names: Sequence[str]) -> list[str]:
            take.note_columns(dict.fromkeys(names), MODEL_FIELDS)
            return model_columns(names)

        with _Take(origin.name, [path], rejects, progress, choose) as take:
            try:
                for some in chunked(take.values(read), 5 * _BATCH):
                    models.save_models(db, origin.id, some, listing=listing, counted=False)
                    take.summary.stored += len(some)
                    take.summary.unknown_dates += sum(model.created_at is None for model in some)
                    take.summary.gated += sum(bool(model.gated) for model in some)
                    span.add(model.created_at for model in some)
                    _note_authored(db, origin.id, (model.tags for model in some))
            finally:
                # Counting once: a file may hold its models in any order, so that each batch touches every month.
                models.recount(db, origin.id)
        if span.first and span.last:
            sources.mark_covered(
                db, origin.id, _first_covered(span.first, take.summary.unknown_dates), span.last + _TICK
            )
            if snapshot:
                take.summary.gone = hub.end_snapshot(db, origin.id, listing, span.first, span.last)
        return take.summary


def import_uploads(
    db: Database,
    path: Path,
    *,
    canonical: Callable[[str], str] = str.lower,
    source: str | None = None,
    rejects: Path | None = None,
    progress: Progress = silent,
) -> ImportSummary:
    """Import a published table of uploads, long or wide (see scraper.upload_rows).

    `canonical` gives the family that a name stands for; rows of one family and month are added up. Raises FileError.
    """
    origin = sources.ensure(db, SourceKind.UPLOADS, source or base_name(path))
    table: UploadTable | None = None
    total: dict[tuple[int, str], UploadCount] = {}
    with _Take(origin.name, [path], rejects, progress) as take:
        for row in take.rows():
            try:
                table = table or UploadTable(list(row.values))
                counts = table.counts(row.values)
            except BadFieldError as error:
                take.reject(row.line, str(error))
                continue
            if counts is None:
                take.summary.left_out.append(f"row {row.line}: {table.family(row.values) or 'no family'}")
                continue
            take.summary.stored += 1
            for count in counts:
                _add_up(total, count, canonical(count.family))
        if table is None:
            raise FileError(f"{path} holds no table of uploads: name columns month, family and count")
        take.summary.left_out += [f"column {name}" for name in table.left_out]
        take.summary.unknown_columns += table.unknown
        models.save_uploads(db, origin.id, total.values())
    if months := table.months | {month for month, _ in total}:
        sources.mark_covered(db, origin.id, month_start(min(months)), month_start(max(months) + 1))
    return take.summary


class _Take:
    """Reads rows out of files, counts them, and sets aside those that are no good; `columns` as for read_rows."""

    def __init__(
        self,
        source: str,
        paths: Sequence[Path],
        rejects: Path | None,
        progress: Progress,
        columns: ColumnChoice | None = None,
    ) -> None:
        self._paths, self._progress, self._columns = paths, progress, columns
        self._rejects = Rejects(rejects or Path(f"{paths[0].name}.rejects.jsonl"))
        self._where = ""
        self.summary = ImportSummary(source)

    def __enter__(self) -> _Take:
        return self

    def __exit__(self, *error: object) -> None:
        self._rejects.__exit__(None, None, None)

    def rows(self) -> Iterator[Row]:
        for path in self._paths:
            self._where = f"{path.name}: " if len(self._paths) > 1 else ""
            for row in read_rows(path, self._columns):
                self.summary.rows += 1
                if row.error:
                    self.reject(row.line, row.error)
                else:
                    yield row
                self._progress("rows", self.summary.rows, None)
        self._where = ""

    def values(self, read: Callable[[Row], _Value | None]) -> Iterator[_Value]:
        for row in self.rows():
            try:
                value = read(row)
            except (BadFieldError, BadThreadError) as error:
                self.reject(row.line, str(error))
            else:
                if value is not None:
                    yield value

    def kept(self, rest: Iterator[tuple[int, _Value | BadFieldError]]) -> Iterator[_Value]:
        for line, value in rest:
            if isinstance(value, BadFieldError):
                self.reject(line, str(value))
            else:
                yield value

    def reject(self, line: int, reason: str) -> None:
        self._rejects.add(line, self._where + reason)
        self.summary.rejected = self._rejects.count
        self.summary.rejects = self._rejects.path

    def note_columns(self, row: Json, known: frozenset[str]) -> None:
        unknown = self.summary.unknown_columns
        unknown += [name for name in row if name not in known and name not in unknown]


class _Span:
    """From the first to the last of the moments that were added."""

    def __init__(self) -> None:
        self.first: datetime | None = None
        self.last: datetime | None = None

    def add(self, moments: Iterable[datetime | None]) -> None:
        for moment in moments:
            if moment is not None:
                self.first = min(self.first or moment, moment)
                self.last = max(self.last or moment, moment)


def _note(db: Database, source_id: int, moments: list[datetime], tags: Iterable[tuple[str, ...]]) -> None:
    """Mark what these rows tell of their source: the span of time it covers, and whether it was written for us."""
    if moments:
        # A file holds nothing after its last row, so that row's month is covered in part.
        sources.mark_covered(db, source_id, month_start(month_of(min(moments))), max(moments) + _TICK)
    _note_authored(db, source_id, tags)


def _note_authored(db: Database, source_id: int, tags: Iterable[tuple[str, ...]]) -> None:
    if any(AUTHORED_TAG in some for some in tags):
        sources.mark_authored(db, source_id)


def _first_covered(first: datetime, unknown_dates: int) -> datetime:
    """Start of the month of the first date, but no time of which the Hub itself kept none."""
    start = month_start(month_of(first))
    return UNKNOWN_UNTIL if unknown_dates and start < UNKNOWN_UNTIL < first else start


def _add_up(total: dict[tuple[int, str], UploadCount], count: UploadCount, family: str) -> None:
    before = total.get((count.month, family))
    cards = count.cards
    if before is not None:
        cards = None if cards is None or before.cards is None else cards + before.cards
    total[count.month, family] = UploadCount(
        count.month, family, count.models + (before.models if before else 0), cards
    )
