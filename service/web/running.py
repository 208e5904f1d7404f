"""The page on a port of its own, in the process and on the loop of the gRPC server that it asks."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import grpc
import uvicorn

from service.transport import Tls
from service.web.api import open_channel
from service.web.app import WebOptions, make_app
from service.web.security import LOOPBACK_NAMES

DRAIN_SECONDS = 5


class WebError(RuntimeError):
    """The page cannot be served; the message says why and what to do."""


class _Quiet(uvicorn.Server):
    """Leaves signals to the gRPC server, with which it stops."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


class WebServer:
    """Serves the page at a host and port; on this machine only, it answers to the names of this machine alone.

    It asks the gRPC server at `target`, a socket in a folder that only the owner of the process can open, so that no
    certificate stands between the two. Tokens are asked for there as everywhere.
    """

    def __init__(self, host: str, port: int, tls: Tls | None = None) -> None:
        self._host = host.strip("[]")
        self._tls = tls
        self._folder = tempfile.TemporaryDirectory(prefix="forumlens-")
        self._serving: asyncio.Task[None] | None = None
        self.target = f"unix:{Path(self._folder.name) / 'grpc.sock'}"
        self.port = port

    async def start(self) -> None:
        """Listen; port 0 takes a free one. Raises WebError when the port is taken."""
        listener = _bound(self._host, self.port)
        self.port = listener.getsockname()[1]
        self._channel: grpc.aio.Channel = open_channel(self.target)
        local = self._host in LOOPBACK_NAMES
        app = make_app(self._channel, WebOptions(LOOPBACK_NAMES if local else (), secure=self._tls is not None))
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=DRAIN_SECONDS,
            ssl_certfile=self._tls.cert if self._tls else None,
            ssl_keyfile=self._tls.key if self._tls else None,
            ssl_ca_certs=str(self._tls.client_ca) if self._tls and self._tls.client_ca else None,
            ssl_cert_reqs=ssl.CERT_REQUIRED if self._tls and self._tls.client_ca else ssl.CERT_NONE,
        )
        self._server = _Quiet(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        """End when the requests that were taken are answered."""
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving
            await self._channel.close(None)
        self._folder.cleanup()


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise WebError(
            f"the page cannot listen on {host}:{port} ({error.strerror or error}): choose another port with "
            "--web-port, or leave the page out with --no-web"
        ) from error
