"""Families that uploads have and the table lacks, as rows of a table of one's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from classifier.families import join
from classifier.mentions import Registry
from classifier.weights import MINILM, find

_SHORT = 4
_NAME = re.compile(r"[a-z0-9][\w .+-]*[a-z0-9+]")
_PIECES = re.compile(r"[\W_]+")
_HEADER = """\
# Model families that the table of forumlens lacks, by what is uploaded. Names that are everyday words or short are
# ambiguous: say in `like` and `unlike` which words stand near them. `classes` are guessed from the name.
"""


@dataclass(frozen=True, slots=True)
class NewFamily:
    """A family that is uploaded and not in the table, with how many models have it; other spellings count with it."""

    name: str
    models: int
    ambiguous: bool
    aliases: tuple[str, ...] = ()


def new_families(
    counts: Mapping[str, int], registry: Registry, everyday: Collection[str], least: int = 1
) -> list[NewFamily]:
    """Families with at least `least` models that the registry lacks, those with the most models first.

    `counts`: models by family. `everyday`: words in lower case; a name of such words, or a short one, is ambiguous.
    """
    known = set(registry.names)
    spellings: dict[str, list[str]] = {}
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        if _NAME.fullmatch(name) and registry.canonical(name) not in known:
            spellings.setdefault(join(name), []).append(name)
    found = [
        NewFamily(first, sum(counts[name] for name in (first, *others)), _is_everyday(first, everyday), tuple(others))
        for first, *others in spellings.values()
    ]
    return sorted((family for family in found if family.models >= least), key=lambda family: -family.models)


def to_toml(families: Iterable[NewFamily]) -> str:
    """A table of families to be edited, as `Registry.load` reads it."""
    return "\n".join([_HEADER, *map(_row, families)])


def everyday_words() -> frozenset[str]:
    """Whole words of the default encoder's vocabulary: some 20,000 common ones. None where its package is missing."""
    place = find(MINILM.name).place
    if not isinstance(place, Path):
        return frozenset()
    words = (place / "vocab.txt").read_text(encoding="utf-8").split("\n")
    return frozenset(word for word in words if word.isalpha())


def _is_everyday(name: str, everyday: Collection[str]) -> bool:
    words = [word for word in _PIECES.split(name) if word]
    return len("".join(words)) <= _SHORT or all(word in everyday for word in words)


def _row(family: NewFamily) -> str:
    prefix = "".join(word[:1].upper() + word[1:] for word in _PIECES.split(family.name))
    lines = [f"[[families]]  # {family.models} models", f'name = "{family.name}"']
    if family.aliases:
        lines.append("aliases = [" + ", ".join(f'"{alias}"' for alias in family.aliases) + "]")
    lines.append(f'classes = ["{prefix}"]')
    if family.ambiguous:
        lines.append("ambiguous = true")
    return "\n".join(lines) + "\n"
