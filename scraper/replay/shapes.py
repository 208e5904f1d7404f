"""The shapes of Discourse bodies: fields that a dump lacks are filled as the forum itself would fill them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from scraper.replay.spool import Json

REGULAR, WHISPER = 1, 4
CHUNK_SIZE = 20

_LIST_FIELDS = (
    "id", "title", "fancy_title", "slug", "posts_count", "reply_count", "highest_post_number", "image_url",
    "created_at", "last_posted_at", "bumped_at", "archetype", "pinned", "unpinned", "visible", "closed", "archived",
    "tags", "views", "like_count", "has_summary", "category_id", "pinned_globally", "featured_link",
)  # fmt: skip


class ShapeError(ValueError):
    """A body lacks a field that cannot be filled; the message names it."""


def slugify(title: str) -> str:
    """The slug that a title gets: ASCII words joined by hyphens, `topic` where nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "topic"


def parse_time(value: str) -> datetime:
    """An ISO 8601 time as timezone-aware UTC; one without an offset is taken as UTC."""
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def complete_thread(body: Json) -> Json:
    """A `/t/ID.json` body with every post inline and each field present that a crawler may read.

    Deleted posts and whispers are left out, as they are for an anonymous visitor.

    Raises:
        ShapeError: `id`, `post_stream.posts`, a post's `id` or every creation time is missing.
    """
    thread_id = _whole(body.get("id"), "id")
    stream = body.get("post_stream")
    if not isinstance(stream, dict) or not isinstance(stream.get("posts"), list):
        raise ShapeError("post_stream.posts is missing")
    title = body.get("title") or f"Thread {thread_id}"
    slug = body.get("slug") or slugify(title)
    raw = stream["posts"]
    if not body.get("created_at") and not (raw and isinstance(raw[0], dict) and raw[0].get("created_at")):
        raise ShapeError("created_at is missing, in the thread and in its first post")
    created = body.get("created_at") or raw[0]["created_at"]
    posts = [_complete_post(post, thread_id, slug, created) for post in raw]
    hidden = {post["id"] for post in posts if post.get("deleted_at") or post["post_type"] == WHISPER}
    shown = sorted((post for post in posts if post["id"] not in hidden), key=lambda post: int(post["post_number"]))
    ids = [post_id for post_id in stream.get("stream") or [post["id"] for post in shown] if post_id not in hidden]
    last = body.get("last_posted_at") or (shown[-1]["created_at"] if shown else None)
    filled: Json = {
        "id": thread_id,
        "title": title,
        "fancy_title": title,
        "slug": slug,
        "created_at": created,
        "last_posted_at": last,
        "bumped_at": last or created,
        "posts_count": len(ids),
        "highest_post_number": max((post["post_number"] for post in posts), default=0),
        "participant_count": len({post["username"] for post in shown}),
        **_quiet_fields(),
    }
    known = {name: value for name, value in body.items() if value is not None or name not in filled}
    return {**filled, **known, "chunk_size": CHUNK_SIZE, "post_stream": {"posts": shown, "stream": ids}}


def _quiet_fields() -> Json:
    return {
        "category_id": 1, "views": 0, "reply_count": 0, "like_count": 0, "tags": [], "visible": True,
        "closed": False, "archived": False, "has_summary": False, "archetype": "regular", "deleted_at": None,
        "pinned": False, "pinned_globally": False, "pinned_at": None, "unpinned": None, "featured_link": None,
        "image_url": None, "current_post_number": 1, "details": {},
    }  # fmt: skip


def _complete_post(post: Any, thread_id: int, slug: str, created: str) -> Json:
    if not isinstance(post, dict):
        raise ShapeError("post_stream.posts holds something that is not an object")
    made = post.get("created_at") or created
    filled: Json = {
        "id": _whole(post.get("id"), "post_stream.posts.id"),
        "post_number": 1,
        "post_type": REGULAR,
        "username": "",
        "created_at": made,
        "updated_at": made,
        "cooked": "",
        "reply_to_post_number": None,
        "reply_count": 0,
        "reads": 0,
        "version": 1,
        "hidden": False,
        "accepted_answer": False,
        "actions_summary": [],
        "topic_id": thread_id,
        "topic_slug": slug,
    }
    return {**filled, **{name: value for name, value in post.items() if value is not None or name not in filled}}


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ShapeError(f"{name} is {value!r}, not a whole number")
    return value


def list_row(thread: Json) -> Json:
    """The row of a thread in a list, from its completed body."""
    posts = thread["post_stream"]["posts"]
    first, last = (posts[0], posts[-1]) if posts else ({}, {})
    row = {name: thread[name] for name in _LIST_FIELDS}
    row["pinned"] = bool(thread["pinned"] or thread["pinned_at"])
    row["last_poster_username"] = last.get("username", "")
    row["op_like_count"] = likes(first)
    row["has_accepted_answer"] = bool(thread.get("accepted_answer")) or any(post["accepted_answer"] for post in posts)
    row["posters"] = _posters(first, last)
    return {**row, "bumped": True, "unseen": False, "bookmarked": None, "liked": None}


def _posters(first: Json, last: Json) -> list[Json]:
    same = first.get("user_id") == last.get("user_id")
    found = [("latest single" if same else None, "Original Poster", first)]
    if not same:
        found.append(("latest", "Most Recent Poster", last))
    return [
        {"extras": extras, "description": description, "user_id": post["user_id"]}
        for extras, description, post in found
        if post.get("user_id") is not None
    ]


def likes(post: Json) -> int:
    """Likes of a post: the count of action 2, none where the action is absent."""
    return sum(int(action.get("count") or 0) for action in post.get("actions_summary", ()) if action.get("id") == 2)


def list_users(thread: Json) -> list[Json]:
    """The users that a thread's list row refers to."""
    posts = thread["post_stream"]["posts"]
    return [
        {name: post.get(source) for name, source in _USER_FIELDS}
        for post in (posts[:1] + posts[-1:])
        if post.get("user_id") is not None
    ]


_USER_FIELDS = (("id", "user_id"), ("username", "username"), ("name", "name"), ("avatar_template", "avatar_template"))


def complete_category(category: Json) -> Json:
    """A category with the fields that a crawler reads."""
    name = category.get("name") or f"Category {category['id']}"
    filled: Json = {
        "name": name, "slug": slugify(name), "color": "0088CC", "text_color": "FFFFFF", "topic_count": 0,
        "post_count": 0, "position": 0, "description": None, "description_text": None, "read_restricted": False,
        "parent_category_id": None, "subcategory_ids": [], "has_children": False,
    }  # fmt: skip
    return {**filled, **{key: value for key, value in category.items() if value is not None or key not in filled}}
