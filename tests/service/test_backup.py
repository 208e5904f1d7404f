"""Backup and restore as docs/operations.md tells it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from store.database import open_database
from tests.service.corpus import Corpus
from tests.service.doubles import TinyBundle, channel, serving


def test_a_backup_that_was_taken_while_the_service_ran_is_served_again(corpus: Corpus, tmp_path: Path) -> None:
    def threads(wire: object) -> list[hpb.Thread]:
        return list(ThreadServiceStub(wire).ListThreads(hpb.ListThreadsRequest()).threads)

    backup = tmp_path / "backup.db"
    with serving(corpus.db, TinyBundle()) as running, channel(running) as wire, corpus.db.write():
        before = threads(wire)
        with closing(sqlite3.connect(tmp_path / "store.db")) as source, closing(sqlite3.connect(backup)) as target:
            source.backup(target)  # what `.backup` of the sqlite3 command does
    with open_database(f"sqlite:///{backup}") as db, serving(db, TinyBundle()) as running, channel(running) as wire:
        assert threads(wire) == before and len(before) == 5
