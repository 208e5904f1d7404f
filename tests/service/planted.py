"""A store of two years in which trends were planted: memory grows and is about llama, talk of bert fades."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from store import assignments, sources
from store.database import Database
from store.models import save_models
from store.threads import changed_threads, save_threads
from store.values import Assignment, HubModel, Mention, Post, SourceKind, Thread, Verdict
from tests.service.corpus import BUNDLE

MEMORY, SPEED = "memory-performance/memory", "memory-performance/speed"
FIRST, MONTHS = 2022 * 12, 24
END = datetime(2024, 1, 1, tzinfo=UTC)


def planted(month: int) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Labels and families of the threads of a month: memory grows and is about llama, talk of bert fades."""
    memory = [((MEMORY,), ("llama",))] * (2 + month)
    late = [(("spaces",), ())] * (8 if month >= MONTHS - 3 else 0)
    return memory + [((SPEED,), ("bert",))] * (26 - month) + [((), ())] * 10 + late


def fill_planted(db: Database, category: str = "Beginners", title: str = "title") -> None:
    """Write the store; all threads have this forum category and title."""
    forum = sources.ensure(db, SourceKind.FORUM, "forum.example").id
    rows = [(month, *row) for month in range(MONTHS) for row in planted(month)]
    save_threads(db, forum, [_thread(number, month, category, title) for number, (month, _, _) in enumerate(rows)])
    sources.mark_covered(db, forum, _day(0), END)
    stored = changed_threads(db, 0, limit=len(rows))
    said = []
    for item, (_, labels, _) in zip(stored, rows, strict=True):
        chances = {name: 0.9 if name in labels else 0.05 for name in (MEMORY, SPEED, "memory-performance", "spaces")}
        chances["memory-performance"] = 0.95 if {MEMORY, SPEED} & set(labels) else 0.1
        verdict = Verdict.LABELLED if labels else Verdict.NONE
        given = tuple((label, 0.9) for label in labels)
        said.append((item, [Assignment(post.id, post.input_hash, verdict, given, chances) for post in item.posts]))
    names = [MEMORY, "memory-performance", SPEED, "spaces"]
    assignments.save_thread_assignments(db, BUNDLE, "assign", said, names)
    assignments.set_current_bundle(db, BUNDLE)
    found = [(item, [Mention(item.id, name, 1) for name in row[2]]) for item, row in zip(stored, rows, strict=True)]
    assignments.save_thread_mentions(db, "mentions", found)
    hub = sources.ensure(db, SourceKind.HUB, "hub.example").id
    uploads = [("bert", 5 + month) for month in range(MONTHS)], [("llama", 30) for _ in range(MONTHS)]
    models = [
        HubModel(f"{family}/{month}-{number}", _day(month), family, has_card=True)
        for family_months in uploads
        for month, (family, count) in enumerate(family_months)
        for number in range(count)
    ]
    save_models(db, hub, models)
    sources.mark_covered(db, hub, _day(0), END)


def _day(month: int) -> datetime:
    return datetime((FIRST + month) // 12, (FIRST + month) % 12 + 1, 1, tzinfo=UTC)


def _thread(number: int, month: int, category: str, title: str) -> Thread:
    moment = _day(month) + timedelta(minutes=number)
    return Thread(
        f"t{number}",
        title,
        f"https://forum.example/t/{number}",
        moment,
        (Post(f"p{number}", 1, moment, "body"),),
        category=category,
    )
