"""Cooked HTML of a Discourse post to plain text: the writer's own words, with code apart in fenced blocks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from lxml import etree

from scraper.fields import clean
from store.text import fence

_DROPPED_TAGS = frozenset(
    [
        "script",
        "style",
        "svg",
        "template",
        "noscript",
        "iframe",
        "object",
        "audio",
        "video",
        "canvas",
        "button",
        "input",
        "select",
        "textarea",
        "head",
    ]
)
_DROPPED_CLASSES = {
    "quote": {"aside"},  # someone else's words
    "onebox": {"aside", "div", "blockquote"},  # a preview of another page
    "lightbox-wrapper": {"div"},  # a picture with its file name and size
    "lightbox": {"a"},
    "poll-info": {"div"},
    "poll-buttons": {"div"},
    "footnote-ref": {"sup"},
    "footnote-backref": {"a"},
    "anchor": {"a"},
}
_BREAKS = dict.fromkeys(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "hr", "details"], 2
) | dict.fromkeys(
    [
        "div",
        "li",
        "dt",
        "dd",
        "tr",
        "summary",
        "section",
        "article",
        "aside",
        "figure",
        "figcaption",
        "header",
        "footer",
        "address",
        "form",
    ],
    1,
)
_NO_LANGUAGE = frozenset({"auto", "nohighlight", "plaintext", "text", "none"})
_HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_HUB_PAGES = frozenset(
    [
        "api",
        "blog",
        "chat",
        "collections",
        "datasets",
        "docs",
        "join",
        "learn",
        "login",
        "models",
        "new",
        "organizations",
        "papers",
        "posts",
        "pricing",
        "settings",
        "spaces",
        "tasks",
    ]
)
_MAX_INDENTS = 8
_TAG = re.compile(r"<[^<>]*>")
_FENCE_MARKS = re.compile(r"^`{3,}", re.MULTILINE)


def cooked_to_text(cooked: str, mask: Callable[[str], str]) -> str:
    """Turn a post's HTML into text; never raises, whatever the HTML, in a time that grows with its length.

    Quotes, previews of other pages and pictures are dropped; inline code stands in backticks, blocks of code in
    fences. A link to a model of the Hub keeps the model's id. `mask` is applied to prose, not to code.
    """
    html = clean(cooked)
    writer = _Writer()
    root = _parse(html)
    if root is not None:
        _walk(root, writer)
    else:
        writer.prose(unescape(_TAG.sub(" ", html)))
    return writer.finish(mask)


def _parse(html: str) -> etree._Element | None:
    """The tree; None where there is none, or where it would be cut off because tags nest too deep."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(f"<div>{html}</div>".encode(), parser)
    except (etree.LxmlError, ValueError):
        return None
    cut_off = any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)
    return None if cut_off else root


def _walk(root: etree._Element, writer: _Writer) -> None:
    """Visit the tree without recursion: a hostile post may nest thousands of tags."""
    unseen: set[etree._Element] = set()
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, node in walker:
        if event == "start":
            if _is_dropped(node) or _write_leaf(node, writer):
                unseen.add(node)
                walker.skip_subtree()
                continue
            _enter(node, writer)
            if node.text:
                writer.prose(node.text)
            continue
        if node in unseen:
            unseen.remove(node)
        else:
            _leave(node, writer)
        if node.tail:
            writer.prose(node.tail)


def _is_dropped(node: etree._Element) -> bool:
    if node.tag in _DROPPED_TAGS:
        return True
    return any(node.tag in _DROPPED_CLASSES.get(name, ()) for name in _classes(node))


def _write_leaf(node: etree._Element, writer: _Writer) -> bool:
    """Write a node whose children are not visited; False if it is not of that sort."""
    if node.tag == "pre":
        writer.code_block(_verbatim(node), _language(node))
    elif node.tag in ("code", "tt"):
        writer.inline_code(_verbatim(node))
    elif node.tag == "img":
        if "emoji" in _classes(node):
            writer.prose(node.get("alt") or node.get("title") or "")
    elif node.tag == "br":
        writer.line_break()
    else:
        return False
    return True


def _enter(node: etree._Element, writer: _Writer) -> None:
    tag = node.tag
    if lines := _BREAKS.get(tag):
        writer.separate(1 if tag in ("ul", "ol") and writer.indented else lines)
    if tag in ("ul", "ol"):
        writer.start_list(ordered=tag == "ol")
    elif tag == "li":
        writer.start_item()
    elif tag == "blockquote":
        writer.indent("> ", "> ")
    elif tag == "tr":
        writer.start_row()
    elif tag in ("td", "th"):
        writer.next_cell()


def _leave(node: etree._Element, writer: _Writer) -> None:
    tag = node.tag
    if tag in ("li", "blockquote"):
        writer.unindent()
    elif tag in ("ul", "ol"):
        writer.end_list()
    if tag == "a" and (model := _hub_model(node.get("href") or "")) and model not in "".join(node.itertext()):
        writer.prose(f" ({model})")
    if lines := _BREAKS.get(tag):
        writer.separate(1 if tag in ("ul", "ol") and writer.indented else lines)


