"""Whether an everyday word names a model where it stands: named cues around it, each of a fixed weight."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from classifier.families import Everyday
from classifier.senses import Sense

WEIGHTS = {
    # how it is written
    "own spelling": 5, "capitals": 2, "opens the text": 1, "capital": 2, "everyday spelling": -1, "odd capitals": -4,
    # size and version
    "sized": 4, "size word after": 3, "versioned": 3, "numbered": 1,
    # what stands beside it
    "model noun after": 3, "joined to a noun": 3, "of a model": 3, "tuned": 3, "of its makers": 2,
    "model noun soon after": 1, "used": 1,
    "compared": 1, "acts as a model": 1, "article": -2, "joined to a word": -3, "person": -4, "code": -9,
    # other families
    "listed with a family": 4, "listed with a likely family": 2, "near a family": 2, "a family in the text": 1,
    "in the thread": 3,
    # words around it: of models at large, of this family, of what the word means otherwise
    "words of models": 1, "many words of models": 1, "like": 2, "much like": 2, "like beside it": 2,
    "unlike": -3, "much unlike": -2, "unlike beside it": -3,
}  # fmt: skip
"""What each cue adds; a word with `THRESHOLD` or more names a model."""
THRESHOLD = 3

_BESIDE, _NEAR, _WIDE = 30, 60, 120
_LONGEST_NAME = 60
_END = r"(?![^\W_])"
_SIZE_WORDS = "base|tiny|mini|nano|small|medium|large|huge|xl|xxl|xxlarge|xlarge"
_NOUNS = (
    r"models?|checkpoints?|weights|tokenizers?|encoders?|decoders?|embeddings?|backbones?|architectures?|transformers?|"
    r"processors?|pre-?trained|fine-?tun\w+|inference|instruct|lora|layers?|attention|heads?|variants?|paper|config|"
    r"image processor|feature extractor|pretraining|predictor"
)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_SIZED = _pattern(rf"[-_ ]?(?:v?\d+(?:\.\d+)?[bm]{_END}|[-_](?:{_SIZE_WORDS}|vit|instruct){_END})")
_SIZED_LATER = _pattern(rf"(?:[-_][^\W_]+(?:\.[^\W_]+)*){{1,4}}?[-_](?:\d+(?:\.\d+)?[bm]|{_SIZE_WORDS}){_END}")
_SIZE_IN = _pattern(rf"[-_ ](?:{_SIZE_WORDS}|\d+(?:\.\d+)?[bm])\Z")
_SIZE_TAIL = _pattern(r".*\d[bm]\d*\Z")
_SIZE_AFTER = _pattern(rf"\s(?:{_SIZE_WORDS}){_END}")
_VERSIONED = _pattern(rf"[-_ ]?v\d+(?:\.\d+)?{_END}")
_NUMBERED = _pattern(rf"(?:[-_ ]?v?\d+(?:\.\d+)?|-[a-z]\d{{1,3}}){_END}")
_NOUN_AFTER = _pattern(
    rf"(?:[-_ ]?(?:v?\d[\w.]*|{_SIZE_WORDS}))?[\s-]+(?:(?:question|context|text|image|language|base|chat|code)\s)?"
    rf"(?:{_NOUNS}){_END}"
)
_NOUN_SOON = _pattern(rf"\s[a-z-]+\s(?:{_NOUNS}|outputs?|scores?|kernels?){_END}")
_MODEL_JOINS = rf"{_NOUNS}|like|based|style|guided|generated|only|family"
_JOINED_NOUN = _pattern(rf"[-_](?:{_MODEL_JOINS}){_END}")
_JOINED_WORD = _pattern(
    rf"[-_/](?!(?:[a-z]\d{{0,3}}|v?\d[\w.]*|vit|instruct|{_SIZE_WORDS}|{_MODEL_JOINS}){_END})[^\W_]+"
)
_TUNED = _pattern(
    r"\b(?:fine-?tun\w+|(?:pre-?|re)?train(?:ed|ing)?|quanti[sz]\w+|distill?\w*)\s(?:\w+'?s\s)?(?:the\s)?\Z"
)
_USED = _pattern(r"\b(?:us\w{1,3}|load\w*|try|tried|run|running|with|call\w*|test\w*|serv\w+)\s(?:the\s)?\Z")
_COMPARED = _pattern(r"\b(?:than|over|vs\.?|versus|like|compar\w+|or|between|instead of|by|replac\w+)\s(?:the\s)?\Z")
_COMPARED_AFTER = _pattern(r"\s(?:vs\.?|versus)\s")
_OF_MODEL = _pattern(
    rf"\b(?:{_NOUNS}|size|version|port|implementation)\s"
    r"(?:(?:out )?of|for|from|on|in|with|to|like|called|named)\s(?:the\s)?\Z"
)
_ACTS = _pattern(
    r"\s(?:need|give|generate|output|support|return|use|require|expect|work|fail|write|produce|pad|predict|repeat|handle|"
    r"truncate|perform|(?:is )?(?:better|worse|faster|slower) than|was trained|were trained)(?:s|es)?\b"
)
_ARTICLE = _pattern(r"\b(?:an?|the|this|that|my|your|our|each|every|some|any|his|her|their|to|one|no)\s\Z")
_MAKERS = (
    "adept|allen ?ai|baidu|bigscience|cohere|deepseek|eleutherai|facebook|google|ibm|intel|laion|meta|microsoft|"
    "mosaic(?:ml)?|nvidia|openai|salesforce|snowflake|suno|tii|useful sensors"
)
_MAKER_BEFORE = _pattern(rf"\b(?:{_MAKERS})(?:['’]s)?\s\Z")
_MAKER_AFTER = _pattern(rf"\s(?:by|from)\s(?:{_MAKERS}){_END}")
_PERSON_BEFORE = _pattern(
    r"\b(?:hi|hello|hey|dear|thanks?|thx|thank you|cheers|mrs?|dr|prof|professor|as|ask|colleague|named|by user)"
    r"\.?,?\s\Z"
)
_PERSON_AFTER = re.compile(
    r"\s(?:[A-Z][a-zäöüéß]+\b|said|says|wrote|writes|here\b|for (?:the|your) help)|"
    r",\s(?:I|could|can|thank|you|the one)|!\Z"
)
_CODE_BEFORE = re.compile(r"(?:[\w)\]]\.|[/\\$@#=<`]|(?:^|\s)--?|\b(?:import|def|install|sudo)\s)\Z")
_CODE_AFTER = re.compile(r"\(|\.[A-Za-z_]|\s?(?<![=!<>])=(?!=)|\s?:=|\s?\[|/|::|\s(?:import|-[a-z-])")
_CODE_START = re.compile(r"(?:\A|\n)\s*(?:[$>%!]\s*)?\Z")
_CODE_LINE = re.compile(r"\s+[a-z]+\s+-")
_MODEL_WORDS = _pattern(
    r"\b(?:fine-?tun\w*|checkpoints?|token(?:izer|s|ization)\w*|pre-?train\w*|embeddings?|inference|weights|"
    r"transformers|q?lora|quanti[sz]\w*|hugging ?face|hub|encoder|decoder|zero-shot|few-shot|from_pretrained|"
    r"generat\w+|multilingual|downstream|perplexity|batch|epochs?|learning rate|loss|gpus?|vram|cpu|cuda|a100|h100|"
    r"fp16|fp8|bf16|onnx|gguf|gptq|vllm|logits|hidden states|prompts?|cosine|similarity|kernels?|accuracy|models?|"
    r"trained|training|benchmark\w*)\b"
)
_BETWEEN = _pattern(
    r"(?:[\s,/&+]|\b(?:and|or|vs\.?|versus|than|with|to|by|from|both|the|between|replaced|better|worse|faster|slower)\b|"
    r"[-.\w]*(?:base|large|small|\d[bm]?)\b)*"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name of a family stands: text[start:end], of which text[start:name_end] is the name without a size."""

    family: str
    start: int
    name_end: int
    end: int


