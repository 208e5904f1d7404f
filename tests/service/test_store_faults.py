"""A store that is locked, full or gone, on each database: callers are told to come again, and the service lives on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import review_pb2 as rpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from forumlens.v1.review_pb2_grpc import ReviewServiceStub
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from store.database import Database, open_database
from tests.conftest import new_database
from tests.service.corpus import Corpus, fill
from tests.service.doubles import TinyBundle, channel, serving
from tests.service.failures import detail, failure
from tests.tools import require_module


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgres_url"))
    with open_database(url) as database:
        yield database


@pytest.fixture
def wire(corpus: Corpus, bundle: TinyBundle) -> Iterator[grpc.Channel]:
    with corpus.db.waiting(0.2) as quick, serving(quick, bundle) as running, channel(running) as open_channel:
        yield open_channel


def read(wire: grpc.Channel) -> Any:
    return ThreadServiceStub(wire).ListThreads(hpb.ListThreadsRequest())  # type: ignore[no-untyped-call]


def write(wire: grpc.Channel) -> Any:
    said = rpb.SubmitReviewRequest(post=1, decision=rpb.DECISION_NONE_FITS)
    return ReviewServiceStub(wire).SubmitReview(said)  # type: ignore[no-untyped-call]


def told_to_come_again(wire: grpc.Channel, ask: Callable[[grpc.Channel], Any]) -> None:
    """The call fails so, while the model answers as ever."""
    error = failure(lambda: ask(wire))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert detail(error, error_details_pb2.RetryInfo).retry_delay.seconds == 1
    assert not {"SQL", "locked", "lock timeout", "PRAGMA"} & set(error.details().split())
    posts = [cpb.PostInput(body="slow")]
    assert ClassificationServiceStub(wire).Classify(cpb.ClassifyRequest(posts=posts)).classifications  # type: ignore[no-untyped-call]


@contextmanager
def locked(db: Database) -> Iterator[None]:
    """Somebody else holds what they can: in PostgreSQL the tables whole, in SQLite the right to write."""
    with db.write() as connection:
        if db.dialect == "postgresql":
            connection.execute(text("LOCK TABLE threads, reviews IN ACCESS EXCLUSIVE MODE"))
        yield


def test_a_store_that_is_locked(wire: grpc.Channel, corpus: Corpus) -> None:
    with locked(corpus.db):
        told_to_come_again(wire, write)
        if corpus.db.dialect == "postgresql":
            told_to_come_again(wire, read)
        else:
            assert read(wire).threads
    assert write(wire).review.in_force
    assert len(read(wire).threads) == 5


def test_a_database_that_is_gone(corpus: Corpus, bundle: TinyBundle, tmp_path: Path) -> None:
    with serving(corpus.db, bundle) as running, channel(running) as wire:
        assert read(wire).threads
        with corpus.db.read() as connection:
            url = connection.engine.url
        corpus.db.close()  # so that the next call connects anew
        if corpus.db.dialect == "postgresql":
            _drop(url.render_as_string(hide_password=False))
        else:
            (tmp_path / "store.db").write_bytes(b"no database" * 1_000)
            (tmp_path / "store.db-wal").unlink(missing_ok=True)
        told_to_come_again(wire, read)
        told_to_come_again(wire, write)


def test_a_disk_that_is_full(bundle: TinyBundle, tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'store.db'}") as quick:
        fill(quick)
        with quick.read() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            engine = connection.engine
        full = [f"PRAGMA max_page_count = {pages}"]
        event.listen(engine, "connect", lambda connection, _record: [connection.execute(line) for line in full])
        engine.dispose()
        with serving(quick, bundle) as running, channel(running) as wire:
            while True:
                try:
                    write(wire)
                except grpc.RpcError:
                    break
            told_to_come_again(wire, write)
            assert read(wire).threads
            full.clear()
            engine.dispose()
            assert write(wire).review.in_force


def _drop(url: str) -> None:
    psycopg = require_module("psycopg")
    whole = make_url(url).set(drivername="postgresql")
    server = whole.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{whole.database}" WITH (FORCE)')
