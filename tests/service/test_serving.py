"""Swapping the model of a running service, and what is told of it."""

from __future__ import annotations

import json
import logging
import math
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client.parser import text_string_to_metric_families

from forumlens.v1 import admin_pb2 as apb
from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1.admin_pb2_grpc import AdminServiceStub
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from service.errors import ServerError
from service.logs import JsonFormatter
from service.metrics import Drift, held_out_rates
from service.model import Model
from service.server import ServerOptions
from service.serving import SelfTestError, self_test
from store.values import Classification, Label
from tests.service.corpus import Corpus
from tests.service.doubles import LABELS, TinyBundle, TinyTaxonomy, channel, serving
from tests.service.failures import failure, violations


class Strange(TinyBundle):
    """Gives a label that it does not have."""

    def classify(self, posts: Any) -> list[Classification]:
        return [Classification(post.id, (("strange", 0.5),), (), False) for post in posts]


class Wild(TinyBundle):
    """Gives a score that is no number."""

    def classify(self, posts: Any) -> list[Classification]:
        return [Classification(post.id, (("spaces", math.nan),), (), False) for post in posts]


NEW = TinyBundle("new-bundle", TinyTaxonomy((*LABELS, Label("new", "challenge", "New", "A new one.", True)), "tiny@2"))


def load(directory: Path) -> Model:
    """Bundles by the name of their folder."""
    bundles: dict[str, Model] = {"new": NEW, "strange": Strange("strange"), "wild": Wild("wild")}
    if directory.name not in bundles:
        raise RuntimeError(f"{directory}: is no bundle")
    return bundles[directory.name]


def ask(stub: ClassificationServiceStub) -> str:
    return stub.Classify(cpb.ClassifyRequest(posts=[cpb.PostInput(body="memory")])).bundle_id


def test_a_swap_drops_no_call_and_changes_labels_too(corpus: Corpus) -> None:
    bundle = TinyBundle()
    with (
        serving(corpus.db, bundle, load=load) as running,
        channel(running) as wire,
        ThreadPoolExecutor(1) as pool,
    ):
        stub, admin = ClassificationServiceStub(wire), AdminServiceStub(wire)
        bundle.hold()
        before = [stub.Classify.future(cpb.ClassifyRequest(posts=[cpb.PostInput(body=f"{n}")])) for n in range(10)]
        assert bundle.started.wait(30)
        while running.server.waiting < 9:  # all have come, one is with the model
            pass
        swapping = pool.submit(admin.UseBundle, apb.UseBundleRequest(directory="/somewhere/new"))
        while ask_labels(stub) != "tiny@2":
            pass
        assert ask(stub) == "new-bundle"  # answered while the former one still has calls to answer
        assert not swapping.done()
        bundle.gate.set()
        told = swapping.result(30)
        assert (told.bundle_id, told.previous_bundle_id, told.taxonomy) == ("new-bundle", "tiny-bundle", "tiny@2")
        assert {call.result().bundle_id for call in before} == {"tiny-bundle"}


def ask_labels(stub: ClassificationServiceStub) -> str:
    return str(stub.ListLabels(cpb.ListLabelsRequest()).taxonomy)


@pytest.mark.parametrize("name", ["strange", "wild", "nothing"])
def test_a_bundle_that_fails_its_test_is_refused_and_the_former_one_goes_on(corpus: Corpus, name: str) -> None:
    with serving(corpus.db, TinyBundle(), load=load) as running, channel(running) as wire:
        use = AdminServiceStub(wire).UseBundle
        error = failure(lambda: use(apb.UseBundleRequest(directory=f"/somewhere/{name}")))
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert name in error.details() and "tiny-bundle goes on" in error.details()
        assert ask(ClassificationServiceStub(wire)) == "tiny-bundle"
        assert set(violations(lambda: use(apb.UseBundleRequest()))) == {"directory"}


def test_a_service_without_a_loader_says_so(corpus: Corpus) -> None:
    with serving(corpus.db, TinyBundle()) as running, channel(running) as wire:
        error = failure(lambda: AdminServiceStub(wire).UseBundle(apb.UseBundleRequest(directory="x")))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_the_self_test_tells_what_is_wrong() -> None:
    self_test(TinyBundle())
    with pytest.raises(SelfTestError, match="'strange'"):
        self_test(Strange())
    with pytest.raises(SelfTestError, match="no probability"):
        self_test(Wild())


