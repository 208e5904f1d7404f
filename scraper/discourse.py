"""What a Discourse forum says in JSON, read into threads and posts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scraper.cooked import cooked_to_text
from scraper.errors import BadFieldError, BadThreadError
from scraper.fields import Json, bool_field, clean, int_field, names_field, text_field, time_field
from scraper.pseudonyms import Pseudonymizer
from store.values import Post, Thread, ThreadState

_REGULAR, _MODERATOR, _SMALL_ACTION = 1, 2, 3
_KEPT_TYPES = (_REGULAR, _MODERATOR, _SMALL_ACTION)
_LIKE = 2
_STAFF_FLAGS = ("staff", "admin", "moderator")
_STAFF_GROUP = re.compile(r"(?i)(?:^|[\W_])(?:staff|team|admins?|moderators?)$")


@dataclass(frozen=True, slots=True)
class ListedThread:
    """A thread as a list shows it. `marker` changes whenever the thread is worth reading again."""

    external_id: str
    marker: str
    created_at: datetime | None
    bumped_at: datetime | None
    pinned: bool
    visible: bool
    posts: int = 0


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list; `more` tells whether another follows."""

    threads: tuple[ListedThread, ...]
    more: bool


def parse_list(body: object) -> ListPage:
    """Read a page such as `/latest.json`; raises BadThreadError if it is none."""
    topics = body.get("topic_list") if isinstance(body, Mapping) else None
    items = topics.get("topics") if isinstance(topics, Mapping) else None
    if not isinstance(topics, Mapping) or not isinstance(items, list):
        raise BadThreadError("topic_list.topics is missing: the address gave no list of threads")
    listed = tuple(_listed(item) for item in items if isinstance(item, Mapping) and item.get("id") is not None)
    return ListPage(listed, bool(items) and bool(topics.get("more_topics_url")))


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post as the feed of new posts shows it."""

    id: int
    thread: str


def parse_feed(body: object) -> tuple[NewPost, ...]:
    """Read a page of `/posts.json`, newest first; raises BadThreadError if it is none."""
    found = body.get("latest_posts", body.get("posts")) if isinstance(body, Mapping) else None
    if not isinstance(found, list):
        raise BadThreadError("latest_posts is missing: the address gave no list of posts")
    shown = (
        NewPost(item["id"], str(item["topic_id"]))
        for item in found
        if isinstance(item, Mapping) and isinstance(item.get("id"), int) and isinstance(item.get("topic_id"), int)
    )
    return tuple(sorted(shown, key=lambda post: -post.id))


def parse_counts(body: object) -> tuple[int, int]:
    """Threads and posts of the whole forum from `/about.json`, under today's names or older ones; 0 where untold."""
    about = body.get("about") if isinstance(body, Mapping) else None
    stats = about.get("stats") if isinstance(about, Mapping) else None
    if not isinstance(stats, Mapping):
        return 0, 0
    try:
        return int_field(stats, "topics_count", "topic_count"), int_field(stats, "posts_count", "post_count")
    except BadFieldError:
        return 0, 0


def parse_categories(body: object) -> dict[int, str]:
    """Names by id from `/categories.json` or `/site.json`, subcategories too."""
    if not isinstance(body, Mapping):
        return {}
    outer = body.get("category_list")
    found = (outer if isinstance(outer, Mapping) else body).get("categories")
    names: dict[int, str] = {}
    waiting = list(found) if isinstance(found, list) else []
    while waiting:
        item = waiting.pop()
        if not isinstance(item, Mapping):
            continue
        if isinstance(item.get("id"), int) and isinstance(item.get("name"), str):
            names[item["id"]] = clean(item["name"])
        inner = item.get("subcategory_list")
        waiting += inner if isinstance(inner, list) else []
    return names


def posts_of(body: object) -> list[Json]:
    """Posts that come with a `/t/ID.json` or `/t/ID/posts.json` body."""
    stream = body.get("post_stream") if isinstance(body, Mapping) else None
    posts = stream.get("posts") if isinstance(stream, Mapping) else None
    return [post for post in posts if isinstance(post, Mapping)] if isinstance(posts, list) else []


def missing_post_ids(body: object) -> list[int]:
    """Ids of visible posts that a `/t/ID.json` body names but does not hold, in order."""
    stream = body.get("post_stream") if isinstance(body, Mapping) else None
    ids = stream.get("stream") if isinstance(stream, Mapping) else None
    if not isinstance(ids, list):
        return []
    held = {key for post in posts_of(body) if isinstance(key := post.get("id"), int)}
    return list(dict.fromkeys(key for key in ids if isinstance(key, int) and key not in held))


def parse_thread(
    body: object,
    *,
    pseudonyms: Pseudonymizer,
    further_posts: Sequence[Json] = (),
    base_url: str = "",
    categories: Mapping[int, str] | None = None,
) -> Thread:
    """Read a `/t/ID.json` body, with the posts that were fetched apart from it.

    Whispers and deleted posts are left out; of the forum's own notes (closed, split, ...) only the place in the
    thread is kept, without text. Raises BadThreadError.
    """
    if not isinstance(body, Mapping) or "post_stream" not in body:
        raise BadThreadError("post_stream is missing: this is no /t/ID.json body")
    try:
        return _thread(body, [*posts_of(body), *further_posts], pseudonyms, base_url, categories or {})
    except BadFieldError as error:
        raise BadThreadError(str(error)) from error


