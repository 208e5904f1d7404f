"""Full text finds what is there now, in any form of the word, and takes no word of a query for an operator."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import sources
from store import threads as thread_store
from store.database import Database
from store.search import phrases, search_threads
from store.values import SourceKind, ThreadFilter, ThreadState
from tests.store.build import post, thread


@pytest.fixture
def forum(db: Database) -> int:
    return sources.ensure(db, SourceKind.FORUM, "https://forum.example").id


def found(db: Database, query: str, wanted: ThreadFilter | None = None) -> list[str]:
    """Last part of the addresses of the threads found, best first."""
    hits = search_threads(db, None, None, phrases(query), wanted or ThreadFilter(), 10)
    return [hit.thread.url.rpartition("/")[2] for hit in hits]


def test_all_words_must_be_there_in_any_form_and_a_title_counts_more(db: Database, forum: int) -> None:
    thread_store.save_thread(db, forum, thread("body", post(1, "The model was loading slowly."), title="A question"))
    thread_store.save_thread(db, forum, thread("title", post(1, "It hangs."), title="Loading a model is slow"))
    thread_store.save_thread(db, forum, thread("other", post(1, "No load here."), title="Nothing"))

    assert found(db, "load model") == ["title", "body"]
    assert found(db, '"model was loading"') == ["body"]
    assert found(db, "load model", ThreadFilter(category="Elsewhere")) == []
    [hit] = search_threads(db, None, None, ["slowly"], ThreadFilter(category="Beginners"), 1)
    assert [text for text, match in hit.excerpt if match][-1].lower() in ("slowly", "slow")


def test_words_of_several_posts_are_found_together(db: Database, forum: int) -> None:
    thread_store.save_thread(db, forum, thread("one", post(1, "tokenizer fails"), post(2, "upgrade it")))
    assert found(db, "tokenizer upgrade") == ["one"]


def test_an_edit_a_deletion_and_a_move_change_what_is_found(db: Database, forum: int) -> None:
    thread_store.save_thread(db, forum, thread("one", post(1, "tokenizer"), post(2, "secretword")))
    assert found(db, "secretword") == ["one"]
    thread_store.save_thread(db, forum, thread("one", post(1, "trainer")))
    assert (found(db, "secretword"), found(db, "tokenizer"), found(db, "trainer")) == ([], [], ["one"])
    thread_store.set_thread_state(db, forum, "one", ThreadState.DELETED)
    assert (found(db, "trainer"), found(db, "memory")) == ([], [])


def test_marks_in_a_text_stay_text(db: Database, forum: int) -> None:
    thread_store.save_thread(db, forum, thread("one", post(1, "a \x02trap\x03 <script>alert(1)</script> gradient")))
    [hit] = search_threads(db, None, None, ["gradient"], ThreadFilter(), 10)
    assert "gradient" in "".join(text for text, _ in hit.excerpt)
    assert not any(mark in text for text, _ in hit.excerpt for mark in "\x02\x03")


@pytest.mark.parametrize(
    "query", ["a OR", "NEAR(a b", "title:a*", "-a ^b", 'a" OR "b', "a & !b | (c", "a:*", "'; --", "日本語 x"]
)
def test_operators_are_words(db: Database, forum: int, query: str) -> None:
    thread_store.save_thread(db, forum, thread("one", post(1, "nothing of it")))
    assert found(db, query) == []


@given(query=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_breaks_the_search(db: Database, query: str) -> None:
    if words := phrases(query):
        search_threads(db, None, None, words, ThreadFilter(), 1)
