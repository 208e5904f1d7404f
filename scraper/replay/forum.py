"""A forum dump served with the manners of a Discourse forum, for an anonymous visitor."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from scraper.replay import pages
from scraper.replay.changes import ForumChanges
from scraper.replay.conditional import Conditional
from scraper.replay.dump import ForumDump, ThreadEntry
from scraper.replay.faults import FORUM_FAULTS, FaultPlan, Faulty
from scraper.replay.limits import ForumLimiter, ForumLimits
from scraper.replay.listing import Query, QueryError, filter_query, latest_query
from scraper.replay.shapes import CHUNK_SIZE
from scraper.replay.spool import Json
from scraper.replay.until import ReplayedUntil

PER_PAGE, MOST_PER_PAGE, FEED_SIZE = 30, 100, 50
_MOST = 2_147_483_647

Handler = Callable[[Request], Awaitable[Response]]


def forum_app(
    path: str | Path,
    *,
    limits: ForumLimits | bool = False,
    detailed_404: bool = False,
    faults: FaultPlan | None = None,
) -> Starlette:
    """A forum dump (JSONL or JSONL.gz of raw `/t/ID.json` bodies with all posts inline) as a Discourse forum.

    Args:
        path: the dump.
        limits: rate limits per address; True takes Discourse's own, False lets everything pass.
        detailed_404: answer 410 for a deleted thread and 403 for a private one, as some forums do, instead of 404.
        faults: what goes wrong and what changes while it is read.

    Raises:
        DumpError: the dump cannot be read; the message names file, line and field.
    """
    dump = ForumDump(path)
    forum = _Forum(dump, detailed_404)
    chosen = ForumLimits() if limits is True else limits
    middleware = [Middleware(ReplayedUntil, until=lambda: dump.until), Middleware(Conditional)]
    if chosen:
        middleware.append(Middleware(ForumLimiter, limits=chosen))
    if faults is not None:
        change = ForumChanges(dump).change
        middleware.insert(
            0, Middleware(Faulty, plan=faults, possible=FORUM_FAULTS, changes=ForumChanges.ALL, change=change)
        )
    return Starlette(routes=forum.routes(), middleware=middleware, exception_handlers={404: _missing, 405: _missing})


class _Forum:
    def __init__(self, dump: ForumDump, detailed_404: bool) -> None:
        self._dump = dump
        self._detailed_404 = detailed_404
        self._orders: dict[Query, list[ThreadEntry]] = {}
        self._version = dump.version

    def routes(self) -> list[Route]:
        plain = {
            "/robots.txt": self._robots,
            "/sitemap.xml": self._sitemap_index,
            "/sitemap_{number:int}.xml": self._sitemap,
        }
        bodies: dict[str, Handler] = {
            "/latest": self._latest,
            "/filter": self._filter,
            "/categories": self._categories,
            "/site": self._site,
            "/about": self._about,
            "/posts": self._posts_feed,
            "/t/{id:int}": self._thread,
            "/t/{id:int}/posts": self._thread_posts,
            "/t/{id:int}/{post_number:int}": self._thread,
            "/t/{slug}/{id:int}": self._thread,
            "/t/{slug}/{id:int}/{post_number:int}": self._thread,
        }
        routes = [Route(path, handler) for path, handler in plain.items()]
        for path, handler in bodies.items():
            routes += [Route(f"{path}.json", handler), Route(path, _negotiated(handler))]
        return [*routes, Route("/", _negotiated(self._latest))]

    async def _latest(self, request: Request) -> Response:
        query = latest_query(request.query_params.get("order"), request.query_params.get("ascending") == "true")
        if self._version != self._dump.version:
            self._orders.clear()
            self._version = self._dump.version
        if query not in self._orders:
            self._orders[query] = query.apply(self._dump.listed)
        found = self._orders[query]
        return self._list(request, found, ("ascending", "order", "per_page"), {"no_definitions": "true"})

    async def _filter(self, request: Request) -> Response:
        slugs = {category["slug"]: category["id"] for category in self._dump.categories}
        try:
            query: Query = filter_query(request.query_params.get("q", ""), slugs)
        except QueryError as error:
            return _invalid(str(error))
        return self._list(request, query.apply(self._dump.listed), ("q",), {})

    def _list(
        self, request: Request, found: list[ThreadEntry], keep: tuple[str, ...], fixed: dict[str, str]
    ) -> Response:
        page = _number(request, "page", 0, 0, _MOST)
        per_page = _number(request, "per_page", PER_PAGE, 1, MOST_PER_PAGE) if "per_page" in keep else PER_PAGE
        if page is None or per_page is None:
            return _invalid("page" if page is None else "per_page")
        rows, users = self._dump.rows(found[page * per_page : (page + 1) * per_page])
        topics: Json = {"can_create_topic": False, "per_page": per_page, "topics": rows}
        if len(rows) == per_page:
            # A full page promises another, also where the list ends with it: the next page is then empty.
            kept = {name: request.query_params[name] for name in keep if name in request.query_params}
            query = urlencode(sorted({**kept, **fixed, "page": str(page + 1)}.items()))
            topics["more_topics_url"] = f"{request.url.path.removesuffix('.json')}?{query}"
        return JSONResponse({"users": users, "primary_groups": [], "topic_list": topics})

    async def _thread(self, request: Request) -> Response:
        entry = self._dump.find(request.path_params["id"])
        if entry is None or not entry.readable:
            return self._refused(entry)
        slug = request.path_params.get("slug")
        if slug is not None and slug != unquote(entry.slug):
            return _moved(request, entry)
        thread = self._dump.thread(entry)
        start = _chunk_start(request, thread)
        stream = thread["post_stream"]
        posts = stream["posts"][start : start + CHUNK_SIZE] if start is not None else []
        if start is None or (start and not posts):
            return self._refused(None)
        return JSONResponse({**thread, "post_stream": {"posts": posts, "stream": stream["stream"]}})

    async def _thread_posts(self, request: Request) -> Response:
        entry = self._dump.find(request.path_params["id"])
        if entry is None or not entry.readable:
            return self._refused(entry)
        posts = self._dump.thread(entry)["post_stream"]["posts"]
        asked = set(request.query_params.getlist("post_ids[]"))
        chosen = [post for post in posts if str(post["id"]) in asked] if asked else posts[:CHUNK_SIZE]
        return JSONResponse({"post_stream": {"posts": chosen}, "id": entry.id})

    async def _posts_feed(self, request: Request) -> Response:
        last = _number(request, "before", 0, 1, 10**10)
        return JSONResponse({"latest_posts": self._dump.posts_before(last or None, FEED_SIZE)})

    async def _categories(self, request: Request) -> Response:
        nested = request.query_params.get("include_subcategories") == "true"
        listed = pages.category_list(self._dump.categories, nested=nested)
        refused = {"can_create_category": False, "can_create_topic": False}
        return JSONResponse({"category_list": {**refused, "categories": listed}})

    async def _site(self, request: Request) -> Response:
        return JSONResponse(pages.site(self._dump.categories))

    async def _about(self, request: Request) -> Response:
        return JSONResponse(pages.about(len(self._dump.listed), self._dump.posts_count, self._dump.categories))

    async def _robots(self, request: Request) -> Response:
        return PlainTextResponse(pages.robots())

    async def _sitemap_index(self, request: Request) -> Response:
        return Response(pages.sitemap_index(str(request.base_url), len(self._dump.listed)), media_type="text/xml")

    async def _sitemap(self, request: Request) -> Response:
        text = pages.sitemap(str(request.base_url), self._dump.listed, request.path_params["number"])
        return self._refused(None) if text is None else Response(text, media_type="text/xml")

    def _refused(self, entry: ThreadEntry | None) -> Response:
        if entry is None or not self._detailed_404:
            return _error(404, "The page or thread could not be found.", "not_found")
        if entry.deleted:
            return _error(410, "The thread was deleted.", "not_found")
        return _error(403, "The thread is private.", "invalid_access")


def _negotiated(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            return await handler(request)
        where = re.sub(r"/$", "/latest", request.url.path) + ".json"
        link = f"<a href='{escape(where)}'>{escape(where)}</a>"
        return HTMLResponse(f"<!doctype html><title>Replay of a forum dump</title><p>It speaks JSON only: {link}</p>")

    return answer


def _chunk_start(request: Request, thread: Json) -> int | None:
    """Index of the first post to send: by `page` from 1, or by the post number in the path; None for a bad page."""
    number = request.path_params.get("post_number")
    if number is not None:
        before = [index for index, post in enumerate(thread["post_stream"]["posts"]) if post["post_number"] <= number]
        return (before[-1] if before else 0) // CHUNK_SIZE * CHUNK_SIZE
    page = _number(request, "page", 1, 0, _MOST)
    return None if page is None else (max(page, 1) - 1) * CHUNK_SIZE


def _moved(request: Request, entry: ThreadEntry) -> Response:
    number = request.path_params.get("post_number")
    path = f"t/{quote(unquote(entry.slug))}/{entry.id}" + (f"/{number}" if number is not None else "")
    suffix = ".json" if request.url.path.endswith(".json") else ""
    page = request.query_params.get("page", "")
    query = f"?page={int(page)}" if page.isdecimal() and int(page) else ""
    return RedirectResponse(f"{request.base_url}{path}{suffix}{query}", status_code=301)


def _number(request: Request, name: str, default: int, least: int, most: int) -> int | None:
    """A whole number of the query within its bounds, the default where it is absent, None where it is neither."""
    text = request.query_params.get(name)
    if text is None:
        return default
    value = int(text) if re.fullmatch(r"[0-9]{1,10}", text) else -1
    return value if least <= value <= most else None


def _error(status: int, message: str, kind: str) -> Response:
    return JSONResponse({"errors": [message], "error_type": kind}, status)


def _invalid(what: str) -> Response:
    return _error(400, f"The request has an invalid parameter: {what}", "invalid_parameters")


async def _missing(request: Request, error: Any) -> Response:
    return _error(404, "The page or thread could not be found.", "not_found")
