"""A dump of models served as the Hub's model API, so that `huggingface_hub.HfApi(endpoint=...)` can list it."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import get_args
from urllib.parse import urlencode

from huggingface_hub.hf_api import ExpandModelProperty_T
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from scraper.replay.changes import HubChanges
from scraper.replay.faults import HUB_FAULTS, FaultPlan, Faulty
from scraper.replay.hub_dump import SORTS, HubDump, ModelEntry
from scraper.replay.limits import HubLimits, HubQuota
from scraper.replay.spool import Json
from scraper.replay.until import ReplayedUntil

MOST_PER_PAGE = 1_000

_ALIASES = {"created_at": "createdAt", "last_modified": "lastModified", "trending_score": "trendingScore"}
_ALWAYS = ("_id", "id")
_COUNTS = ("likes", "trendingScore", "downloads")
_BASIC = ("modelId", *_COUNTS, "private", "tags", "pipeline_tag", "library_name", "createdAt")
_FULL = ("author", "gated", "disabled", "lastModified", "sha", "siblings")
_HEAVY = ("config", "cardData", "safetensors", "gguf", "transformersInfo", "widgetData", "usedStorage")
_SINGLE = (*_BASIC, *_FULL, *_HEAVY)
_UNSERVED = ("apps", "inference", "inference_provider", "num_parameters")
_USED_UP = "You have used up your calls for now: wait until the quota is renewed."
_TRUE = ("true", "1", "True")


class _ParameterError(ValueError):
    """A query parameter cannot be served; the message names it."""


def hub_app(path: str | Path, *, limits: HubLimits | bool = False, faults: FaultPlan | None = None) -> Starlette:
    """A dump (JSONL or JSONL.gz of model rows as the Hub's API gives them) as the Hub's model API.

    Args:
        path: the dump; the text of a row's `readme`, where it has one, is served as the model's README.md.
        limits: calls per address; True takes the Hub's own for anonymous callers, False lets everything pass.
        faults: what goes wrong and what changes while it is read.

    Raises:
        DumpError: the dump cannot be read; the message names file, line and field.
    """
    dump = HubDump(path)
    chosen = HubLimits() if limits is True else limits or None
    of_files = HubLimits(chosen.file_calls, chosen.file_calls, chosen.window, chosen.clock) if chosen else None
    hub = _Hub(dump, HubQuota(chosen), HubQuota(of_files, "resolvers"))
    routes = [
        Route("/api/models", hub.list_models),
        Route("/api/models/{name}", hub.model),
        Route("/api/models/{owner}/{name}", hub.model),
        Route("/{name}/resolve/{revision}/README.md", hub.card),
        Route("/{owner}/{name}/resolve/{revision}/README.md", hub.card),
    ]
    middleware = [Middleware(ReplayedUntil, until=lambda: dump.until)]
    if faults is not None:
        change = HubChanges(dump).change
        middleware.insert(
            0, Middleware(Faulty, plan=faults, possible=HUB_FAULTS, changes=HubChanges.ALL, change=change)
        )
    return Starlette(routes=routes, middleware=middleware)


@dataclass(frozen=True, slots=True)
class _Ask:
    """A request for a page of models, checked."""

    sort: int
    descending: bool
    limit: int
    after: tuple[float, str] | None
    fields: tuple[str, ...]
    tags: frozenset[str]
    author: str | None
    search: str | None
    pipeline_tag: str | None
    gated: bool | None

    def meets(self, entry: ModelEntry) -> bool:
        """Whether a model meets the filters."""
        return (
            self.tags <= entry.tags
            and (self.author is None or self.author == entry.author)
            and (self.search is None or self.search.lower() in entry.id.lower())
            and (self.pipeline_tag is None or self.pipeline_tag == entry.pipeline_tag)
            and (self.gated is None or self.gated == entry.gated)
        )


class _Hub:
    def __init__(self, dump: HubDump, quota: HubQuota, file_quota: HubQuota) -> None:
        self._dump = dump
        self._quota, self._file_quota = quota, file_quota

    async def list_models(self, request: Request) -> Response:
        allowed, headers = self._quota.take(request)
        if not allowed:
            return _error(429, _USED_UP, headers)
        try:
            ask = _read(request.query_params)
        except _ParameterError as error:
            return _error(400, str(error), headers)
        candidates = (entry for entry in self._dump.after(ask.sort, ask.descending, ask.after) if ask.meets(entry))
        found = list(islice(candidates, ask.limit + 1))
        if len(found) > ask.limit:
            headers["Link"] = f'<{_next_url(request, ask, found[ask.limit - 1])}>; rel="next"'
        rows = (self._dump.row(entry) for entry in found[: ask.limit])
        return JSONResponse([_pick(row, ask.fields) for row in rows], headers=headers)

    async def model(self, request: Request) -> Response:
        allowed, headers = self._quota.take(request)
        if not allowed:
            return _error(429, _USED_UP, headers)
        entry = self._dump.find(_model_id(request))
        if entry is None:
            return _error(404, "Repository not found", {**headers, "X-Error-Code": "RepoNotFound"})
        try:
            fields = _expanded(request.query_params) or _SINGLE
        except _ParameterError as error:
            return _error(400, str(error), headers)
        return JSONResponse(_pick(self._dump.row(entry), fields), headers=headers)

    async def card(self, request: Request) -> Response:
        allowed, headers = self._file_quota.take(request)
        if not allowed:
            return _error(429, _USED_UP, headers)
        entry = self._dump.find(_model_id(request))
        text = None if entry is None else self._dump.row(entry).get("readme")
        if not isinstance(text, str):
            code = "RepoNotFound" if entry is None else "EntryNotFound"
            return _error(404, "README.md not found", {**headers, "X-Error-Code": code})
        return PlainTextResponse(text, headers=headers)


def _model_id(request: Request) -> str:
    return "/".join(request.path_params[part] for part in ("owner", "name") if part in request.path_params)


def _pick(row: Json, fields: tuple[str, ...]) -> Json:
    return {name: row[name] for name in (*_ALWAYS, *fields) if name in row}


def _read(query: QueryParams) -> _Ask:
    for name in _UNSERVED:
        if name in query:
            raise _ParameterError(f"{name}: this replay cannot filter by it")
    sort = query.get("sort", "trendingScore")
    sort = _ALIASES.get(sort, sort)
    if sort not in SORTS:
        raise _ParameterError(f"sort: {sort!r} is none of {', '.join(SORTS)}")
    direction = query.get("direction", "-1")
    if direction not in ("-1", "1"):
        raise _ParameterError(f"direction: {direction!r} is neither -1 nor 1")
    cursor = query.get("cursor")
    gated = query.get("gated")
    return _Ask(
        sort=SORTS.index(sort),
        descending=direction == "-1",
        limit=_limit(query.get("limit")),
        after=None if cursor is None else _decode(cursor, sort, direction),
        fields=_fields(query),
        tags=frozenset(query.getlist("filter")),
        author=query.get("author"),
        search=query.get("search"),
        pipeline_tag=query.get("pipeline_tag"),
        gated=None if gated is None else gated in _TRUE,
    )


def _limit(text: str | None) -> int:
    if text is None:
        return MOST_PER_PAGE
    if not (text.isascii() and text.isdecimal() and int(text[:10]) > 0):
        raise _ParameterError(f"limit: {text!r} is not a whole number above 0")
    return min(int(text[:10]), MOST_PER_PAGE)


def _fields(query: QueryParams) -> tuple[str, ...]:
    expanded = _expanded(query)
    flags = {name for name in ("full", "config", "cardData") if query.get(name) in _TRUE}
    if expanded and flags:
        raise _ParameterError(f"expand: it cannot be combined with {', '.join(sorted(flags))}")
    if expanded:
        return expanded
    return (*_BASIC, *(_FULL if "full" in flags else ()), *sorted(flags - {"full"}))


def _expanded(query: QueryParams) -> tuple[str, ...]:
    """The fields asked for by `expand`, each once, in the order asked."""
    asked = tuple(dict.fromkeys([*query.getlist("expand"), *query.getlist("expand[]")]))
    known = get_args(ExpandModelProperty_T)
    for name in asked:
        if name not in known:
            raise _ParameterError(f"expand: {name!r} is none of {', '.join(known)}")
    return asked


def _next_url(request: Request, ask: _Ask, last: ModelEntry) -> str:
    value = last.keys[ask.sort]
    position = [SORTS[ask.sort], 1 - 2 * ask.descending, value if math.isfinite(value) else None, last.id]
    cursor = base64.urlsafe_b64encode(json.dumps(position).encode()).decode()
    kept = [(name, given) for name, given in request.query_params.multi_items() if name != "cursor"]
    return f"{request.base_url}api/models?{urlencode([*kept, ('cursor', cursor)])}"


def _decode(cursor: str, sort: str, direction: str) -> tuple[float, str]:
    try:
        name, way, value, model_id = json.loads(base64.urlsafe_b64decode(cursor))
        key = (float("-inf") if value is None else float(value), str(model_id))
    except (ValueError, TypeError) as error:
        raise _ParameterError("cursor: it cannot be read; start again without one") from error
    if (name, str(way)) != (sort, direction):
        raise _ParameterError(f"cursor: it belongs to sort={name} and direction={way}")
    return key


def _error(status: int, message: str, headers: dict[str, str]) -> Response:
    return JSONResponse({"error": message}, status, {"X-Error-Message": message, **headers})
