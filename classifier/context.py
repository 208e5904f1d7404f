"""Whether an everyday word names a model where it stands: named cues around it, each of a fixed weight."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.families import Everyday, Family

WEIGHTS = {
    "sized": 4, "numbered": 1, "size word after": 2, "own spelling": 5, "capitals": 2, "capital": 1,
    "odd capitals": -4, "model noun after": 3, "model noun soon after": 1, "opens the text": 1, "tuned": 3, "used": 1, "compared": 1, "article": -2, "joined to a noun": 3,
    "joined to a word": -3, "listed with a family": 4, "listed with a likely family": 2, "near a family": 2,
    "a family in the text": 1, "in the thread": 3, "words of models": 1, "many words of models": 1, "like": 2,
    "much like": 2, "like beside it": 2, "of a model": 3, "acts as a model": 1, "unlike": -3, "much unlike": -2, "unlike beside it": -3, "person": -4, "code": -9,
}  # fmt: skip
"""What each cue adds; a word with `THRESHOLD` or more names a model."""
THRESHOLD = 4

_BESIDE, _NEAR, _WIDE = 25, 60, 120
_SIZE_WORDS = "base|tiny|mini|nano|small|medium|large|huge|xl|xxl|xxlarge|xlarge"
_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")
_SIZED = re.compile(rf"[-_ ]?(?:v?\d+(?:\.\d+)?[bm](?![^\W_])|[-_](?:{_SIZE_WORDS}|vit|instruct)(?![^\W_]))", re.I)
_SIZED_LATER = re.compile(rf"(?:[-_][\w.]+?){{1,4}}[-_](?:\d+(?:\.\d+)?[bm]|{_SIZE_WORDS})(?![^\W_])", re.I)
_NUMBERED = re.compile(r"[-_ ]?v?\d+(?:\.\d+)?(?![^\W_])", re.I)
_SIZE_AFTER = re.compile(rf"\s(?:{_SIZE_WORDS})(?![^\W_])", re.I)
_NOUNS = (
    "models?|checkpoints?|weights|tokenizers?|encoders?|decoders?|embeddings?|backbones?|architectures?|transformers?|"
    "processors?|pre-?trained|fine-?tun\\w+|inference|instruct|lora|layers?|attention|heads?|variants?|paper|config|"
    "image processor|feature extractor|pretraining|predictor"
)
_NOUN_AFTER = re.compile(
    rf"(?:[-_ ]?(?:v?\d[\w.]*|{_SIZE_WORDS}))?[\s-]+(?:(?:question|context|text|image|language|base|chat|code)\s)?"
    rf"(?:{_NOUNS})(?![^\W_])",
    re.I,
)
_NOUN_SOON = re.compile(rf"\s[a-z-]+\s(?:{_NOUNS}|outputs?|scores?|kernels?)(?![^\W_])", re.I)
_JOINED_AFTER = re.compile(r"[-_/](?![A-Z](?![^\W_]))[^\W_]+")
_JOINED_NOUN = re.compile(rf"[-_](?:{_NOUNS}|like|based|style|guided|generated|only|family)(?![^\W_])", re.I)
_TUNED = re.compile(r"\b(?:fine-?tun\w+|(?:pre-?|re)?train(?:ed|ing)?|quanti[sz]\w+|distill?\w*)\s(?:\w+'?s\s)?(?:the\s)?\Z", re.I)
_USED = re.compile(r"\b(?:us\w{1,3}|load\w*|try|tried|run|running|with|call\w*|test\w*|serv\w+)\s(?:the\s)?\Z", re.I)
_COMPARED = re.compile(r"\b(?:than|vs\.?|versus|like|compar\w+|or|between|instead of|by|replac\w+)\s(?:the\s)?\Z", re.I)
_OF_MODEL = re.compile(
    rf"\b(?:{_NOUNS}|size|version|port|implementation)\s(?:(?:out )?of|for|from|on|in|with|to|like|called|named)\s(?:the\s)?\Z", re.I
)
_ACTS = re.compile(
    r"\s(?:need|give|generate|output|support|return|use|require|expect|work|fail|write|produce|pad|predict|repeat|handle|"
    r"truncate|perform|(?:is )?(?:better|worse|faster|slower) than|was trained|were trained)(?:s|es)?\b", re.I
)
_ARTICLE = re.compile(r"\b(?:an?|the|this|that|my|your|our|each|every|some|any|his|her|their|to|one|no)\s\Z", re.I)
_PERSON_BEFORE = re.compile(
    r"(?:\b(?:hi|hello|hey|dear|thanks?|thx|thank you|cheers|mrs?|dr|prof|professor|as|ask|colleague|named|by user)\.?,?\s|@)\Z",
    re.I,
)
_PERSON_AFTER = re.compile(r"(?:\s(?:[A-Z][a-zäöüéß]+\b|said|says|wrote|writes|here\b|for (?:the|your) help)|,\s(?:I|could|can|thank|you|the one)|!\Z)")
_CODE_BEFORE = re.compile(r"(?:[\w)\]]\.|[/\\$@#=<`]|(?:^|\s)--?|\b(?:import|from|def|class|install|sudo|cd|which)\s)\Z")
_CODE_AFTER = re.compile(r"\(|\.[A-Za-z_]|\s?(?<![=!<>])=(?!=)|\s?:=|\s?\[|/|::|\s(?:import|-[a-z-])")
_CODE_START = re.compile(r"(?:\A|\n)\s*(?:[$>%!]\s*)?\Z")
_CODE_LINE = re.compile(r"\s+(?:[a-z]+)\s+-")
_MODEL_WORDS = re.compile(
    r"\b(?:fine-?tun\w*|checkpoints?|token(?:izer|s|ization)\w*|pre-?train\w*|embeddings?|inference|weights|transformers|"
    r"lora|qlora|quanti[sz]\w*|hugging ?face|hub|encoder|decoder|zero-shot|few-shot|from_pretrained|generat\w+|"
    r"multilingual|downstream|perplexity|batch|epochs?|learning rate|loss|gpus?|vram|cpu|cuda|a100|h100|fp16|fp8|bf16|onnx|gguf|gptq|vllm|logits|hidden states|prompts?|cosine|similarity|kernels?|accuracy|"
    r"models?|trained|training|benchmark\w*)\b",
    re.I,
)
_BETWEEN = re.compile(r"(?:[\s,/&+]|\b(?:and|or|vs\.?|versus|than|with|to|by|from|both|the|between|replaced|better|worse|faster|slower)\b|[-.\w]*(?:base|large|small|\d[bm]?)\b)*", re.I)


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand near a name, right before it, and right after it."""

    near: re.Pattern[str] | None
    left: re.Pattern[str] | None
    right: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Sense:
    """What a family's row says of its ambiguous names, made ready."""

    everyday: Everyday
    written: frozenset[str]
    like: Words
    unlike: Words


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name of a family stands: text[start:end], of which text[start:name_end] is the name without a size."""

    family: str
    start: int
    name_end: int
    end: int


def sense_of(family: Family) -> Sense:
    """Make a family's words ready for `cues`."""
    return Sense(family.everyday, frozenset(family.written), _words_of(family.like), _words_of(family.unlike))


