"""One connection, and how every call over it is made; the services are mixed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from forumlens.client.channel import ClientTls, client_error, open_channel
from service.convert import timestamp
from store.values import ThreadFilter


class Calls:
    """Calls a server; `timeout` in seconds holds for each call, with its retries.

    `token` is sent with every call; it needs `tls` unless the server is on this machine.

    Where a call takes a `read_mask`, it names the fields of the answer (see docs/api.md) that are wanted, for example
    `threads.title`; the others then stay empty in the values.
    """

    def __init__(
        self,
        target: str = "localhost:50051",
        timeout: float = 30.0,
        *,
        token: str = "",
        tls: ClientTls | None = None,
    ) -> None:
        """Raises ValueError for a token without TLS to another machine, OSError for files of `tls`."""
        self._timeout = timeout
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._channel = open_channel(target, token, tls)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def _call(self, method: Any, request: Message) -> Any:
        """The answer. Raises ClientError."""
        try:
            return method(request, timeout=self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise client_error(error) from error

    def _pages(self, method: Any, request: Any) -> Iterator[Any]:
        """The answers page by page, each fetched when it is asked for. Raises ClientError."""
        while True:
            response = self._call(method, request)
            yield response
            if not response.next_page_token:
                return
            request.page_token = response.next_page_token


def mask(paths: Iterable[str], *needed: str) -> FieldMask | None:
    """The read mask of a request, with what the values that it asks for cannot be made without; None: all fields."""
    named = list(paths)
    asked = {path.partition(".")[0] for path in named}
    also = [path for path in needed if "." not in path or path.partition(".")[0] in asked]
    return FieldMask(paths=[*named, *also]) if named else None


def filter_fields(wanted: ThreadFilter | None) -> dict[str, Any]:
    """Fields of a request that say which threads are meant."""
    wanted = wanted or ThreadFilter()
    return {
        "label": wanted.label,
        "topic": wanted.topic,
        "families": wanted.families,
        "category": wanted.category,
        "start_time": timestamp(wanted.start) if wanted.start else None,
        "end_time": timestamp(wanted.end) if wanted.end else None,
    }
