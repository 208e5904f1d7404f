"""Which model families a text speaks of: whole words of an alias table, longest match first, prose and code alike."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import attrgetter, itemgetter
from pathlib import Path

from ahocorasick_rs import AhoCorasick, Implementation

from classifier.context import THRESHOLD, Place, cues, score
from classifier.evidence import FRAMEWORKS, SUFFIXES, is_class_name, names_a_model
from classifier.families import Family, FamilyTable, RegistryError, by_spelling, join, load_table
from classifier.senses import sense_of

_TRIES = 50
"""Places at which one text may show that an everyday word names a model; bounds what a log of 100,000 "git" costs."""
RULES_VERSION = 3
"""Grows whenever the same table would find other families in the same text; part of `Registry.key`."""

_LETTERS = "a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
# What a name is made of. Other scripts do not count, so that a name between Chinese characters is a word.
_WORD_CHARS = f"0-9{_LETTERS}"
_IN_WORD = re.compile(f"[{_WORD_CHARS}]")
_WORD_SET = frozenset(filter(_IN_WORD.match, map(chr, range(0x250))))
_WORD = re.compile(f"[{_WORD_CHARS}]+")
_PIECES = re.compile(r"[\s_-]+")
_SEPARATORS = ("", "-", "_", " ")
_SIZES = "(?:base|small|medium|large|tiny|mini|xxl|xl)"
_AFTER_LETTER = re.compile(rf"(?:v?[0-9]+(?:[._][0-9]+)*(?:x[0-9]+)?[bmk]?)?{_SIZES}?(?![{_WORD_CHARS}])")
_AFTER_DIGIT = re.compile(rf"(?![0-9])(?!\.[1-9]){_SIZES}?(?![{_WORD_CHARS}])")
_LOWER_SUFFIXES = frozenset(suffix.lower() for suffix in SUFFIXES)


@dataclass(frozen=True, slots=True)
class Hit:
    """A family that text[start:end] names; `cues` are what an ambiguous name was told by, empty where it is clear."""

    family: str
    start: int
    end: int
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Alias:
    family: str
    ambiguous: bool
    tail: re.Pattern[str]


_Found = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Class:
    """A class name in full, or the prefix of some; case counts for a family with an ambiguous name."""

    family: str
    written: str
    exact: bool
    full: bool

    def is_of(self, word: str) -> bool:
        """Whether a whole word, as it is written, is a class name of this family."""
        size = len(self.written)
        if self.exact:
            known = word[:size] == self.written and (not word[size:] if self.full else word[size:] in SUFFIXES)
        else:
            known = not word[size:] if self.full else word[size:].lower() in _LOWER_SUFFIXES
        return known


class Registry:
    """An alias table, made ready for reading many texts. Immutable.

    One pass of an Aho-Corasick automaton (1975) over the text finds every spelling of every name; only what it finds
    is looked at more closely.
    """

    def __init__(self, families: Iterable[Family], ignored: Iterable[str] = ()) -> None:
        """Prepare the table; `ignored` are longer names that mean something else ("llama-index").

        Raises:
            RegistryError: two families share an alias or a class prefix.
        """
        table = FamilyTable(tuple(families), tuple(ignored))
        self._families = table.families
        self._names = by_spelling(table)
        self._senses = {family.name: sense_of(family) for family in table.families if family.ambiguous}
        aliases, classes = _aliases(table), _classes(table.families)
        patterns = sorted({*aliases, *classes})
        self._entries = [(aliases.get(pattern), classes.get(pattern)) for pattern in patterns]
        self._automaton = AhoCorasick(patterns, implementation=Implementation.DFA)
        self.key = _content_key(table)

    @classmethod
    def load(cls, *paths: Path) -> Registry:
        """Read TOML files of `[[families]]` tables; a family of a later file takes the place of one of its name.

        Raises:
            RegistryError: a file is no TOML, a table has a wrong or missing field, or two families share a name.
        """
        table = FamilyTable(())
        for path in paths:
            table = table.joined_by(load_table(path))
        return cls(table.families, table.ignored)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all families, in the order of the table."""
        return tuple(family.name for family in self._families)

    @property
    def ambiguous(self) -> tuple[str, ...]:
        """Names of the families with a name that is an everyday word."""
        return tuple(family.name for family in self._families if family.ambiguous)

    def families(self, text: str, beside: Collection[str] = ()) -> set[str]:
        """Names of the families that a text mentions; `beside` are those that the rest of its thread does."""
        return {hit.family for hit in self.hits(text, beside)}

    def hits(self, text: str, beside: Collection[str] = ()) -> tuple[Hit, ...]:
        """Where a text first names each family: the clear names, then the everyday words that their context tells."""
        text = text.replace("\u0130", "I")  # the one letter whose lower case is longer: offsets must agree
        sure, doubtful = self._places(text)
        first: dict[str, Hit] = {}
        for place in sure:
            first.setdefault(place.family, Hit(place.family, place.start, place.end))
        told = self._told(text, doubtful, sure, first.keys(), beside)
        if told and len({place.family for place in doubtful}) > len(told):  # what was told speaks for its neighbours
            known = sorted((*sure, *(place for place, _ in told)), key=attrgetter("start"))
            seen = {place.family for place, _ in told}
            told += self._told(text, doubtful, known, first.keys() | seen, beside)
        for place, found in told:
            first[place.family] = Hit(place.family, place.start, place.end, found)
        return tuple(first.values())

    def _told(
        self, text: str, doubtful: list[Place], sure: list[Place], known: Collection[str], beside: Collection[str]
    ) -> list[tuple[Place, tuple[str, ...]]]:
        """For each family that is not known, the first of its everyday words whose cues suffice."""
        told: dict[str, tuple[Place, tuple[str, ...]]] = {}
        tries: Counter[str] = Counter()
        for place in doubtful:
            tries[place.family] += 1
            if place.family not in known and place.family not in told and tries[place.family] <= _TRIES:
                found = cues(text, place, self._senses[place.family], sure, doubtful)
                if place.family in beside:
                    found = (*found, "in the thread")
                if score(found) >= THRESHOLD:
                    told[place.family] = place, found
        return list(told.values())

    def canonical(self, name: str) -> str:
        """Name of the family that an alias or name stands for; an unknown name in lower case, blanks as hyphens."""
        known = self._names.get(join(name))
        return known if known else re.sub(r"\s+", "-", name.strip().lower())

    def _places(self, text: str) -> tuple[list[Place], list[Place]]:
        """Names in order, none inside another: those that are clear, and everyday words without a sure sign."""
        lower = text.lower()
        found = [
            (start, -end, index)
            for index, start, end in self._automaton.find_matches_as_indexes(lower, overlapping=True)
            if not start or lower[start - 1] not in _WORD_SET
        ]
        found.sort()
        sure: list[Place] = []
        doubtful: list[Place] = []
        taken = 0
        for start, same in itertools.groupby(found, key=itemgetter(0)):
            hit = (
                self._longest(text, lower, start, [(-end, index) for _, end, index in same]) if start >= taken else None
            )
            if hit is None:
                continue
            alias, place = hit
            taken = place.end
            if alias.family:
                doubt = alias.ambiguous and not names_a_model(text, start, place.end)
                (doubtful if doubt else sure).append(place)
        return sure, doubtful

    def _longest(self, text: str, lower: str, start: int, found: _Found) -> tuple[_Alias, Place] | None:
        """The class name at a place, else the longest alias; but a name that is ignored goes before both.

        `found` holds pairs of where a pattern ends and its number, the longest first.
        """
        alias = self._alias_at(lower, start, found)
        if alias is not None and not alias[0].family:  # "llamastack" ends as a class name does
            return alias
        return self._class_at(text, lower, start, found) or alias

    def _class_at(self, text: str, lower: str, start: int, found: _Found) -> tuple[_Alias, Place] | None:
        end = start
        for _, index in found:
            name = self._entries[index][1]
            if name is not None:
                end = end if end > start else _end_of_word(lower, start)
                if name.is_of(text[start:end]):
                    return _Alias(name.family, False, _AFTER_LETTER), Place(name.family, start, end, end)
        return None

    def _alias_at(self, lower: str, start: int, found: _Found) -> tuple[_Alias, Place] | None:
        """The longest alias that ends where a word does."""
        for name_end, index in found:
            alias = self._entries[index][0]
            tail = alias.tail.match(lower, name_end) if alias else None
            if alias is not None and tail is not None:
                return alias, Place(alias.family, start, name_end, tail.end())
        return None