def _thread(
    body: Json, raw_posts: Iterable[Json], pseudonyms: Pseudonymizer, base_url: str, categories: Mapping[int, str]
) -> Thread:
    key = text_field(body, "id")
    if not key:
        raise BadThreadError("id is missing")
    posts = tuple(_posts(raw_posts, _accepted_numbers(body), pseudonyms))
    created = time_field(body, "created_at") or min((post.created_at for post in posts), default=None)
    if created is None:
        raise BadThreadError(f"created_at is missing in thread {key}")
    return Thread(
        external_id=key,
        title=pseudonyms.mask(text_field(body, "title", "fancy_title")),
        url=f"{base_url}/t/{key}" if base_url else "",  # without the slug, which spells out what the title masks
        created_at=created,
        posts=posts,
        category=_category(body, categories),
        tags=names_field(body, "tags"),
        state=_state(body),
        bumped_at=_bumped(body),
        views=int_field(body, "views"),
        likes=int_field(body, "like_count"),
    )


def _posts(raw: Iterable[Json], accepted: Collection[int], pseudonyms: Pseudonymizer) -> Iterator[Post]:
    kept: dict[str, Post] = {}
    for item in raw:
        kind = int_field(item, "post_type", default=_REGULAR)
        if kind in _KEPT_TYPES and not item.get("deleted_at") and not bool_field(item, "user_deleted"):
            post = _post(item, accepted, pseudonyms, silent=kind == _SMALL_ACTION)
            kept[post.external_id] = post
    yield from sorted(kept.values(), key=lambda post: (post.number, post.external_id))


def _post(item: Json, accepted: Collection[int], pseudonyms: Pseudonymizer, *, silent: bool) -> Post:
    key, number, created = text_field(item, "id"), int_field(item, "post_number"), time_field(item, "created_at")
    if not key or not number or created is None:
        raise BadThreadError(f"post {key or '?'} lacks id, post_number or created_at")
    # A flagged post shows a notice of the forum in place of the writer's words.
    silent = silent or bool(bool_field(item, "cooked_hidden", "hidden"))
    cooked = item.get("cooked")
    return Post(
        external_id=key,
        number=number,
        created_at=created,
        body="" if silent or not isinstance(cooked, str) else cooked_to_text(cooked, pseudonyms.mask),
        author=pseudonyms.name(text_field(item, "username")),
        updated_at=time_field(item, "updated_at"),
        reply_to=int_field(item, "reply_to_post_number") or None,
        likes=_likes(item),
        accepted=bool(bool_field(item, "accepted_answer")) or number in accepted,
        staff=_staff(item),
    )


def _staff(item: Json) -> bool | None:
    """Whether staff wrote a post, by the forum's flags or by a group that says so; None where neither is told."""
    flags = [flag for name in _STAFF_FLAGS if (flag := bool_field(item, name)) is not None]
    groups = [text_field(item, name) for name in ("primary_group_name", "flair_name")]
    in_group = any(_STAFF_GROUP.search(group) for group in groups)
    return in_group or any(flags) if flags or in_group else None


def _listed(item: Json) -> ListedThread:
    bumped = _bumped(item)
    told = (
        bumped.isoformat() if bumped else "",
        *(item.get(name) for name in ("posts_count", "highest_post_number", "category_id", "closed", "archived")),
        item.get("has_accepted_answer"),
    )
    return ListedThread(
        external_id=str(item["id"]),
        marker="|".join("" if part is None else str(part) for part in told),
        created_at=_moment(item, "created_at"),
        bumped_at=bumped,
        pinned=bool(item.get("pinned")) or bool(item.get("pinned_globally")),
        visible=item.get("visible") is not False,
        posts=count if isinstance(count := item.get("posts_count"), int) else 0,
    )


def _moment(item: Json, name: str) -> datetime | None:
    try:
        return time_field(item, name)
    except BadFieldError:
        return None


def _bumped(item: Json) -> datetime | None:
    found = (_moment(item, name) for name in ("bumped_at", "last_posted_at", "created_at"))
    return next((moment for moment in found if moment is not None), None)


def _state(body: Json) -> ThreadState:
    if body.get("deleted_at"):
        return ThreadState.DELETED
    if body.get("archetype") == "private_message":
        return ThreadState.PRIVATE
    if body.get("visible") is False:
        return ThreadState.UNLISTED
    if body.get("archived"):
        return ThreadState.ARCHIVED
    return ThreadState.CLOSED if body.get("closed") else ThreadState.LIVE


def _category(body: Json, categories: Mapping[int, str]) -> str:
    key = body.get("category_id")
    if isinstance(key, int) and key in categories:
        return categories[key]
    named = text_field(body, "category_name")
    return named or (f"category {key}" if isinstance(key, int) else "")


def _accepted_numbers(body: Json) -> frozenset[int]:
    """Post numbers of the accepted answers: one under `accepted_answer`, or several under `accepted_answers`."""
    found: list[Any] = [body.get("accepted_answer")]
    several = body.get("accepted_answers")
    found += several if isinstance(several, list) else []
    numbers = (answer.get("post_number") for answer in found if isinstance(answer, Mapping))
    return frozenset(number for number in numbers if isinstance(number, int))


def _likes(item: Json) -> int:
    summary = item.get("actions_summary")
    for action in summary if isinstance(summary, list) else []:
        if isinstance(action, Mapping) and action.get("id") == _LIKE and isinstance(action.get("count"), int):
            return max(0, int(action["count"]))
    return 0
