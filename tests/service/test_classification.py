"""Classify, ListLabels, GetModelInfo."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from string import ascii_lowercase

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifier.fit import fit_bundle
from classifier.taxonomy import Taxonomy
from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1.classification_pb2_grpc import ClassificationServiceStub
from service.convert import post_input, post_input_message
from service.errors import InvalidRequestError
from service.info import model_info
from service.model import Model
from service.validation import check_classify
from store.values import Example, PostInput
from tests.service.doubles import LABELS, WORDS, TinyBundle, answer
from tests.service.failures import detail, failure, violations

texts = st.text(st.characters(codec="utf-8"), max_size=30)


def request(*bodies: str, ranking: bool = False) -> cpb.ClassifyRequest:
    posts = [cpb.PostInput(id=f"p{number}", body=body) for number, body in enumerate(bodies)]
    return cpb.ClassifyRequest(posts=posts, include_ranking=ranking)


def test_answers_come_in_request_order_under_the_ids_given(classification: ClassificationServiceStub) -> None:
    response = classification.Classify(request("out of memory", "hello", "slow space", "unsure"))
    assert [each.id for each in response.classifications] == ["p0", "p1", "p2", "p3"]
    labels = [[score.label for score in each.labels] for each in response.classifications]
    assert labels == [["memory-performance/memory"], [], ["memory-performance/speed", "spaces"], []]
    assert [each.abstained for each in response.classifications] == [False, False, False, True]
    assert (response.bundle_id, response.taxonomy) == ("tiny-bundle", "tiny@1")


def test_labels_carry_kind_and_score(classification: ClassificationServiceStub) -> None:
    response = classification.Classify(request("try that"))
    (score,) = response.classifications[0].labels
    expected = answer(PostInput(id="", body="try that")).labels[0]
    assert (score.label, score.kind, score.score) == (expected[0], "benefit", pytest.approx(expected[1]))


def test_the_ranking_comes_only_when_asked_for(classification: ClassificationServiceStub) -> None:
    without = classification.Classify(request("slow")).classifications[0]
    given = classification.Classify(request("slow unsure", ranking=True)).classifications[0]
    assert not without.ranking
    assert given.ranking[0].label == "memory-performance/speed"
    assert len(given.ranking) == 4
    assert given.abstained and not given.labels


def test_the_largest_request_is_answered(classification: ClassificationServiceStub) -> None:
    response = classification.Classify(request(*["out of memory"] * 256))
    assert len(response.classifications) == 256


def test_the_longest_body_is_answered(classification: ClassificationServiceStub) -> None:
    response = classification.Classify(request("é" * 200_000, "memory"))
    assert [len(each.labels) for each in response.classifications] == [0, 1]


def test_no_posts_and_too_many_posts_are_refused(classification: ClassificationServiceStub) -> None:
    assert "1 to 256" in violations(lambda: classification.Classify(cpb.ClassifyRequest()))["posts"]
    problem = violations(lambda: classification.Classify(request(*["x"] * 257)))["posts"]
    assert "257" in problem and "256" in problem


def test_everything_that_is_wrong_is_said_at_once(classification: ClassificationServiceStub) -> None:
    bad = request("fine", "", " \n", "x" * 200_001)
    bad.posts[0].tags.extend(["t"] * 51)
    bad.posts[0].post_number = 0
    bad.posts[0].id = "i" * 257
    bad.posts[2].previous = "y" * 200_001
    bad.posts[3].tags.append("t" * 257)
    found = violations(lambda: classification.Classify(bad))
    assert set(found) == {
        "posts[0].id",
        "posts[0].tags",
        "posts[0].post_number",
        "posts[1].body",
        "posts[2].body",
        "posts[2].previous",
        "posts[3].body",
        "posts[3].tags[0]",
    }
    assert "200,001" in found["posts[3].body"] and "200,000" in found["posts[3].body"]
    assert "is empty" in found["posts[1].body"] and "' \\n'" in found["posts[2].body"]


def test_very_many_problems_still_arrive(classification: ClassificationServiceStub) -> None:
    bad = request(*[""] * 256)
    found = violations(lambda: classification.Classify(bad))
    assert "posts[0].body" in found
    assert "more" in failure(lambda: classification.Classify(bad)).details()


def test_more_text_than_a_call_may_hold_is_refused(classification: ClassificationServiceStub) -> None:
    found = violations(lambda: classification.Classify(request(*["x" * 200_000] * 41)))
    assert "8,000,000" in found["posts"]


def test_bytes_that_are_no_message_are_the_callers_fault(wire: grpc.Channel) -> None:
    call = wire.unary_unary("/forumlens.v1.ClassificationService/Classify")
    assert "request" in violations(lambda: call(b"\xff\xff\xff"))


def test_a_fault_of_the_model_hurts_only_the_call_that_met_it(
    classification: ClassificationServiceStub, bundle: TinyBundle, caplog: pytest.LogCaptureFixture
) -> None:
    bundle.hold()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(classification.Classify, request("slow"))
        others = [pool.submit(classification.Classify, request(body)) for body in ("memory", "boom", "space")]
        assert bundle.started.wait(30)
        bundle.gate.set()
        assert first.result().classifications[0].labels[0].label == "memory-performance/speed"
        assert others[0].result().classifications[0].labels[0].label == "memory-performance/memory"
        assert others[2].result().classifications[0].labels[0].label == "spaces"
        error = failure(others[1].result)
    assert error.code() is grpc.StatusCode.INTERNAL
    request_id = detail(error, error_details_pb2.RequestInfo).request_id
    assert request_id in error.details() and request_id in caplog.text
    assert "secret" not in error.details() and "Traceback" not in error.details()
    assert classification.Classify(request("memory")).classifications[0].labels


def test_concurrent_clients_get_their_own_answers(classification: ClassificationServiceStub) -> None:
    words = ("memory", "slow", "space", "try", "hello", "unsure")

    def ask(client: int) -> bool:
        bodies = [f"{words[(client + number) % 6]} {client} {number}" for number in range(1 + client % 7)]
        response = classification.Classify(request(*bodies, ranking=True))
        expected = [answer(PostInput(id=f"p{number}", body=body)) for number, body in enumerate(bodies)]
        told = [
            (each.id, [(score.label, round(score.score, 9)) for score in each.ranking])
            for each in response.classifications
        ]
        return told == [(each.id, [(label, round(score, 9)) for label, score in each.ranked]) for each in expected]

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(120)))


def test_labels_are_listed_categories_first(classification: ClassificationServiceStub) -> None:
    response = classification.ListLabels(cpb.ListLabelsRequest())
    assert [each.id for each in response.labels] == [
        "memory-performance",
        "memory-performance/memory",
        "memory-performance/speed",
        "spaces",
        "expert-solutions",
        "expert-solutions/other",
    ]
    assert [each.leaf for each in response.labels] == [False, True, True, True, False, True]
    assert {each.category for each in response.labels} == {"memory-performance", "spaces", "expert-solutions"}
    assert all(each.definition and each.name for each in response.labels)


def test_labels_of_one_kind(classification: ClassificationServiceStub) -> None:
    response = classification.ListLabels(cpb.ListLabelsRequest(kind="benefit"))
    assert {each.kind for each in response.labels} == {"benefit"}
    problem = violations(lambda: classification.ListLabels(cpb.ListLabelsRequest(kind="benefits")))["kind"]
    assert "'benefits'" in problem and "challenge, benefit" in problem


def test_model_info_tells_the_manifest_and_the_limits(classification: ClassificationServiceStub) -> None:
    info = classification.GetModelInfo(cpb.GetModelInfoRequest())
    assert (info.bundle_id, info.taxonomy, info.encoder) == ("tiny-bundle", "tiny@1", "tiny@r1")
    assert (info.precision, info.max_tokens, info.max_posts, info.max_body_chars) == ("float32", 256, 256, 200_000)
    assert info.fit_time.ToDatetime(tzinfo=UTC) == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert dict(info.metrics) == {"n": 7.0, "category_micro_f1": 0.5}
    assert info.version


@given(
    st.builds(
        PostInput,
        id=texts,
        body=texts,
        title=texts,
        reply=st.none() | st.booleans(),
        previous=st.none() | texts,
        by_starter=st.none() | st.booleans(),
        accepted=st.none() | st.booleans(),
        category=texts,
        tags=st.lists(texts, max_size=3).map(tuple),
        post_number=st.none() | st.integers(1, 1000),
        source=texts,
    )
)
def test_context_crosses_the_wire_unchanged(post: PostInput) -> None:
    data = post_input_message(post).SerializeToString()
    read = post_input(cpb.PostInput.FromString(data))
    assert read == post
    assert read.is_reply == post.is_reply


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.builds(cpb.PostInput, id=texts, body=texts, title=texts, post_number=st.integers(-5, 5))))
def test_a_request_passes_the_checks_or_every_problem_names_its_field(posts: list[cpb.PostInput]) -> None:
    try:
        check_classify(cpb.ClassifyRequest(posts=posts))
    except InvalidRequestError as error:
        fields = [violation.field for violation in error.violations]
        assert all(field.startswith("posts") for field in fields)
        blank = {f"posts[{index}].body" for index, post in enumerate(posts) if not (post.body + post.title).strip()}
        assert blank <= set(fields)
        assert sum(len(value) for _, value in error.trailing_metadata()) < 8_192
    else:
        assert posts and all((post.body + post.title).strip() and post.post_number > 0 for post in posts)


def test_a_fitted_bundle_is_a_model_and_tells_of_itself() -> None:
    """The real thing over a small encoder of our own: answers over the service's seam, facts in GetModelInfo."""
    posts = [PostInput(str(number), f"{word} {number}") for number in range(12) for word in WORDS]
    examples = [Example(post, (WORDS[post.body.split()[0]],)) for post in posts]
    model: Model = fit_bundle(Taxonomy("tiny", "1", False, LABELS), examples, _Letters())
    info = model_info(model, 4096)
    assert (info.bundle_id, info.taxonomy) == (model.id, "tiny@1")
    assert (info.encoder, info.device, info.precision, info.max_tokens) == ("letters@1", "cpu", "float32", 64)
    assert 0 <= info.metrics["category_micro_f1"] <= 1
    assert not any("per_label" in name for name in info.metrics)
    ranked = model.classify([PostInput("x", "slow")])[0].ranked
    assert {label for label, _ in ranked} == set(WORDS.values())


class _Letters:
    """Counts letters: an encoder that needs no weights."""

    key = "letters|1|float32|64"
    device = "cpu"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        counts = [[1 + text.lower().count(letter) for letter in ascii_lowercase] for text in texts]
        vectors = np.asarray(counts, dtype=np.float32).reshape(len(texts), 26)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