def score(found: Iterable[str]) -> int:
    """Sum of the weights of cues."""
    return sum(WEIGHTS[cue] for cue in found)


def cues(text: str, place: Place, sense: Sense, sure: Iterable[Place], likely: Iterable[Place] = ()) -> tuple[str, ...]:
    """What speaks for and against a model at a place of a text.

    `sure` are places of names that are no everyday words, `likely` those of other ambiguous names.
    """
    before, after = text[max(0, place.start - _WIDE) : place.start], text[place.end : place.end + _WIDE]
    name, just_before = text[place.start : place.name_end], before[-_BESIDE:]
    if _is_code(just_before, after):
        return ("code",)
    return (
        *_form(name, just_before, sense),
        *_size(text, place, after),
        *_neighbours(just_before, after, name),
        *_companions(text, place, sure, likely),
        *_vocabulary(before, after, sense),
    )


def _form(name: str, before: str, sense: Sense) -> Iterator[str]:
    capitals = sum(map(str.isupper, name))
    if capitals > 1 and name in sense.written and not name.isupper():
        yield "own spelling"
    elif capitals > 1 and (name.isupper() or name in sense.written):
        if sense.everyday is not Everyday.ACRONYM or name in sense.written:
            yield "capitals"
            if not before.strip():
                yield "opens the text"
    elif capitals > 1 and " " not in name:
        yield "odd capitals"
    elif capitals and sense.everyday is Everyday.WORD and re.search(r"[\w,)] \Z", before):
        yield "capital"


