"""Reading threads: whole, one after the other, with what to make of those that cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from more_itertools import chunked

from scraper.discourse import missing_post_ids, parse_thread, posts_of
from scraper.errors import (
    BadThreadError,
    BlockedError,
    NotJsonError,
    RedirectError,
    StatusError,
    UnreachableError,
)
from scraper.fields import Json
from scraper.forum.lists import Lists
from scraper.forum.standing import Standing
from scraper.forum.summary import CrawlSummary, Outcome
from scraper.http import PoliteClient
from scraper.pseudonyms import Pseudonymizer
from store import crawl as crawl_state
from store import sources
from store.database import Database
from store.values import AUTHORED_TAG, Source, Thread, ThreadState

_log = logging.getLogger(__name__)

_POSTS_A_REQUEST = 50
_MOST_FAILURES = 10
_MOST_REFUSALS = 5
_PROBES = 3
_GONE = (403, 404, 410)
_STATES = {
    Outcome.MISSING: ThreadState.DELETED,
    Outcome.PRIVATE: ThreadState.PRIVATE,
    Outcome.UNLISTED: ThreadState.UNLISTED,
}
_OUTCOMES = {state: outcome for outcome, state in _STATES.items()}


@dataclass(frozen=True, slots=True)
class Task:
    """A thread to read. `etag`: its state when it was last read; `rotation`: read for its turn, not for a change."""

    key: str
    etag: str = ""
    outcome: str = ""
    rotation: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """A thread as it is (None: as it was), its ETag, and ids of posts that it names and the site does not give."""

    thread: Thread | None
    etag: str = ""
    not_given: frozenset[str] = frozenset()


class Reader:
    """Reads threads into the store.

    A refusal is held back until another thread can be read: a site that keeps us out answers 403 or 404 to everything,
    and taken at its word would empty the store.
    """

    def __init__(
        self,
        db: Database,
        client: PoliteClient,
        lists: Lists,
        source: Source,
        standing: Standing,
        pseudonyms: Pseudonymizer,
        summary: CrawlSummary,
        now: Callable[[], datetime],
    ) -> None:
        self._db, self._client, self._lists, self._source, self._standing = db, client, lists, source, standing
        self._pseudonyms, self._summary, self._now = pseudonyms, summary, now
        self._authored = source.authored
        self._held: list[tuple[Task, Outcome, str]] = []
        self.categories: dict[int, str] = {}
        self.tried: set[str] = set()
        self.newest: datetime | None = None
        self.gone = 0

    @property
    def held(self) -> set[str]:
        """Threads that could not be read, held back until it is known what that means."""
        return {task.key for task, _, _ in self._held}

    def read(self, task: Task) -> None:
        """Read one thread and store it, or note why it cannot be read. Raises BlockedError when none can be."""
        try:
            found = self._fetch(task)
        except StatusError as error:
            self._refused(task, error)
        except (NotJsonError, RedirectError, UnreachableError) as error:
            self._hold(task, Outcome.FAILED, str(error))
        except BadThreadError as error:
            self._take_held()
            self._finish(task, Outcome.FAILED, str(error))
        else:
            self._take_held()
            if found.thread is None:
                crawl_state.mark_done(self._db, self._source.id, task.key, "stored", self._now(), found.etag)
                self._summary.reread += 1
            else:
                self._store(task, found.thread, found)

    def release(self) -> None:
        """Take the threads held back at their word.

        Raises BlockedError where that would cost text, or where they are many, while no other thread can be read.
        """
        refused = [task.key for task, outcome, _ in self._held if outcome is not Outcome.FAILED]
        costly = any(crawl_state.is_shown(self._db, self._source.id, key) for key in refused)
        if (costly or len(refused) >= _MOST_REFUSALS) and not self._lets_us_read():
            raise self._blocked()
        self._take_held()

    # Fetching

    def _fetch(self, task: Task) -> _Found:
        key = task.key
        head = self._client.fetch(f"/t/{key}.json", etag=task.etag)
        if head.not_modified:
            return _Found(None, head.etag)
        body, etag = self._checked(key, head.body), head.etag
        further = self._further(key, body)
        if _not_given(body, further):  # deleted between two requests, perhaps: then the thread does not name them now
            body = self._checked(key, self._client.get_json(f"/t/{key}.json"))
            further = self._further(key, body)
        thread = parse_thread(
            body,
            pseudonyms=self._pseudonyms,
            further_posts=further,
            base_url=self._source.name,
            categories=self.categories,
        )
        # The ETag is that of the first posts only.
        return _Found(thread, "" if further else etag, _not_given(body, further))

    def _checked(self, key: str, body: object) -> Json:
        if not isinstance(body, Mapping) or "post_stream" not in body:
            raise NotJsonError(f"/t/{key}.json answered with JSON that is no thread")
        return body

    def _further(self, key: str, body: Json) -> list[Json]:
        """The posts beyond the first ones, as far as the site gives them."""
        found: dict[object, Json] = {}
        for some in chunked(missing_post_ids(body), _POSTS_A_REQUEST):
            try:
                answer = self._client.get_json(f"/t/{key}/posts.json", {"post_ids[]": some})
            except StatusError as error:
                if error.status not in _GONE:
                    raise
                break  # the thread itself tells whether it is gone
            found |= {post["id"]: post for post in posts_of(answer) if post.get("id") in some}
        return list(found.values())

    # Storing

    def _store(self, task: Task, thread: Thread, found: _Found) -> None:
        since = self._standing.moment("since")
        if thread.state in _OUTCOMES:
            return self._finish(task, _OUTCOMES[thread.state])
        if since and thread.created_at < since:
            return self._finish(task, Outcome.OLDER)
        if AUTHORED_TAG in thread.tags and not self._authored:
            sources.mark_authored(self._db, self._source.id)
            self._authored = True
        saved = crawl_state.save_read_thread(
            self._db, self._source.id, task.key, thread, self._now(), found.etag, found.not_given
        )
        if found.not_given:
            self.tried.add(thread.external_id)  # still pending: a later crawl tries again
            why = f"the site names {len(found.not_given)} posts that it does not give"
            self._summary.failures.append(f"thread {thread.external_id}: {why}")
        mine = self._summary
        mine.posts_added += saved.added
        mine.posts_edited += saved.edited
        mine.posts_deleted += saved.deleted
        _log.debug("thread %s stored: %s", thread.external_id, saved)
        if task.rotation:
            mine.reread += 1
            mine.reread_changed += saved.changed
        else:
            mine.threads += 1
            mine.posts += len(thread.posts)
            mine.missing += thread.external_id != task.key
            self.newest = max(self.newest or thread.created_at, thread.created_at)
        return None

    def _refused(self, task: Task, error: StatusError) -> None:
        outcome = {404: Outcome.MISSING, 410: Outcome.MISSING, 403: Outcome.PRIVATE}.get(error.status, Outcome.FAILED)
        if task.rotation and task.outcome.startswith(outcome.value):
            self._finish(task, outcome, str(error))
        else:
            self._hold(task, outcome, str(error))

    def _finish(self, task: Task, outcome: Outcome, why: str = "") -> None:
        state = _STATES.get(outcome)
        told = f"{outcome}: {why}" if why and outcome is not Outcome.MISSING else outcome.value
        changed = crawl_state.save_unreadable(self._db, self._source.id, task.key, state, told, self._now())
        _log.info("thread %s: %s", task.key, told)
        if task.rotation:
            self._summary.reread += 1
            self._summary.reread_changed += changed
        else:
            self.gone += state is not None
        if outcome is Outcome.FAILED:
            self._summary.failures.append(f"thread {task.key}: {why}")
        if outcome is Outcome.FAILED or not task.rotation:
            self._summary.count(outcome)

    # Holding back

    def _hold(self, task: Task, outcome: Outcome, why: str) -> None:
        _log.info("thread %s held back: %s", task.key, why)
        self._held.append((task, outcome, why))
        refused = sum(outcome is not Outcome.FAILED for _, outcome, _ in self._held)
        if len(self._held) - refused >= _MOST_FAILURES:
            raise self._blocked()
        if refused >= _MOST_REFUSALS:
            self.release()

    def _take_held(self) -> None:
        held, self._held = self._held, []
        for task, outcome, why in held:
            if outcome is Outcome.FAILED:  # perhaps for the moment only: a later crawl tries again
                crawl_state.put_off(self._db, self._source.id, task.key, why, self._now())
                self.tried.add(task.key)
                self._summary.reread += task.rotation
                self._summary.count(outcome)
                self._summary.failures.append(f"thread {task.key}: {why}")
            else:
                self._finish(task, outcome, why)

    def _lets_us_read(self) -> bool:
        """Whether the site shows us any other thread, the latest that it lists; without one, whether it lists none."""
        listed = self._lists.by_activity(0).threads
        others = [item.external_id for item in listed if item.visible and item.external_id not in self.held]
        if not others:
            return not listed
        return any(self._can_read(key) for key in others[:_PROBES])

    def _can_read(self, key: str) -> bool:
        try:
            return bool(posts_of(self._client.get_json(f"/t/{key}.json")))
        except (StatusError, NotJsonError, RedirectError):
            return False

    def _blocked(self) -> BlockedError:
        last = self._held[-1][2]
        return BlockedError(
            f"{len(self._held)} threads in a row could not be read, last: {last}. The site keeps this client out, or"
            " has trouble. Nothing is lost: run again later, at a lower --rate, or ask its owners"
        )


def _not_given(body: Json, further: Sequence[Json]) -> frozenset[str]:
    given = {post["id"] for post in further}
    return frozenset(str(key) for key in missing_post_ids(body) if key not in given)
