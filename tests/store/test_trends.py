"""The join: what threads say by month, beside what was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from store import assignments, holdings, sources, topics, trends
from store import models as model_store
from store import threads as thread_store
from store.database import Database
from store.months import format_month, parse_month
from store.topic_lists import list_topics
from store.topic_values import Placed, Topic, TopicRun
from store.values import (
    Assignment,
    Coverage,
    HubModel,
    Mention,
    SourceKind,
    StoredThread,
    ThreadState,
    TrendSubject,
    UploadCount,
    Verdict,
)
from tests.store.build import thread

NOW = datetime(2024, 6, 15, tzinfo=UTC)
BUNDLE, RUN = "bundle-1", "run-1"
MEMORY = "memory-performance/memory"


def day(month: int, number: int = 10) -> datetime:
    return datetime(2024, month, number, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """A thread of the test: the month it starts in, its labels, families and topic."""

    month: int
    labels: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    abstained: bool = False
    topic: int = -1


SAID = (
    Said(3, (MEMORY,), ("llama",), topic=0),
    Said(3, (MEMORY, "memory-performance/speed"), ("bert", "llama"), topic=0),
    Said(3, (), ("bert",)),
    Said(4, (), (), abstained=True),
    Said(4, ("spaces",), ("llama",), topic=1),
    Said(6, (MEMORY,), ("gpt2",), topic=0),
)


@pytest.fixture
def full(db: Database) -> Database:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    for number, said in enumerate(SAID):
        thread_store.save_thread(db, forum, thread(str(number), created_at=day(said.month)))
    sources.mark_covered(db, forum, day(3, 1), NOW)
    stored = thread_store.changed_threads(db, 0)
    assignments.save_thread_assignments(
        db, BUNDLE, "assign", [(item, _assigned(item, said)) for item, said in zip(stored, SAID, strict=True)]
    )
    assignments.save_thread_mentions(
        db,
        "mentions",
        [
            (item, [Mention(item.id, family, 1) for family in said.families])
            for item, said in zip(stored, SAID, strict=True)
        ],
    )
    topics.save_topic_run(
        db,
        TopicRun(RUN, "recipe", stored[-1].revision, len(stored), 0, 2),
        [Topic(number, ("memory",), 3 - number, (), MEMORY, 0.5) for number in (0, 1)],
        [Placed(item.id, item.month, said.topic, b"-" * 32) for item, said in zip(stored, SAID, strict=True)],
        {},
    )
    hub = sources.ensure(db, SourceKind.HUB, "https://hub.example").id
    model_store.save_models(
        db,
        hub,
        [
            HubModel("a/1", day(4), "llama", has_card=True),
            HubModel("a/2", day(4), "llama", has_card=False),
            HubModel("a/3", day(4), "bert", has_card=True),
            HubModel("a/4", day(5), None, has_card=True),
            HubModel("a/5", None, "llama"),
        ],
    )
    sources.mark_covered(db, hub, day(4, 1), NOW)
    return db


def _assigned(item: StoredThread, said: Said) -> list[Assignment]:
    verdict = Verdict.LABELLED if said.labels else Verdict.ABSTAINED if said.abstained else Verdict.NONE
    return [
        Assignment(post.id, post.input_hash, verdict, tuple((label, 0.9) for label in said.labels))
        for post in item.posts
    ]


def series(db: Database, *families: str, label: str | None = None, topic: int | None = None) -> dict[str, int | None]:
    subject = TrendSubject(label=label, topic=topic)
    points = trends.query_trend(db, BUNDLE, RUN, subject, families, now=NOW)
    return {format_month(point.month): point.threads for point in points}


def test_all_threads_by_month_without_gaps(full: Database) -> None:
    assert series(full) == {"2024-03": 3, "2024-04": 2, "2024-05": 0, "2024-06": 1}


def test_label_category_and_topic(full: Database) -> None:
    assert list(series(full, label=MEMORY).values()) == [2, 0, 0, 1]
    assert list(series(full, label="memory-performance").values()) == [2, 0, 0, 1]
    assert list(series(full, label="spaces").values()) == [0, 1, 0, 0]
    assert list(series(full, topic=0).values()) == [2, 0, 0, 1]


def test_families_filter_threads_of_any_subject_and_count_a_thread_once(full: Database) -> None:
    assert list(series(full, "llama", "bert").values()) == [3, 1, 0, 0]
    assert list(series(full, "bert", label=MEMORY).values()) == [1, 0, 0, 0]
    assert list(series(full, "bert", "gpt2", label="memory-performance").values()) == [1, 0, 0, 1]
    assert list(series(full, "llama", topic=1).values()) == [0, 1, 0, 0]


def test_uploads_beside_them_and_unknown_outside_coverage(full: Database) -> None:
    points = trends.query_trend(full, BUNDLE, RUN, TrendSubject(), ("llama",), now=NOW)
    march, april, may, june = points
    assert (march.uploads, march.all_uploads, march.hub_coverage) == (None, None, Coverage.NONE)
    assert (april.uploads, april.all_uploads, april.uploads_with_card) == (2, 3, 1)
    assert (may.uploads, may.all_uploads, may.uploads_with_card) == (0, 1, 0)
    assert (june.uploads, june.hub_coverage, june.partial) == (0, Coverage.PARTIAL, True)
    assert not april.partial


def test_verdicts_and_shares(full: Database) -> None:
    march, april, may, _ = trends.query_trend(full, BUNDLE, RUN, TrendSubject(label=MEMORY), now=NOW)
    assert (march.labelled_threads, march.none_threads, march.abstained_threads) == (2, 1, 0)
    assert (april.labelled_threads, april.none_threads, april.abstained_threads) == (1, 0, 1)
    assert march.share == pytest.approx(2 / 3)
    assert april.abstained_share == pytest.approx(0.5)
    assert may.share is None


def test_month_before_the_forum_is_covered_is_unknown(full: Database) -> None:
    (point,) = trends.query_trend(
        full, BUNDLE, RUN, TrendSubject(), start=parse_month("2023-12"), end=parse_month("2024-01"), now=NOW
    )
    assert (point.threads, point.all_threads, point.forum_coverage) == (None, None, Coverage.NONE)


def test_another_bundle_has_labelled_nothing(full: Database) -> None:
    assignments.set_current_bundle(full, "bundle-2")
    points = trends.query_trend(full, "bundle-2", RUN, TrendSubject(label=MEMORY), now=NOW)
    assert [point.threads for point in points] == [0, 0, 0, 0]


def test_thread_that_is_gone_leaves_the_counts(full: Database) -> None:
    forum = sources.ensure(full, SourceKind.FORUM, "https://forum.example").id
    thread_store.set_thread_state(full, forum, "0", ThreadState.DELETED)
    revision = assignments.get_stage_revision(full, "assign")
    gone = thread_store.changed_threads(full, revision)
    assignments.save_thread_assignments(full, BUNDLE, "assign", [(item, []) for item in gone])
    assignments.save_thread_mentions(full, "mentions", [(item, []) for item in gone])
    assert series(full)["2024-03"] == 2
    assert series(full, label=MEMORY)["2024-03"] == 1
    assert series(full, "llama")["2024-03"] == 1


def test_published_table_answers_where_no_listing_does_and_never_adds_to_one(full: Database) -> None:
    table = sources.ensure(full, SourceKind.UPLOADS, "study").id
    model_store.save_uploads(
        full,
        table,
        [UploadCount(parse_month("2024-03"), "llama", 7), UploadCount(parse_month("2024-04"), "llama", 70)],
    )
    sources.mark_covered(full, table, day(3, 1), day(5, 1))
    march, april, _, _ = trends.query_trend(full, BUNDLE, RUN, TrendSubject(), ("llama",), now=NOW)
    assert (march.uploads, march.uploads_with_card) == (7, None)
    (other, *_) = trends.query_trend(full, BUNDLE, RUN, TrendSubject(), ("bert",), now=NOW)
    assert (other.uploads, other.uploads_with_card) == (0, None)
    assert april.uploads == 2


def test_model_whose_facts_change_is_counted_where_it_is_now(full: Database) -> None:
    hub = sources.ensure(full, SourceKind.HUB, "https://hub.example").id
    model_store.save_models(full, hub, [HubModel("a/1", day(5), "bert", has_card=False)])
    _, april, may, _ = trends.query_trend(full, BUNDLE, RUN, TrendSubject(), ("llama",), now=NOW)
    assert (april.uploads, april.all_uploads, may.all_uploads) == (1, 2, 2)


def test_empty_store_has_no_points(db: Database) -> None:
    assert trends.query_trend(db, None, None, TrendSubject(), now=NOW) == []


def test_counts(full: Database) -> None:
    counts = holdings.counts(full, BUNDLE, RUN)
    assert (counts.threads, counts.posts, counts.models, counts.assignments, counts.topics) == (6, 6, 5, 6, 2)
    assert {source.name for source in counts.sources} == {"https://forum.example", "https://hub.example"}


def test_topics_come_biggest_first_with_their_labels(full: Database) -> None:
    first, second = list_topics(full, RUN, BUNDLE, 10)
    assert (first.id, second.id) == (0, 1)
    assert first.distribution == ((MEMORY, 1.0), ("memory-performance/speed", pytest.approx(1 / 3)))
    assert list_topics(full, RUN, BUNDLE, 10, after=0) == [second]
    assert topics.topic_exists(full, RUN, 1) and not topics.topic_exists(full, RUN, 9)


def test_mentions_stage_that_another_replaced_starts_anew(full: Database) -> None:
    threads = thread_store.changed_threads(full, 0)
    assignments.save_thread_mentions(full, "mentions:a", [(item, []) for item in threads])
    assignments.save_thread_mentions(full, "mentions:b", [(item, []) for item in threads])
    assert assignments.get_stage_revision(full, "mentions:a") == 0
    assert assignments.get_stage_revision(full, "mentions:b") == threads[-1].revision


def test_share_stays_a_share_between_a_deletion_and_the_stages_that_follow_it(full: Database) -> None:
    forum = sources.ensure(full, SourceKind.FORUM, "https://forum.example").id
    for key in ("0", "1"):
        thread_store.set_thread_state(full, forum, key, ThreadState.DELETED)
    for asked in (TrendSubject(label=MEMORY), TrendSubject(topic=0), TrendSubject()):
        (march, *_) = trends.query_trend(full, BUNDLE, RUN, asked, ("llama", "bert"), now=NOW)
        assert march.threads is not None and march.all_threads == 1 and march.threads <= 1
        assert (march.labelled_threads, march.none_threads) == (0, 1)


def test_before_the_first_bundle_what_it_would_say_is_unknown(full: Database) -> None:
    (march, *_) = trends.query_trend(full, None, None, TrendSubject(), now=NOW)
    assert march.all_threads == 3
    assert (march.labelled_threads, march.none_threads, march.abstained_threads) == (None, None, None)


def test_models_by_family_are_counted_once_where_two_sources_tell(db: Database) -> None:
    hub = sources.ensure(db, SourceKind.HUB, "http://hub.test").id
    table = sources.ensure(db, SourceKind.UPLOADS, "table.csv").id
    listed = [HubModel(f"a/{number}", day(3), family="bert", model_type="bert") for number in range(2)]
    model_store.save_models(db, hub, [*listed, HubModel("a/old", None, family="gpt2", model_type="gpt2")])
    month = parse_month("2024-03")
    model_store.save_uploads(db, table, [UploadCount(month, "bert", 5), UploadCount(month, "vit", 1)])
    assert model_store.family_counts(db) == {"bert": 5, "gpt2": 1, "vit": 1}