def test_metrics_count_calls_posts_and_labels(corpus: Corpus, bundle: TinyBundle) -> None:
    options = ServerOptions(metrics_port=0, farewell=0)
    with serving(corpus.db, bundle, options=options) as running, channel(running) as wire:
        stub = ClassificationServiceStub(wire)
        posts = [cpb.PostInput(body=body) for body in ("memory", "memory", "unsure", "hello")]
        stub.Classify(cpb.ClassifyRequest(posts=posts))
        failure(lambda: stub.Classify(cpb.ClassifyRequest()))
        list(stub.ClassifyStream(iter([cpb.ClassifyStreamRequest(posts=posts)])))
        page = urllib.request.urlopen(f"http://127.0.0.1:{running.server.metrics_port}/metrics", timeout=30).read()
    found = {
        (sample.name, *(sample.labels[key] for key in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }
    classify = "/forumlens.v1.ClassificationService/Classify"
    assert found["forumlens_calls_total", "OK", classify] == 1
    assert found["forumlens_calls_total", "INVALID_ARGUMENT", classify] == 1
    assert found["forumlens_calls_total", "OK", classify + "Stream"] == 1
    assert found["forumlens_call_seconds_count", classify] == 2
    assert [found["forumlens_posts_total", verdict] for verdict in ("labelled", "abstained", "none")] == [4, 2, 2]
    assert found["forumlens_labels_total", "memory-performance/memory"] == 4
    assert found["forumlens_repeated_posts_total",] == 2
    assert found["forumlens_waiting_posts",] == 0
    assert found["forumlens_model_tokens_total",] > 0
    assert math.isnan(found["forumlens_label_drift_psi",])


def test_a_metrics_port_that_is_taken_is_named(corpus: Corpus, bundle: TinyBundle) -> None:
    options = ServerOptions(metrics_port=0, farewell=0)
    with serving(corpus.db, bundle, options=options) as running:
        again = ServerOptions(metrics_port=running.server.metrics_port, farewell=0)
        with pytest.raises(ServerError, match="metrics port"), serving(corpus.db, TinyBundle(), options=again):
            pass


def labelled(*labels: str) -> Classification:
    return Classification("", tuple((label, 0.5) for label in labels), (), False)


def test_drift_is_small_for_what_was_expected_and_large_for_what_was_not() -> None:
    expected = {"a": 60.0, "b": 30.0, "c": 10.0}
    same, other = Drift(expected, posts=400), Drift(expected, posts=400)
    for drift in (same, other):
        drift.add([labelled("a")] * 100)
        assert math.isnan(drift.index())
    same.add([labelled("a")] * 140 + [labelled("b")] * 120 + [labelled("c")] * 40)
    assert same.index() < 0.01
    other.add([labelled("c")] * 400)  # only the last 400 count
    assert other.index() > 1
    assert math.isnan(Drift({}).index())


def test_expected_rates_are_those_of_labels_given() -> None:
    row = {"precision": 0.5, "recall": 0.25, "support": 8}
    held_out = {"leaf": {"per_label": {"a": row, "b": {"precision": 0.0, "recall": 0.0, "support": 3}}}}
    assert held_out_rates({"metrics": {"held_out": held_out}}) == {"a": 4.0, "b": 0.0}
    assert held_out_rates({}) == {}


def test_a_log_line_is_one_json_object(corpus: Corpus, bundle: TinyBundle, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "service.access")
    with serving(corpus.db, bundle) as running, channel(running) as wire:
        posts = [cpb.PostInput(body="private text")]
        ClassificationServiceStub(wire).Classify(cpb.ClassifyRequest(posts=posts), metadata=(("x-request-id", "r1"),))
    (record,) = [each for each in caplog.records if each.name == "service.access"]
    told = json.loads(JsonFormatter().format(record))
    assert (told["code"], told["request_id"], told["client"], told["posts"]) == ("OK", "r1", "127.0.0.1", 1)
    assert told["method"].endswith("/Classify") and told["seconds"] >= 0
    assert "private" not in json.dumps(told)
