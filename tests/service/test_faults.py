"""What callers, stores, bundles and machines do wrong: each fault is told clearly, and the service lives on."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.bundle import load_bundle
from classifier.fit import fit_bundle
from classifier.taxonomy import Taxonomy
from forumlens.v1 import admin_pb2 as apb
from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1.admin_pb2_grpc import AdminServiceStub
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from store.values import Example, PostInput
from tests.classifier.fakes import HashEmbedder
from tests.service.corpus import Corpus
from tests.service.doubles import LABELS, WORDS, Running, TinyBundle, channel, serving
from tests.service.failures import detail, failure, violations
from tests.soak.service import soak

ROOT = Path(__file__).parents[2]
SERVICE = "/forumlens.v1.ClassificationService/"


def request(*bodies: str) -> cpb.ClassifyRequest:
    return cpb.ClassifyRequest(posts=[cpb.PostInput(body=body) for body in bodies])


def test_callers_of_all_kinds_for_a_while(tmp_path: Path) -> None:
    report = soak(tmp_path, seconds=10)
    outcomes: dict[str, set[str]] = {}
    for caller, outcome in report.outcomes:
        outcomes.setdefault(caller, set()).add(outcome)
    assert outcomes == {
        "call": {"OK"},
        "stream": {"OK"},
        "slow_reader": {"OK"},
        "vanisher": {"OK"},  # nobody is left to be told
        "nonsense": outcomes["nonsense"],
        "late": outcomes["late"],
        "large": {"OK"},
        "empty": {"INVALID_ARGUMENT"},
        "reader": {"OK"},
    }
    assert outcomes["nonsense"] <= {"INVALID_ARGUMENT", "OK"}
    assert outcomes["late"] <= {"DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "OK"}
    assert report.wrong == 0
    assert report.handles[1] <= report.handles[0] + 3
    assert report.grown_mib < 40


def test_a_caller_who_vanishes_leaves_nothing_behind(running: Running, bundle: TinyBundle) -> None:
    with channel(running) as wire:
        bundle.hold()
        call = ClassificationServiceStub(wire).ClassifyStream(
            cpb.ClassifyStreamRequest(posts=[cpb.PostInput(body=str(number))]) for number in range(100)
        )
        assert bundle.started.wait(30)
        call.cancel()
        while running.server.waiting:
            pass
        bundle.gate.set()
        assert ClassificationServiceStub(wire).Classify(request("slow")).classifications
    asked = {body for batch in bundle.batches for body in batch}
    assert len(asked & set(map(str, range(100)))) < 10


def test_who_reads_slowly_holds_up_nobody_else(running: Running) -> None:
    posts = [cpb.PostInput(id="x" * 200, body="slow")] * 200

    def parts() -> Iterator[cpb.ClassifyStreamRequest]:
        yield from [cpb.ClassifyStreamRequest(posts=posts, include_ranking=True)] * 100

    with channel(running) as slow, channel(running) as other:
        call = ClassificationServiceStub(slow).ClassifyStream(parts())
        stub = ClassificationServiceStub(other)
        assert all(stub.Classify(request("slow")).classifications for _ in range(50))
        assert sum(len(each.classifications) for each in call) == 20_000


def test_messages_of_four_megabytes_and_more(running: Running) -> None:
    large = request(*["é" * 190_000] * 20)
    far_too_large = request(*["é" * 190_000] * 180)
    assert large.ByteSize() > 4 * 2**20
    with channel(running) as wire:
        stub = ClassificationServiceStub(wire)
        assert len(stub.Classify(large).classifications) == 20
        assert failure(lambda: stub.Classify(far_too_large)).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert stub.Classify(request("slow")).classifications


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["Classify", "ClassifyThread", "ListLabels", "GetModelInfo"]))
def test_bytes_that_are_no_message_are_the_callers_fault(wire: grpc.Channel, data: bytes, method: str) -> None:
    try:
        wire.unary_unary(SERVICE + method)(data, timeout=30)
    except grpc.RpcError as error:
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]
        assert "Traceback" not in error.details()  # type: ignore[attr-defined]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=100), max_size=4))
def test_so_are_those_of_a_stream(wire: grpc.Channel, parts: list[bytes]) -> None:
    try:
        told = list(wire.stream_stream(SERVICE + "ClassifyStream")(iter(parts), timeout=30))
    except grpc.RpcError as error:
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]
    else:
        assert len(told) == len(parts)


def test_a_message_that_is_cut_short(wire: grpc.Channel) -> None:
    whole = request("memory").SerializeToString()
    error = failure(lambda: wire.unary_unary(SERVICE + "Classify")(whole[:-3]))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert detail(error, error_details_pb2.BadRequest).field_violations[0].field == "request"


def test_texts_of_no_bytes_and_of_nul(classification: ClassificationServiceStub) -> None:
    problems = violations(lambda: classification.Classify(request("", "\0", "a\0b", "fine")))
    assert set(problems) == {"posts[0].body", "posts[1].body", "posts[2].body"}
    assert "NUL" in problems["posts[2].body"]


def test_a_post_of_a_hundred_thousand_words(classification: ClassificationServiceStub) -> None:
    assert classification.Classify(request("a " * 100_000)).classifications
    problems = violations(lambda: classification.Classify(request("words " * 100_000)))
    assert "600,000 characters" in problems["posts[0].body"]


def test_a_store_that_is_gone_is_unavailable_and_labels_are_still_given(
    corpus: Corpus, bundle: TinyBundle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(corpus.db, bundle) as running, channel(running) as wire:
        threads = ThreadServiceStub(wire)
        assert threads.ListThreads(hpb.ListThreadsRequest()).threads
        corpus.db.close()  # so that the next call connects anew
        for name in ("store.db", "store.db-wal", "store.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        error = failure(lambda: threads.ListThreads(hpb.ListThreadsRequest()))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert "table" not in error.details() and str(tmp_path) not in error.details()
        assert detail(error, error_details_pb2.RequestInfo).request_id in caplog.text
        assert ClassificationServiceStub(wire).Classify(request("slow")).classifications


def test_a_store_that_another_process_writes_is_still_read(corpus: Corpus, running: Running) -> None:
    with channel(running) as wire, corpus.db.write():
        assert len(ThreadServiceStub(wire).ListThreads(hpb.ListThreadsRequest()).threads) == 5


def test_a_damaged_store_is_unavailable(corpus: Corpus, bundle: TinyBundle, tmp_path: Path) -> None:
    with serving(corpus.db, bundle) as running, channel(running) as wire:
        corpus.db.close()
        (tmp_path / "store.db-wal").unlink(missing_ok=True)
        (tmp_path / "store.db").write_bytes(b"no database" * 1_000)
        error = failure(lambda: ThreadServiceStub(wire).ListThreads(hpb.ListThreadsRequest()))
        assert error.code() is grpc.StatusCode.UNAVAILABLE


def test_a_damaged_bundle_is_refused_and_the_former_one_goes_on(corpus: Corpus, tmp_path: Path) -> None:
    taxonomy = Taxonomy("tiny", "1", False, LABELS)
    texts = [(f"{word} {number}", label) for number in range(12) for word, label in WORDS.items()]
    examples = [Example(PostInput(str(place), text), (label,)) for place, (text, label) in enumerate(texts)]
    fit_bundle(taxonomy, examples, HashEmbedder()).save(tmp_path / "bundle")
    arrays = tmp_path / "bundle" / "arrays.safetensors"
    whole = arrays.read_bytes()

    with (
        serving(corpus.db, TinyBundle(), load=lambda path: load_bundle(path, HashEmbedder())) as running,
        channel(running) as wire,
    ):
        use = AdminServiceStub(wire).UseBundle
        arrays.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        error = failure(lambda: use(apb.UseBundleRequest(directory=str(tmp_path / "bundle"))))
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "SHA-256" in error.details() and "tiny-bundle goes on" in error.details()
        arrays.write_bytes(whole)
        told = use(apb.UseBundleRequest(directory=str(tmp_path / "bundle")))
        stub = ClassificationServiceStub(wire)
        asked = cpb.ClassifyRequest(posts=[cpb.PostInput(body="slow 3")], include_evidence=True)
        assert stub.Classify(asked).bundle_id == told.bundle_id != "tiny-bundle"
        hashes = stub.GetModelInfo(cpb.GetModelInfoRequest()).data_hashes
        assert {"arrays.safetensors", "data"} <= set(hashes)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The tiny server in a process of its own, which cannot write its log: the disk is full."""
    with Path("/dev/full").open("w") as full:
        running = subprocess.Popen(
            [sys.executable, "-m", "tests.service.tiny", str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
        )
    assert running.stdout is not None
    yield running, f"127.0.0.1:{int(running.stdout.readline())}"
    running.kill()
    running.communicate()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_signal_under_load_and_a_full_disk_lose_no_accepted_call(process: tuple[subprocess.Popen[str], str]) -> None:
    server, address = process
    stop = threading.Event()

    def ask() -> list[str]:
        codes = []
        with grpc.insecure_channel(address, [("grpc.enable_retries", 0)]) as wire:
            stub = ClassificationServiceStub(wire)
            while not stop.is_set():
                try:
                    stub.Classify(request("memory", "slow"), timeout=30)
                    codes.append("OK")
                except grpc.RpcError as error:
                    codes.append(error.code().name)  # type: ignore[attr-defined]
                    return codes
        return codes

    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask) for _ in range(8)]
        with grpc.insecure_channel(address) as wire:
            for _ in range(30):
                ClassificationServiceStub(wire).Classify(request("memory"))
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
        stop.set()
        codes = [each.result(60) for each in asking]
    assert {code for each in codes for code in each[:-1]} == {"OK"}
    # gRPC itself cancels what reaches the port in the instant that it closes: no handler has begun it.
    assert {each[-1] for each in codes} <= {"UNAVAILABLE", "CANCELLED", "OK"}
