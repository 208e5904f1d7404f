"""The page on a port of its own, in the process and on the loop of the gRPC server that it asks."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import grpc
import uvicorn

from service.web.api import open_channel
from service.web.app import WebOptions, make_app
from service.web.security import LOOPBACK_NAMES


class WebError(RuntimeError):
    """The page cannot be served; the message says why and what to do."""


class _Quiet(uvicorn.Server):
    """Leaves signals to the gRPC server, with which it stops."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


class WebServer:
    """Serves the page over the gRPC server at `target`; on this machine only it answers to its own names alone."""

    def __init__(self, target: str, host: str, port: int) -> None:
        self._target = target
        self._host = host.strip("[]")
        self.port = port

    async def start(self) -> None:
        """Listen; port 0 takes a free one. Raises WebError when the port is taken."""
        listener = _bound(self._host, self.port)
        self.port = listener.getsockname()[1]
        self._channel: grpc.aio.Channel = open_channel(self._target)
        app = make_app(self._channel, WebOptions(hosts=LOOPBACK_NAMES if self._host in LOOPBACK_NAMES else ()))
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=5
        )
        self._server = _Quiet(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        """End when the requests that were taken are answered."""
        self._server.should_exit = True
        await self._serving
        await self._channel.close()


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise WebError(
            f"the page cannot listen on {host}:{port} ({error.strerror or error}): choose another port with "
            "--web-port, or leave the page out with --no-web"
        ) from error
