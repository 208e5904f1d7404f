"""What a family's row says of its ambiguous names, made ready for looking around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.families import Everyday, Family

_NEAR_NAME = 1
"""Letters between a name and a word that is right beside it."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand near a name, right before it, and right after it."""

    near: re.Pattern[str] | None
    left: re.Pattern[str] | None
    right: re.Pattern[str] | None

    def cues(self, before: str, after: str, cue: str) -> Iterator[str]:
        """One of the words, more than one of them ("much ..."), and one right beside the name."""
        left = [] if self.near is None else [*self.near.finditer(before)]
        right = [] if self.near is None else [*self.near.finditer(after)]
        different = len({match[0].lower() for match in (*left, *right)})
        beside = (
            (self.left is not None and self.left.search(before) is not None)
            or (self.right is not None and self.right.match(after) is not None)
            or any(match.end() >= len(before) - _NEAR_NAME for match in left)
            or any(match.start() <= _NEAR_NAME for match in right)
        )
        if different or beside:
            yield cue
        if different > 1:
            yield f"much {cue}"
        if beside:
            yield f"{cue} beside it"


@dataclass(frozen=True, slots=True)
class Sense:
    """What an ambiguous name is otherwise, how the family writes itself, and words that speak for and against it."""

    everyday: Everyday
    written: frozenset[str]
    like: Words
    unlike: Words


def sense_of(family: Family) -> Sense:
    """The sense of a family's ambiguous names."""
    return Sense(family.everyday, frozenset(family.written), _words(family.like), _words(family.unlike))


def _words(entries: tuple[str, ...]) -> Words:
    """Entries of a row: `~ out` counts right after the name only, `a ~` right before it, others near it."""
    return Words(
        _any_of([entry for entry in entries if "~" not in entry]),
        _any_of([entry.removesuffix("~").strip() for entry in entries if entry.endswith("~")], after=r"[\s-]\Z"),
        _any_of([entry.removeprefix("~").strip() for entry in entries if entry.startswith("~")], before=r"[\s+-]"),
    )


def _any_of(words: Iterable[str], before: str = "", after: str = "") -> re.Pattern[str] | None:
    parts = [re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words]
    if not parts:
        return None
    return re.compile(rf"{before}(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_]){after}", re.IGNORECASE)
