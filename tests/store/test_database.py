"""Opening, migrating and sharing a store."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from store import crawl, sources, vectors
from store import threads as thread_store
from store.database import Database, DatabaseError, open_database
from store.schema import metadata
from store.values import SourceKind
from tests.store.build import thread


def test_migrations_lead_to_the_schema(db: Database) -> None:
    with db.read() as connection:
        # The search index is of a kind of its own on each database.
        opts = {"compare_type": True, "include_name": lambda name, *_: "thread_search" not in (name or "")}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_reopening_keeps_everything(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a' / 'store.db'}"
    with open_database(url) as first:
        sources.ensure(first, SourceKind.FORUM, "https://forum.example")
    with open_database(url) as second:
        assert [source.name for source in sources.all_sources(second)] == ["https://forum.example"]


@pytest.mark.parametrize("url", ["nonsense", "mysql://u@h/d", "sqlite://", "sqlite:////proc/nowhere/x.db"])
def test_url_that_cannot_be_used_says_so(url: str) -> None:
    with pytest.raises((DatabaseError, OSError)) as caught:
        open_database(url)
    assert str(caught.value)


def test_password_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as caught:
        open_database(f"postgresql://someone:hunter2@/none?host={tmp_path}")
    assert "hunter2" not in str(caught.value)


def test_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with open_database(url) as database, database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="newer forumlens"):
        open_database(url)


def test_the_version_changes_with_every_commit_and_with_nothing_else(db: Database) -> None:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    seen = [db.version()]
    for number in range(3):
        thread_store.changed_threads(db, 0)
        assert db.dialect != "sqlite" or db.version() == seen[-1]
        thread_store.save_thread(db, forum, thread(f"t{number}"))
        seen.append(db.version())
    with db.waiting(1.0) as other:
        thread_store.save_thread(other, forum, thread("other"))
    seen.append(db.version())
    assert len(set(seen)) == len(seen)


def test_two_writers_and_a_reader_share_a_store(db: Database) -> None:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    failures: list[BaseException] = []

    def write(prefix: str) -> None:
        try:
            for number in range(20):
                thread_store.save_thread(db, forum, thread(f"{prefix}{number}"))
                thread_store.changed_threads(db, 0)
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=write, args=(prefix,)) for prefix in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    revisions = [item.revision for item in thread_store.changed_threads(db, 0)]
    assert len(set(revisions)) == 40


def test_frontier_gives_what_is_new_or_changed(db: Database) -> None:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    assert crawl.add_to_frontier(db, forum, [("1", "a"), ("2", "a"), ("1", "a")]) == 2
    crawl.mark_done(db, forum, "1")
    assert crawl.add_to_frontier(db, forum, [("1", "a"), ("2", "a")]) == 0
    assert crawl.pending(db, forum) == ["2"]
    assert crawl.add_to_frontier(db, forum, [("1", "b")]) == 1
    assert crawl.pending(db, forum) == ["1", "2"]
    assert crawl.pending_count(db, forum) == 2


def test_cursors_are_kept_by_source(db: Database) -> None:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    assert crawl.get_cursor(db, forum, "page") is None
    crawl.set_cursor(db, forum, "page", "3")
    crawl.set_cursor(db, forum, "page", "4")
    assert crawl.get_cursor(db, forum, "page") == "4"


def test_vectors_come_back_exactly(db: Database) -> None:
    data = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    hashes = [bytes([number]) * 32 for number in range(3)]
    vectors.save_vectors(db, "minilm|bf16", hashes, data)
    vectors.save_vectors(db, "minilm|bf16", hashes[:1], data[:1])
    found = vectors.load_vectors(db, "minilm|bf16", [*hashes, b"x" * 32])
    assert set(found) == set(hashes)
    assert all(np.array_equal(found[key], row) for key, row in zip(hashes, data, strict=True))
    assert vectors.load_vectors(db, "minilm|float32", hashes) == {}


def test_frontier_takes_more_threads_than_a_statement_has_room_for(db: Database) -> None:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    assert crawl.add_to_frontier(db, forum, ((str(number), "a") for number in range(40_000))) == 40_000
    assert crawl.pending_count(db, forum) == 40_000
