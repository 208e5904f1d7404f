"""The gRPC API as the page calls it, with the token of whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc

from forumlens.v1.answer_pb2_grpc import AnswerServiceStub
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from forumlens.v1.review_pb2_grpc import ReviewServiceStub
from forumlens.v1.search_pb2_grpc import SearchServiceStub
from forumlens.v1.status_pb2_grpc import StatusServiceStub
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from forumlens.v1.trend_pb2_grpc import TrendServiceStub
from service import limits

TIMEOUT = 30.0
_NOT_THERE = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.UNIMPLEMENTED)


class ApiError(Exception):
    """A call failed; the message is what the server said."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Stubs:
    """The services that pages ask, over one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.classification = ClassificationServiceStub(channel)  # type: ignore[no-untyped-call]
        self.trends = TrendServiceStub(channel)  # type: ignore[no-untyped-call]
        self.threads = ThreadServiceStub(channel)  # type: ignore[no-untyped-call]
        self.answers = AnswerServiceStub(channel)  # type: ignore[no-untyped-call]
        self.search = SearchServiceStub(channel)  # type: ignore[no-untyped-call]
        self.reviews = ReviewServiceStub(channel)  # type: ignore[no-untyped-call]
        self.status = StatusServiceStub(channel)  # type: ignore[no-untyped-call]


def open_channel(target: str) -> grpc.aio.Channel:
    """A channel to the server, whose messages may be as big as its own."""
    return grpc.aio.insecure_channel(target, [("grpc.max_receive_message_length", limits.MAX_MESSAGE_BYTES)])


@dataclass(frozen=True, slots=True)
class Api:
    """Calls with one token; an empty one sends none."""

    stubs: Stubs
    token: str = ""

    async def call(self, method: Any, request: Any) -> Any:
        """Answer to a request. Raises ApiError."""
        metadata = (("authorization", f"Bearer {self.token}"),) if self.token else ()
        try:
            return await method(request, timeout=TIMEOUT, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise ApiError(error.code(), error.details() or error.code().name) from error

    async def ask(self, method: Any, request: Any) -> Any:
        """As call, but None where the store lacks what it takes, for example labels or topics."""
        try:
            return await self.call(method, request)
        except ApiError as error:
            if error.code in _NOT_THERE:
                return None
            raise
