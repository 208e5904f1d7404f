"""A tape (see scraper.tape) served on this machine: the answers of a crawl, in the order in which they came."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scraper.replay.spool import DumpError

_TYPES = {"json": "application/json", "html": "text/html", "xml": "application/xml", "text": "text/plain"}
_Key = tuple[str, tuple[tuple[str, str], ...]]


def tape_app(folder: str | Path) -> Starlette:
    """A tape as the site that it was taken of: each address gives its answers one after the other, the last one again.

    Raises:
        DumpError: the folder holds no tape, or a file of it cannot be read.
    """
    answers: defaultdict[_Key, deque[dict[str, Any]]] = defaultdict(deque)
    for path in sorted(Path(folder).glob("*.json")):
        try:
            record = json.loads(path.read_text("utf-8"))
            answers[_key(record["path"])].append(record)
            _answer(record)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DumpError(f"tape {str(path)!r}: {error!r}; give the folder that --record has written") from error
    if not answers:
        raise DumpError(f"tape {str(folder)!r} holds no answers: give the folder that --record has written")

    async def answer(request: Request) -> Response:
        found = answers.get(_key(f"{request.url.path}?{request.url.query}"))
        if not found:
            return JSONResponse({"errors": ["not on the tape"], "error_type": "not_found"}, 404)
        return _answer(found.popleft() if len(found) > 1 else found[0])

    return Starlette(routes=[Route("/{path:path}", answer)])


def _key(address: str) -> _Key:
    parts = urlsplit(address)
    return parts.path, tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))


def _answer(record: dict[str, Any]) -> Response:
    body = json.dumps(record["body"]) if record["kind"] == "json" else str(record["body"])
    headers = {"Content-Type": _TYPES[record["kind"]], **record["headers"]}
    return Response(body if record["status"] != 304 else b"", int(record["status"]), headers)
