"""A store with known counts: five threads of 2024, labelled, with topics, mentions and uploads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from store.assignments import save_thread_assignments, save_thread_mentions, set_current_bundle
from store.database import Database
from store.models import save_models
from store.sources import ensure, mark_covered
from store.threads import changed_threads, save_threads
from store.topic_values import Placed, Topic, TopicRun
from store.topics import save_topic_run
from store.values import Assignment, HubModel, Mention, Post, SourceKind, StoredThread, Thread, Verdict
from tests.service.doubles import answer

BUNDLE = "tiny-bundle"
RUN = "run-1"
START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)

# key, day of 2024, forum category, families, topic, bodies
THREADS = (
    ("a", 3, "Beginners", ("llama",), 0, ("out of memory with llama", "try a smaller batch")),
    ("b", 12, "Beginners", (), 0, ("out of memory again",)),
    ("c", 40, "Models", ("llama", "bert"), 0, ("bert is slow, llama too", "unsure about that")),
    ("d", 45, "Models", (), 1, ("hello everybody",)),
    ("e", 75, "Spaces", ("bert",), -1, ("unsure what bert does",)),
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The filled store and the ids of its threads by key."""

    db: Database
    ids: dict[str, int]


def fill(db: Database, *, assigned: bool = True, topics: bool = True) -> Corpus:
    """Write the corpus through the store's own writers."""
    forum = ensure(db, SourceKind.FORUM, "forum.example")
    save_threads(db, forum.id, [_thread(key, day, category, bodies) for key, day, category, _, _, bodies in THREADS])
    mark_covered(db, forum.id, START, END)
    hub = ensure(db, SourceKind.HUB, "hub.example")
    save_models(db, hub.id, [_model(number) for number in range(6)])
    mark_covered(db, hub.id, START, END)
    stored = changed_threads(db, 0)
    ids = {row[0]: thread.id for row, thread in zip(THREADS, stored, strict=True)}
    if assigned:
        save_thread_assignments(db, BUNDLE, f"assign:{BUNDLE}", [(thread, _assignments(thread)) for thread in stored])
        set_current_bundle(db, BUNDLE)
    save_thread_mentions(
        db,
        "mentions",
        [
            (thread, [Mention(thread.id, family, 1) for family in row[3]])
            for row, thread in zip(THREADS, stored, strict=True)
        ],
    )
    if topics:
        _save_topics(db, stored)
    return Corpus(db, ids)


def _thread(key: str, day: int, category: str, bodies: tuple[str, ...]) -> Thread:
    created = START + timedelta(days=day - 1)
    posts = tuple(
        Post(
            external_id=f"{key}{number}",
            number=number,
            created_at=created + timedelta(hours=number),
            body=body,
            author=f"hash-{number}",
            reply_to=number - 1 or None,
        )
        for number, body in enumerate(bodies, 1)
    )
    return Thread(key, f"Thread {key}", f"https://forum.example/t/{key}", created, posts, category, tags=("t",))


def _model(number: int) -> HubModel:
    """Months 1, 1, 2, 2, 3, 3; llama and bert in turn; the llamas have a card."""
    created = datetime(2024, 1 + number // 2, 5, tzinfo=UTC)
    llama = number % 2 == 0
    return HubModel(f"org/m{number}", created, model_type="llama" if llama else "bert", has_card=llama)


def _assignments(thread: StoredThread) -> list[Assignment]:
    found = []
    for post in thread.posts:
        said = answer(post.input)
        verdict = Verdict(said.verdict)
        found.append(Assignment(post.id, post.input_hash, verdict, said.labels))
    return found


def _save_topics(db: Database, stored: list[StoredThread]) -> None:
    run = TopicRun(RUN, "recipe", stored[-1].revision, len(stored), 2, 2, coherence=0.25, diversity=0.75)
    members = [
        Placed(thread.id, thread.month, row[4], b"-" * 32, point=(place / 4, -0.5))
        for place, (row, thread) in enumerate(zip(THREADS, stored, strict=True))
    ]
    topics = [
        Topic(
            0,
            ("memory", "cuda"),
            3,
            (stored[0].id,),
            "memory-performance/memory",
            0.75,
            name="memory",
            coherence=0.5,
            point=(0.25, -0.5),
        ),
        Topic(1, ("hello",), 1, (stored[3].id,), "spaces", 0.25, name="hello"),
        Topic(-1, (), 1, (), "spaces", 0.0),
    ]
    save_topic_run(db, run, topics, members, {})
