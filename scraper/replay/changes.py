"""What happens on a forum or Hub while it is read: each change is one that readers see from then on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from scraper.replay.dump import ForumDump, ThreadEntry
from scraper.replay.faults import FaultPlan
from scraper.replay.hostile import hostile_html
from scraper.replay.hub_dump import HubDump
from scraper.replay.spool import Json

_TICK = timedelta(minutes=1)


class ForumChanges:
    """Changes of a forum; `LOUD` ones bump their thread or add one, `SILENT` ones show in no list by activity."""

    LOUD = ("new-thread", "new-post", "huge-post", "hostile-post")
    SILENT = (
        "edit-post",
        "delete-post",
        "move-posts",
        "delete-thread",
        "unlist-thread",
        "rename-thread",
        "recategorize",
        "close-thread",
        "like-post",
    )
    ALL = (*LOUD, *SILENT)

    def __init__(self, dump: ForumDump) -> None:
        self._dump = dump
        self._last_post = dump.last_post_id
        self._now = dump.until or datetime(2024, 1, 1, tzinfo=UTC)
        self._acts: dict[str, Callable[[Json, FaultPlan], None]] = {
            "new-post": lambda body, plan: self._reply(body, f"<p>A late reply, {plan.random.random()}</p>"),
            "huge-post": lambda body, plan: self._reply(body, f"<p>{'many words ' * (plan.huge // 11)}</p>"),
            "hostile-post": lambda body, plan: self._reply(body, hostile_html(plan.random, plan.huge)),
            "edit-post": self._edit,
            "delete-post": self._delete,
            "move-posts": self._move,
            "delete-thread": lambda body, plan: self._set(body, deleted_at=self._stamp()),
            "unlist-thread": lambda body, plan: self._set(body, visible=False),
            "rename-thread": lambda body, plan: self._set(body, title=f"Renamed {plan.random.random()}"),
            "recategorize": lambda body, plan: self._set(body, category_id=plan.random.randint(1, 9)),
            "close-thread": lambda body, plan: self._set(body, closed=not body["closed"]),
            "like-post": self._like,
        }

    def change(self, name: str, plan: FaultPlan) -> None:
        """Carry one change out on a thread that the plan draws; on an empty forum nothing happens."""
        self._now += _TICK
        if name == "new-thread":
            return self._open(plan.random)
        if self._dump.listed:
            entry = self._draw(plan.random)
            self._acts[name](self._dump.copy(entry), plan)
        return None

    def _draw(self, random: Random) -> ThreadEntry:
        return random.choice(self._dump.listed)

    def _stamp(self) -> str:
        return self._now.isoformat()

    def _set(self, body: Json, **fields: Any) -> None:
        self._dump.put({**body, **fields})

    def _new_post(self, number: int, cooked: str) -> Json:
        self._last_post += 1
        return {
            "id": self._last_post,
            "post_number": number,
            "username": f"late{number}",
            "created_at": self._stamp(),
            "updated_at": self._stamp(),
            "cooked": cooked,
        }

    def _open(self, random: Random) -> None:
        key = self._dump.last_thread_id + 1
        post = self._new_post(1, f"<p>A new question, {random.random()}</p>")
        thread = {"id": key, "title": f"A new thread {key}", "created_at": self._stamp()}
        self._dump.put({**thread, "post_stream": {"posts": [post], "stream": [post["id"]]}})

    def _reply(self, body: Json, cooked: str) -> None:
        post = self._new_post(body["highest_post_number"] + 1, cooked)
        bumped = {"last_posted_at": self._stamp(), "bumped_at": self._stamp()}
        self._put_posts({**body, **bumped}, [*body["post_stream"]["posts"], post])

    def _edit(self, body: Json, plan: FaultPlan) -> None:
        posts = list(body["post_stream"]["posts"])
        if posts:
            place = plan.random.randrange(len(posts))
            text = f"<p>Edited, {plan.random.random()}</p>"
            version = posts[place].get("version", 1) + 1
            posts[place] = {**posts[place], "cooked": text, "updated_at": self._stamp(), "version": version}
            self._put_posts(body, posts)

    def _delete(self, body: Json, plan: FaultPlan) -> None:
        posts = body["post_stream"]["posts"]
        if len(posts) > 1:  # the opening goes with its thread only
            place = plan.random.randrange(1, len(posts))
            self._put_posts(body, posts[:place] + posts[place + 1 :])

    def _move(self, body: Json, plan: FaultPlan) -> None:
        """Move the replies from one on to the end of another thread: they keep their ids and get new numbers."""
        posts = body["post_stream"]["posts"]
        other = self._draw(plan.random)
        if len(posts) < 2 or other.id == body["id"]:
            return
        place = plan.random.randrange(1, len(posts))
        target = self._dump.copy(other)
        start = target["highest_post_number"] + 1
        moved = [
            {**post, "post_number": start + offset, "topic_id": other.id, "reply_to_post_number": None}
            for offset, post in enumerate(posts[place:])
        ]
        self._put_posts(body, posts[:place])
        self._put_posts(target, target["post_stream"]["posts"] + moved)

    def _like(self, body: Json, plan: FaultPlan) -> None:
        posts = list(body["post_stream"]["posts"])
        if posts:
            place = plan.random.randrange(len(posts))
            posts[place] = {**posts[place], "actions_summary": [{"id": 2, "count": plan.random.randint(1, 99)}]}
            self._put_posts(body, posts)

    def _put_posts(self, body: Json, posts: list[Json]) -> None:
        highest = max([body["highest_post_number"], *(post["post_number"] for post in posts)])
        stream = {"posts": posts, "stream": [post["id"] for post in posts]}
        self._dump.put({**body, "posts_count": len(posts), "highest_post_number": highest, "post_stream": stream})


class HubChanges:
    """Changes of a Hub; only `LOUD` ones show at the head of a list by creation time."""

    LOUD = ("new-model",)
    SILENT = ("delete-model", "gate-model", "count-downloads", "write-card", "name-type")
    ALL = (*LOUD, *SILENT)

    def __init__(self, dump: HubDump) -> None:
        self._dump = dump
        self._now = dump.until or datetime(2024, 1, 1, tzinfo=UTC)
        self._made = 0

    def change(self, name: str, plan: FaultPlan) -> None:
        """Carry one change out on a model that the plan draws; on an empty Hub only new ones come."""
        self._now += _TICK
        random = plan.random
        if name == "new-model":
            self._made += 1
            created = self._now.isoformat().replace("+00:00", "Z")
            kind = random.choice(("bert", "llama", "Qwen2"))
            made = {"id": f"late/model-{plan.seed}-{self._made}", "createdAt": created, "config": {"model_type": kind}}
            return self._dump.put(made)
        if not len(self._dump):
            return None
        row: Json = dict(self._dump.row(self._dump.draw(random.random())))
        if name == "delete-model":
            return self._dump.drop(row["id"])
        changed: dict[str, Json] = {
            "gate-model": {"gated": random.choice(("auto", "manual", False))},
            "count-downloads": {"downloads": random.randint(0, 10**6), "likes": random.randint(0, 10**3)},
            "write-card": {"siblings": [{"rfilename": "README.md"}], "cardData": {"license": "mit"}},
            "name-type": {"config": {"model_type": random.choice(("t5", "gpt2"))}},
        }
        return self._dump.put({**row, **changed[name]})
