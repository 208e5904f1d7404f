"""grpc.health.v1 whose watchers do not hold up a stop."""

from __future__ import annotations

import asyncio
from typing import Any

from grpc_health.v1 import health, health_pb2


class Health(health.aio.HealthServicer):  # type: ignore[name-defined, misc]
    """The health service; a watch ends once it was told NOT_SERVING and the server goes."""

    def __init__(self) -> None:
        super().__init__()
        self._leaving = asyncio.Event()

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: Any) -> None:  # noqa: N802
        """Stream the status of a service until the caller or the server goes."""
        watching = asyncio.ensure_future(super().Watch(request, context))
        leaving = asyncio.ensure_future(self._leaving.wait())
        try:
            done, _ = await asyncio.wait({watching, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if watching in done:
                await watching
        finally:
            watching.cancel()
            leaving.cancel()

    def end_watches(self) -> None:
        """End all watches, now and later."""
        self._leaving.set()
