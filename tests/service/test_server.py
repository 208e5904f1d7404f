"""The server as a whole: health, reflection, faults, and how it stops."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from service.batching import BatchLimits
from service.errors import ServerError
from service.server import SERVICES, ServerOptions
from store.database import Database
from tests.service.corpus import Corpus
from tests.service.doubles import Running, TinyBundle, channel, serving
from tests.service.failures import detail, failure

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
ROOT = Path(__file__).parents[2]


def request(body: str, number: int = 1) -> cpb.ClassifyRequest:
    return cpb.ClassifyRequest(posts=[cpb.PostInput(body=body)] * number)


def test_all_services_are_healthy_once_started(wire: grpc.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(wire)
    assert len(SERVICES) == 8
    for name in ("", *SERVICES):
        assert stub.Check(health_pb2.HealthCheckRequest(service=name)).status == SERVING
    error = failure(lambda: stub.Check(health_pb2.HealthCheckRequest(service="nobody")))
    assert error.code() is grpc.StatusCode.NOT_FOUND


def test_the_model_is_warm_before_the_first_call(running: Running, bundle: TinyBundle) -> None:
    assert len(bundle.batches) == 1


def test_reflection_describes_every_method(wire: grpc.Channel) -> None:
    database = ProtoReflectionDescriptorDatabase(wire)
    assert {*SERVICES, "grpc.health.v1.Health"} <= set(database.get_services())
    pool = DescriptorPool(database)
    for name in SERVICES:
        known = descriptor_pool.Default().FindServiceByName(name)
        assert set(pool.FindServiceByName(name).methods_by_name) == set(known.methods_by_name) != set()


def test_a_method_that_is_not_there(wire: grpc.Channel) -> None:
    call = wire.unary_unary("/forumlens.v1.TrendService/Guess")
    assert failure(lambda: call(b"")).code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_fault_of_the_store_is_internal_and_the_server_lives_on(
    running: Running, wire: grpc.Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> Any:
        raise OSError("secret disk")

    stub = ThreadServiceStub(wire)
    with monkeypatch.context() as patch:
        patch.setattr("service.threads.thread_summaries", fail)
        error = failure(lambda: stub.ListThreads(hpb.ListThreadsRequest()))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in error.details()
    assert detail(error, error_details_pb2.RequestInfo).request_id in caplog.text
    assert len(stub.ListThreads(hpb.ListThreadsRequest()).threads) == 5


def test_a_full_queue_answers_when_to_retry(corpus: Corpus) -> None:
    bundle = TinyBundle()
    options = ServerOptions(batch=BatchLimits(waiting_posts=4), farewell=0.0)
    with serving(corpus.db, bundle, options=options) as running, channel(running) as wire:
        stub = ClassificationServiceStub(wire)
        bundle.hold()
        held = stub.Classify.future(request("held"))
        assert bundle.started.wait(30)
        waiting = [stub.Classify.future(request("waits", 2)) for _ in range(4)]
        refused = _first_to_end(waiting, 2)[0]
        bundle.gate.set()
        assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        delay = detail(refused, error_details_pb2.RetryInfo).retry_delay
        assert delay.ToTimedelta().total_seconds() > 0
        assert dict(refused.trailing_metadata())["grpc-retry-pushback-ms"].isdecimal()
        assert held.result().classifications
        assert sum(call.exception() is None for call in waiting) == 2


def _first_to_end(calls: list[Any], number: int) -> list[Any]:
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for call in calls:
        call.add_done_callback(ended.put)
    return [ended.get(timeout=30) for _ in range(number)]


def test_cancelled_and_late_calls_cost_the_model_nothing(corpus: Corpus, bundle: TinyBundle) -> None:
    with serving(corpus.db, bundle) as running, channel(running) as wire:
        stub = ClassificationServiceStub(wire)
        bundle.hold()
        held = stub.Classify.future(request("held"))
        assert bundle.started.wait(30)
        late = failure(lambda: stub.Classify(request("late"), timeout=0.2))
        cancelled = stub.Classify.future(request("cancelled"))
        cancelled.cancel()
        kept = stub.Classify.future(request("kept"))
        # A reader of the store is answered while the model is busy; by then the calls above have arrived.
        ThreadServiceStub(wire).ListThreads(hpb.ListThreadsRequest())
        bundle.gate.set()
        assert held.result().classifications and kept.result().classifications
    assert late.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    asked = [body for batch in bundle.batches for body in batch]
    assert "kept" in asked
    assert "late" not in asked and "cancelled" not in asked


def test_a_graceful_stop_loses_no_accepted_call(corpus: Corpus) -> None:
    bundle = TinyBundle()
    options = ServerOptions(farewell=0.3, grace=30.0)
    with (
        serving(corpus.db, bundle, options=options) as running,
        channel(running) as wire,
        ThreadPoolExecutor(1) as pool,
    ):
        stub = ClassificationServiceStub(wire)
        statuses = health_pb2_grpc.HealthStub(wire).Watch(health_pb2.HealthCheckRequest())
        assert next(statuses).status == SERVING
        bundle.hold()
        calls = [stub.Classify.future(request(f"memory {number}")) for number in range(20)]
        assert bundle.started.wait(30)
        stopping = pool.submit(running.stop)
        assert next(statuses).status == NOT_SERVING
        # Still inside the farewell: who has not heard of it yet is served.
        calls.append(stub.Classify.future(request("memory, just in time")))
        assert list(statuses) == []  # the watch ends, else it would hold up the stop
        bundle.gate.set()
        assert all(call.result().classifications[0].labels for call in calls)
        stopping.result(60)
        error = failure(lambda: stub.Classify(request("memory")))
    assert error.code() is grpc.StatusCode.UNAVAILABLE


def test_what_outlasts_the_grace_is_ended(corpus: Corpus) -> None:
    bundle = TinyBundle()
    options = ServerOptions(farewell=0.0, grace=0.1)
    with serving(corpus.db, bundle, options=options) as running, channel(running) as wire:
        bundle.hold()
        held = ClassificationServiceStub(wire).Classify.future(request("held"))
        assert bundle.started.wait(30)
        with ThreadPoolExecutor(1) as pool:
            stopping = pool.submit(running.stop)
            assert held.exception(timeout=30) is not None
            bundle.gate.set()
            stopping.result(60)


def test_stopping_twice_is_stopping_once(corpus: Corpus, bundle: TinyBundle) -> None:
    with serving(corpus.db, bundle) as running:
        running.stop()
        running.stop()


def test_a_taken_port_is_named(running: Running, corpus: Corpus) -> None:
    script = _script(f"run_server(db, TinyBundle(), port={running.server.port})", corpus)
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert f"cannot listen on 127.0.0.1:{running.server.port}" in ended.stderr
    assert ended.returncode == 1


def test_a_model_that_cannot_answer_does_not_start(db: Database) -> None:
    class Broken(TinyBundle):
        def classify(self, posts: Any) -> Any:
            raise RuntimeError("no weights")

    with pytest.raises(ServerError, match="tiny-bundle"), serving(db, Broken()):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_after_its_last_answer(corpus: Corpus, number: signal.Signals) -> None:
    with _process(corpus) as (process, address), grpc.insecure_channel(address) as wire:
        call = ClassificationServiceStub(wire).Classify.future(request("wait, out of memory"))
        assert _line(process) == "working"
        process.send_signal(number)
        assert _line(process) == "stopping"
        assert process.stdin is not None
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert call.result(timeout=60).classifications[0].labels
        assert process.wait(60) == 0


class _process:  # noqa: N801
    """run_server in a process of its own, whose model waits for a line on stdin when a post says "wait"."""

    def __init__(self, corpus: Corpus) -> None:
        serve = """
