"""Which model families a text speaks of: whole words of an alias table, longest match first, prose and code alike."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from classifier.evidence import FRAMEWORKS, class_names, is_class_name, names_a_model

RULES_VERSION = 1
"""Grows whenever the same table would find other families in the same text; part of `Registry.key`."""

_LETTERS = "a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_WORD_CHARS = f"0-9{_LETTERS}"
# A run of word characters; the group is what an alias is looked up by: a number, "t5", or the leading letters ("gpt"
# of "gpt2", so that "gpt-2" and "gpt2" share an entry, yet the "t" of "don't" has none). Other scripts do not count
# as word characters, so that a name between Chinese characters is a word.
_RUN = re.compile(rf"([0-9]+|[a-z][0-9]+|[{_LETTERS}]+)[{_WORD_CHARS}]*")
_PIECES = re.compile(r"[\s_-]+")
_JOINED = re.compile(r"[\s_./-]+")
_SIZES = "(?:base|small|medium|large|tiny|mini|xxl|xl)"
_AFTER_LETTER = rf"(?:v?[0-9]+(?:[._][0-9]+)*(?:x[0-9]+)?[bmk]?)?{_SIZES}?(?![{_WORD_CHARS}])"
_AFTER_DIGIT = rf"(?![0-9])(?!\.[1-9]){_SIZES}?(?![{_WORD_CHARS}])"


class RegistryError(ValueError):
    """A table of families that cannot be used; the message names the family, the field and the remedy."""


@dataclass(frozen=True, slots=True)
class Family:
    """A model family: its name (as the Hub's `model_type`), other spellings, and prefixes of its class names.

    An ambiguous alias is an everyday word too: it counts only as part of a Hub id or of a `from_pretrained` call.
    An alias that is itself a Hub id ("owner/name") is never ambiguous.
    """

    name: str
    aliases: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Alias:
    text: str
    family: str
    ambiguous: bool


class Registry:
    """An alias table, made ready for reading many texts. Immutable."""

    def __init__(self, families: Iterable[Family], ignored: Iterable[str] = ()) -> None:
        """Prepare the table; `ignored` are longer names that mean something else ("llama-index").

        Raises:
            RegistryError: two families share an alias or a class prefix.
        """
        self._families = tuple(families)
        self._ignored = tuple(ignored)
        self._names = _by_spelling(self._families, self._ignored)
        self._aliases = _by_start(self._families, self._ignored)
        self._any_case, self._exact_case = _class_tables(self._families)
        class_starts = {_start(name) for name in (*self._any_case, *(n.lower() for n in self._exact_case))}
        self._starts = frozenset(class_starts.union(self._aliases))
        self.key = _content_key(self._families, self._ignored)

    @classmethod
    def load(cls, path: Path) -> Registry:
        """Read a TOML file of `[[families]]` tables: name, aliases, classes, ambiguous (true, or a list of aliases).

        Raises:
            RegistryError: the file is no TOML, or a table has a wrong or missing field.
        """
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RegistryError(f"{path.name} is not a TOML file: {error}") from error
        rows = data.get("families")
        if not isinstance(rows, list) or not rows:
            raise RegistryError(f"{path.name} has no families: write at least one [[families]] table")
        families = [_parse_family(row, f"{path.name}, family {index}") for index, row in enumerate(rows, 1)]
        return cls(families, _strings(data, "ignored", path.name))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all families, in the order of the table."""
        return tuple(family.name for family in self._families)

    def families(self, text: str) -> set[str]:
        """Names of the families that a text mentions; case counts only in class names of ambiguous families."""
        text = text.replace("\u0130", "I")  # the one letter whose lower case is longer: offsets must agree
        lower = text.lower()
        if self._starts.isdisjoint(_RUN.findall(lower)):
            return set()
        found: set[str] = set()
        end = 0
        for run in _RUN.finditer(lower):
            if run.start() < end or run[1] not in self._starts:
                continue
            by_class = self._by_class(run[0], text[run.start() : run.end()])
            if by_class is not None:
                found.add(by_class)
                continue
            hit = self._by_alias(run[1], lower, run.start())
            if hit is not None:
                alias, end = hit
                if not alias.ambiguous or names_a_model(text, run.start(), end):
                    found.add(alias.family)
        found.discard("")
        return found

    def canonical(self, name: str) -> str:
        """Name of the family that an alias or name stands for; an unknown name in lower case, blanks as hyphens."""
        known = self._names.get(_join(name))
        return known if known else re.sub(r"\s+", "-", name.strip().lower())

    def _by_class(self, run: str, original: str) -> str | None:
        family = self._any_case.get(run)
        return family if family is not None else self._exact_case.get(original)

    def _by_alias(self, start: str, lower: str, position: int) -> tuple[_Alias, int] | None:
        entry = self._aliases.get(start)
        match = entry[0].match(lower, position) if entry else None
        if entry is None or match is None or match.lastindex is None:
            return None
        return entry[1][match.lastindex - 1], match.end()


def _parse_family(row: Any, where: str) -> Family:
    if not isinstance(row, Mapping):
        raise RegistryError(f"{where}: {row!r} is no table: write [[families]] with a name")
    name = row.get("name")
    if not isinstance(name, str) or not name.strip():
        raise RegistryError(f"{where}: name is {name!r}: give the model_type as text")
    where = f"{where} ({name})"
    aliases = _strings(row, "aliases", where)
    ambiguous = row.get("ambiguous", False)
    if isinstance(ambiguous, bool):
        doubtful = tuple(alias for alias in (name, *aliases) if "/" not in alias) if ambiguous else ()
    else:
        doubtful = _strings(row, "ambiguous", where)
        unknown = {_join(alias) for alias in doubtful} - {_join(alias) for alias in (name, *aliases)}
        if unknown:
            raise RegistryError(f"{where}: ambiguous lists {sorted(unknown)}: list only its name or aliases")
    return Family(name.strip(), aliases, _strings(row, "classes", where), doubtful)


def _strings(row: Mapping[str, Any], field: str, where: str) -> tuple[str, ...]:
    value = row.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise RegistryError(f"{where}: {field} is {value!r}: give a list of texts")
    return tuple(item.strip() for item in value)


def _join(name: str) -> str:
    return _JOINED.sub("", name.strip().lower())


def _by_spelling(families: Iterable[Family], ignored: Iterable[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for family in families:
        for spelling in (family.name, *family.aliases):
            other = names.setdefault(_join(spelling), family.name)
            if other != family.name:
                raise RegistryError(f"alias {spelling!r} belongs to {other} and to {family.name}: keep one of them")
    for spelling in ignored:
        if names.setdefault(_join(spelling), ""):
            raise RegistryError(f"ignored name {spelling!r} is an alias too: keep one of them")
    return names


def _by_start(
    families: Iterable[Family], ignored: Iterable[str]
) -> dict[str, tuple[re.Pattern[str], tuple[_Alias, ...]]]:
    """For each look-up key the aliases that begin so, as one pattern with the longest first, a group for each."""
    grouped: dict[str, dict[str, _Alias]] = {}
    aliases = [
        _Alias(spelling.lower(), family.name, _join(spelling) in {_join(word) for word in family.ambiguous})
        for family in families
        for spelling in (family.name, *family.aliases)
    ]
    aliases += [_Alias(spelling.lower(), "", False) for spelling in ignored]
    for alias in aliases:
        for start in _starts(alias.text):
            grouped.setdefault(start, {}).setdefault(alias.text, alias)
    table = {}
    for start, entries in grouped.items():
        ordered = tuple(sorted(entries.values(), key=lambda alias: (-len(_join(alias.text)), alias.text)))
        table[start] = (re.compile("|".join(f"({_pattern(alias.text)})" for alias in ordered)), ordered)
    return table


def _starts(alias: str) -> set[str]:
    """Look-up keys under which an alias can turn up: its pieces may be written apart or joined."""
    pieces = _PIECES.split(alias)
    return {_start("".join(pieces[:count])) for count in range(1, len(pieces) + 1)}


def _start(text: str) -> str:
    match = _RUN.match(text)
    if match is None:
        raise RegistryError(f"alias {text!r} does not begin with a letter or a digit: write it without signs")
    return match[1]


def _pattern(alias: str) -> str:
    body = "[-_ ]?".join(re.escape(piece) for piece in _PIECES.split(alias))
    return body + (_AFTER_DIGIT if alias[-1].isdigit() else _AFTER_LETTER)


def _class_tables(families: Iterable[Family]) -> tuple[dict[str, str], dict[str, str]]:
    """Full class names: in lower case for most families, as they are written for those with an ambiguous name."""
    any_case: dict[str, str] = {}
    exact_case: dict[str, str] = {}
    for family in families:
        for given in family.classes:
            names = [prefix + given for prefix in FRAMEWORKS] if is_class_name(given) else class_names(given)
            for name in names:
                table, key = (exact_case, name) if family.ambiguous else (any_case, name.lower())
                other = table.setdefault(key, family.name)
                if other != family.name:
                    raise RegistryError(f"class {name} belongs to {other} and to {family.name}: keep one of them")
    return any_case, exact_case


def _content_key(families: Iterable[Family], ignored: Iterable[str]) -> str:
    rows = sorted(repr((f.name, sorted(f.aliases), sorted(f.classes), sorted(f.ambiguous))) for f in families)
    return sha256("\n".join([str(RULES_VERSION), *rows, *sorted(ignored)]).encode()).hexdigest()[:16]