def _size(text: str, place: Place, after: str) -> Iterator[str]:
    tail = text[place.name_end : place.end]
    if _SIZED.match(text, place.name_end) or _SIZED_LATER.match(after) or tail.rstrip("0123456789.").endswith(("b", "B", "m", "M")):
        yield "sized"
    elif tail or _NUMBERED.match(after):
        yield "numbered"
    elif _SIZE_AFTER.match(after):
        yield "size word after"


def _neighbours(before: str, after: str, name: str) -> Iterator[str]:
    noun = _NOUN_AFTER.match(after)
    if noun:
        yield "model noun after"
    elif _NOUN_SOON.match(after):
        yield "model noun soon after"
    if _JOINED_NOUN.match(after):
        yield "joined to a noun"
    elif (_JOINED_AFTER.match(after) and not _SIZED.match(after) and not _NUMBERED.match(after)) or before[-1:] in ("-", "_"):
        yield "joined to a word"
    if _TUNED.search(before):
        yield "tuned"
    elif _USED.search(before):
        yield "used"
    elif _COMPARED.search(before):
        yield "compared"
    if _OF_MODEL.search(before):
        yield "of a model"
    if _ACTS.match(after):
        yield "acts as a model"
    if not noun and _ARTICLE.search(before):
        yield "article"
    if name[0].isupper() and (_PERSON_BEFORE.search(before) or _PERSON_AFTER.match(after)) and not name.isupper():
        yield "person"
    elif before.endswith("@"):
        yield "person"


def _is_code(before: str, after: str) -> bool:
    if _CODE_AFTER.match(after) or _CODE_BEFORE.search(before):
        return True
    return _CODE_START.search(before) is not None and _CODE_LINE.match(after) is not None


def _companions(text: str, place: Place, sure: Iterable[Place], likely: Iterable[Place]) -> Iterator[str]:
    others = [other for other in sure if other.family != place.family]
    near = [other for other in others if _distance(place, other) <= _NEAR]
    if any(_listed(text, place, other) for other in near):
        yield "listed with a family"
    elif any(_listed(text, place, other) for other in likely if other.family != place.family):
        yield "listed with a likely family"
    if near:
        yield "near a family"
    elif others:
        yield "a family in the text"


def _vocabulary(before: str, after: str, sense: Sense) -> Iterator[str]:
    words = {match[0].lower() for part in (before, after) for match in _MODEL_WORDS.finditer(part)}
    if words:
        yield "words of models"
    if len(words) > 2:
        yield "many words of models"
    yield from _words(sense.like, before, after, _WIDE, "like")
    yield from _words(sense.unlike, before, after, _NEAR, "unlike")


def _words(words: Words, before: str, after: str, reach: int, cue: str) -> Iterator[str]:
    """One of a family's words, more than one of them, and one of them right beside the name."""
    left, right = before[-reach:], after[:reach]
    beside = bool(words.left and words.left.search(left)) or bool(words.right and words.right.match(right))
    hits: list[re.Match[str]] = []
    if words.near:
        hits = [*words.near.finditer(left), *words.near.finditer(right)]
    different = len({match[0].lower() for match in hits})
    if different or beside:
        yield cue
    if different > 1:
        yield f"much {cue}"
    if beside or any(
        (match.string is left and match.end() >= len(left) - 1) or (match.string is right and match.start() <= 1)
        for match in hits
    ):
        yield f"{cue} beside it"


def _listed(text: str, place: Place, other: Place) -> bool:
    """Whether two names are members of one list or comparison: "BERT, OPT and GPT-2"."""
    first, second = sorted((place, other), key=lambda item: item.start)
    return _distance(first, second) <= _NEAR and _BETWEEN.fullmatch(text, first.end, second.start) is not None


def _distance(one: Place, other: Place) -> int:
    return max(one.start, other.start) - min(one.end, other.end)


def _words_of(entries: Iterable[str]) -> Words:
    """Words of a row: `~ out` counts right after the name only, `a ~` right before it, others near it."""
    rows = list(entries)
    return Words(
        _any_of([row for row in rows if "~" not in row], "", ""),
        _any_of([row.removesuffix("~").strip() for row in rows if row.endswith("~")], "", r"[\s-]\Z"),
        _any_of([row.removeprefix("~").strip() for row in rows if row.startswith("~")], r"[\s+-]", ""),
    )


def _any_of(words: Iterable[str], before: str, after: str) -> re.Pattern[str] | None:
    parts = [re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words]
    if not parts:
        return None
    return re.compile(rf"{before}(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_]){after}", re.IGNORECASE)
