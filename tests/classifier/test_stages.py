from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from classifier import stages
from classifier.cache import CachedEmbedder
from classifier.families import Family
from classifier.features import take_apart
from classifier.mentions import Registry
from classifier.stages import assign, find_mentions
from store.assignments import current_bundle, known_assignments
from store.database import Database, open_database
from store.holdings import counts
from store.listings import thread_summaries
from store.schema import mentions
from store.sources import ensure
from store.threads import changed_threads, save_thread, save_threads, set_thread_state
from store.topics import current_topic_run
from store.values import (
    Assignment,
    Classification,
    Post,
    PostInput,
    SourceKind,
    Thread,
    ThreadFilter,
    ThreadState,
    ThreadSummary,
)

START = datetime(2024, 1, 5, 9, 30, tzinfo=UTC)
LABELS = {
    "memory": "memory/gpu",
    "tokens": "training/tokenization",
    "thanks": "thanks",
}
SUBJECTS = (
    ("Out of memory", "My memory is full, the memory of this gpu is too small for gpt2."),
    ("Padding tokens", "Which padding tokens does the tokens table of bert-base hold?"),
    ("A walk", "Nothing but a walk in the sun."),
)
REGISTRY = Registry((Family("bert"), Family("gpt2"), Family("t5")))


class KilledError(RuntimeError):
    pass


class WordEmbedder:
    """Vectors of hashed words; counts what it embeds, and dies when it has embedded `lives` texts."""

    key = "words|1|float32|512"
    device = "cpu"

    def __init__(self, lives: int | None = None) -> None:
        self.embedded: Counter[str] = Counter()
        self.lives = lives

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.lives is not None and sum(self.embedded.values()) + len(texts) > self.lives:
            raise KilledError
        self.embedded.update(texts)
        vectors = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, crc32(word.strip(".,?").encode()) % 512] += 1.0
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class WordBundle:
    """Labels a post by the words in it, and embeds its main view as a real bundle does; "unsure" makes it abstain."""

    labels = ("memory-performance", "memory-performance/memory")

    def __init__(self, embedder: CachedEmbedder | WordEmbedder, bundle_id: str = "bundle-1") -> None:
        self.id = bundle_id
        self.read: list[str] = []
        self._embedder = embedder

    def classify(self, posts: Sequence[PostInput]) -> list[Classification]:
        self._embedder.encode([take_apart(post).views[0] for post in posts])
        self.read += [post.body for post in posts]
        found = []
        for post in posts:
            labels = tuple((leaf, 0.75) for word, leaf in LABELS.items() if word in post.body)
            found.append(Classification(post.id, labels, labels, "unsure" in post.body))
        return found


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "_THREADS_AT_ONCE", 4)
    monkeypatch.setattr(stages, "_POSTS_AT_ONCE", 3)


def _thread(number: int) -> Thread:
    title, body = SUBJECTS[number % 3]
    moment = START + timedelta(days=20 * number)
    opening = Post(f"p{number}.1", 1, moment, f"{body} Case {number}.", author="ann")
    reply = Post(f"p{number}.2", 2, moment + timedelta(hours=1), f"unsure {number}, thanks all the same", author="bob")
    return Thread(f"t{number}", title, f"http://forum.test/t/{number}", moment, (opening, reply))


def _fill(db: Database, threads: int = 12) -> int:
    source = ensure(db, SourceKind.FORUM, "http://forum.test").id
    save_threads(db, source, [_thread(number) for number in range(threads)])
    return source


def _edited(thread: Thread, place: int, body: str) -> Thread:
    posts = list(thread.posts)
    posts[place] = replace(posts[place], body=body)
    return replace(thread, posts=tuple(posts))


def _summaries(db: Database, bundle_id: str = "bundle-1") -> list[ThreadSummary]:
    return thread_summaries(db, bundle_id, current_topic_run(db), ThreadFilter(), 100, None)


def _answers(db: Database, bundle_id: str = "bundle-1") -> dict[int, Assignment]:
    return known_assignments(db, bundle_id, [thread.id for thread in changed_threads(db, 0)])


def test_assign_labels_every_post_and_a_second_run_reads_nothing(db: Database) -> None:
    _fill(db)
    bundle = WordBundle(WordEmbedder())
    done: list[int] = []
    summary = assign(db, bundle, done.append)
    assert (summary.threads, summary.posts, summary.classified) == (12, 24, 24)
    assert sum(done) == 12
    assert current_bundle(db) == bundle.id
    assert counts(db, bundle.id).assignments == 24
    assert {thread.title: set(thread.labels) for thread in _summaries(db)} == {
        "Out of memory": {"memory/gpu", "thanks"},
        "Padding tokens": {"training/tokenization", "thanks"},
        "A walk": {"thanks"},
    }
    again = assign(db, bundle)
    assert (again.threads, again.classified, len(bundle.read)) == (0, 0, 24)


@pytest.mark.parametrize("lives", [0, 3, 7, 11, 17, 23])
def test_a_killed_run_goes_on_where_it_was(db: Database, tmp_path: Path, lives: int) -> None:
    _fill(db)
    mortal = WordEmbedder(lives)
    with pytest.raises(KilledError):
        assign(db, WordBundle(CachedEmbedder(mortal, db)))
    assert current_bundle(db) is None
    heir = WordEmbedder()
    assign(db, WordBundle(CachedEmbedder(heir, db)))
    assert set((mortal.embedded + heir.embedded).values()) == {1}

    with open_database(f"sqlite:///{tmp_path / 'other.db'}") as other:
        _fill(other)
        assign(other, WordBundle(CachedEmbedder(WordEmbedder(), other)))
        assert _answers(db) == _answers(other)
        assert _summaries(db) == _summaries(other)


