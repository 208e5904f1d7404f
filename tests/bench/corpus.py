"""A made-up store of many threads, labelled, with mentions and uploads: what trends are asked of."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from store.assignments import save_thread_assignments, save_thread_mentions, set_current_bundle
from store.database import Database
from store.models import save_models
from store.sources import ensure, mark_covered
from store.threads import changed_threads, save_threads
from store.values import Assignment, HubModel, Label, Mention, Post, SourceKind, Thread, Verdict

START, DAYS = datetime(2020, 1, 1, tzinfo=UTC), 4 * 365
FAMILIES = ("llama", "gpt2", "bert", "t5", "whisper", "mistral")
_PORTION = 2_000


def fill(db: Database, labels: list[Label], threads: int, seed: int = 0) -> None:
    """Write so many threads of three posts, and twice as many models."""
    draw = random.Random(seed)
    leaves = [label.id for label in labels if label.leaf]
    forum, hub = ensure(db, SourceKind.FORUM, "bench"), ensure(db, SourceKind.HUB, "bench")
    for first in range(0, threads, _PORTION):
        save_threads(db, forum.id, [_thread(draw, key) for key in range(first, min(first + _PORTION, threads))])
    stored = changed_threads(db, 0)
    save_thread_assignments(
        db,
        "bench",
        "assign:bench",
        [(thread, [_said(draw, post, leaves) for post in thread.posts]) for thread in stored],
    )
    set_current_bundle(db, "bench")
    mentions = [(thread, [Mention(thread.id, draw.choice(FAMILIES), 1)]) for thread in stored]
    save_thread_mentions(db, "mentions", mentions)
    models = [
        HubModel(f"m/{key}", _moment(draw), model_type=draw.choice(FAMILIES), has_card=draw.random() < 0.5)
        for key in range(2 * threads)
    ]
    save_models(db, hub.id, models)
    for source in (forum, hub):
        mark_covered(db, source.id, START, START + timedelta(days=DAYS))


def _moment(draw: random.Random) -> datetime:
    return START + timedelta(minutes=draw.randrange(DAYS * 24 * 60))


def _thread(draw: random.Random, key: int) -> Thread:
    created = _moment(draw)
    posts = tuple(
        Post(external_id=f"{key}-{number}", number=number, created_at=created, body=f"Body {key} {number}", author="a")
        for number in (1, 2, 3)
    )
    return Thread(str(key), f"Thread {key}", f"https://bench/{key}", created, posts, "General")


def _said(draw: random.Random, post: object, leaves: list[str]) -> Assignment:
    labels = tuple((leaf, 0.5) for leaf in draw.sample(leaves, draw.randrange(3)))
    verdict = Verdict.LABELLED if labels else Verdict.NONE
    return Assignment(post.id, post.input_hash, verdict, labels)  # type: ignore[attr-defined]
