"""HTML as an unkind or unlucky writer would post it: what a forum may hold and a reader of it must survive."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_NESTED = ("div", "blockquote", "b", "ul><li", "ol><li", "span", "details", "table><tr><td", "pre", "code", "aside")
_LOOSE = (
    "<p",
    "</div>",
    "<a href='",
    "<!--",
    "<![CDATA[",
    "&#x110000;",
    "&#0;",
    "<?php",
    "</p></p>",
    "<img",
    "&amp",
    "]]>",
)
_MARKS = "\u202e\u202d\u2066\u2069\u200f\u200b\u200c\u200d\u2060\ufeff\u0301\u0489"


def hostile_html(random: Random, size: int) -> str:
    """One hostile post of about `size` characters: deep nesting, a flood of tags, invisible characters and the like."""
    return random.choice(_MAKERS)(random, size)


def _nesting(random: Random, size: int) -> str:
    tag = random.choice(_NESTED)
    return f"<{tag}>" * (size // (len(tag) + 2)) + "deep"


def _links(random: Random, size: int) -> str:
    link = "<a href='https://huggingface.co/acme/model'>"
    return link * (size // len(link)) + "link"


def _flood(random: Random, size: int) -> str:
    piece = random.choice(
        ("<br>", "<p></p>", "<b>x</b>", "<i><b>x</i></b>", "<li>x", "<td>x", "<img class=emoji alt=x>")
    )
    return piece * (size // len(piece))


def _loose_ends(random: Random, size: int) -> str:
    return "".join(random.choice(_LOOSE) + random.choice("ab \n@`") for _ in range(max(1, size // 6)))


def _long_attribute(random: Random, size: int) -> str:
    return f"<p class='{'x ' * (size // 2)}' title=\"{random.random()}\">attribute</p>"


def _null_bytes(random: Random, size: int) -> str:
    return "<p>null\x00byte<b\x00>bold\x00</b>" * max(1, size // 32)


def _marks(random: Random, size: int) -> str:
    return (
        "<p>"
        + "".join(random.choice(_MARKS) + random.choice("ab @\u05d0\u0627") for _ in range(max(1, size // 2)))
        + "</p>"
    )


def _one_word(random: Random, size: int) -> str:
    return random.choice("`@x>&\u00e9") * size


_MAKERS: tuple[Callable[[Random, int], str], ...] = (
    _nesting,
    _links,
    _flood,
    _loose_ends,
    _long_attribute,
    _null_bytes,
    _marks,
    _one_word,
)
