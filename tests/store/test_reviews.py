"""A review outlives refits, edits and moves; a deletion takes what was made of the text and leaves the judgement."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from store import crawl, sources
from store import threads as thread_store
from store.assignments import save_thread_assignments, set_current_bundle
from store.database import Database
from store.review_values import Decision, Lane, NewReview, Review, by_post, settled, standing
from store.reviews import (
    NoSuchPostError,
    NoSuchReviewError,
    ReviewError,
    add_review,
    all_reviews,
    thread_reviews,
    undo_review,
)
from store.schema import reviews
from store.text import text_hash
from store.values import Assignment, SourceKind, Verdict
from tests.store.build import post, thread

NOW = datetime(2024, 9, 1, tzinfo=UTC)


@pytest.fixture
def forum(db: Database) -> int:
    return sources.ensure(db, SourceKind.FORUM, "https://forum.example").id


def put(db: Database, forum: int, *bodies: str) -> list[int]:
    """Store a thread of these posts, labelled with `a/x` by bundle `b1`; the post ids."""
    thread_store.save_thread(db, forum, thread("one", *(post(n, body) for n, body in enumerate(bodies, 1))))
    stored = thread_store.changed_threads(db, 0)[-1]
    label(db, "b1", "a/x")
    return [item.id for item in stored.posts]


def label(db: Database, bundle: str, leaf: str) -> None:
    stored = thread_store.changed_threads(db, 0)[-1]
    said = [Assignment(item.id, item.input_hash, Verdict.LABELLED, ((leaf, 0.9),)) for item in stored.posts]
    save_thread_assignments(db, bundle, f"assign:{bundle}", [(stored, said)], ["a", "a/x", "a/y"])
    set_current_bundle(db, bundle)


def say(db: Database, post_id: int, decision: Decision, *labels: str, who: str = "ann", note: str = "") -> Review:
    return add_review(db, NewReview(post_id, who, decision, labels, note), "b1", NOW)


def test_the_last_word_of_a_reviewer_is_in_force_and_undo_brings_the_one_before_back(db: Database, forum: int) -> None:
    [opening] = put(db, forum, "text")
    accepted = say(db, opening, Decision.ACCEPT)
    added = say(db, opening, Decision.ADD, "a/y")
    other = say(db, opening, Decision.NONE_FITS, who="bob")
    assert (accepted.labels, added.labels, other.labels) == (("a/x",), ("a/x", "a/y"), ())

    undo, undone, now = undo_review(db, "ann", None, NOW)

    assert (undo.decision, undo.undoes, undone.id, undone.in_force) == (Decision.UNDO, added.id, added.id, False)
    assert now is not None and now.id == accepted.id
    history = thread_reviews(db, accepted.thread)
    assert [(one.id, one.in_force) for one in history] == [
        (accepted.id, True),
        (added.id, False),
        (other.id, True),
        (undo.id, False),
    ]
    with pytest.raises(NoSuchReviewError):
        undo_review(db, "ann", other.id, NOW)


def test_a_refit_and_an_edit_change_no_review(db: Database, forum: int) -> None:
    [opening] = put(db, forum, "first text")
    made = say(db, opening, Decision.ACCEPT, note="clear")
    label(db, "b2", "a/y")
    [opening] = put(db, forum, "second text")
    [kept] = all_reviews(db)
    assert (kept.labels, kept.machine_labels, kept.bundle_id, kept.note) == (("a/x",), ("a/x",), "b1", "clear")
    assert (made.earlier_text, kept.earlier_text, kept.in_force) == (False, True, True)

    seen = NewReview(opening, "bob", Decision.SKIP, text_hash=text_hash("first text"))
    assert add_review(db, seen, "b2", NOW).earlier_text
    with pytest.raises(ReviewError):
        add_review(db, NewReview(opening, "bob", Decision.SKIP, text_hash=text_hash("never")), "b2", NOW)


def test_a_deletion_clears_note_and_hash_and_keeps_the_judgement(db: Database, forum: int) -> None:
    _, reply = put(db, forum, "opening", "reply")
    say(db, reply, Decision.CHANGE, "a/y", note="it says: reply")
    put(db, forum, "opening")
    [kept] = all_reviews(db)
    assert (kept.labels, kept.made_at, kept.note, kept.text_hash, kept.earlier_text) == (("a/y",), NOW, "", b"", False)
    with pytest.raises(NoSuchPostError):
        say(db, reply, Decision.SKIP)


def test_a_review_goes_along_when_the_forum_moves_a_post(db: Database, forum: int) -> None:
    crawl.add_to_frontier(db, forum, [("1", "a"), ("2", "a")])
    crawl.save_read_thread(db, forum, "1", thread("1", post(1, key="10"), post(2, "moving", key="77")), NOW)
    moving = thread_store.changed_threads(db, 0)[0].posts[1].id
    made = say(db, moving, Decision.NONE_FITS, note="n")
    crawl.save_read_thread(db, forum, "2", thread("2", post(1, key="20"), post(9, "moving", key="77")), NOW)
    [kept] = all_reviews(db)
    assert kept.thread != made.thread
    assert (kept.note, kept.post_number, kept.earlier_text) == ("n", 9, False)


def test_what_is_settled_is_what_more_than_half_say(db: Database, forum: int) -> None:
    [opening] = put(db, forum, "text")
    say(db, opening, Decision.ACCEPT)
    assert settled(by_post(all_reviews(db))[opening]) == ("a/x",)
    say(db, opening, Decision.NONE_FITS, who="bob")
    assert settled(by_post(all_reviews(db))[opening]) is None
    say(db, opening, Decision.SKIP, who="dan")
    say(db, opening, Decision.ADD, "a/y", who="cid")
    assert settled(by_post(all_reviews(db))[opening]) == ("a/x",)
    with db.read() as connection:
        lanes = connection.execute(select(reviews.c.lane)).scalars().all()
    assert set(lanes) == {Lane.TRIAGE.value}


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ab"), st.booleans()), max_size=25))
def test_one_entry_of_a_reviewer_on_a_post_is_in_force_and_none_that_was_taken_back(
    steps: list[tuple[int, str, bool]],
) -> None:
    entries: list[tuple[int, int, str, Decision, int | None]] = []
    said: dict[tuple[int, str], list[int]] = {}
    for number, (post_id, who, undo) in enumerate(steps, 1):
        stack = said.setdefault((post_id, who), [])
        if undo and stack:
            entries.append((number, post_id, who, Decision.UNDO, stack.pop()))
        elif not undo:
            stack.append(number)
            entries.append((number, post_id, who, Decision.ACCEPT, None))
    assert standing(entries) == {stack[-1] for stack in said.values() if stack}
