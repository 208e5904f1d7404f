"""Rows of JSON Lines: posts to label and labelled examples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from classifier.taxonomy import Taxonomy
from store.values import Example, PostInput

MAX_CHARS = 1_000_000
"""Longest text that is taken, in characters; longer ones are a mistake in the file."""


class RowError(ValueError):
    """A row that cannot be used; the message names the line, the field, the value and the remedy."""


def parse_row(obj: object, where: str) -> PostInput:
    """Make a post of a row; `where` opens every message. Unknown fields are ignored; raises RowError."""
    if not isinstance(obj, Mapping):
        raise RowError(f"{where}: {_show(obj)} is not an object; write one JSON object a line")
    body = _string(obj, "body" if obj.get("body") is not None else "text", where)
    title = _string(obj, "title", where)
    if not body.strip() and not title.strip():
        raise RowError(f"{where}: body: is missing or empty; give a text in `body` (or `text`) or a `title`")
    # A gold row says in `accepted` which labels are right; that is no context.
    gold = "required" in obj
    return PostInput(
        id=_identifier(obj, where),
        body=body,
        title=title,
        reply=_flag(obj, "reply", where),
        previous=_string(obj, "previous", where) if obj.get("previous") is not None else None,
        by_starter=_flag(obj, "by_starter", where),
        accepted=None if gold else _flag(obj, "accepted", where),
        category=_string(obj, "category", where),
        tags=_strings(obj, "tags", where),
        post_number=_number(obj, "post_number", where),
        source=_string(obj, "source", where),
    )


def read_objects(lines: Iterable[str], name: str = "input") -> Iterator[tuple[str, Any]]:
    """Decode JSON Lines into (where, value), skipping blank lines. Raises RowError with name and line number."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            yield where, json.loads(line.removeprefix("\ufeff"))
        except (json.JSONDecodeError, RecursionError) as error:
            raise RowError(f"{where}: is no valid JSON ({error}); write one JSON object a line") from error


def read_posts(lines: Iterable[str], name: str = "input") -> Iterator[PostInput]:
    """Read posts from JSON Lines, one at a time. Raises RowError at the first bad line."""
    for where, obj in read_objects(lines, name):
        yield parse_row(obj, where)


def read_examples(path: str | Path, taxonomy: Taxonomy) -> list[Example]:
    """Read labelled examples; labels must be leaves of the taxonomy, ids unique. Raises RowError."""
    path = Path(path)
    leaves = {label.id for label in taxonomy.leaves}
    examples: list[Example] = []
    seen: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8") as lines:
            for where, obj in read_objects(lines, str(path)):
                post = parse_row(obj, where)
                if post.id in seen:
                    raise RowError(f"{where}: id: {post.id!r} stands already at {seen[post.id]}; ids are unique")
                seen[post.id] = where
                examples.append(Example(post, parse_labels(obj, "labels", leaves, taxonomy, where)))
    except (OSError, UnicodeDecodeError) as error:
        raise RowError(f"{path}: cannot be read ({error}); give a JSON Lines file in UTF-8") from error
    return examples


def parse_labels(
    obj: Mapping[str, Any], field: str, leaves: set[str], taxonomy: Taxonomy, where: str
) -> tuple[str, ...]:
    """Leaf ids of a row's field, in order and without repeats; `none` stands for no label. Raises RowError."""
    if field not in obj or obj[field] is None:
        raise RowError(f"{where}: {field}: is missing; give a list of leaf ids, empty where no label applies")
    labels = tuple(dict.fromkeys(x for x in _strings(obj, field, where) if x and x != "none"))
    for label in labels:
        if label not in leaves:
            raise RowError(f"{where}: {field}: {label!r} is no leaf of {taxonomy.ref}; use one of its leaf ids")
    if taxonomy.exclusive and field == "labels" and len(labels) > 1:
        raise RowError(f"{where}: {field}: {list(labels)} are several, but {taxonomy.ref} is exclusive; keep one")
    return labels


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _identifier(obj: Mapping[str, Any], where: str) -> str:
    value = obj.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise RowError(f"{where}: id: {_show(value)} is not an id; give a text or a whole number")
    return _plain(str(value))


def _string(obj: Mapping[str, Any], field: str, where: str) -> str:
    value = obj.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError(f"{where}: {field}: {_show(value)} is not a text; put it in quotes")
    if len(value) > MAX_CHARS:
        raise RowError(f"{where}: {field}: has {len(value)} characters; shorten it to {MAX_CHARS} or fewer")
    return _plain(value)


def _plain(text: str) -> str:
    """Half a surrogate pair, which JSON can spell, is no character that can be encoded."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _strings(obj: Mapping[str, Any], field: str, where: str) -> tuple[str, ...]:
    value = obj.get(field)
    if value is None:
        return ()
    if isinstance(value, str):
        value = [part for part in value.split("|") if part]
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise RowError(f"{where}: {field}: {_show(value)} is not a list of texts")
    return tuple(map(_plain, value))


def _flag(obj: Mapping[str, Any], field: str, where: str) -> bool | None:
    value = obj.get(field)
    if value is None or isinstance(value, bool):
        return value
    raise RowError(f"{where}: {field}: {_show(value)} is not true or false; leave it out if it is not known")


def _number(obj: Mapping[str, Any], field: str, where: str) -> int | None:
    value = obj.get(field)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise RowError(f"{where}: {field}: {_show(value)} is not a whole number")
