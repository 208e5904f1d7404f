"""How well mentions are found: precision and recall on sentences that say which families they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from classifier.mentions import Registry
from classifier.rows import RowError, read_objects

_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text, the families that it speaks of, and which part of the rows it belongs to."""

    text: str
    families: frozenset[str]
    split: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`, with the 95 % interval of Wilson (1927); all None where there is nothing to count."""

    hits: int
    total: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class MentionScore:
    """Pairs of a sentence and a family: how many of those found are right, and how many of the right ones are found."""

    sentences: int
    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Slip:
    """A sentence of which other families were found than it speaks of."""

    sentence: Sentence
    wrong: frozenset[str]
    missed: frozenset[str]


def read_sentences(path: Path, registry: Registry) -> list[Sentence]:
    """Read JSON Lines of `text`, `families` and `split`. Raises RowError, also for a family that is not known."""
    with path.open(encoding="utf-8") as lines:
        return [_sentence(obj, where, frozenset(registry.names)) for where, obj in read_objects(lines, path.name)]


def score_mentions(sentences: Iterable[Sentence], registry: Registry, families: frozenset[str]) -> MentionScore:
    """Precision and recall over these families."""
    count = right = found = wanted = 0
    for sentence in sentences:
        given = registry.families(sentence.text) & families
        count += 1
        right += len(given & sentence.families)
        found += len(given)
        wanted += len(sentence.families & families)
    return MentionScore(count, share(right, found), share(right, wanted))


def slips(sentences: Iterable[Sentence], registry: Registry) -> list[Slip]:
    """Sentences that were read wrongly."""
    read = [(sentence, registry.families(sentence.text)) for sentence in sentences]
    return [
        Slip(sentence, frozenset(given - sentence.families), sentence.families - given)
        for sentence, given in read
        if given != sentence.families
    ]


def share(hits: int, total: int) -> Share:
    """A share with its interval."""
    if not total:
        return Share(hits, total, None, None, None)
    interval = binomtest(hits, total).proportion_ci(_LEVEL, method="wilson")
    return Share(hits, total, hits / total, float(interval.low), float(interval.high))


def _sentence(obj: Any, where: str, known: frozenset[str]) -> Sentence:
    text = obj.get("text") if isinstance(obj, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise RowError(f"{where}: text is {text!r}; give an object with a text")
    families = obj.get("families")
    if not isinstance(families, Sequence) or isinstance(families, str):
        raise RowError(f"{where}: families is {families!r}; give a list of families, empty where there is none")
    unknown = sorted(str(name) for name in families if name not in known)
    if unknown:
        raise RowError(f"{where}: families: {unknown[0]!r} is not in the table of families; use a name of it")
    return Sentence(text, frozenset(families), str(obj.get("split") or ""))
