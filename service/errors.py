"""Failures as callers see them: a status code, a sentence, and google.rpc details that a program can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]

DETAILS_KEY = "grpc-status-details-bin"
PUSHBACK_KEY = "grpc-retry-pushback-ms"
MAX_VIOLATION_BYTES = 3_000
"""Violations are sent as trailing metadata, of which peers accept 8 KiB without being told otherwise."""
MAX_MESSAGE_BYTES = 600
"""Of these, what the message repeats for clients that do not read details; it may grow threefold on the wire."""
_STORE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Violation:
    """A field path such as `posts[3].body` and what is wrong with it, with the value and the remedy."""

    field: str
    description: str


class ServerError(RuntimeError):
    """The server cannot start; the message says why and what to do."""


class RpcError(Exception):
    """A failure with the status code, message and details that the caller gets."""

    code = grpc.StatusCode.UNKNOWN

    def __init__(self, message: str, details: Sequence[Message] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Metadata that carries the details as a google.rpc.Status."""
        status = status_pb2.Status(code=self.code.value[0], message=self.message)
        for detail in self.details:
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        return ((DETAILS_KEY, status.SerializeToString()),)


class InvalidRequestError(RpcError):
    """Bad input: INVALID_ARGUMENT with google.rpc.BadRequest, all violations at once as far as metadata can hold."""

    code = grpc.StatusCode.INVALID_ARGUMENT

    def __init__(self, violations: Sequence[Violation]) -> None:
        bad, size = error_details_pb2.BadRequest(), 0
        told: list[str] = []
        for violation in violations:
            size += len(violation.field.encode()) + len(violation.description.encode())
            if bad.field_violations and size > MAX_VIOLATION_BYTES:
                break
            bad.field_violations.add(field=violation.field, description=violation.description)
            if not told or size <= MAX_MESSAGE_BYTES:
                told.append(f"{violation.field}: {violation.description}")
        more = len(violations) - len(told)
        super().__init__("; ".join(told) + (f"; and {more} more" if more else ""), [bad])
        self.violations = tuple(violations)


class NotFoundError(RpcError):
    """Something that was asked for by its id is not there: NOT_FOUND with google.rpc.ResourceInfo."""

    code = grpc.StatusCode.NOT_FOUND

    def __init__(self, kind: str, name: str, message: str) -> None:
        super().__init__(message, [error_details_pb2.ResourceInfo(resource_type=kind, resource_name=name)])


class NotReadyError(RpcError):
    """The store lacks what the call needs: FAILED_PRECONDITION with google.rpc.PreconditionFailure."""

    code = grpc.StatusCode.FAILED_PRECONDITION

    def __init__(self, lacking: str, message: str, kind: str = "STORE") -> None:
        failure = error_details_pb2.PreconditionFailure()
        failure.violations.add(type=kind, subject=lacking, description=message)
        super().__init__(message, [failure])


class BusyError(RpcError):
    """Too much is waiting: RESOURCE_EXHAUSTED with google.rpc.RetryInfo; `retry_after` in seconds."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message, [_retry_info(retry_after)])
        self.retry_after = retry_after

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """The details, and the pause that gRPC clients with a retry policy keep by themselves."""
        return (*super().trailing_metadata(), (PUSHBACK_KEY, str(round(self.retry_after * 1000))))


class UnknownCallerError(RpcError):
    """No token that is known came with the call."""

    code = grpc.StatusCode.UNAUTHENTICATED


class DeniedError(RpcError):
    """The caller is known, but may not do this."""

    code = grpc.StatusCode.PERMISSION_DENIED


class TooLateError(RpcError):
    """The deadline passed before the work began."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class StoppingError(RpcError):
    """The server is going down and takes no more work."""

    code = grpc.StatusCode.UNAVAILABLE


class StoreError(RpcError):
    """The store cannot be used for the moment: UNAVAILABLE with google.rpc.RetryInfo and the log's request id."""

    code = grpc.StatusCode.UNAVAILABLE

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"the store cannot be used for the moment: call again; the log has the cause under request id {request_id}",
            [_retry_info(_STORE_PAUSE), error_details_pb2.RequestInfo(request_id=request_id)],
        )


class InternalError(RpcError):
    """A fault of ours: INTERNAL with a request id that is also in the log, and nothing else."""

    code = grpc.StatusCode.INTERNAL

    def __init__(self, request_id: str) -> None:
        super().__init__(
            f"the server failed on this request; its log has the cause under request id {request_id}",
            [error_details_pb2.RequestInfo(request_id=request_id)],
        )


def _retry_info(seconds: float) -> Message:
    delay = Duration()
    delay.FromMilliseconds(round(seconds * 1000))
    info: Message = error_details_pb2.RetryInfo(retry_delay=delay)
    return info
