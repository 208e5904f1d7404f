"""Drafted threads to raw Discourse bodies: ids, times, streams and the states a forum's threads can be in."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from random import Random
from typing import Any

from labeled.sample.cook import cook, quote_of
from labeled.sample.drafts import PostDraft, ThreadDraft
from labeled.sample.output import AUTHORED_TAG

END = datetime(2025, 6, 30, 23, 0, tzinfo=UTC)
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """A draft with its thread id and, post by post, its times and post ids."""

    draft: ThreadDraft
    thread_id: int
    times: tuple[datetime, ...]
    post_ids: tuple[int, ...]


def place(drafts: Iterable[ThreadDraft], seed: str) -> list[Placed]:
    """Give each draft times inside its month and ids that rise with time, threads and posts apart."""
    random = Random(seed)
    timed = sorted(((_times(draft, random), draft) for draft in drafts), key=lambda pair: pair[0][0])
    thread_ids = _rising(1001, len(timed), random)
    order = sorted((time, row, number) for row, (times, _) in enumerate(timed) for number, time in enumerate(times))
    ids = dict(zip(((row, number) for _, row, number in order), _rising(5003, len(order), random), strict=True))
    return [
        Placed(draft, thread_id, times, tuple(ids[row, number] for number in range(len(times))))
        for row, (thread_id, (times, draft)) in enumerate(zip(thread_ids, timed, strict=True))
    ]


def _rising(first: int, count: int, random: Random) -> list[int]:
    ids, current = [], first
    for _ in range(count):
        ids.append(current)
        current += random.randrange(1, 4)
    return ids


def _times(draft: ThreadDraft, random: Random) -> tuple[datetime, ...]:
    year, month = map(int, draft.month.split("-"))
    latest_day = 3 if draft.days or draft.pinned else 26
    start = datetime(year, month, random.randint(1, latest_day), random.randrange(5, 23), tzinfo=UTC)
    start += timedelta(seconds=random.randrange(3600), milliseconds=random.randrange(1000))
    if draft.days:
        gaps = [random.expovariate(1.0) for _ in draft.posts[1:]]
        unit = timedelta(days=draft.days) / max(sum(gaps), 1.0)
        lags = [gap * unit for gap in gaps]
    else:
        lags = [timedelta(minutes=3 + random.lognormvariate(4.6, 1.5)) for _ in draft.posts[1:]]
    times = [start]
    for lag in lags:
        times.append(_milliseconds(min(times[-1] + lag, END + timedelta(minutes=len(times)))))
    return tuple(times)


def _milliseconds(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def iso(time: datetime) -> str:
    """Return the time as Discourse and the Hub write it: ISO 8601 with milliseconds and Z."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def slug_of(title: str) -> str:
    """Return the URL slug of a title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower())[:80].strip("-") or "topic"


def thread_body(placed: Placed, category_id: int, tag_ids: Mapping[str, int], users: Mapping[str, int]) -> Body:
    """Return the `/t/ID.json` body of one thread with all of its posts in `post_stream.posts`."""
    draft, random = placed.draft, Random(f"body|{placed.thread_id}")
    slug = slug_of(draft.title)
    cooked = [cook(post.text) for post in draft.posts]
    posts = [
        _post(placed, index, slug, cooked, users, random) for index, post in enumerate(draft.posts) if not post.deleted
    ]
    last = posts[-1]["created_at"]
    regular = [post for post in posts if post["post_type"] == 1]
    body = {
        "post_stream": {"posts": posts, "stream": [post["id"] for post in posts]},
        "id": placed.thread_id,
        "title": draft.title,
        "fancy_title": escape(draft.title),
        "slug": slug,
        "posts_count": len(posts),
        "reply_count": sum(post["reply_to_post_number"] is not None for post in posts),
        "highest_post_number": len(draft.posts),
        "created_at": posts[0]["created_at"],
        "last_posted_at": last,
        "bumped_at": last,
        "category_id": category_id,
        "tags": _tags(draft, placed.thread_id, tag_ids),
        "views": 20 * len(posts) + random.randrange(30, 900),
        "like_count": sum(_likes(post) for post in posts),
        "word_count": sum(len(re.sub(r"<[^>]+>", " ", post["cooked"]).split()) for post in posts),
        "participant_count": len({post["username"] for post in posts}),
        "visible": not draft.unlisted,
        "closed": draft.closed,
        "archived": False,
        "archetype": "regular",
        "pinned": draft.pinned,
        "pinned_globally": draft.pinned,
        "pinned_at": posts[0]["created_at"] if draft.pinned else None,
        "deleted_at": None,
        "user_id": posts[0]["user_id"],
        "chunk_size": 20,
    }
    answer = next((post for post in regular if post["accepted_answer"]), None)
    if answer:
        body["accepted_answer"] = _accepted(answer)
    return body


def _accepted(post: Body) -> Body:
    excerpt = " ".join(re.sub(r"<[^>]+>", " ", post["cooked"]).split())[:120]
    return {"post_number": post["post_number"], "username": post["username"], "excerpt": excerpt}


def _likes(post: Body) -> int:
    return sum(int(action.get("count", 0)) for action in post["actions_summary"] if action["id"] == 2)


def _tags(draft: ThreadDraft, thread_id: int, tag_ids: Mapping[str, int]) -> list[Any]:
    """Return the tags as strings or, for every third thread, as the objects that Discourse sends since 2026."""
    names = [*draft.tags, AUTHORED_TAG]
    if thread_id % 3:
        return names
    return [{"id": tag_ids[name], "name": name, "slug": name} for name in names]


def _post(
    placed: Placed, index: int, slug: str, cooked: Sequence[str], users: Mapping[str, int], random: Random
) -> Body:
    draft = placed.draft.posts[index]
    created = placed.times[index]
    updated = min(created + timedelta(hours=random.randrange(1, 900)), END) if draft.edited else created
    html = cooked[index]
    if draft.quote is not None:
        quoted = placed.draft.posts[draft.quote - 1]
        html = quote_of(cooked[draft.quote - 1], quoted.by, draft.quote, placed.thread_id) + html
    staff = draft.by.endswith("_staff")
    post: Body = {
        "id": placed.post_ids[index],
        "name": None,
        "username": draft.by,
        "user_id": users[draft.by],
        "created_at": iso(created),
        "updated_at": iso(max(created, updated)),
        "cooked": "" if draft.action else html,
        "post_number": index + 1,
        "post_type": 3 if draft.action else 1,
        "version": random.randrange(2, 5) if draft.edited else 1,
        "reply_to_post_number": draft.reply_to,
        "reply_count": sum(other.reply_to == index + 1 for other in placed.draft.posts if not other.deleted),
        "quote_count": int(draft.quote is not None),
        "reads": random.randrange(5, 120),
        "topic_id": placed.thread_id,
        "topic_slug": slug,
        "actions_summary": _actions(draft),
        "moderator": staff,
        "admin": False,
        "staff": staff,
        "hidden": False,
        "deleted_at": None,
        "user_deleted": False,
        "accepted_answer": draft.accepted,
    }
    if draft.action:
        post["action_code"] = draft.action
    return post


def _actions(draft: PostDraft) -> list[Body]:
    return [{"id": 2, "count": draft.likes}] if draft.likes else []
