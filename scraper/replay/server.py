"""Running a replay on this machine: for as long as the command line asks, or around a block of code."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


class PortError(OSError):
    """A port cannot be listened on; the message names it and the remedy."""


class ServerError(RuntimeError):
    """A replay server ended before it could answer."""


def serve(app: ASGIApp, port: int = 0, *, announce: Callable[[str], None] | None = None) -> None:
    """Serve until interrupted, on 127.0.0.1 only.

    Args:
        app: from `forum_app` or `hub_app`.
        port: 0 takes a free one.
        announce: called once with the base URL (no slash at its end) when the port is bound.

    Raises:
        PortError: the port is taken or not allowed.
    """
    with _bound(port) as listener:
        if announce is not None:
            announce(_url(listener))
        with contextlib.suppress(KeyboardInterrupt):
            _server(app).run(sockets=[listener])


@contextlib.contextmanager
def running(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve in a thread while the block runs; gives the base URL (no slash at its end), on 127.0.0.1 only.

    Raises:
        PortError: the port is taken or not allowed.
        ServerError: the server did not come up.
    """
    with _bound(port) as listener:
        server = _server(app)
        name = f"replay-{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name=name, daemon=True)
        thread.start()
        try:
            _await_start(server, thread)
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS)


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=2
    )
    return uvicorn.Server(config)


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(_START_SECONDS / 0.01)):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise ServerError("the replay server did not start; its reason is in the log of 'uvicorn.error'")


def _bound(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        problem = f"port {port} on {HOST} cannot be used ({error})"
        raise PortError(f"{problem}: choose another, or 0 for a free one") from error
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"
