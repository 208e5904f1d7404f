"""One place where failures of the handlers become statuses, so that no handler speaks of codes or stack traces."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from service.errors import InternalError, InvalidRequestError, RpcError, Violation

log = logging.getLogger(__name__)


class FailureInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Turns RpcError into its status with details, and anything unexpected into INTERNAL with a request id."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """Wrap the handlers of our own services; health and reflection pass as they are."""
        handler = await continuation(handler_call_details)
        method = str(handler_call_details.method)
        if handler is None or not method.startswith(self._prefix):
            return handler
        if handler.unary_unary is None:
            raise TypeError(f"{method} streams: only unary methods are wrapped, extend the interceptor")
        behave = _guarded(method, handler.unary_unary, handler.request_deserializer)
        return grpc.unary_unary_rpc_method_handler(
            behave, request_deserializer=None, response_serializer=handler.response_serializer
        )


def _guarded(method: str, handle: Any, parse: Any) -> Any:
    async def behave(data: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        try:
            return await handle(_parsed(parse, data), context)
        except RpcError as error:
            failure = error
        except Exception:
            request_id = uuid.uuid4().hex
            log.exception("%s failed, request id %s", method, request_id)
            failure = InternalError(request_id)
        return await context.abort(failure.code, failure.message, failure.trailing_metadata())

    return behave


def _parsed(parse: Any, data: bytes) -> Any:
    # Parsed here and not by gRPC, which answers INTERNAL where the caller is at fault.
    try:
        return parse(data)
    except DecodeError as error:
        problem = f"{len(data)} bytes are not a message of this method: check the schema and that text is UTF-8"
        raise InvalidRequestError([Violation("request", problem)]) from error
