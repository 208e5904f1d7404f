"""A deletion takes everything that was made of the text, at once, and nothing that another post still has."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import select

from store import assignments, crawl, holdings, listings, sources, topics, trends, vectors
from store import threads as thread_store
from store.database import BusyError, Database
from store.months import month_of
from store.schema import mentions, post_edits, post_texts, post_verdicts, posts
from store.topic_lists import list_topics
from store.topic_values import Placed, Topic, TopicRun
from store.values import (
    Assignment,
    Mention,
    SourceKind,
    StoredThread,
    ThreadState,
    TrendSubject,
    Verdict,
)
from tests.store.build import START, post, thread

BUNDLE, STAGE = "b1", "assign:b1"
NOW = datetime(2024, 9, 1, tzinfo=UTC)


@pytest.fixture
def forum(db: Database) -> int:
    return sources.ensure(db, SourceKind.FORUM, "https://forum.example").id


def key(number: int) -> bytes:
    return bytes([number]) * 32


def put(db: Database, forum: int, name: str, *given: tuple[int, str]) -> StoredThread:
    """Store a thread of (number, text) posts, whose post ids are its own."""
    made = [post(number, text, key=f"{name}-{number}") for number, text in given]
    thread_store.save_thread(db, forum, thread(name, *made))
    return next(
        one for one in thread_store.changed_threads(db, 0) if one.posts and one.posts[0].input.id.startswith(name)
    )


def label(db: Database, said: StoredThread, *labels: tuple[str, ...] | None) -> None:
    """Labels of each post, None where the bundle abstained."""
    found = [
        Assignment(
            item.id,
            item.input_hash,
            Verdict.ABSTAINED if names is None else Verdict.LABELLED if names else Verdict.NONE,
            tuple((name, 0.5) for name in names or ()),
        )
        for item, names in zip(said.posts, labels, strict=True)
    ]
    assignments.save_thread_assignments(db, BUNDLE, STAGE, [(said, found)])


def embed(db: Database, *numbers: int) -> None:
    data = np.ones((len(numbers), 4), np.float32)
    vectors.save_vectors(db, "encoder", [key(number) for number in numbers], data)


def kept(db: Database, *numbers: int) -> list[int]:
    found = vectors.load_vectors(db, "encoder", [key(number) for number in numbers])
    return [number for number in numbers if key(number) in found]


def test_vectors_go_with_their_post_but_not_those_that_another_has(db: Database, forum: int) -> None:
    one = put(db, forum, "one", (1, "opening"), (2, "please delete"), (3, "thanks"))
    other = put(db, forum, "other", (1, "thanks"))
    first, second, third = (item.id for item in one.posts)
    pairs = {first: {key(1)}, second: {key(2), key(3), key(4)}, third: {key(5)}, other.posts[0].id: {key(4), key(5)}}
    vectors.save_post_texts(db, "assign", pairs)
    embed(db, 1, 2, 3, 4, 5, 9)
    put(db, forum, "one", (1, "opening"), (3, "thanks"))

    assert kept(db, 1, 2, 3, 4, 5, 9) == [1, 4, 5, 9]
    thread_store.set_thread_state(db, forum, "other", ThreadState.DELETED)
    assert kept(db, 1, 2, 3, 4, 5, 9) == [1, 5, 9]


def test_vectors_of_an_earlier_text_go_with_the_edit(db: Database, forum: int) -> None:
    one = put(db, forum, "one", (1, "opening"), (2, "my address is ..."))
    vectors.save_post_texts(db, "assign", {one.posts[0].id: {key(1)}, one.posts[1].id: {key(2)}})
    embed(db, 1, 2)
    put(db, forum, "one", (1, "opening"), (2, "[redacted]"))

    assert kept(db, 1, 2) == [1]


def test_texts_that_a_post_no_longer_has_lose_their_vectors(db: Database, forum: int) -> None:
    one = put(db, forum, "one", (1, "opening"))
    vectors.save_post_texts(db, "assign", {one.posts[0].id: {key(1), key(2)}})
    embed(db, 1, 2, 3)
    vectors.save_post_texts(db, "assign", {one.posts[0].id: {key(2), key(3)}})

    assert kept(db, 1, 2, 3) == [2, 3]


def test_a_deleted_post_leaves_labels_and_trends(db: Database, forum: int) -> None:
    one = put(db, forum, "one", (1, "oom"), (2, "use amp"), (3, "hm"))
    label(db, one, ("memory/oom",), ("speed/amp", "memory/oom"), None)
    month = month_of(START)

    def counted(name: str) -> int | None:
        sources.mark_covered(db, forum, START.replace(day=1), NOW)
        [point] = trends.query_trend(db, BUNDLE, None, TrendSubject(label=name), (), month, month + 1, now=NOW)
        return point.threads

    assert (counted("memory"), counted("speed")) == (1, 1)
    put(db, forum, "one", (1, "oom"), (3, "hm"))
    assert (counted("memory"), counted("speed"), counted("speed/amp")) == (1, 0, 0)
    put(db, forum, "one", (3, "hm"))
    assert (counted("memory"), counted("memory/oom")) == (0, 0)
    [point] = trends.query_trend(db, BUNDLE, None, TrendSubject(), (), month, month + 1, now=NOW)
    assert (point.labelled_threads, point.abstained_threads) == (0, 1)
    with db.read() as connection:
        assert [row.verdict for row in connection.execute(select(post_verdicts))] == ["abstained"]


def test_a_mention_stays_where_a_post_with_it_is_left_for_certain(db: Database, forum: int) -> None:
    one = put(db, forum, "one", (1, "bert and t5"), (2, "bert"), (3, "t5"))
    found = [Mention(one.id, "bert", 2), Mention(one.id, "t5", 1)]
    assignments.save_thread_mentions(db, "mentions:x", [(one, found)])
    put(db, forum, "one", (1, "bert and t5"), (3, "t5"))

    with db.read() as connection:
        assert [(row.family, row.posts) for row in connection.execute(select(mentions))] == [("bert", 1)]


def test_a_deleted_thread_leaves_everything(db: Database, forum: int) -> None:
    one, other = put(db, forum, "one", (1, "oom")), put(db, forum, "other", (1, "oom too"))
    for said in (one, other):
        label(db, said, ("memory/oom",))
    assignments.save_thread_mentions(db, "mentions:x", [(one, [Mention(one.id, "bert", 1)])])
    found = [Topic(0, ("oom",), 2, (one.id, other.id), "memory", 0.5)]
    places = [Placed(said.id, said.month, 0, key(1)) for said in (one, other)]
    topics.save_topic_run(db, TopicRun("run", "recipe", other.revision, 2, 0, 1), found, places, {})
    thread_store.set_thread_state(db, forum, "one", ThreadState.DELETED)

    assert listings.thread_detail(db, BUNDLE, "run", one.id) is None
    assert holdings.label_totals(db, BUNDLE) == [("memory/oom", 1)]
    [topic] = list_topics(db, "run", BUNDLE, 9)
    assert (topic.size, topic.representatives) == (1, (other.id,))
    assert topics.topic_members(db, "run") == {other.id: 0}
    with db.read() as connection:
        assert connection.execute(select(mentions)).all() == []
        [row] = connection.execute(select(posts).where(posts.c.thread_id == one.id))
    assert (row.external_id, row.body, row.author, row.deleted) == ("one-1", "", "", True)
    assert row.deleted_at is not None and row.created_at is not None


def test_the_trail_of_edits_goes_with_the_post(db: Database, forum: int) -> None:
    put(db, forum, "one", (1, "a"), (2, "b"))
    put(db, forum, "one", (1, "a"), (2, "c"))
    with db.read() as connection:
        assert len(connection.execute(select(post_edits)).all()) == 1
    put(db, forum, "one", (1, "a"))
    with db.read() as connection:
        assert connection.execute(select(post_edits)).all() == []
        assert connection.execute(select(post_texts)).all() == []


def test_a_post_that_moved_is_taken_from_where_it_was(db: Database, forum: int) -> None:
    moving = post(2, "about t5", key="77")
    elsewhere = sources.ensure(db, SourceKind.FORUM, "https://other.example").id
    crawl.save_read_thread(db, elsewhere, "1", thread("1", post(1), moving), NOW)
    crawl.add_to_frontier(db, forum, [("1", "a"), ("2", "a")])
    crawl.save_read_thread(db, forum, "1", thread("1", post(1, key="10"), moving), NOW)
    saved = crawl.save_read_thread(db, forum, "2", thread("2", post(1, key="20"), replace(moving, number=9)), NOW)

    assert saved.robbed == ("1",)
    assert crawl.pending(db, forum) == ["1"]
    shown = [[item.input.id for item in one.posts] for one in thread_store.changed_threads(db, 0)]
    assert shown == [["1001", "77"], ["20", "77"], ["10"]]


def test_one_process_holds_a_source_at_a_time(db: Database, forum: int) -> None:
    with crawl.hold(db, forum):
        with pytest.raises(BusyError), crawl.hold(db, forum):
            pass
        with crawl.hold(db, forum + 1):
            pass
    with crawl.hold(db, forum):
        pass
