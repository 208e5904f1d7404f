"""What of an opening post decides its topic."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Set
from hashlib import blake2b

from classifier.features import take_apart
from store.values import PostInput

_NOT_A_LETTER = re.compile(r"[\W\d_]+")


def topic_text(post: PostInput) -> str:
    """The classifier's main view, so that one vector serves both where no line of it is repeated."""
    return take_apart(post).views[0]


def repeated_lines(texts: Iterable[str], least: int) -> frozenset[str]:
    """Keys of the lines that stand in at least `least` of the texts: the headings and hints of templates, greetings.

    Left in, they make topics of their own: what 300 bug reports share is first of all their form. The first line of a
    text, its title, is none of them.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({_key(line) for line in text.split("\n")[1:]} - {""})
    return frozenset(key for key, texts in counts.items() if texts >= least)


def without_repeated(text: str, repeated: Set[str]) -> str:
    """The text without these lines, but for the first."""
    title, *lines = text.split("\n")
    return "\n".join([title, *(line for line in lines if _key(line) not in repeated)])


def _key(line: str) -> str:
    """Hash of a line's letters, so that a store which keeps it keeps no text; empty for a line without any."""
    letters = _NOT_A_LETTER.sub(" ", line).strip().casefold()
    return blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest() if letters else ""
