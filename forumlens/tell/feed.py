"""Alerts as an Atom feed (RFC 4287)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from lxml import etree

from store.alerts import Alert

_ATOM = "http://www.w3.org/2005/Atom"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def atom_feed(alerts: Sequence[Alert], link: str = "") -> bytes:
    """The feed, latest first; `link`: where the page is, that a reader is sent to."""
    feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
    _add(feed, "title", "forumlens alerts")
    _add(feed, "id", _urn("alerts"))
    _add(feed, "updated", max((one.raised_at for one in alerts), default=_NEVER).isoformat())
    author = etree.SubElement(feed, f"{{{_ATOM}}}author")
    _add(author, "name", "forumlens")
    if link:
        etree.SubElement(feed, f"{{{_ATOM}}}link", href=link)
    for one in sorted(alerts, key=lambda alert: (alert.raised_at, alert.key), reverse=True):
        entry = etree.SubElement(feed, f"{{{_ATOM}}}entry")
        _add(entry, "title", one.text)
        _add(entry, "id", _urn(one.key))
        _add(entry, "updated", one.raised_at.isoformat())
        _add(entry, "content", one.text)
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add(parent: etree._Element, name: str, text: str) -> None:
    # What XML has no sign for would break every reader.
    etree.SubElement(parent, f"{{{_ATOM}}}{name}").text = "".join(c if c.isprintable() else " " for c in text)


def _urn(key: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, 'forumlens:' + key)}"