def _hub_model(href: str) -> str:
    """Id of the model that a link to the Hub points to, `owner/name`; empty for other links."""
    try:
        parts = urlsplit(href)
        host = parts.hostname
    except ValueError:
        return ""
    path = [piece for piece in parts.path.split("/") if piece]
    if host not in _HUB_HOSTS or len(path) < 2 or path[0] in _HUB_PAGES or "@" in parts.path:
        return ""
    return f"{path[0]}/{path[1]}"


def _verbatim(node: etree._Element) -> str:
    pieces = []
    for event, child in etree.iterwalk(node, events=("start", "end")):
        if event == "start":
            pieces.append("\n" if child.tag == "br" else child.text or "")
        elif child is not node:
            pieces.append(child.tail or "")
    return "".join(pieces)


def _language(pre: etree._Element) -> str:
    for node in (pre.find(".//code"), pre):
        for name in _classes(node) if node is not None else ():
            found = re.fullmatch(r"lang(?:uage)?-([\w+#.-]{1,30})", name)
            if found:
                return "" if found[1] in _NO_LANGUAGE else found[1]
    return ""


def _classes(node: etree._Element) -> list[str]:
    return (node.get("class") or "").split()


@dataclass(slots=True)
class _Indent:
    first: str
    rest: str
    used: bool = False


class _Writer:
    """Collects pieces of (text, is it prose) and keeps lines, indents and blank lines right."""

    def __init__(self) -> None:
        self._pieces: list[tuple[str, bool]] = []
        self._indents: list[_Indent] = []
        self._breaks = 0
        self._space = False
        self._empty_line = True
        self._cells = 0
        self._lists: list[int | None] = []

    @property
    def indented(self) -> bool:
        return bool(self._indents)

    def prose(self, text: str) -> None:
        words = " ".join(text.split())
        if words:
            self._put((" " if text[0].isspace() else "") + words, True)
        self._space = self._space or text[-1:].isspace()

    def inline_code(self, code: str) -> None:
        if "\n" in code.strip("\n"):
            self.code_block(code, "")
        elif code := code.strip():
            self._put(f"` {code}`" if code.startswith("`") else f"`{code}`", False)

    def code_block(self, code: str, language: str) -> None:
        code = code.strip("\n")
        if not code.strip():
            return
        self.separate(2)
        self._start_line(indents=False)
        self._pieces.append((fence(code, language), False))
        self.separate(2)

    def line_break(self) -> None:
        self._breaks = min(self._breaks + 1, 2)
        self._space = False

    def separate(self, lines: int) -> None:
        if self._indents and not self._indents[-1].used:
            lines = 1  # a paragraph that opens a list item stands beside its bullet
        self._breaks = max(self._breaks, lines)
        self._space = False

    def indent(self, first: str, rest: str) -> None:
        self._indents.append(_Indent(first, rest))

    def unindent(self) -> None:
        self._indents.pop()

    def start_list(self, *, ordered: bool) -> None:
        self._lists.append(0 if ordered else None)

    def start_item(self) -> None:
        bullet = "- "
        if self._lists and (number := self._lists[-1]) is not None:
            self._lists[-1] = number + 1
            bullet = f"{number + 1}. "
        self.indent(bullet, "  ")

    def end_list(self) -> None:
        self._lists.pop()

    def start_row(self) -> None:
        self._cells = 0

    def next_cell(self) -> None:
        if self._cells:
            self._put(" |", True)
            self._space = True
        self._cells += 1

    def finish(self, mask: Callable[[str], str]) -> str:
        """Join the pieces; neighbours are masked together, for a mention may be split over several tags."""
        done: list[str] = []
        run: list[str] = []
        for text, is_prose in self._pieces:
            if is_prose:
                run.append(text)
                continue
            done += [_prose_run(run, mask), text]
            run = []
        return "".join([*done, _prose_run(run, mask)]).strip()

    def _put(self, text: str, is_prose: bool) -> None:
        self._start_line(indents=True)
        if self._empty_line:
            text = text.lstrip() if is_prose else text
        elif self._space and not text.startswith(" "):
            self._pieces.append((" ", True))
        self._pieces.append((text, is_prose))
        self._space = False
        self._empty_line = False

    def _start_line(self, *, indents: bool) -> None:
        if self._breaks and self._pieces:
            self._pieces.append(("\n" * self._breaks, True))
        if self._breaks or not self._pieces:
            self._empty_line = True
            if indents:
                self._write_indents()
        self._breaks = 0

    def _write_indents(self) -> None:
        for level in self._indents[:_MAX_INDENTS]:
            self._pieces.append((level.rest if level.used else level.first, True))
            level.used = True


def _prose_run(pieces: list[str], mask: Callable[[str], str]) -> str:
    # Prose must not open a fence, or the rest of the post would read as code.
    return mask(_FENCE_MARKS.sub("``", "".join(pieces))) if pieces else ""
