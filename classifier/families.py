"""The table of model families: what the file of families says, checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

_JOINED = re.compile(r"[\s_./-]+")


class RegistryError(ValueError):
    """A table of families that cannot be used; the message names the family, the field and the remedy."""


class Everyday(StrEnum):
    """What an ambiguous name is when it names no model, which tells what capitals are worth."""

    WORD = "word"
    NAME = "name"
    ACRONYM = "acronym"


@dataclass(frozen=True, slots=True)
class Family:
    """A model family: its name (as the Hub's `model_type`), other spellings, and prefixes of its class names.

    An ambiguous alias is an everyday word too: it counts where its context speaks for a model. `everyday` says what it
    is otherwise; `written` how the family writes itself beyond capitals throughout ("LiLT"); `like` and `unlike` are
    words or phrases that stand near it where the model is meant, and where it is not; a `*` at the end of one stands
    for any ending. An alias that is itself a Hub id ("owner/name") is never ambiguous.
    """

    name: str
    aliases: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    everyday: Everyday = Everyday.WORD
    written: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FamilyTable:
    """Families, and longer names that contain a family's name and mean something else ("llama-index")."""

    families: tuple[Family, ...]
    ignored: tuple[str, ...] = ()

    def joined_by(self, other: FamilyTable) -> FamilyTable:
        """This table with another on top of it: a family of the same name takes the place of the one here."""
        merged = {family.name: family for family in (*self.families, *other.families)}
        return FamilyTable(tuple(merged.values()), tuple(dict.fromkeys((*self.ignored, *other.ignored))))


def join(name: str) -> str:
    """A name without case and without what may be written in several ways: "Flan T5" and "flan-t5" are "flant5"."""
    return _JOINED.sub("", name.strip().lower())


def load_table(path: Path) -> FamilyTable:
    """Read a TOML file of `[[families]]` tables; `ambiguous` is true, or a list of aliases.

    Raises:
        RegistryError: the file cannot be read or is no TOML, or a table has a wrong or missing field.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RegistryError(f"{path.name} is not a TOML file: {error}") from error
    except OSError as error:
        raise RegistryError(
            f"{path} cannot be read ({error.strerror}): name a table of families that is there"
        ) from error
    rows = data.get("families")
    if not isinstance(rows, list) or not rows:
        raise RegistryError(f"{path.name} has no families: write at least one [[families]] table")
    families = tuple(_parse_family(row, f"{path.name}, family {index}") for index, row in enumerate(rows, 1))
    return FamilyTable(families, _strings(data, "ignored", path.name))


def by_spelling(table: FamilyTable) -> dict[str, str]:
    """Family of each joined spelling; empty for ignored names. Raises RegistryError where two share one."""
    names: dict[str, str] = {}
    for family in table.families:
        for spelling in (family.name, *family.aliases):
            other = names.setdefault(join(spelling), family.name)
            if other != family.name:
                raise RegistryError(f"alias {spelling!r} belongs to {other} and to {family.name}: keep one of them")
    for spelling in table.ignored:
        if names.setdefault(join(spelling), ""):
            raise RegistryError(f"ignored name {spelling!r} is an alias too: keep one of them")
    return names


def _parse_family(row: Any, where: str) -> Family:
    if not isinstance(row, Mapping):
        raise RegistryError(f"{where}: {row!r} is no table: write [[families]] with a name")
    name = row.get("name")
    if not isinstance(name, str) or not name.strip():
        raise RegistryError(f"{where}: name is {name!r}: give the model_type as text")
    where = f"{where} ({name})"
    aliases = _strings(row, "aliases", where)
    return Family(
        name.strip(),
        aliases,
        _strings(row, "classes", where),
        _doubtful(row, (name, *aliases), where),
        _everyday(row, where),
        *(_strings(row, field, where) for field in ("written", "like", "unlike")),
    )


def _doubtful(row: Mapping[str, Any], spellings: Iterable[str], where: str) -> tuple[str, ...]:
    """The ambiguous ones among a family's spellings."""
    ambiguous = row.get("ambiguous", False)
    if isinstance(ambiguous, bool):
        return tuple(alias for alias in spellings if "/" not in alias) if ambiguous else ()
    doubtful = _strings(row, "ambiguous", where)
    unknown = {join(alias) for alias in doubtful} - {join(alias) for alias in spellings}
    if unknown:
        raise RegistryError(f"{where}: ambiguous lists {sorted(unknown)}: list only its name or aliases")
    return doubtful


def _everyday(row: Mapping[str, Any], where: str) -> Everyday:
    value = row.get("everyday", Everyday.WORD)
    if value not in list(Everyday):
        raise RegistryError(f"{where}: everyday is {value!r}: write word, name or acronym")
    return Everyday(value)


def _strings(row: Mapping[str, Any], field: str, where: str) -> tuple[str, ...]:
    value = row.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise RegistryError(f"{where}: {field} is {value!r}: give a list of texts")
    return tuple(item.strip() for item in value)
