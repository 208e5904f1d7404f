"""The classifier's stages over a store: each reads what is new, writes what it found, and can be killed anywhere.

`progress` is called with the number of threads finished since its last call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from more_itertools import chunked

from classifier.features import take_apart
from classifier.mentions import Registry
from store.assignments import (
    get_stage_revision,
    known_assignments,
    save_thread_assignments,
    save_thread_mentions,
    set_current_bundle,
)
from store.database import Database
from store.text import text_hash
from store.threads import changed_threads
from store.values import Assignment, Classification, Mention, PostInput, StoredPost, StoredThread
from store.vectors import save_post_texts

Progress = Callable[[int], None]

_THREADS_AT_ONCE = 100
_POSTS_AT_ONCE = 512


class Labeller(Protocol):
    """What `assign` asks of a bundle."""

    @property
    def id(self) -> str:
        """Hash of all that decides the answers."""
        ...

    @property
    def labels(self) -> Sequence[str]:
        """Ids of the leaves and categories that it gives probabilities for."""
        ...

    def classify(self, posts: Sequence[PostInput]) -> list[Classification]:
        """Answers in the order of the posts."""
        ...


@dataclass(frozen=True, slots=True)
class AssignSummary:
    """Threads that were read, their posts, and how many of those had to be classified anew."""

    threads: int
    posts: int
    classified: int


@dataclass(frozen=True, slots=True)
class MentionSummary:
    """Threads that were read, and how many of them mention a family."""

    threads: int
    mentioning: int


def no_progress(done: int) -> None:
    """Tell nobody."""


def assign(db: Database, bundle: Labeller, progress: Progress = no_progress) -> AssignSummary:
    """Label the posts of all threads that changed since this bundle last read the store, then make it the current one.

    A post whose text and context are as the bundle has read them keeps its labels.
    """
    stage = f"assign:{bundle.id}"
    threads = posts = classified = 0
    for batch in changed_batches(db, stage):
        known = known_assignments(db, bundle.id, [thread.id for thread in batch])
        present = [post for thread in batch for post in thread.posts]
        unread = [post for post in present if not _is_known(post, known)]
        save_post_texts(db, "assign", _texts_of_posts(batch))
        answers = known | {item.post_id: item for item in _classify(bundle, unread)}
        items = [(thread, [answers[post.id] for post in thread.posts]) for thread in batch]
        save_thread_assignments(db, bundle.id, stage, items, bundle.labels)
        threads, posts, classified = threads + len(batch), posts + len(present), classified + len(unread)
        progress(len(batch))
    set_current_bundle(db, bundle.id)
    return AssignSummary(threads, posts, classified)


def find_mentions(db: Database, registry: Registry, progress: Progress = no_progress) -> MentionSummary:
    """Note which model families the threads mention that changed since this registry last read the store.

    A thread's title counts as part of its first visible post.
    """
    stage = f"mentions:{registry.key}"
    threads = mentioning = 0
    for batch in changed_batches(db, stage):
        items = [(thread, _mentions(registry, thread)) for thread in batch]
        save_thread_mentions(db, stage, items)
        threads += len(batch)
        mentioning += sum(bool(found) for _, found in items)
        progress(len(batch))
    return MentionSummary(threads, mentioning)


def changed_batches(db: Database, stage: str) -> Iterator[list[StoredThread]]:
    """Batches of threads that the stage has not seen; whoever reads them must move the stage on before the next."""
    while batch := changed_threads(db, get_stage_revision(db, stage), _THREADS_AT_ONCE):
        yield batch


def _texts_of_posts(batch: Sequence[StoredThread]) -> dict[int, set[bytes]]:
    """Hashes of the texts that are embedded, by the post whose words they hold: a reply's context is another's."""
    found: dict[int, set[bytes]] = {post.id: set() for thread in batch for post in thread.posts}
    for thread in batch:
        before = None
        for post in thread.posts:
            main, trace, previous = take_apart(post.input).views
            found[post.id] |= {text_hash(text) for text in (main, trace) if text}
            if previous and before is not None:
                found[before].add(text_hash(previous))
            before = post.id
    return found


def _is_known(post: StoredPost, known: dict[int, Assignment]) -> bool:
    return post.id in known and known[post.id].input_hash == post.input_hash


def _classify(bundle: Labeller, posts: Sequence[StoredPost]) -> Iterator[Assignment]:
    for some in chunked(posts, _POSTS_AT_ONCE):
        answers = bundle.classify([post.input for post in some])
        for post, answer in zip(some, answers, strict=True):
            probabilities = dict(answer.ranked) | dict(answer.categories)
            yield Assignment(post.id, post.input_hash, answer.verdict, answer.labels, probabilities)


def _mentions(registry: Registry, thread: StoredThread) -> list[Mention]:
    if not thread.counted or not thread.posts:
        return []
    found: Counter[str] = Counter()
    for place, post in enumerate(thread.posts):
        title = f"{thread.title}\n\n" if place == 0 else ""
        found.update(registry.families(title + post.input.body, beside=found.keys()))
    return [Mention(thread.id, family, posts) for family, posts in sorted(found.items())]
