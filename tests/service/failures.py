"""Reading the failures that calls end with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


def failure(call: Callable[[], Any]) -> Any:
    """The error that a call ends with."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def detail(error: Any, kind: Any) -> Any:
    """The google.rpc detail of a kind that came with an error."""
    status = rpc_status.from_call(error)
    assert status is not None
    message = kind()
    assert any(each.Is(kind.DESCRIPTOR) and each.Unpack(message) for each in status.details)
    return message


def violations(call: Callable[[], Any]) -> dict[str, str]:
    """Descriptions by field of a call that must be refused as INVALID_ARGUMENT."""
    error = failure(call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    bad = detail(error, error_details_pb2.BadRequest)
    assert error.details().startswith(f"{bad.field_violations[0].field}: {bad.field_violations[0].description}")
    return {each.field: each.description for each in bad.field_violations}
