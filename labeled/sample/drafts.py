"""Authored threads as they are read from the TOML files, before they become Discourse bodies."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class DraftError(ValueError):
    """An authored thread lacks a field or has one that is not known."""


@dataclass(frozen=True, slots=True)
class PostDraft:
    """One post as written: markdown-like text and the leaf labels that its author intends."""

    by: str
    text: str
    labels: tuple[str, ...] = ()
    likes: int = 0
    accepted: bool = False
    edited: bool = False
    deleted: bool = False
    action: str | None = None
    reply_to: int | None = None
    quote: int | None = None


@dataclass(frozen=True, slots=True)
class ThreadDraft:
    """One thread as written. `month` is YYYY-MM; `days` is how long its posts are spread, None for a natural pace."""

    title: str
    month: str
    category: str
    tags: tuple[str, ...]
    families: tuple[str, ...]
    posts: tuple[PostDraft, ...]
    origin: str
    closed: bool = False
    pinned: bool = False
    unlisted: bool = False
    days: int | None = None


def read_toml(name: str) -> dict[str, Any]:
    """Return the TOML file `name` of this folder."""
    with (HERE / name).open("rb") as file:
        return tomllib.load(file)


def load_threads(name: str, origin: str) -> list[ThreadDraft]:
    """Return the threads of a TOML file of `[[thread]]` tables in the file's order.

    Raises DraftError where a thread or post has a missing or unknown field.
    """
    return [_thread(row, origin) for row in read_toml(name)["thread"]]


def _thread(row: Mapping[str, Any], origin: str) -> ThreadDraft:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items() if key != "post"
    }
    try:
        posts = tuple(make_post(post) for post in row["post"])
        return ThreadDraft(posts=posts, origin=origin, **fields)
    except (KeyError, TypeError) as error:
        raise DraftError(f"thread {row.get('title')!r}: {error}; see labeled/sample/README.md for the fields") from None


def make_post(row: Mapping[str, Any]) -> PostDraft:
    """Return the post of one `[[thread.post]]` table."""
    return PostDraft(**{**row, "labels": tuple(row["labels"]), "text": row["text"].strip()})
