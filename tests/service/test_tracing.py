"""Spans of a server: they follow the caller's trace, tell how calls end, and hold nothing of what was said."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from service.errors import ServerError
from service.server import ServerOptions
from service.tracing import Tracing, exporting
from tests.service.corpus import Corpus
from tests.service.doubles import TinyBundle, channel, serving
from tests.service.failures import failure

SERVICE = "forumlens.v1.ClassificationService"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADERS = (("traceparent", f"00-{TRACE}-{PARENT}-01"), ("x-request-id", "mine-1"))


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def wire(corpus: Corpus, bundle: TinyBundle, spans: InMemorySpanExporter) -> Iterator[grpc.Channel]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    options = ServerOptions(farewell=0.0, grace=10.0, traces=provider)
    with serving(corpus.db, bundle, options=options) as running, channel(running) as open_channel:
        yield open_channel


def request(*bodies: str) -> cpb.ClassifyRequest:
    return cpb.ClassifyRequest(posts=[cpb.PostInput(body=body) for body in bodies], include_evidence=True)


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


def ended(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    """The one span of a method; its end may come shortly after the answer."""
    while not (found := named(spans, name)):
        pass
    (span,) = found
    return span


def test_a_call_is_a_span_in_the_trace_of_its_caller(
    wire: grpc.Channel, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "service.access")
    ClassificationServiceStub(wire).Classify(request("slow", "out of memory"), metadata=HEADERS)
    call = ended(spans, f"{SERVICE}/Classify")
    assert (f"{call.context.trace_id:032x}", f"{call.parent.span_id:016x}") == (TRACE, PARENT)
    assert (call.kind, call.status.status_code) == (SpanKind.SERVER, StatusCode.UNSET)
    assert dict(call.attributes) == {
        "rpc.system": "grpc",
        "rpc.service": SERVICE,
        "rpc.method": "Classify",
        "rpc.grpc.status_code": 0,
        "forumlens.request_id": "mine-1",
        "forumlens.posts": 2,
    }
    for step in ("wait and classify", "explain"):
        (part,) = named(spans, step)
        assert part.parent.span_id == call.context.span_id
    (batch,) = named(spans, "model batch")
    assert (batch.parent, batch.attributes["forumlens.posts"]) == (None, 2)
    (told,) = [record.call for record in caplog.records if record.name == "service.access"]
    assert (told["trace_id"], told["request_id"]) == (TRACE, "mine-1")


def test_what_ends_badly_says_so_and_nothing_of_what_was_asked(wire: grpc.Channel, spans: InMemorySpanExporter) -> None:
    stub = ClassificationServiceStub(wire)
    metadata = (("authorization", "Bearer hidden-token"),)
    for body, code, error in (("secret\0", 3, StatusCode.UNSET), ("secret boom", 13, StatusCode.ERROR)):
        spans.clear()
        failure(lambda body=body: stub.Classify(request(body), metadata=metadata))
        call = ended(spans, f"{SERVICE}/Classify")
        assert (call.attributes["rpc.grpc.status_code"], call.status.status_code) == (code, error)
        told = "".join(span.to_json() for span in spans.get_finished_spans())
        assert "secret" not in told and "hidden" not in told


def test_a_stream_is_one_span_and_reading_the_store_a_step(wire: grpc.Channel, spans: InMemorySpanExporter) -> None:
    parts = [cpb.ClassifyStreamRequest(posts=[cpb.PostInput(body="slow")])] * 3
    assert len(list(ClassificationServiceStub(wire).ClassifyStream(iter(parts)))) == 3
    stream = ended(spans, f"{SERVICE}/ClassifyStream")
    assert stream.attributes["forumlens.posts"] == 3
    steps = named(spans, "wait and classify")
    assert [step.parent.span_id for step in steps] == [stream.context.span_id] * 3
    ThreadServiceStub(wire).ListThreads(hpb.ListThreadsRequest())
    listed = ended(spans, "forumlens.v1.ThreadService/ListThreads")
    (read,) = named(spans, "store")
    assert read.parent.span_id == listed.context.span_id
    assert listed.parent is None


def test_spans_reach_a_collector() -> None:
    class Collector(TraceServiceServicer):
        def Export(self, request, context):  # type: ignore[no-untyped-def]  # noqa: N802
            got.append(request)
            return trace_service_pb2.ExportTraceServiceResponse()

    got: list[trace_service_pb2.ExportTraceServiceRequest] = []
    server = grpc.server(ThreadPoolExecutor(1))
    add_TraceServiceServicer_to_server(Collector(), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    provider = exporting(f"http://127.0.0.1:{port}")
    Tracing(provider).batch(posts=1, tokens=2, seconds=0.5)
    provider.shutdown()  # type: ignore[attr-defined]
    server.stop(None).wait()
    (sent,) = got[0].resource_spans
    assert {each.key: each.value.string_value for each in sent.resource.attributes}["service.name"] == "forumlens"
    assert [span.name for span in sent.scope_spans[0].spans] == ["model batch"]


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    with pytest.raises(ServerError, match=r"forumlens\[otel\]"):
        exporting("http://127.0.0.1:4317")