_START = attrgetter("start")


def score(found: Iterable[str]) -> int:
    """Sum of the weights of cues."""
    return sum(WEIGHTS[cue] for cue in found)


def cues(text: str, place: Place, sense: Sense, sure: Sequence[Place], likely: Sequence[Place]) -> tuple[str, ...]:
    """What speaks for and against a model at a place of a text.

    `sure` are names of other families that are no everyday words, `likely` are ambiguous ones; both in order.
    """
    before, after = text[max(0, place.start - _WIDE) : place.start], text[place.end : place.end + _WIDE]
    after = after.removeprefix("'s").removeprefix("’s")
    name, just_before = text[place.start : place.name_end], before[-_BESIDE:]
    if _is_code(just_before, after):
        return ("code",)
    return (
        *_form(name, just_before, sense),
        *_size(text, place, after),
        *_before(just_before),
        *_after(after),
        *_both_sides(name, just_before, after),
        *_companions(text, place, sure, likely),
        *_vocabulary(before, after),
        *sense.like.cues(before, after, "like"),
        *sense.unlike.cues(before[-_NEAR:], after[:_NEAR], "unlike"),
    )


def _is_code(before: str, after: str) -> bool:
    if _CODE_AFTER.match(after) or _CODE_BEFORE.search(before):
        return True
    return _CODE_START.search(before) is not None and _CODE_LINE.match(after) is not None


