"""A client that is no gRPC library: h2load sends frames over plain HTTP/2."""

from __future__ import annotations

import logging

import pytest

from tests.bench.h2load import REQUESTS, h2load
from tests.service.doubles import Running


@pytest.mark.parametrize("method", REQUESTS)
def test_every_request_of_a_load_is_answered(running: Running, method: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "service.access")
    load = h2load(running.address, method, REQUESTS[method], number=200, clients=8)
    assert (load.answered, load.failed) == (200, 0)
    calls = [record.call for record in caplog.records if record.name == "service.access"]
    assert [(call["method"], call["code"]) for call in calls] == [(f"/forumlens.v1.{method}", "OK")] * 200
