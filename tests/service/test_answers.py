"""QueryAnswers and QueryCauses over a store with known counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from forumlens.client import Client
from forumlens.v1 import answer_pb2 as apb
from forumlens.v1 import theme_pb2 as kpb
from forumlens.v1.answer_pb2_grpc import AnswerServiceStub
from store.answers import Quartiles
from store.causes import CauseShares, ThreadCause, save_thread_causes, set_current_causes
from store.database import Database
from store.sources import ensure, mark_authored
from store.themes import ThemeKind
from store.threads import changed_threads
from store.values import SourceKind
from tests.service.corpus import BUNDLE, RUN, Corpus, fill
from tests.service.doubles import Running, TinyBundle, TinyFamilies, channel, serving
from tests.service.failures import failure, violations

CAUSES = "causes-bundle"


@pytest.fixture
def corpus(db: Database) -> Corpus:
    """Threads a and c, which have a reply, have a cause; c's was left open."""
    filled = fill(db)
    stored = {thread.id: thread for thread in changed_threads(db, 0)}
    told = [
        (thread, ThreadCause(thread.posts[0].id, thread.posts[1].id, b"h" * 32, cause, 0.5))
        for thread, cause in ((stored[filled.ids["a"]], "hub/bug"), (stored[filled.ids["c"]], ""))
    ]
    save_thread_causes(db, CAUSES, "causes", told)
    set_current_causes(db, CAUSES)
    return filled


@pytest.fixture
def answers(wire: grpc.Channel) -> AnswerServiceStub:
    return AnswerServiceStub(wire)


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with Client(running.address) as connected:
        yield connected


def ask(answers: AnswerServiceStub, **fields: Any) -> apb.QueryAnswersResponse:
    response: apb.QueryAnswersResponse = answers.QueryAnswers(apb.QueryAnswersRequest(**fields))
    return response


def test_answers_of_all_threads(answers: AnswerServiceStub, corpus: Corpus) -> None:
    response = ask(answers)
    (told,) = response.themes
    assert (told.theme, told.threads, told.left_out, told.answered, told.accepted) == ("all", 5, 0, 2, 0)
    assert told.unanswered_share == pytest.approx(0.6)
    assert told.reply_hours == apb.Quartiles(low=2, median=2, high=2)
    assert not told.HasField("accept_hours")
    assert list(told.unanswered_threads) == [corpus.ids[key] for key in "edb"]
    assert (response.bundle_id, response.topic_run, response.observed_days) == (BUNDLE, RUN, 14)
    assert not response.authored_sample


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"label": "memory-performance/memory"}, {"all": (2, 1)}),
        ({"category": "memory-performance"}, {"all": (3, 2)}),
        ({"topic": 1}, {"all": (1, 0)}),
        ({"families": ["llama"]}, {"all": (2, 2)}),
        ({"forum_category": "Models"}, {"all": (2, 1)}),
        ({"start_month": "2024-02", "end_month": "2024-03"}, {"all": (2, 1)}),
        ({"by": kpb.THEME_KIND_FAMILY}, {"bert": (2, 1), "llama": (2, 2)}),
        ({"by": kpb.THEME_KIND_TOPIC}, {"0": (3, 2), "-1": (1, 0), "1": (1, 0)}),
        ({"by": kpb.THEME_KIND_CATEGORY}, {"memory-performance": (3, 2), "expert-solutions": (1, 1)}),
        ({"by": kpb.THEME_KIND_FORUM_CATEGORY, "topic": 0}, {"Beginners": (2, 1), "Models": (1, 1)}),
    ],
)
def test_each_scope_and_kind_of_theme(
    answers: AnswerServiceStub, fields: dict[str, Any], expected: dict[str, tuple[int, int]]
) -> None:
    assert {each.theme: (each.threads, each.answered) for each in ask(answers, **fields).themes} == expected


def test_causes_by_theme(answers: AnswerServiceStub) -> None:
    response = answers.QueryCauses(apb.QueryCausesRequest(by=kpb.THEME_KIND_FAMILY))
    told = {each.theme: (each.threads, each.abstained, dict(_counted(each))) for each in response.themes}
    assert told == {"llama": (2, 1, {"hub/bug": 1}), "bert": (1, 1, {})}
    assert (response.causes_bundle_id, response.bundle_id, response.topic_run) == (CAUSES, BUNDLE, RUN)


def test_the_client_gives_values(client: Client) -> None:
    told = client.query_answers(ThemeKind.FORUM_CATEGORY, families=["llama"])
    assert {theme: each.answered_share for theme, each in told.items()} == {"Beginners": 1, "Models": 1}
    assert told["Models"].reply_hours == Quartiles(2, 2, 2) and told["Models"].accept_hours is None
    assert client.query_causes(topic=0) == {"all": CauseShares(2, 1, (("hub/bug", 1),))}
    with pytest.raises(ValueError, match="exclude"):
        client.query_answers(label="spaces", topic=0)


def test_authored_data_is_marked(answers: AnswerServiceStub, corpus: Corpus) -> None:
    mark_authored(corpus.db, ensure(corpus.db, SourceKind.FORUM, "forum.example").id)
    assert ask(answers).authored_sample


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"label": "memory-performance"}, "label", ["category"]),
        ({"category": "Spaces"}, "category", ["'spaces'"]),
        ({"topic": 7}, "topic", ["7", "ListTopics"]),
        ({"families": ["lama"]}, "families[0]", ["'lama'", "'llama'"]),
        ({"forum_category": "Model"}, "forum_category", ["'Model'", "'Models'"]),
        ({"start_month": "2024-13"}, "start_month", ["'2024-13'", "YYYY-MM"]),
        ({"start_month": "2024-02", "end_month": "2024-02"}, "end_month", ["exclusive"]),
        ({"by": 99}, "by", ["99", "THEME_KIND_FORUM_CATEGORY"]),
    ],
)
@pytest.mark.parametrize("method", ["QueryAnswers", "QueryCauses"])
def test_bad_input_is_named(
    answers: AnswerServiceStub, method: str, fields: dict[str, Any], field: str, words: list[str]
) -> None:
    request = getattr(apb, f"{method}Request")(**fields)
    found = violations(lambda: getattr(answers, method)(request))
    assert set(found) == {field}
    assert all(word in found[field] for word in words), found


@pytest.mark.parametrize(
    ("method", "by", "word"),
    [
        ("QueryAnswers", kpb.THEME_KIND_LEAF, "forumlens assign"),
        ("QueryAnswers", kpb.THEME_KIND_TOPIC, "forumlens topics"),
        ("QueryCauses", kpb.THEME_KIND_ALL, "forumlens causes assign"),
    ],
)
def test_what_a_fresh_store_lacks_is_said_with_the_remedy(db: Database, method: str, by: int, word: str) -> None:
    fill(db, assigned=False, topics=False)
    with serving(db, TinyBundle(), families=TinyFamilies()) as running, channel(running) as wire:
        stub = AnswerServiceStub(wire)
        request = getattr(apb, f"{method}Request")(by=by)
        error = failure(lambda: getattr(stub, method)(request))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert word in error.details()


def _counted(theme: apb.ThemeCauses) -> list[tuple[str, int]]:
    return [(each.cause, each.threads) for each in theme.causes]