def test_an_edit_relabels_what_changed_alone(db: Database) -> None:
    source = _fill(db)
    bundle = WordBundle(WordEmbedder())
    assign(db, bundle)
    before = len(bundle.read)
    save_thread(db, source, _edited(_thread(5), 1, "the memory, it was"))
    summary = assign(db, bundle)
    assert (summary.threads, summary.posts, summary.classified) == (1, 2, 1)
    assert bundle.read[before:] == ["the memory, it was"]
    changed = next(thread for thread in _summaries(db) if thread.url.endswith("/5"))
    assert changed.labels == ("memory/gpu",)
    assert counts(db, bundle.id).assignments == 24


def test_another_bundle_reads_all_anew_and_leaves_the_first_as_it_was(db: Database) -> None:
    _fill(db)
    assign(db, WordBundle(WordEmbedder()))
    first = _answers(db)
    assert assign(db, WordBundle(WordEmbedder(), "bundle-2")).classified == 24
    assert current_bundle(db) == "bundle-2"
    assert _answers(db) == first == _answers(db, "bundle-2")


@pytest.mark.parametrize("state", [ThreadState.DELETED, ThreadState.PRIVATE, ThreadState.UNLISTED])
def test_a_thread_that_is_gone_loses_labels_and_mentions(db: Database, state: ThreadState) -> None:
    source = _fill(db, 3)
    bundle = WordBundle(WordEmbedder())
    assign(db, bundle)
    find_mentions(db, REGISTRY)
    assert (counts(db, bundle.id).assignments, counts(db, bundle.id).mentions) == (6, 2)
    set_thread_state(db, source, "t0", state)
    assign(db, bundle)
    find_mentions(db, REGISTRY)
    assert (counts(db, bundle.id).assignments, counts(db, bundle.id).mentions) == (4, 1)
    assert {family for thread in _summaries(db) for family in thread.families} == {"bert"}


def test_vectors_of_a_deleted_text_go_at_once(db: Database) -> None:
    source = _fill(db, 4)
    cached = CachedEmbedder(WordEmbedder(), db)
    assign(db, WordBundle(cached))
    assert counts(db, None).vectors == 8
    save_thread(db, source, replace(_thread(1), posts=_thread(1).posts[:1]))
    assert counts(db, None).vectors == 7
    save_thread(db, source, _edited(_thread(2), 1, "other words"))
    assert counts(db, None).vectors == 6
    set_thread_state(db, source, "t0", ThreadState.DELETED)
    assert counts(db, None).vectors == 4
    assign(db, WordBundle(cached))
    assert counts(db, None).vectors == 5


def test_a_vector_that_another_post_needs_stays(db: Database) -> None:
    source = ensure(db, SourceKind.FORUM, "http://forum.test").id
    save_threads(db, source, [replace(_thread(0), external_id=key) for key in ("a", "b")])
    bundle = WordBundle(CachedEmbedder(WordEmbedder(), db))
    assign(db, bundle)
    set_thread_state(db, source, "a", ThreadState.DELETED)

    assert counts(db, None).vectors == 2


def test_mentions_of_title_and_posts(db: Database) -> None:
    source = _fill(db, 3)
    save_thread(db, source, replace(_edited(_thread(2), 1, "T5 or bert? bert!"), title="T5 in the sun"))
    summary = find_mentions(db, REGISTRY)
    assert (summary.threads, summary.mentioning) == (3, 3)
    assert {thread.title: set(thread.families) for thread in _summaries(db)} == {
        "Out of memory": {"gpt2"},
        "Padding tokens": {"bert"},
        "T5 in the sun": {"bert", "t5"},
    }
    assert find_mentions(db, REGISTRY).threads == 0


def test_what_a_thread_has_named_helps_to_read_its_replies(db: Database) -> None:
    source = _fill(db, 1)
    save_thread(db, source, replace(_edited(_thread(0), 1, "mine is opt, the loss is fine"), title="facebook/opt-1.3b"))
    find_mentions(db, Registry((Family("opt", ambiguous=("opt",)),)))
    with db.read() as connection:
        assert [tuple(row) for row in connection.execute(select(mentions.c.family, mentions.c.posts))] == [("opt", 2)]


def test_mentions_follow_edits_and_a_changed_table(db: Database) -> None:
    source = _fill(db, 3)
    find_mentions(db, REGISTRY)
    save_thread(db, source, _edited(_thread(0), 0, "My memory is full of t5."))
    assert find_mentions(db, REGISTRY).threads == 1
    assert {family for thread in _summaries(db) for family in thread.families} == {"t5", "bert"}
    assert find_mentions(db, Registry((Family("walk"),))).threads == 3
    assert {family for thread in _summaries(db) for family in thread.families} == {"walk"}


def test_an_empty_store_has_nothing_to_read(db: Database) -> None:
    assert assign(db, WordBundle(WordEmbedder())).threads == 0
    assert find_mentions(db, REGISTRY).threads == 0
