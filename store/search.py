"""Full text of threads: FTS5 in SQLite, tsvector in PostgreSQL; kept in the transaction of whoever writes posts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Connection, column, delete, func, literal_column, select, table

from store.database import Database
from store.listings import summaries_of, thread_conditions
from store.schema import posts, threads
from store.scopes import scopes
from store.values import ThreadFilter, ThreadSummary

LONGEST = 200_000
"""Characters of a thread that are looked through; PostgreSQL has no room for much more."""

_INDEX = table("thread_search", column("rowid"), column("title"), column("body"))
_TITLE_WEIGHT = 4.0
_EXCERPT_WORDS = 30
_OPEN, _CLOSE = "\x02", "\x03"
_PHRASES = re.compile(r'"([^"]*)"|([^\s"]+)')
_MATCHES = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
_ENGLISH: ColumnElement[Any] = literal_column("'english'::regconfig")


@dataclass(frozen=True, slots=True)
class Hit:
    """A thread that was found, and runs of its text around the words: (text, whether it is one of them)."""

    thread: ThreadSummary
    excerpt: tuple[tuple[str, bool], ...]


def phrases(query: str) -> list[str]:
    """Words of a query, and what stands in double quotes as a whole; those without a letter or digit are left out."""
    found = (quoted or word for quoted, word in _PHRASES.findall(query))
    return [phrase for phrase in found if any(map(str.isalnum, phrase))]


def search_threads(
    db: Database,
    bundle_id: str | None,
    run_id: str | None,
    words: list[str],
    wanted: ThreadFilter,
    limit: int,
    offset: int = 0,
) -> list[Hit]:
    """Counted threads that hold all words, as `phrases` gives them, best match first; without words none."""
    if not words:
        return []
    with db.read() as connection:
        matches, worse, excerpt = _postgres(words) if db.dialect == "postgresql" else _sqlite(words)
        bundle, run = scopes(connection, bundle_id, run_id)
        query = (
            select(threads.c.id)
            .join_from(threads, _INDEX, _INDEX.c.rowid == threads.c.id)
            .where(matches, *thread_conditions(wanted, bundle, run))
            .order_by(worse, threads.c.created_at.desc(), threads.c.id.desc())
        )
        ids = list(connection.execute(query.limit(limit).offset(offset)).scalars())
        # Apart, as an excerpt takes longer than all else and would be made of every match.
        pieces = connection.execute(select(_INDEX.c.rowid, excerpt).where(matches, _INDEX.c.rowid.in_(ids)))
        excerpts = {row[0]: row[1] for row in pieces}
        summaries = summaries_of(connection, bundle, run, ids)
    return [Hit(summary, _parts(excerpts[summary.id])) for summary in summaries]


def index_thread(connection: Connection, thread_id: int) -> None:
    """Bring the index in line with the visible text of a thread; one that is not counted is not in it."""
    forget_indexed(connection, thread_id)
    title = connection.execute(select(threads.c.title).where(threads.c.id == thread_id, threads.c.counted)).scalar()
    if title is None:
        return
    bodies = connection.execute(
        select(posts.c.body).where(posts.c.thread_id == thread_id, ~posts.c.deleted).order_by(posts.c.number)
    ).scalars()
    row = {"rowid": thread_id, "title": title, "body": "\n".join(bodies)[:LONGEST]}
    connection.execute(_INDEX.insert().values(**row))


def forget_indexed(connection: Connection, thread_id: int) -> None:
    """Take a thread out of the index."""
    connection.execute(delete(_INDEX).where(_INDEX.c.rowid == thread_id))


def _sqlite(words: list[str]) -> tuple[ColumnElement[bool], ColumnElement[Any], ColumnElement[str]]:
    """Condition, what sorts worse matches behind, and excerpt. Quoted, so that no word is taken for an operator."""
    index: ColumnElement[Any] = literal_column("thread_search")
    query = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    excerpt = func.snippet(index, -1, _OPEN, _CLOSE, "…", _EXCERPT_WORDS)
    return index.op("MATCH")(query), func.bm25(index, _TITLE_WEIGHT, 1.0), excerpt


def _postgres(words: list[str]) -> tuple[ColumnElement[bool], ColumnElement[Any], ColumnElement[str]]:
    document: ColumnElement[Any] = literal_column("thread_search.document")
    terms: list[ColumnElement[Any]] = [func.phraseto_tsquery(_ENGLISH, word) for word in words]
    query = reduce(lambda one, other: one.op("&&")(other), terms)
    shape = f"StartSel={_OPEN}, StopSel={_CLOSE}, MaxWords={_EXCERPT_WORDS}, MinWords={_EXCERPT_WORDS // 2}"
    text = _INDEX.c.title + "\n" + _INDEX.c.body
    rank = func.ts_rank(document, query)
    return document.op("@@")(query), rank.desc(), func.ts_headline(_ENGLISH, text, query, shape)


def _parts(marked: str) -> tuple[tuple[str, bool], ...]:
    """Runs of a text in which matches stand between marks; marks that stand alone are the text's own and go."""
    runs = ((run, bool(place % 2)) for place, run in enumerate(_MATCHES.split(marked)))
    cleaned = ((run.replace(_OPEN, "").replace(_CLOSE, ""), match) for run, match in runs)
    return tuple((run, match) for run, match in cleaned if run)
