"""Tapes: what a site answered, without names and cookies, so that a crawl that failed can be played again in a test."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from scraper.answers import is_html
from scraper.errors import FileError
from scraper.pseudonyms import Pseudonymizer

_HEADERS = ("Content-Type", "Retry-After", "ETag", "Discourse-Rate-Limit-Error-Code", "Forumlens-Replayed-Until")
_USER_FIELDS = frozenset(
    {"username", "last_poster_username", "accepter_username", "action_code_who", "username_lower", "mentioned_username"}
)
_PERSON_FIELDS = frozenset({"name", "display_username"})
# Whole parts that speak of people and that no crawl reads.
_DROPPED = frozenset(
    {
        "users", "posters", "participants", "details", "name", "display_username", "avatar_template", "user_title",
        "flair_name", "flair_url", "flair_bg_color", "flair_color", "primary_group_name", "reply_to_user", "user_id",
        "mentioned_users", "raw", "last_editor", "edit_reason", "accepter_name", "polls_votes", "link_counts",
        "created_by", "last_poster", "moderators", "admins", "user_created_at", "topic_creator", "featured_users",
        "suggested_topics", "user_custom_fields", "retorts", "reactions", "reaction_users", "bookmarks", "groups",
        "primary_groups",
    }
)  # fmt: skip
_KEPT_NAMES = ("categories", "tags", "subcategory_list", "category_list")
_MARKUP = (
    (re.compile(r'(data-(?:username|user-card)=)"[^"]*"'), r'\1"-"'),
    (re.compile(r"<img[^>]*user_avatar[^>]*>|<img[^>]*class=\"avatar\"[^>]*>"), "<img>"),
    (re.compile(r'(<aside class="quote[^>]*>\s*<div class="title">).*?(</div>)', re.DOTALL), r"\1-\2"),
)
_SLUG = re.compile(r"/t/[^/<]+/(\d+)")
_PAGE = "<!doctype html><title>a page that was here is not kept</title>"
_BROKEN = '{"damaged'


class Tape:
    """Writes every answer to a numbered file of a folder, as it is told of them.

    Kept are path, status, the headers that a crawler reads, and the JSON: user names become pseudonyms, also where they
    stand in a text, and what speaks of people only is dropped. Pages for people and JSON that is damaged are replaced
    by a stand-in of the same kind, sitemaps lose their slugs.

    Raises FileError when the folder cannot be written or holds a tape already.
    """

    def __init__(self, folder: Path, pseudonyms: Pseudonymizer) -> None:
        self._folder, self._pseudonyms, self._number = folder, pseudonyms, 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.glob("*.json")):
                raise FileError(f"{folder} holds a tape already: name another folder")
        except OSError as error:
            raise FileError(f"{folder} cannot be written: {error.strerror or error}") from error

    def __call__(self, response: requests.Response) -> None:
        """Take note of an answer."""
        self._number += 1
        url = urlsplit(response.url)
        kind, body = self._body(response)
        headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
        if location := response.headers.get("Location"):
            headers["Location"] = _SLUG.sub(r"/t/-/\1", urlsplit(location).path)
        record = {
            "path": url.path + (f"?{url.query}" if url.query else ""),
            "status": response.status_code,
            "headers": headers,
            "kind": kind,
            "body": body,
        }
        path = self._folder / f"{self._number:06d}.json"
        path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")

    def _body(self, response: requests.Response) -> tuple[str, Any]:
        if response.content.lstrip()[:5] == b"<?xml":
            return "xml", _SLUG.sub(r"/t/-/\1", response.text)
        try:
            return "json", self.without_names(response.json())
        except (ValueError, RecursionError):
            if is_html(response):
                return "html", _PAGE
        if urlsplit(response.url).path == "/robots.txt":
            return "text", response.text
        text = response.text.lstrip()
        return ("text", _BROKEN) if text.startswith(("{", "[")) else ("text", "")

    def without_names(self, body: Any) -> Any:
        """The JSON without what tells of people; raises ValueError for none that can be walked through."""
        names = sorted(set(_names(body)), key=len, reverse=True)
        known = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names), re.IGNORECASE) if names else None
        return self._clean(body, known, "")

    def _clean(self, value: Any, known: re.Pattern[str] | None, field: str) -> Any:
        if isinstance(value, dict):
            return {
                name: self._pseudonyms.name(inner)
                if name in _USER_FIELDS and isinstance(inner, str)
                else self._clean(inner, known, name if name in _KEPT_NAMES else field)
                for name, inner in value.items()
                if name not in _DROPPED or (name == "name" and field in _KEPT_NAMES)
            }
        if isinstance(value, list):
            return [self._clean(item, known, field) for item in value]
        if not isinstance(value, str):
            return value
        for pattern, stand_in in _MARKUP:
            value = pattern.sub(stand_in, value)
        value = self._pseudonyms.mask(value)
        return known.sub(lambda match: self._pseudonyms.name(match[0]), value) if known else value


def _names(value: Any) -> Iterator[str]:
    """User names that stand in a body, where they are named as such."""
    if isinstance(value, dict):
        person = "username" in value
        for name, inner in value.items():
            if name in _USER_FIELDS or (person and name in _PERSON_FIELDS):
                if isinstance(inner, str) and len(inner) > 1:
                    yield inner
            else:
                yield from _names(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)
