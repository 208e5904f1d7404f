"""Root causes in the store: replaced as a whole, shared out by theme, gone with what they were read from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store import causes
from store.assignments import get_stage_revision
from store.causes import CauseShares, ThreadCause
from store.database import Database
from store.months import month_of
from store.sources import ensure
from store.themes import ThemeKind, ThreadScope
from store.threads import changed_threads, save_thread
from store.values import SourceKind, StoredThread
from tests.store.build import START, post, thread

BUNDLE, STAGE = "causes-1", "causes:causes-1:labels"
MONTH = month_of(START)


@pytest.fixture
def forum(db: Database) -> int:
    return ensure(db, SourceKind.FORUM, "https://forum.example").id


@pytest.fixture
def stored(db: Database, forum: int) -> list[StoredThread]:
    for key, category in (("a", "Models"), ("b", "Models"), ("c", "Beginners")):
        save_thread(db, forum, thread(key, post(1), post(2), category=category))
    return changed_threads(db, 0)


def said(one: StoredThread, cause: str, score: float = 0.5) -> tuple[StoredThread, ThreadCause]:
    return one, ThreadCause(one.posts[0].id, one.posts[1].id, b"h" * 32, cause, score)


def test_what_is_said_again_takes_the_place_of_what_was(db: Database, stored: list[StoredThread]) -> None:
    first, second, third = stored
    told = [said(first, "hub/bug"), said(second, "", 0.25), said(third, "other", 0.75)]
    causes.save_thread_causes(db, BUNDLE, STAGE, told)
    assert causes.known_causes(db, BUNDLE, [one.id for one in stored]) == {one.id: found for one, found in told}
    assert get_stage_revision(db, STAGE) == third.revision
    causes.save_thread_causes(db, BUNDLE, STAGE, [(first, None), said(second, "hub/bug")])
    assert set(causes.known_causes(db, BUNDLE, [one.id for one in stored])) == {second.id, third.id}
    assert causes.known_causes(db, "another", [second.id]) == {}


def test_shares_and_threads_by_scope(db: Database, stored: list[StoredThread]) -> None:
    first, second, third = stored
    told = [said(first, "hub/bug"), said(second, "", 0.25), said(third, "other", 0.75)]
    causes.save_thread_causes(db, BUNDLE, STAGE, told)
    scope = ThreadScope()
    assert causes.query_causes(db, BUNDLE, scope) == {"all": CauseShares(3, 1, (("hub/bug", 1), ("other", 1)))}
    assert list(causes.query_causes(db, BUNDLE, scope, ThemeKind.FORUM_CATEGORY).items()) == [
        ("Models", CauseShares(2, 1, (("hub/bug", 1),))),
        ("Beginners", CauseShares(1, 0, (("other", 1),))),
    ]
    assert causes.query_causes(db, BUNDLE, replace(scope, start=MONTH + 1)) == {}
    listed = causes.list_causes(db, BUNDLE, scope)
    surest = [(third.id, "other"), (first.id, "hub/bug"), (second.id, "")]
    assert [(item.thread_id, item.cause) for item in listed] == surest
    assert [item.thread_id for item in causes.list_causes(db, BUNDLE, scope, "hub/bug")] == [first.id]
    models = replace(scope, forum_category="Models")
    assert [item.thread_id for item in causes.list_causes(db, BUNDLE, models, limit=1)] == [first.id]


@pytest.mark.parametrize("left", [1, 2])
def test_a_cause_goes_with_its_question_or_answer(
    db: Database, forum: int, stored: list[StoredThread], left: int
) -> None:
    causes.save_thread_causes(db, BUNDLE, STAGE, [said(one, "hub/bug") for one in stored])
    save_thread(db, forum, thread("a", post(left), category="Models"))
    assert set(causes.known_causes(db, BUNDLE, [one.id for one in stored])) == {one.id for one in stored[1:]}


def test_the_current_bundle_is_the_last_that_was_set(db: Database) -> None:
    assert causes.current_causes(db) is None
    for bundle in ("causes-1", "causes-2"):
        causes.set_current_causes(db, bundle)
    assert causes.current_causes(db) == "causes-2"
