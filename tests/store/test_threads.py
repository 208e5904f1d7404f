"""Writing threads and reading what changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from store import listings, sources
from store import threads as thread_store
from store.database import Database
from store.schema import posts, threads
from store.values import SourceKind, ThreadFilter, ThreadState
from tests.store.build import post, thread


@pytest.fixture
def forum(db: Database) -> int:
    return sources.ensure(db, SourceKind.FORUM, "https://forum.example").id


def test_thread_comes_back_with_its_posts_in_context(db: Database, forum: int) -> None:
    starter = "user-aaaaaaaa"
    given_thread = thread(
        "7", post(1, "it fails", author=starter), post(2, "try fp16"), post(4, "works, thanks", author=starter)
    )
    thread_store.save_thread(db, forum, given_thread)

    (stored,) = thread_store.changed_threads(db, 0)
    first, second, third = (item.input for item in stored.posts)
    assert (first.title, first.body, first.is_reply, first.previous) == ("CUDA out of memory", "it fails", False, None)
    assert (second.previous, second.by_starter, second.is_reply) == ("it fails", False, True)
    assert (third.previous, third.by_starter, third.post_number) == ("try fp16", True, 4)
    assert first.tags == ("gpu",) and first.category == "Beginners"


def test_unchanged_thread_is_not_read_again(db: Database, forum: int) -> None:
    first = thread_store.save_thread(db, forum, thread("7"))
    revision = thread_store.changed_threads(db, 0)[0].revision
    again = thread_store.save_thread(db, forum, replace(thread("7"), views=900))
    assert first == again
    assert thread_store.changed_threads(db, revision) == []


def test_edit_gives_a_new_revision_and_touches_only_the_inputs_that_read_it(db: Database, forum: int) -> None:
    thread_store.save_thread(db, forum, thread("7", post(1), post(2), post(3), post(4)))
    (before,) = thread_store.changed_threads(db, 0)
    thread_store.save_thread(db, forum, thread("7", post(1), post(2, "edited"), post(3), post(4)))
    (after,) = thread_store.changed_threads(db, before.revision)
    changed = [a.number for a, b in zip(after.posts, before.posts, strict=True) if a.input_hash != b.input_hash]
    assert changed == [2, 3]
    assert [item.id for item in after.posts] == [item.id for item in before.posts]


def test_vanished_post_leaves_a_tombstone_without_text(db: Database, forum: int) -> None:
    thread_store.save_thread(db, forum, thread("7", post(1), post(2, "please delete"), post(3)))
    thread_store.save_thread(db, forum, thread("7", post(1), post(3)))
    (stored,) = thread_store.changed_threads(db, 0)
    assert [item.number for item in stored.posts] == [1, 3]
    assert stored.posts[1].input.previous == "text of post 1"


@pytest.mark.parametrize("state", [ThreadState.DELETED, ThreadState.PRIVATE, ThreadState.UNLISTED])
def test_thread_that_is_no_longer_shown_loses_its_text_and_its_place(
    db: Database, forum: int, state: ThreadState
) -> None:
    key = thread_store.save_thread(db, forum, thread("7"))
    revision = thread_store.changed_threads(db, 0)[0].revision
    thread_store.set_thread_state(db, forum, "7", state)
    (gone,) = thread_store.changed_threads(db, revision)
    assert not gone.counted and gone.posts == () and gone.title == ""
    with db.read() as connection:
        row = connection.execute(select(threads).where(threads.c.id == key)).one()
    assert (row.url, row.category, row.tags) == ("", "", [])
    assert list(thread_store.openings(db)) == []
    assert listings.thread_detail(db, None, None, key) is None


def test_thread_that_comes_back_is_whole_again(db: Database, forum: int) -> None:
    thread_store.save_thread(db, forum, thread("7", post(1), post(2)))
    thread_store.set_thread_state(db, forum, "7", ThreadState.DELETED)
    thread_store.save_thread(db, forum, thread("7", post(1), post(2)))
    (stored,) = thread_store.changed_threads(db, 0)
    assert stored.counted and [item.input.body for item in stored.posts] == ["text of post 1", "text of post 2"]


def test_state_of_an_unknown_thread_is_ignored(db: Database, forum: int) -> None:
    thread_store.set_thread_state(db, forum, "404", ThreadState.DELETED)
    assert thread_store.changed_threads(db, 0) == []


def test_same_id_in_two_forums_is_two_threads(db: Database, forum: int) -> None:
    other = sources.ensure(db, SourceKind.FORUM, "https://other.example").id
    assert thread_store.save_thread(db, forum, thread("7")) != thread_store.save_thread(db, other, thread("7"))


def test_failed_save_leaves_nothing_behind(db: Database, forum: int) -> None:
    broken = thread("7", post(1), replace(post(2), created_at=post(2).created_at.replace(tzinfo=None)))
    with pytest.raises(Exception, match="time zone"):
        thread_store.save_thread(db, forum, broken)
    assert thread_store.changed_threads(db, 0) == []
    assert thread_store.save_thread(db, forum, thread("7")) > 0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=12), page=st.integers(1, 5))
def test_reading_changes_in_pages_sees_every_thread_once(db: Database, forum: int, sizes: list[int], page: int) -> None:
    start = max((item.revision for item in thread_store.changed_threads(db, 0, 10_000)), default=0)
    titles = {}
    for number, size in enumerate(sizes):
        key = f"{start}-{number}"
        titles[key] = thread_store.save_thread(
            db, forum, thread(key, *(post(n + 1, key=f"{key}-{n}") for n in range(size)))
        )
    seen, revision = [], start
    while batch := thread_store.changed_threads(db, revision, page):
        revision = batch[-1].revision
        seen += [item.id for item in batch]
    assert seen == list(titles.values())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 13), page=st.integers(1, 5))
def test_paging_through_lists_shows_every_thread_once_newest_first(
    db: Database, forum: int, count: int, page: int
) -> None:
    category = f"c{count}-{page}"
    thread_store.save_threads(db, forum, (thread(f"{category}-{n}", category=category) for n in range(count)))
    wanted, seen, after = ThreadFilter(category=category), [], None
    while batch := listings.thread_summaries(db, None, None, wanted, page, after):
        after = batch[-1].id
        seen += batch
    assert len({item.id for item in seen}) == len(seen) == count
    assert [(item.created_at, item.id) for item in seen] == sorted(
        ((item.created_at, item.id) for item in seen), reverse=True
    )


def test_openings_are_the_first_visible_posts_in_the_same_context(db: Database, forum: int) -> None:
    thread_store.save_thread(db, forum, thread("7", post(1), post(2), post(3)))
    thread_store.save_thread(db, forum, thread("8", post(2, "the first is gone"), post(3)))
    whole = {item.id: item.posts[0].input for item in thread_store.changed_threads(db, 0)}
    assert {opening.thread_id: opening.post for opening in thread_store.openings(db)} == whole


def test_staff_that_is_told_later_is_stored(db: Database, forum: int) -> None:
    untold, told = post(1), replace(post(1), staff=True)
    for said in (untold, untold, told, told):
        thread_store.save_thread(db, forum, thread("7", said))
    with db.read() as connection:
        assert connection.execute(select(posts.c.staff)).scalars().all() == [True]
        assert connection.execute(select(threads.c.revision)).scalar() == 2
