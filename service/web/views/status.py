"""What the figures rest on: sources, counts, the model and how good it was found."""

from __future__ import annotations

import asyncio

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import status_pb2 as upb
from service.convert import moment
from service.web.pages import Ask, Page
from service.web.tables import Column, Table

_KINDS = {upb.SOURCE_KIND_FORUM: "forum", upb.SOURCE_KIND_HUB: "Hub", upb.SOURCE_KIND_UPLOADS: "published uploads"}


async def status(ask: Ask) -> Page:
    """Sources, counts and the model."""
    api = ask.api
    found, model = await asyncio.gather(
        api.call(api.stubs.status.GetStatus, upb.GetStatusRequest(include_counts=True)),
        api.call(api.stubs.classification.GetModelInfo, cpb.GetModelInfoRequest()),
    )
    tables = [_sources(found), _counts(found.counts), _metrics(model)]
    return Page("status.html", "Status", {"model": model, "found": found}, tables)


def _sources(found: upb.GetStatusResponse) -> Table:
    rows = [
        (
            _KINDS.get(source.kind, "?"),
            source.name,
            moment(source.cover_start_time) if source.HasField("cover_start_time") else None,
            moment(source.cover_end_time) if source.HasField("cover_end_time") else None,
            "authored sample" if source.authored_sample else "mined",
        )
        for source in found.sources
    ]
    columns = (Column("Kind"), Column("Source"), Column("Covered from", "time"), Column("To", "time"), Column("Data"))
    return Table("sources", "Sources", columns, rows, "Nothing was collected yet.")


def _counts(counts: upb.StoreCounts) -> Table:
    rows = [
        ("threads", counts.threads),
        ("posts", counts.posts),
        ("posts that the current bundle has read", counts.labelled_posts),
        ("mentions of model families", counts.mentions),
        ("topics", counts.topics),
        ("models", counts.models),
        *((f"threads: {state}", number) for state, number in sorted(counts.threads_by_state.items())),
    ]
    return Table("counts", "What the store holds", (Column("What"), Column("How many", "number")), rows)


def _metrics(model: cpb.GetModelInfoResponse) -> Table:
    rows = sorted(model.metrics.items())
    columns = (Column("Figure"), Column("Value", "decimal"))
    return Table("metrics", "Held-out figures of the bundle", columns, rows, "The bundle tells of none.")
