"""The connection of a client: TLS, token, retries, and failures as one kind of error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

from service import limits
from service.access import is_loopback

_RETRY = {
    "maxAttempts": 5,
    "initialBackoff": "0.2s",
    "maxBackoff": "5s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
}
_RETRIED = (
    *("ClassificationService", "TrendService", "ThreadService", "AnswerService", "SearchService", "StatusService"),
    *("ReviewService/ListQueue", "ReviewService/GetReviews", "ReviewService/GetAgreement"),
    *("ReviewService/ListRounds", "ReviewService/EstimateShares"),
)
"""What changes nothing: a call that writes may have been done though no answer came."""


class ClientError(RuntimeError):
    """A call failed. `violations`: (field, description) pairs where the input was at fault."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        violations: Sequence[tuple[str, str]] = (),
        request_id: str = "",
    ) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
        self.violations = tuple(violations)
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class ClientTls:
    """PEM files: the CA that the server's certificate is from (None: those of the system), and for mutual TLS ours."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


def open_channel(target: str, token: str, tls: ClientTls | None) -> grpc.Channel:
    """A channel that tries again what a server refuses for the moment.

    Raises ValueError for a token that would go to another machine in the clear, and OSError for files of `tls`.
    """
    options = [
        ("grpc.service_config", json.dumps(_service_config())),
        ("grpc.enable_retries", 1),
        ("grpc.max_receive_message_length", limits.MAX_MESSAGE_BYTES),
    ]
    if tls is not None:
        parts = [path.read_bytes() if path else None for path in (tls.ca, tls.key, tls.cert)]
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(*parts), options)
    host = target.rpartition("/")[2].rpartition(":")[0]
    if token and not is_loopback(host):
        raise ValueError(f"the token would go to {host} in the clear: give tls=ClientTls()")
    return grpc.insecure_channel(target, options)


def client_error(error: Any) -> ClientError:
    """A failure of gRPC as our error."""
    violations = []
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        bad = error_details_pb2.BadRequest()
        if detail.Is(bad.DESCRIPTOR):
            detail.Unpack(bad)
            violations += [(each.field, each.description) for each in bad.field_violations]
    trailing = dict(error.trailing_metadata() or ())
    request_id = str(trailing.get("x-request-id", ""))
    return ClientError(error.code(), error.details() or "no message came with it", violations, request_id)


def _service_config() -> dict[str, Any]:
    names = []
    for name in _RETRIED:
        service, _, method = name.partition("/")
        names.append({"service": f"forumlens.v1.{service}", **({"method": method} if method else {})})
    return {"methodConfig": [{"name": names, "retryPolicy": _RETRY}]}