def _end_of_word(lower: str, start: int) -> int:
    match = _WORD.match(lower, start)
    return match.end() if match else start


def _aliases(table: FamilyTable) -> dict[str, _Alias]:
    """Every spelling of every name, ignored ones too: blank, hyphen, underscore or nothing between the pieces."""
    found: dict[str, _Alias] = {}
    rows = [
        (spelling, family.name, join(spelling) in {join(word) for word in family.ambiguous})
        for family in table.families
        for spelling in (family.name, *family.aliases)
    ]
    for spelling, family, ambiguous in (*rows, *((name, "", False) for name in table.ignored)):
        pieces = _PIECES.split(spelling.lower())
        if not _IN_WORD.match(pieces[0]):
            raise RegistryError(f"alias {spelling!r} does not begin with a letter or a digit: write it without signs")
        alias = _Alias(family, ambiguous, _tail_of(spelling))
        for between in itertools.product(_SEPARATORS, repeat=len(pieces) - 1):
            found.setdefault("".join(itertools.chain(*zip(pieces, (*between, ""), strict=True))), alias)
    return found


def _tail_of(spelling: str) -> re.Pattern[str]:
    """What may follow a name; whatever an owner of repositories ("meta-llama/") has."""
    if spelling.endswith("/"):
        return re.compile("")
    return _AFTER_DIGIT if spelling[-1].isdigit() else _AFTER_LETTER


def _classes(families: Iterable[Family]) -> dict[str, _Class]:
    """Class names in full and prefixes of class names, for every framework, by their lower case."""
    found: dict[str, _Class] = {}
    for family in families:
        for given, prefix in itertools.product(family.classes, FRAMEWORKS):
            name = _Class(family.name, prefix + given, bool(family.ambiguous), is_class_name(given))
            other = found.setdefault(name.written.lower(), name)
            if other.family != family.name:
                raise RegistryError(f"class {given} belongs to {other.family} and to {family.name}: keep one of them")
    return found


def _content_key(table: FamilyTable) -> str:
    rows = sorted(repr(family) for family in table.families)
    return sha256("\n".join([str(RULES_VERSION), *rows, *sorted(table.ignored)]).encode()).hexdigest()[:16]
