"""QueryTrends beside the SQL that it runs, without all that is around it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from sqlalchemy import event

from forumlens.v1 import trend_pb2 as tpb
from forumlens.v1.trend_pb2_grpc import TrendServiceStub
from store.assignments import current_bundle
from store.database import open_database
from store.topics import current_topic_run
from store.trends import query_trend
from store.values import TrendSubject

REQUESTS = {
    "one category": tpb.QueryTrendsRequest(category="memory-performance"),
    "one leaf, two families": tpb.QueryTrendsRequest(label="memory-performance/memory", families=["llama", "gpt2"]),
}


class BareSql:
    """The statements of a query as the store runs them, run again on a plain connection."""

    def __init__(self, path: Path, request: tpb.QueryTrendsRequest) -> None:
        self._statements: list[tuple[str, Any]] = []
        with open_database(f"sqlite:///{path}") as db:
            bundle, run = current_bundle(db), current_topic_run(db)
            with db.read() as connection:
                engine = connection.engine
            event.listen(engine, "before_cursor_execute", self._note)
            subject = TrendSubject(label=request.label or request.category or None)
            query_trend(db, bundle, run, subject, tuple(request.families), now=datetime.now(UTC))
        self._connection = sqlite3.connect(path)

    def run(self) -> None:
        """Run all of them and read all rows."""
        for statement, parameters in self._statements:
            self._connection.execute(statement, parameters).fetchall()

    def _note(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            self._statements.append((statement, parameters))


def ask(address: str, request: tpb.QueryTrendsRequest, times: int, changing: Path | None = None) -> None:
    """Ask a server so many times; before each, commit to the store `changing`, so that no answer is at hand."""
    with grpc.insecure_channel(address) as channel:
        stub = TrendServiceStub(channel)
        for number in range(times):
            if changing is not None:
                with closing(sqlite3.connect(changing)) as connection:
                    connection.execute(f"PRAGMA user_version = {number + 1}")
            stub.QueryTrends(request)