class Waiting(TinyBundle):
    def classify(self, posts):
        if any("wait" in post.body for post in posts):
            print("working", flush=True)
            sys.stdin.readline()
        return super().classify(posts)

class Tell(logging.Handler):
    def emit(self, record):
        print(record.getMessage().split(":")[0], flush=True)

logging.getLogger("service.server").addHandler(Tell())
logging.getLogger("service.server").setLevel(logging.INFO)
run_server(db, Waiting(), port=0, options=ServerOptions(farewell=0.0),
           on_ready=lambda port, _web: print(port, flush=True))
"""
        self._script = _script(serve, corpus)

    def __enter__(self) -> tuple[subprocess.Popen[str], str]:
        self._process = subprocess.Popen(
            [sys.executable, "-c", self._script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self._process, f"127.0.0.1:{int(_line(self._process))}"

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _script(body: str, corpus: Corpus) -> str:
    with corpus.db.read() as connection:
        url = str(connection.engine.url)
    return f"""
import logging, sys
from service.server import ServerOptions, run_server
from store.database import open_database
from tests.service.doubles import TinyBundle
db = open_database({url!r})
{body}
"""


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    names = {thread.name for thread in threading.enumerate() if thread.is_alive()}
    assert not {name for name in names if name.startswith(("server", "model", "store"))}
