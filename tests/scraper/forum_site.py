"""A forum of a few threads that can be changed between crawls, with and without what newer Discourses have."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.scraper.site import Answer, Site

START = datetime(2023, 1, 15, tzinfo=UTC)


class Forum:
    """2 threads a list page; `modern`: month windows, the feed of new posts, a sitemap and ETags too."""

    per_page = 2
    feed_size = 3

    def __init__(self, site: Site, *, modern: bool = False) -> None:
        self.site = site
        self.modern = modern
        self.threads: dict[int, dict[str, Any]] = {}
        self.status: dict[int, Answer] = {}
        self._clock = START + timedelta(days=300)
        self._last_post = 10**6
        site.routes["/latest.json"] = self._list
        site.routes["/categories.json"] = Answer(
            body={"category_list": {"categories": [{"id": 3, "name": "Models"}, {"id": 4, "name": "Datasets"}]}}
        )
        if modern:
            site.routes["/filter.json"] = self._filter
            site.routes["/posts.json"] = self._feed
            site.routes["/sitemap.xml"] = lambda _path: Answer(body=self._sitemap_index())
            site.routes["/sitemap_1.xml"] = lambda _path: Answer(body=self._sitemap())

    def add(self, key: int, posts: int = 1, *, days: int | None = None, **fields: Any) -> None:
        """Make or replace a thread; quietly, with the times told by `days`."""
        begun = START + timedelta(days=key if days is None else days)
        ids = [key * 1000 + number for number in range(1, posts + 1)]
        bodies = [self._post(post_id, n, begun) for n, post_id in enumerate(ids, 1)]
        self.threads[key] = {
            "id": key, "title": f"Thread {key}", "slug": "x", "created_at": begun.isoformat(), "category_id": 3,
            "bumped_at": begun.isoformat(), "posts_count": posts, "posts": bodies, **fields,
        }  # fmt: skip
        self.site.routes[f"/t/{key}.json"] = lambda path: self._thread(key, path)
        self.site.routes[f"/t/{key}/posts.json"] = lambda path: self._posts(key, path)

    def start(self, key: int, posts: int = 1) -> None:
        """A new thread, made now."""
        self.add(key, 0)
        now = self._tick()
        self.threads[key] |= {"created_at": now.isoformat(), "bumped_at": now.isoformat()}
        for _ in range(posts):
            self.reply(key)

    def reply(self, key: int, *, bump: bool = True) -> int:
        """A new post, which bumps its thread or not."""
        self._last_post += 1
        thread, now = self.threads[key], self._tick()
        number = 1 + max((post["post_number"] for post in thread["posts"]), default=0)
        thread["posts"].append(self._post(self._last_post, number, now))
        thread["posts_count"] = len(thread["posts"])
        if bump:
            thread["bumped_at"] = now.isoformat()
        return self._last_post

    def edit(self, key: int, place: int, cooked: str) -> None:
        """Change a post, which bumps nothing."""
        self.threads[key]["posts"][place] |= {"cooked": cooked, "updated_at": self._tick().isoformat()}

    def like(self, key: int, place: int, count: int) -> None:
        """Give a post likes, which bumps nothing."""
        self.threads[key]["posts"][place]["actions_summary"] = [{"id": 2, "count": count}]

    def delete_post(self, key: int, place: int) -> None:
        """Take a post away; unlike a real forum this one leaves even its count in the lists, as they are cached."""
        del self.threads[key]["posts"][place]

    def move_post(self, key: int, place: int, to: int) -> None:
        """Move a post to another thread, which bumps neither."""
        post = self.threads[key]["posts"].pop(place)
        post["post_number"] = 1 + max((other["post_number"] for other in self.threads[to]["posts"]), default=0)
        self.threads[to]["posts"].append(post)

    def remove(self, key: int) -> None:
        """Delete a thread: it is in no list and cannot be opened."""
        del self.threads[key]

    def shown(self) -> dict[str, tuple[Any, ...]]:
        """What a store should hold of each thread: title, category, closed, posts (id, text, likes)."""
        names = {3: "Models", 4: "Datasets"}
        return {
            str(key): (
                item["title"],
                names[item["category_id"]],
                bool(item.get("closed")),
                [(str(post["id"]), re.sub("<[^>]*>", "", post["cooked"]), _likes(post)) for post in item["posts"]],
            )
            for key, item in self.threads.items()
            if item.get("visible") is not False
        }

    def _tick(self) -> datetime:
        self._clock += timedelta(minutes=7)
        return self._clock

    def _post(self, post_id: int, number: int, made: datetime) -> dict[str, Any]:
        return {
            "id": post_id,
            "post_number": number,
            "created_at": made.isoformat(),
            "username": "ann",
            "cooked": f"<p>{post_id}</p>",
        }

    def _list(self, path: str) -> Answer:
        query = parse_qs(urlsplit(path).query)
        number, up = int(query["page"][0]), query["ascending"] == ["true"]
        field = "created_at" if query["order"] == ["created"] else "bumped_at"
        return self._page(list(self.threads.values()), field, up, number)

    def _filter(self, path: str) -> Answer:
        query = parse_qs(urlsplit(path).query)
        after, before = re.findall(r"\d{4}-\d\d-\d\d", query["q"][0])
        # ISO 8601 sorts as text; a day's midnight is its first moment, and both ends are inclusive
        found = [item for item in self.threads.values() if after <= item["created_at"] <= f"{before}T00:00:00+00:00"]
        return self._page(found, "created_at", True, int(query["page"][0]))

    def _page(self, found: list[dict[str, Any]], field: str, up: bool, number: int) -> Answer:
        shown = [item for item in found if item.get("visible") is not False]
        shown.sort(key=lambda item: (item[field], item["id"]), reverse=not up)
        rows = shown[number * self.per_page : (number + 1) * self.per_page]
        rows = [{name: value for name, value in row.items() if name != "posts"} for row in rows]
        more = {"more_topics_url": "/latest?page=x"} if len(rows) == self.per_page else {}
        return self._answer({"topic_list": {"topics": rows, **more}})

    def _feed(self, path: str) -> Answer:
        before = int(parse_qs(urlsplit(path).query).get("before", ["0"])[0]) or 10**9
        found = [
            {"id": post["id"], "topic_id": key}
            for key, item in self.threads.items()
            for post in item["posts"]
            if item.get("visible") is not False and post["id"] <= before
        ]
        return self._answer({"latest_posts": sorted(found, key=lambda post: -post["id"])[: self.feed_size]})

    def _sitemap_index(self) -> str:
        return _xml("sitemapindex", "".join(f"<sitemap><loc>https://forum/{n}.xml</loc></sitemap>" for n in _MAPS))

    def _sitemap(self) -> str:
        entries = (
            f"<url><loc>https://forum/t/x/{key}</loc><lastmod>{item['bumped_at']}</lastmod></url>"
            for key, item in self.threads.items()
            if item.get("visible") is not False
        )
        return _xml("urlset", "".join(entries))

    def _thread(self, key: int, path: str) -> Answer:
        if key in self.status or key not in self.threads:
            return self.status.get(key, Answer(404, {"errors": ["gone"]}))
        thread = dict(self.threads[key])
        posts = thread.pop("posts")
        return self._answer(thread | {"post_stream": {"posts": posts[:20], "stream": [post["id"] for post in posts]}})

    def _posts(self, key: int, path: str) -> Answer:
        asked = set(parse_qs(urlsplit(path).query)["post_ids[]"])
        return Answer(body={"post_stream": {"posts": [p for p in self.threads[key]["posts"] if str(p["id"]) in asked]}})

    def _answer(self, body: dict[str, Any]) -> Answer:
        if not self.modern:
            return Answer(body=body)
        tag = f'W/"{sha256(json.dumps(body).encode()).hexdigest()[:16]}"'
        known = any(head.get("If-None-Match") == tag for head in self.site.headers[-1:])
        return Answer(304, "", {"ETag": tag}) if known else Answer(body=body, headers={"ETag": tag})


_MAPS = ("sitemap_recent", "sitemap_1")


def _xml(root: str, inner: str) -> str:
    return f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</{root}>'


def _likes(post: dict[str, Any]) -> int:
    return sum(action["count"] for action in post.get("actions_summary", ()))
