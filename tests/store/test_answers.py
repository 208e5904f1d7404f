"""How threads are answered: by whom, how soon, and what is too young or too little known to tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from store.answers import Quartiles, query_answers
from store.assignments import save_thread_assignments, save_thread_mentions
from store.database import Database
from store.months import month_of
from store.sources import ensure, mark_covered
from store.themes import ThemeKind, ThreadScope
from store.threads import changed_threads, save_thread
from store.topic_values import Placed, Topic, TopicRun
from store.topics import save_topic_run
from store.values import Assignment, Mention, Post, SourceKind, Thread, TrendSubject, Verdict
from tests.store.build import START, thread

END = START + timedelta(days=100)
MONTH = month_of(START)


def said(number: int, hours: float, author: str, *, accepted: bool = False, staff: bool | None = None) -> Post:
    moment = START + timedelta(hours=hours)
    return Post(f"p{number}", number, moment, f"words {number}", author, accepted=accepted, staff=staff)


def asked(key: str, *replies: Post, category: str = "Beginners", created_at: datetime = START) -> Thread:
    made = thread(key, said(1, 0, "ann"), *replies, category=category, created_at=created_at)
    return replace(made, posts=tuple(replace(post, external_id=f"{key}-{post.number}") for post in made.posts))


@pytest.fixture
def forum(db: Database) -> int:
    source = ensure(db, SourceKind.FORUM, "https://forum.example").id
    mark_covered(db, source, START, END)
    return source


def test_who_answers_and_how_soon(db: Database, forum: int) -> None:
    save_thread(db, forum, asked("silent"))
    save_thread(db, forum, asked("alone", said(2, 5, "ann")))
    save_thread(db, forum, asked("user", said(2, 2, "bob", staff=False), said(3, 10, "eve", accepted=True, staff=True)))
    save_thread(db, forum, asked("staff", said(2, 1, "ann"), said(3, 4, "eve", staff=True)))
    save_thread(db, forum, asked("untold", said(2, 6, "bob", accepted=True)))
    (figures,) = query_answers(db, ThreadScope()).values()
    assert (figures.threads, figures.left_out, figures.answered, figures.accepted) == (5, 0, 3, 2)
    assert (figures.answered_by_staff, figures.answered_by_users) == (1, 1), "one source does not tell"
    assert (figures.accepted_by_staff, figures.accepted_by_users) == (1, 0)
    assert figures.reply_hours == Quartiles(3, 4, 5) and figures.accept_hours == Quartiles(7, 8, 9)
    assert figures.unanswered_share == pytest.approx(0.4)
    assert len(figures.unanswered) == 2


def test_an_own_answer_may_be_accepted_without_being_a_reply_by_another(db: Database, forum: int) -> None:
    save_thread(db, forum, asked("own", said(2, 3, "ann", accepted=True, staff=False)))
    save_thread(db, forum, asked("other", said(2, 3, "bob")))
    figures = query_answers(db, ThreadScope())["all"]
    assert (figures.answered, figures.accepted, figures.accepted_by_users) == (1, 1, 1)


def test_a_reply_without_words_or_one_that_was_deleted_is_none(db: Database, forum: int) -> None:
    save_thread(db, forum, asked("a", replace(said(2, 1, "bob"), body="")))
    save_thread(db, forum, asked("b", said(2, 1, "bob")))
    save_thread(db, forum, asked("c", said(2, 1, "bob")))
    save_thread(db, forum, asked("b"))
    save_thread(db, forum, asked("d", replace(said(2, 1, "bob", accepted=True), body="")))
    figures = query_answers(db, ThreadScope())["all"]
    assert (figures.answered, figures.accepted) == (2, 1), "what was accepted is an answer, be it a picture"


def test_young_threads_and_sources_without_replies_are_left_out(db: Database, forum: int) -> None:
    save_thread(db, forum, asked("old", said(2, 1, "bob")))
    save_thread(db, forum, asked("edge", created_at=END - timedelta(days=14)))
    save_thread(db, forum, asked("young", created_at=END - timedelta(days=13)))
    issues = ensure(db, SourceKind.FORUM, "issues").id
    mark_covered(db, issues, START, END)
    save_thread(db, issues, asked("alone"))
    unread = ensure(db, SourceKind.FORUM, "unread").id
    save_thread(db, unread, asked("started", said(2, 1, "bob")))
    figures = query_answers(db, ThreadScope())["all"]
    assert (figures.threads, figures.left_out, figures.answered) == (2, 3, 1)
    assert query_answers(db, ThreadScope(), observed=timedelta(days=13))["all"].threads == 3


def test_themes_of_every_kind(db: Database, forum: int) -> None:
    save_thread(db, forum, asked("a", said(2, 1, "bob"), category="Models"))
    save_thread(db, forum, asked("b"))
    first, second = changed_threads(db, 0)
    labels = {first.id: ("memory/gpu", "spaces"), second.id: ("memory/speed",)}
    for one in (first, second):
        given = [Assignment(one.posts[0].id, b"h", Verdict.LABELLED, tuple((leaf, 0.5) for leaf in labels[one.id]))]
        save_thread_assignments(db, "bundle", "assign", [(one, given)])
        save_thread_mentions(db, "mentions", [(one, [Mention(one.id, "llama", 1)])])
    topics = [Topic(3, ("a",), 1, (), "spaces", 0.5), Topic(-1, (), 1, (), "spaces", 0.0)]
    placed = [Placed(first.id, MONTH, 3, b"h" * 32), Placed(second.id, MONTH, -1, b"h" * 32)]
    save_topic_run(db, TopicRun("run", "recipe", 2, 2, 1, 4), topics, placed, {})
    scope = ThreadScope("bundle", "run")

    def answered(by: ThemeKind, scope: ThreadScope = scope) -> dict[str, tuple[int, int]]:
        return {theme: (each.threads, each.answered) for theme, each in query_answers(db, scope, by).items()}

    assert answered(ThemeKind.LEAF) == {"memory/gpu": (1, 1), "memory/speed": (1, 0), "spaces": (1, 1)}
    assert list(answered(ThemeKind.CATEGORY).items()) == [("memory", (2, 1)), ("spaces", (1, 1))]
    assert answered(ThemeKind.TOPIC) == {"3": (1, 1), "-1": (1, 0)}
    assert answered(ThemeKind.FAMILY) == {"llama": (2, 1)}
    assert answered(ThemeKind.FORUM_CATEGORY) == {"Models": (1, 1), "Beginners": (1, 0)}
    narrow = [
        replace(scope, subject=TrendSubject(label="memory/gpu")),
        replace(scope, subject=TrendSubject(topic=3)),
        replace(scope, forum_category="Models"),
    ]
    assert [answered(ThemeKind.ALL, each) for each in narrow] == [{"all": (1, 1)}] * 3
    assert answered(ThemeKind.ALL, replace(scope, families=("bert",))) == {}
    assert answered(ThemeKind.ALL, replace(scope, start=MONTH, end=MONTH + 1)) == {"all": (2, 1)}
    assert (
        answered(ThemeKind.ALL, replace(scope, start=MONTH + 1))
        == answered(ThemeKind.ALL, replace(scope, end=MONTH))
        == {}
    )
