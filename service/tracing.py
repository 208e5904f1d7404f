"""A span for each call, in the trace of the caller (W3C Trace Context); without a provider nothing is recorded.

Spans carry method, code, request id and numbers: no text, no token, and no message of a failure, which may quote one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import grpc
from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracerProvider, Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.errors import ServerError
from service.info import version_of

_OUR_FAULTS = frozenset(
    (
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    )
)
"""Codes that make a server's span an error, by the semantic conventions for gRPC."""


class Tracing:
    """Makes the spans of a server."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer = (provider or NoOpTracerProvider()).get_tracer("forumlens", version_of("forumlens"))
        self._caller = TraceContextTextMapPropagator()

    @contextmanager
    def call(self, method: str, request_id: str, metadata: Mapping[str, str]) -> Iterator[Span]:
        """The span of a call, under the one that the metadata names."""
        service, _, name = method.lstrip("/").partition("/")
        with self._tracer.start_as_current_span(
            f"{service}/{name}",
            context=self._caller.extract(metadata, Context()),
            kind=SpanKind.SERVER,
            attributes={
                "rpc.system": "grpc",
                "rpc.service": service,
                "rpc.method": name,
                "forumlens.request_id": request_id,
            },
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    @contextmanager
    def step(self, name: str, **numbers: int) -> Iterator[None]:
        """The span of a part of the call in hand."""
        attributes = {f"forumlens.{key}": number for key, number in numbers.items()}
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ):
            yield

    def batch(self, posts: int, tokens: int, seconds: float) -> None:
        """The span of a batch that the model has just answered; a trace of its own, as it serves several calls."""
        now = time.time_ns()
        span = self._tracer.start_span(
            "model batch",
            context=Context(),
            attributes={"forumlens.posts": posts, "forumlens.tokens": tokens},
            start_time=now - round(seconds * 1e9),
        )
        span.end(now)


def end_call(span: Span, code: grpc.StatusCode, posts: int) -> None:
    """Note on the span of a call how it ended."""
    span.set_attributes({"rpc.grpc.status_code": code.value[0], "forumlens.posts": posts})
    if code in _OUR_FAULTS:
        span.set_status(Status(StatusCode.ERROR))


def trace_id(span: Span) -> str | None:
    """Id of the trace that a span is in, as 32 hex digits; None outside of any."""
    context = span.get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def exporting(endpoint: str) -> TracerProvider:
    """A provider that sends spans to a collector at `http://HOST:PORT` or `https://...`, by OTLP over gRPC.

    What OTEL_* says of sampling, headers, certificates and resource is heeded. Raises ServerError without the extra.
    """
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider as Provider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ServerError("traces need an extra: pip install 'forumlens[otel]', or leave otlp_endpoint out") from error
    ours = Resource({"service.name": "forumlens", "service.version": version_of("forumlens")})
    provider = Provider(resource=ours.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    return provider
