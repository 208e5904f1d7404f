"""Cooked HTML of a Discourse post to plain text: the writer's own words, with code apart in fenced blocks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, ParserRejectedMarkup, Tag
from bs4.element import NavigableString

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
_FENCE_MARKS = re.compile(r"^`{3,}", re.MULTILINE)


def cooked_to_text(cooked: str, mask: Callable[[str], str]) -> str:
    """Turn a post's HTML into text; never raises, whatever the HTML.

    Quotes, previews of other pages and pictures are dropped; inline code stands in backticks, blocks of code in
    fences. A link to a model of the Hub keeps the model's id. `mask` is applied to prose, not to code.
    """
    html = clean(cooked)
    try:
        soup = BeautifulSoup(f"<div>{html}</div>", "lxml")
    except (ParserRejectedMarkup, AssertionError, ValueError):
        return mask(re.sub(r"<[^>]*>", " ", html)).strip()
    writer = _Writer()
    _walk(soup, writer)
    return writer.finish(mask)


def _walk(root: Tag, writer: _Writer) -> None:
    """Visit the tree without recursion: a hostile post may nest thousands of tags."""
    stack: list[tuple[Tag | NavigableString, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        if isinstance(node, NavigableString):
            if type(node) is NavigableString:
                writer.prose(str(node))
        elif leaving:
            _leave(node, writer)
        elif not _is_dropped(node) and not _write_leaf(node, writer):
            _enter(node, writer)
            stack.append((node, True))
            stack.extend(
                (child, False) for child in reversed(node.contents) if isinstance(child, Tag | NavigableString)
            )


def _is_dropped(node: Tag) -> bool:
    if node.name in _DROPPED_TAGS:
        return True
    return any(node.name in _DROPPED_CLASSES.get(name, ()) for name in _classes(node))


def _write_leaf(node: Tag, writer: _Writer) -> bool:
    """Write a node whose children are not visited; False if it is not of that sort."""
    if node.name == "pre":
        writer.code_block(_verbatim(node), _language(node))
    elif node.name in ("code", "tt"):
        writer.inline_code(_verbatim(node))
    elif node.name == "img":
        if "emoji" in _classes(node):
            writer.prose(_attribute(node, "alt") or _attribute(node, "title"))
    elif node.name == "br":
        writer.line_break()
    else:
        return False
    return True


def _enter(node: Tag, writer: _Writer) -> None:
    if lines := _BREAKS.get(node.name):
        writer.separate(1 if node.name in ("ul", "ol") and writer.indented else lines)
    if node.name in ("ul", "ol"):
        writer.start_list(ordered=node.name == "ol")
    elif node.name == "li":
        writer.start_item()
    elif node.name == "blockquote":
        writer.indent("> ", "> ")
    elif node.name == "tr":
        writer.start_row()
    elif node.name in ("td", "th"):
        writer.next_cell()


def _leave(node: Tag, writer: _Writer) -> None:
    if node.name in ("li", "blockquote"):
        writer.unindent()
    elif node.name in ("ul", "ol"):
        writer.end_list()
    if node.name == "a" and (model := _hub_model(_attribute(node, "href"))) and model not in node.get_text():
        writer.prose(f" ({model})")
    if lines := _BREAKS.get(node.name):
        writer.separate(1 if node.name in ("ul", "ol") and writer.indented else lines)


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


def _verbatim(node: Tag) -> str:
    pieces = []
    for child in node.descendants:
        if type(child) is NavigableString:
            pieces.append(str(child))
        elif isinstance(child, Tag) and child.name == "br":
            pieces.append("\n")
    return "".join(pieces)


def _language(pre: Tag) -> str:
    code = pre.find("code")
    for node in (code, pre):
        for name in _classes(node) if isinstance(node, Tag) else ():
            found = re.fullmatch(r"lang(?:uage)?-([\w+#.-]{1,30})", name)
            if found:
                return "" if found[1] in _NO_LANGUAGE else found[1]
    return ""


def _classes(node: Tag) -> list[str]:
    return [str(name) for name in node.get_attribute_list("class") if name]


def _attribute(node: Tag, name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""


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
