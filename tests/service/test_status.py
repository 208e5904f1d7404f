"""StatusService over the wire."""

from __future__ import annotations

import grpc

from forumlens.v1 import status_pb2 as upb
from forumlens.v1.status_pb2_grpc import StatusServiceStub
from service.convert import moment
from store.sources import mark_authored
from tests.service.corpus import BUNDLE, END, RUN, START, Corpus


def test_status_tells_sources_spans_versions_and_counts(wire: grpc.Channel, corpus: Corpus) -> None:
    found = StatusServiceStub(wire).GetStatus(upb.GetStatusRequest(include_counts=True))
    assert [(source.kind, source.name) for source in found.sources] == [
        (upb.SOURCE_KIND_FORUM, "forum.example"),
        (upb.SOURCE_KIND_HUB, "hub.example"),
    ]
    assert [moment(found.sources[0].cover_start_time), moment(found.sources[0].cover_end_time)] == [START, END]
    assert (found.bundle_id, found.topic_run, found.authored_sample) == (BUNDLE, RUN, False)
    assert (found.counts.threads, found.counts.posts, found.counts.models) == (5, 7, 6)
    assert (found.counts.labelled_posts, found.counts.topics) == (7, 2)
    assert dict(found.counts.threads_by_state) == {"live": 5}


def test_counts_are_left_out_unless_asked_for_and_sample_data_is_told(wire: grpc.Channel, corpus: Corpus) -> None:
    mark_authored(corpus.db, 1)
    found = StatusServiceStub(wire).GetStatus(upb.GetStatusRequest())
    assert not found.HasField("counts")
    assert found.authored_sample and found.sources[0].authored_sample and not found.sources[1].authored_sample
