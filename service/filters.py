"""Which threads a request is about."""

from __future__ import annotations

from typing import Any

from service.catalog import Catalog, Shown, check_ready
from service.validation import Violations
from store.values import ThreadFilter


def read_filter(catalog: Catalog, found: Violations, request: Any, shown: Shown) -> ThreadFilter:
    """Filter from the fields label, topic, families, category, start_time and end_time; problems go to `found`."""
    if request.label:
        catalog.labels.check_any(found, "label", request.label)
    topic = request.topic if request.HasField("topic") else None
    if topic is not None:
        catalog.check_topic(found, topic, shown.run_id)
    catalog.check_forum_category(found, request.category)
    start = found.time("start_time", request.start_time) if request.HasField("start_time") else None
    end = found.time("end_time", request.end_time) if request.HasField("end_time") else None
    if start is not None and end is not None and start >= end:
        found.add("end_time", f"{end.isoformat()} is exclusive and must be after start_time {start.isoformat()}")
    return ThreadFilter(
        label=request.label,
        topic=topic,
        families=catalog.read_families(found, list(request.families)),
        category=request.category,
        start=start,
        end=end,
    )


def check_filter(shown: Shown, wanted: ThreadFilter) -> None:
    """Raise NotReadyError where the filter needs labels or topics that are not there."""
    check_ready(shown, label=bool(wanted.label), topic=wanted.topic is not None)
