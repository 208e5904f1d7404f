"""Reading gold rows: posts with the labels that annotators gave them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from classifier.evaluate import Gold
from classifier.rows import RowError, parse_labels, parse_row, read_objects
from classifier.taxonomy import Taxonomy
from store.values import PostInput


def read_gold(path: str | Path, taxonomy: Taxonomy) -> tuple[list[PostInput], list[Gold]]:
    """Read gold rows from JSON Lines or CSV (`.csv`), posts and labels in the same order.

    A row has `primary`, `required` and `accepted` (lists, or joined by `|`), or `labels` only: then all are required
    and accepted and the first is primary. A CSV row may have its text in `code`, its tag in `tag`, and in `topic` the
    number of the thread that it belongs to. Raises RowError.
    """
    path = Path(path)
    leaves = {leaf.id for leaf in taxonomy.leaves}
    posts: list[PostInput] = []
    gold: list[Gold] = []
    seen: set[str] = set()
    try:
        for where, obj in _rows(path):
            post = parse_row(obj, where)
            if post.id in seen:
                raise RowError(f"{where}: id: {post.id!r} stands twice; ids are unique")
            seen.add(post.id)
            posts.append(post)
            gold.append(_gold(obj, post.id, leaves, taxonomy, where))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RowError(f"{path}: cannot be read ({error}); give a JSON Lines or CSV file in UTF-8") from error
    if not gold:
        raise RowError(f"{path}: has no rows; give at least one")
    return posts, gold


def _gold(obj: Mapping[str, Any], post_id: str, leaves: set[str], taxonomy: Taxonomy, where: str) -> Gold:
    if "required" not in obj:
        labels = parse_labels(obj, "labels", leaves, taxonomy, where)
        return Gold(post_id, labels[:1], labels, labels)
    primary, required, accepted = (
        parse_labels(obj, field, leaves, taxonomy, where) for field in ("primary", "required", "accepted")
    )
    return Gold(post_id, primary, required, accepted)


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix.lower() != ".csv":
            yield from read_objects(file, str(path))
            return
        reader = csv.DictReader(file)
        for row in reader:
            yield f"{path}, line {reader.line_num}", _from_csv(row)


def _from_csv(row: Mapping[str, Any]) -> dict[str, Any]:
    """Column names and empty cells of a table as a row of JSON Lines would have them."""
    found = {name: value for name, value in row.items() if isinstance(name, str) and value != ""}
    for name in ("primary", "required", "accepted", "labels"):
        if name in row:
            found[name] = row[name] or ""
    if "code" in found and not {"body", "text"} & set(found):
        found["body"] = found["code"]
    if "tag" in found and "tags" not in found:
        found["tags"] = [found["tag"]]
    if "topic" in found and "source" not in found:
        found["source"] = f"topic:{found['topic']}/{found.get('id')}"
    for name in ("reply", "by_starter"):
        if name in found:
            found[name] = {"true": True, "false": False}.get(str(found[name]).lower(), found[name])
    if "post_number" in found and str(found["post_number"]).isdigit():
        found["post_number"] = int(found["post_number"])
    if "required" not in found and "accepted" in found:
        found["accepted"] = {"true": True, "false": False}.get(str(found["accepted"]).lower(), found["accepted"])
    return found