def _form(name: str, before: str, sense: Sense) -> Iterator[str]:
    capitals = sum(map(str.isupper, name))
    everyday = sense.everyday
    if capitals > 1 and name in sense.written and not name.isupper():
        yield "own spelling"
    elif name.isupper() and (everyday is not Everyday.ACRONYM or name in sense.written):
        yield "capitals"
        if not before.strip():
            yield "opens the text"
    elif capitals > 1 and not name.isupper() and " " not in name:
        yield "odd capitals"
    elif everyday is Everyday.WORD and name[0].isupper() and re.search(r"[\w,)] \Z", before):
        yield "capital"
    elif everyday is Everyday.ACRONYM or name[0].isupper() is (everyday is Everyday.NAME):
        yield "everyday spelling"


def _size(text: str, place: Place, after: str) -> Iterator[str]:
    tail = text[place.name_end : place.end]
    if (
        _SIZED.match(text, place.name_end)
        or _SIZE_IN.search(text, place.start, place.name_end)
        or _SIZED_LATER.match(after)
        or _SIZE_TAIL.match(tail)
    ):
        yield "sized"
    elif _VERSIONED.match(text, place.name_end):
        yield "versioned"
    elif tail or _NUMBERED.match(after):
        yield "numbered"
    elif _SIZE_AFTER.match(after):
        yield "size word after"


def _before(before: str) -> Iterator[str]:
    if _TUNED.search(before):
        yield "tuned"
    elif _USED.search(before):
        yield "used"
    if _OF_MODEL.search(before):
        yield "of a model"


def _after(after: str) -> Iterator[str]:
    if _NOUN_AFTER.match(after):
        yield "model noun after"
    elif _NOUN_SOON.match(after):
        yield "model noun soon after"
    if _JOINED_NOUN.match(after):
        yield "joined to a noun"
    if _ACTS.match(after):
        yield "acts as a model"


def _both_sides(name: str, before: str, after: str) -> Iterator[str]:
    if _MAKER_BEFORE.search(before) or _MAKER_AFTER.match(after):
        yield "of its makers"
    if _COMPARED.search(before) or _COMPARED_AFTER.match(after):
        yield "compared"
    if _ARTICLE.search(before) and not _NOUN_AFTER.match(after):
        yield "article"
    if before.endswith(("-", "_")) or _JOINED_WORD.match(after):
        yield "joined to a word"
    if name.istitle() and (_PERSON_BEFORE.search(before) or _PERSON_AFTER.match(after)):
        yield "person"


def _companions(text: str, place: Place, sure: Sequence[Place], likely: Sequence[Place]) -> Iterator[str]:
    near = _around(place, sure)
    if any(_listed(text, place, other) for other in near):
        yield "listed with a family"
    elif any(_listed(text, place, other) for other in _around(place, likely)):
        yield "listed with a likely family"
    if near:
        yield "near a family"
    elif sure:
        yield "a family in the text"


def _around(place: Place, others: Sequence[Place]) -> list[Place]:
    """Names of other families that are near."""
    first = bisect_left(others, place.start - _NEAR - _LONGEST_NAME, key=_START)
    last = bisect_right(others, place.end + _NEAR, key=_START)
    return [
        other
        for other in others[first:last]
        if other.family != place.family and max(other.start, place.start) - min(other.end, place.end) <= _NEAR
    ]


def _listed(text: str, place: Place, other: Place) -> bool:
    """Whether two names are members of one list or comparison: "BERT, OPT and GPT-2"."""
    first, second = sorted((place, other), key=_START)
    between = text[first.end : second.start]
    return bool(between.strip()) and _BETWEEN.fullmatch(between) is not None


def _vocabulary(before: str, after: str) -> Iterator[str]:
    words = {match[0].lower() for part in (before, after) for match in _MODEL_WORDS.finditer(part)}
    if words:
        yield "words of models"
    if len(words) > 2:
        yield "many words of models"
