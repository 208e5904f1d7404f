"""The ids of all threads that a Discourse shows to search engines: a check that nothing was missed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

from scraper.errors import BadFieldError, SitemapError
from scraper.fields import parse_time
from scraper.http import PoliteClient

_THREAD = re.compile(r"/t/(?:[^/]+/)?(\d+)/?$")
_LEFT_OUT = re.compile(r"(?:recent|news)")


@dataclass(frozen=True, slots=True)
class MappedThread:
    """A thread of the sitemap, and when it last changed (None: untold)."""

    external_id: str
    changed_at: datetime | None


def read_sitemap(client: PoliteClient) -> Iterator[MappedThread]:
    """All threads of `/sitemap.xml` and the maps below it; Discourse makes it anew once a day.

    Raises StatusError where there is none, and SitemapError where it cannot be read.
    """
    index = _parse(client.get_bytes("/sitemap.xml"))
    yield from _threads(index)
    for place in index.iterfind("{*}sitemap/{*}loc"):
        path = _below(client, (place.text or "").strip())
        if not _LEFT_OUT.search(path):  # excerpts of the others
            yield from _threads(_parse(client.get_bytes(path)))


def _below(client: PoliteClient, url: str) -> str:
    """The path to ask this client for: a forum reached through another address maps its own one."""
    return urlsplit(url).path.removeprefix(urlsplit(client.base_url).path)


def _parse(content: bytes) -> etree._Element:
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SitemapError(f"the sitemap cannot be read: {error}") from error


def _threads(root: etree._Element) -> Iterator[MappedThread]:
    for entry in root.iterfind("{*}url"):
        match = _THREAD.search(urlsplit((entry.findtext("{*}loc") or "").strip()).path)
        if match:
            yield MappedThread(match[1], _moment(entry.findtext("{*}lastmod")))


def _moment(text: str | None) -> datetime | None:
    try:
        return parse_time(text, "lastmod") if text else None
    except BadFieldError:
        return None
