"""A filled store behind a running server."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest

from forumlens.v1 import classification_pb2_grpc, thread_pb2_grpc, trend_pb2_grpc
from store.database import Database
from tests.service.corpus import Corpus, fill
from tests.service.doubles import Running, TinyBundle, TinyFamilies, channel, serving


@pytest.fixture
def corpus(db: Database) -> Corpus:
    return fill(db)


@pytest.fixture
def bundle() -> TinyBundle:
    return TinyBundle()


@pytest.fixture
def running(corpus: Corpus, bundle: TinyBundle) -> Iterator[Running]:
    with serving(corpus.db, bundle, families=TinyFamilies()) as server:
        yield server


@pytest.fixture
def wire(running: Running) -> Iterator[grpc.Channel]:
    with channel(running) as open_channel:
        yield open_channel


@pytest.fixture
def classification(wire: grpc.Channel) -> classification_pb2_grpc.ClassificationServiceStub:
    return classification_pb2_grpc.ClassificationServiceStub(wire)


@pytest.fixture
def trends(wire: grpc.Channel) -> trend_pb2_grpc.TrendServiceStub:
    return trend_pb2_grpc.TrendServiceStub(wire)


@pytest.fixture
def threads(wire: grpc.Channel) -> thread_pb2_grpc.ThreadServiceStub:
    return thread_pb2_grpc.ThreadServiceStub(wire)
