"""The client's calls of StatusService."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from forumlens.client.calls import Calls
from forumlens.v1 import status_pb2 as upb
from forumlens.v1.status_pb2_grpc import StatusServiceStub
from service.convert import moment
from service.fields import from_message
from store.values import SourceKind


@dataclass(frozen=True, slots=True)
class Span:
    """A source, and the half-open span of time that it covers (UTC); None where nothing was read completely yet."""

    kind: SourceKind
    name: str
    authored: bool
    covered_from: datetime | None
    covered_to: datetime | None


@dataclass(frozen=True, slots=True)
class StoreSize:
    """How much the store holds; `labelled_posts` are those that the current bundle has read."""

    threads: int
    posts: int
    models: int
    labelled_posts: int
    mentions: int
    topics: int
    threads_by_state: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Status:
    """What answers rest on. `authored`: some of it is sample data, not mined; `size` is None unless asked for."""

    sources: tuple[Span, ...]
    authored: bool
    bundle_id: str
    topic_run: str
    size: StoreSize | None


class StatusCalls(Calls):
    """What the answers rest on."""

    @cached_property
    def _status(self) -> StatusServiceStub:
        return StatusServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def status(self, *, size: bool = False) -> Status:
        """Sources with their spans, versions and, if asked, how much there is (slower). Raises ClientError."""
        found: upb.GetStatusResponse = self._call(self._status.GetStatus, upb.GetStatusRequest(include_counts=size))
        return Status(
            sources=tuple(map(_span, found.sources)),
            authored=found.authored_sample,
            bundle_id=found.bundle_id,
            topic_run=found.topic_run,
            size=_size(found.counts) if found.HasField("counts") else None,
        )


def _span(message: upb.Source) -> Span:
    return from_message(
        message,
        Span,
        authored=message.authored_sample,
        covered_from=moment(message.cover_start_time) if message.HasField("cover_start_time") else None,
        covered_to=moment(message.cover_end_time) if message.HasField("cover_end_time") else None,
    )


def _size(message: upb.StoreCounts) -> StoreSize:
    return from_message(message, StoreSize, threads_by_state=dict(message.threads_by_state))
