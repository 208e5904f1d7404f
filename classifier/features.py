"""What of a post is read: text views for the encoder, words for the word model, and a few facts of its context."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.embedder import Embedder
from store.text import split_code
from store.values import PostInput

PREPROCESSING_VERSION = 1
"""Grows whenever the same post would give other views; part of every cache key and bundle."""

VIEWS = ("main", "trace", "previous")
"""Text views in the order of their vectors; a view without text has the zero vector."""

CONTEXT = (
    "reply", "reply_unknown", "by_starter", "by_other", "accepted",
    "has_code", "has_error", "has_link", "question", "length", "code_length", "untitled",
)  # fmt: skip
"""Names of the context features, in order; all lie in [0, 1]."""

_MAIN_HEAD, _MAIN_TAIL = 900, 350
_TRACE_HEAD, _TRACE_ERRORS = 350, 450
_PREVIOUS = 600
_WORDS_HEAD, _WORDS_TAIL = 4000, 2000
_LONG_LINE = 300  # A whole post that lost its line breaks is no line of code.

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_URL = re.compile(r"https?://(?:www\.)?([^\s/<>()\[\]\"']+)(/[^\s/<>()\[\]\"']*)?[^\s<>()\[\]\"']*")
_HANDLE = re.compile(r"(?<![\w.])@[\w-]{2,40}")
_PLACEHOLDER = re.compile(r"^<[^<>]*(?:\s[^<>\s]+){3,}>$")
_ERROR = re.compile(r"\b(?:\w*(?:Error|Exception|Warning)\b\s*[:(]|error:|fatal:|failed\b|Killed|CUDA)")
_LOG = re.compile(
    r"""^\s*(?:
        >>>|\.\.\.\s|\$\s|In\s\[\d|Out\[\d|File\s"|Traceback\s\(|\#!|
        \[?\d{4}-\d\d-\d\d|\[?\d\d:\d\d:\d\d|\[(?:INFO|WARN|ERROR|DEBUG)|\d+%\||
        (?:from\s[\w.]+\s)?import\s[\w.]+|def\s\w+\(|class\s\w+[:(]|@\w+(?:\.\w+)*\(|
        (?:return|for|while|if|elif|else|try|except|with|print|const|let|var|await|async)\b.*[:;({)]\s*$|
        [\w.\[\]"']+\s*(?:=|\+=)\s*\S|[\w.]+\(.*\)?\s*[,;]?\s*$|[{}\[\]()\s,;]+$|
        ["'][\w-]+["']\s*:|</?\w+[^>]*>\s*$|(?:pip3?|conda|python3?|git|cd|sudo|docker|npm|wget|curl)\s+\S
    )""",
    re.VERBOSE,
)
_SYMBOLS = re.compile(r"[{}\[\]()=<>|\\/_;:#*+\"'`~^&%$]|\d")


@dataclass(frozen=True, slots=True)
class PostText:
    """A post taken apart: `views` as in VIEWS, `words` for the word model, `context` as in CONTEXT."""

    views: tuple[str, ...]
    words: str
    context: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Features:
    """Posts as the models see them.

    vectors: float32 [n, len(VIEWS), d]; words: n texts; context: float32 [n, len(CONTEXT)].
    word_values: float32 [n, m], for posts that a words model at hand has learned from, the values of such a model that
    had not; NaN for the others; None where there is no such model.
    """

    vectors: NDArray[np.float32]
    words: tuple[str, ...]
    context: NDArray[np.float32]
    word_values: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.words)

    def take(self, rows: NDArray[np.intp]) -> Features:
        """The posts at these rows."""
        values = None if self.word_values is None else self.word_values[rows]
        return Features(self.vectors[rows], tuple(self.words[i] for i in rows), self.context[rows], values)

    @property
    def learned(self) -> NDArray[np.bool_]:
        """Which posts a words model at hand has learned from, [n]."""
        if self.word_values is None:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(~np.isnan(self.word_values[:, 0]))


def join(first: Features, second: Features) -> Features:
    """The posts of both, in order."""
    values = None
    if first.word_values is not None or second.word_values is not None:
        width = next(part.word_values.shape[1] for part in (first, second) if part.word_values is not None)
        unknown = [np.full((len(part), width), np.nan, np.float32) for part in (first, second)]
        given = [first.word_values, second.word_values]
        values = np.concatenate([u if g is None else g for u, g in zip(unknown, given, strict=True)])
    return Features(
        np.concatenate((first.vectors, second.vectors)),
        first.words + second.words,
        np.concatenate((first.context, second.context)),
        values,
    )


def clean(text: str) -> str:
    """Text without template hints and images; of a link its host and first step stay, of a handle that it was one."""
    text = _IMAGE.sub(" ", _COMMENT.sub(" ", text))
    text = _URL.sub(lambda match: f"{match[1]}{match[2] or ''}", text)
    return _HANDLE.sub("@user", text)


def looks_like_code(line: str) -> bool:
    """Whether a line that nobody fenced is code, a shell command, a log or a part of a traceback."""
    bare = line.strip()
    if not bare or len(bare) > _LONG_LINE:
        return False
    if _LOG.match(line):
        return True
    if line.startswith(("    ", "\t")) and not bare.startswith(("-", "*", "1")):
        return True
    return len(bare) > 12 and len(_SYMBOLS.findall(bare)) > 0.22 * len(bare)


def split_text(body: str) -> tuple[str, str]:
    """Split a body into (prose, code) where code is what is fenced or looks like it; both cleaned."""
    prose, code = split_code(body)
    kept: list[str] = []
    moved: list[str] = []
    for line in clean(prose).splitlines():
        if _PLACEHOLDER.match(line.strip()):
            continue
        (moved if looks_like_code(line) else kept).append(line.rstrip())
    return "\n".join(kept).strip(), "\n".join([*moved, *clean(code).splitlines()]).strip()


def shorten(text: str, head: int, tail: int) -> str:
    """Opening and closing part of a text, cut between words: what is asked often stands last."""
    if len(text) <= head + tail:
        return text
    opening = text[:head].rsplit(None, 1)[0]
    if not tail:
        return opening
    closing = text[-tail:].split(None, 1)[-1]
    return f"{opening} ... {closing}"


def take_apart(post: PostInput) -> PostText:
    """Views, words and context of one post. Pure: the same post gives the same parts."""
    prose, code = split_text(post.body)
    title = clean(post.title).strip()
    main = "\n".join(part for part in (title, shorten(prose, _MAIN_HEAD, _MAIN_TAIL)) if part)
    trace = _trace(prose, code)
    previous = ""
    if post.is_reply and post.previous:
        before, before_code = split_text(post.previous)
        previous = shorten(before or before_code, _PREVIOUS // 2, _PREVIOUS // 2)
    words = "\n".join((title, title, shorten(prose, _WORDS_HEAD, _WORDS_TAIL), shorten(code, 1500, 1500)))
    return PostText((main or trace, trace, previous), words, _context(post, prose, code))


def read(posts: Sequence[PostInput], embedder: Embedder) -> Features:
    """Everything that the models see of posts, with their views embedded."""
    parts = [take_apart(post) for post in posts]
    texts = [text for part in parts for text in part.views if text]
    vectors = embedder.encode(texts)
    all_views = np.zeros((len(posts) * len(VIEWS), vectors.shape[1]), dtype=np.float32)
    all_views[[bool(text) for part in parts for text in part.views]] = vectors
    shaped = all_views.reshape(len(posts), len(VIEWS), vectors.shape[1])
    return Features(shaped, tuple(part.words for part in parts), context_matrix(parts))


def context_matrix(parts: Sequence[PostText]) -> NDArray[np.float32]:
    """Context features of posts, shape [n, len(CONTEXT)]."""
    return np.asarray([part.context for part in parts], dtype=np.float32).reshape(len(parts), len(CONTEXT))


def _trace(prose: str, code: str) -> str:
    """Error lines, wherever they stand, and the opening of the code."""
    lines = [line.strip() for line in (*prose.splitlines(), *code.splitlines()) if len(line) <= _LONG_LINE]
    errors = dict.fromkeys(line[:200] for line in lines if _ERROR.search(line))
    said = "\n".join(list(errors)[-6:])[-_TRACE_ERRORS:]
    return "\n".join(part for part in (said, shorten(code, _TRACE_HEAD, 0)) if part)


def _context(post: PostInput, prose: str, code: str) -> tuple[float, ...]:
    reply = post.is_reply
    flags = (
        reply,
        post.reply is None and not reply,
        reply and post.by_starter is True,
        reply and post.by_starter is False,
        post.accepted is True,
        bool(code),
        bool(_ERROR.search(code) or _ERROR.search(prose)),
        "http" in post.body,
        "?" in prose,
    )
    return (*map(float, flags), _scale(len(prose)), _scale(len(code)), float(not post.title))


def _scale(length: int) -> float:
    return float(min(1.0, np.log1p(length) / 9.0))
