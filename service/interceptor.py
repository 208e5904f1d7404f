"""What surrounds every call, so that no handler speaks of callers, codes or stack traces.

A call gets a request id, is let in or refused, counted, told in the log, and fails with a status and details.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from opentelemetry.trace import Span

from service.access import Access, Caller, needed_scope
from service.errors import BusyError, InternalError, InvalidRequestError, RpcError, StoreError, Violation
from service.masks import kept, read_mask
from service.metrics import Metrics
from service.rates import Rates
from service.tracing import Tracing, end_call, trace_id
from store.database import DatabaseError

log = logging.getLogger(__name__)
access_log = logging.getLogger("service.access")

REQUEST_ID = "x-request-id"
_REQUEST_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)

_Context = grpc.aio.ServicerContext[Any, Any]
_Handler = Any  # grpc.RpcMethodHandler, which is generic for the type checker only


@dataclass(frozen=True, slots=True)
class Guard:
    """What calls must pass, and where they are told of."""

    access: Access
    rates: Rates
    metrics: Metrics
    tracing: Tracing = field(default_factory=Tracing)


@dataclass(slots=True)
class _Call:
    method: str
    request_id: str
    guard: Guard
    span: Span
    caller: Caller | None = None
    posts: int = 0
    began: float = field(default_factory=time.perf_counter)

    def read(self, parse: Callable[[bytes], Message], data: bytes) -> Message:
        """The request of these bytes, taken from what the caller may ask. Raises InvalidRequestError, BusyError."""
        request = self._parsed(parse, data)
        self._spend(request)
        return request

    async def read_all(
        self, parse: Callable[[bytes], Message], requests: AsyncIterator[bytes]
    ) -> AsyncIterator[Message]:
        """The requests of a stream, no faster than the caller may ask. Raises InvalidRequestError."""
        async for data in requests:
            request = self._parsed(parse, data)
            while True:
                try:
                    self._spend(request)
                    break
                except BusyError as busy:
                    await asyncio.sleep(busy.retry_after)
            yield request

    def _parsed(self, parse: Callable[[bytes], Message], data: bytes) -> Message:
        # Parsed here and not by gRPC, which answers INTERNAL where the caller is at fault.
        try:
            return parse(data)
        except DecodeError as error:
            problem = f"{len(data)} bytes are not a message of this method: check the schema and that text is UTF-8"
            raise InvalidRequestError([Violation("request", problem)]) from error

    def _spend(self, request: Message) -> None:
        posts = len(getattr(request, "posts", ()))
        if self.caller is not None:
            self.guard.rates.take(self.caller.name, max(posts, 1))
        self.posts += posts

    def end(self, code: grpc.StatusCode) -> None:
        """Count the call and tell log and trace."""
        seconds = time.perf_counter() - self.began
        self.guard.metrics.called(self.method, code.name, seconds)
        told = {
            "method": self.method,
            "code": code.name,
            "seconds": round(seconds, 6),
            "request_id": self.request_id,
            "client": self.caller.name if self.caller else None,
            "posts": self.posts,
        }
        if trace := trace_id(self.span):
            told["trace_id"] = trace
        end_call(self.span, code, self.posts)
        access_log.info("%s %s", self.method, code.name, extra={"call": told})


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Surrounds the methods that need a scope; open ones (health) pass as they are."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler:
        """Wrap a handler."""
        handler = await continuation(handler_call_details)
        method = str(handler_call_details.method)
        if handler is None or needed_scope(method) is None:
            return handler
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(method, handler), response_serializer=handler.response_serializer
            )
        if handler.stream_stream is not None:
            return grpc.stream_stream_rpc_method_handler(
                self._stream(method, handler), response_serializer=handler.response_serializer
            )
        raise TypeError(f"{method} streams one way: extend the interceptor")

    def _unary(self, method: str, handler: Any) -> Any:
        async def behave(data: bytes, context: _Context) -> Any:
            async with self._around(method, context) as call:
                request = call.read(handler.request_deserializer, data)
                mask = read_mask(request, method)
                answer = await handler.unary_unary(request, context)
                return answer if mask is None else kept(answer, mask)

        return behave

    def _stream(self, method: str, handler: Any) -> Any:
        # Written and not yielded, so that a caller who goes away ends the handler at once.
        async def behave(requests: AsyncIterator[bytes], context: _Context) -> None:
            async with self._around(method, context) as call:
                read = call.read_all(handler.request_deserializer, requests)
                async with aclosing(handler.stream_stream(read, context)) as responses:
                    async for response in responses:
                        await context.write(response)

        return behave

    @asynccontextmanager
    async def _around(self, method: str, context: _Context) -> AsyncIterator[_Call]:
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        request_id = _request_id(metadata)
        context.set_trailing_metadata(((REQUEST_ID, request_id),))
        with self._guard.tracing.call(method, request_id, metadata) as span:
            call = _Call(method, request_id, self._guard, span)
            async with self._ended(call, context):
                call.caller = self._guard.access.admit(method, metadata, context.peer())
                yield call

    @asynccontextmanager
    async def _ended(self, call: _Call, context: _Context) -> AsyncIterator[None]:
        """Let a call end with a code, whatever happens in it, and tell of it."""
        code = grpc.StatusCode.OK
        try:
            yield
        except asyncio.CancelledError:
            late = (left := context.time_remaining()) is not None and left <= 0
            code = grpc.StatusCode.DEADLINE_EXCEEDED if late else grpc.StatusCode.CANCELLED
            raise
        except Exception as error:
            failure = self._failure(call, error)
            code = failure.code
            await context.abort(code, failure.message, (*failure.trailing_metadata(), (REQUEST_ID, call.request_id)))
        finally:
            call.end(code)

    def _failure(self, call: _Call, error: Exception) -> RpcError:
        if isinstance(error, RpcError):
            return error
        log.error("%s failed, request id %s", call.method, call.request_id, exc_info=error)
        return StoreError(call.request_id) if isinstance(error, DatabaseError) else InternalError(call.request_id)


def _request_id(metadata: dict[str, str]) -> str:
    """The caller's own id where it is one, else a fresh one."""
    given = metadata.get(REQUEST_ID, "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
