"""A taxonomy: the labels that posts can be given, read from a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from store.values import Label

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)?")
_TOP = {"name", "version", "exclusive", "source", "description", "license", "labels"}
_LABEL = {"id", "kind", "name", "definition"}


class TaxonomyError(ValueError):
    """A taxonomy that cannot be used; the message names the file, the label and the field."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Labels in the order of their file. `exclusive`: a post has exactly one leaf."""

    name: str
    version: str
    exclusive: bool
    labels: tuple[Label, ...]

    @property
    def ref(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"

    @property
    def leaves(self) -> tuple[Label, ...]:
        """Labels that posts are given, in order."""
        return tuple(label for label in self.labels if label.leaf)

    @property
    def categories(self) -> tuple[Label, ...]:
        """Labels that group leaves, in order; a category without leaves is its own leaf and is here too."""
        return tuple(label for label in self.labels if "/" not in label.id)

    def get(self, label_id: str) -> Label:
        """Leaf or category of that id; raises KeyError when there is none."""
        for label in self.labels:
            if label.id == label_id:
                return label
        raise KeyError(label_id)

    def to_json(self) -> dict[str, Any]:
        """Plain form, as `parse_taxonomy` reads it."""
        labels = [{k: v for k, v in asdict(label).items() if k != "leaf"} for label in self.labels]
        return {"name": self.name, "version": self.version, "exclusive": self.exclusive, "labels": labels}


def load_taxonomy(path: str | Path) -> Taxonomy:
    """Read a taxonomy file. Raises TaxonomyError for one that is missing, is no TOML or breaks a rule."""
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise TaxonomyError(f"{path}: cannot be read ({error.strerror}); give the path of a taxonomy file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path}: is no valid TOML ({error})") from error
    return parse_taxonomy(table, str(path))


def parse_taxonomy(table: Mapping[str, Any], where: str = "taxonomy") -> Taxonomy:
    """Make a taxonomy of its plain form; `where` opens every message. Raises TaxonomyError."""
    _only(table, _TOP, where)
    exclusive = table.get("exclusive", False)
    if not isinstance(exclusive, bool):
        raise TaxonomyError(f"{where}: exclusive: {exclusive!r} is not true or false")
    rows = table.get("labels")
    if not isinstance(rows, list) or not rows:
        raise TaxonomyError(f"{where}: labels: write one [[labels]] table for each label")
    parsed = [_label(row, f"{where}: label {number}") for number, row in enumerate(rows, 1)]
    ids = [label["id"] for label in parsed]
    for label_id in ids:
        if ids.count(label_id) > 1:
            raise TaxonomyError(f"{where}: id: {label_id!r} stands twice; ids are unique")
    parents = {label_id.partition("/")[0] for label_id in ids if "/" in label_id}
    if orphans := sorted(parents - set(ids)):
        raise TaxonomyError(f"{where}: category {orphans[0]!r} has leaves but no [[labels]] table of its own; add one")
    labels = tuple(Label(**row, leaf="/" in row["id"] or row["id"] not in parents) for row in parsed)
    for label in labels:
        if "/" in label.id and label.kind != next(p["kind"] for p in parsed if p["id"] == label.category):
            raise TaxonomyError(f"{where}: {label.id}: kind: {label.kind!r} differs from its category's kind")
    if sum(label.leaf for label in labels) < 2:
        raise TaxonomyError(f"{where}: labels: a taxonomy needs at least two leaves")
    return Taxonomy(_text(table, "name", where), _text(table, "version", where), exclusive, labels)


def _label(row: object, where: str) -> dict[str, str]:
    if not isinstance(row, Mapping):
        raise TaxonomyError(f"{where}: {row!r} is not a table")
    where = f"{where} ({row.get('id')!r})"
    _only(row, _LABEL, where)
    label = {field: _text(row, field, where) for field in ("id", "kind", "name", "definition")}
    if not _ID.fullmatch(label["id"]) or label["id"] == "none":
        raise TaxonomyError(
            f"{where}: id: write `category` or `category/leaf` in lower-case letters, digits, '.', '_' and '-'; "
            "'none' is reserved"
        )
    return label


def _text(table: Mapping[str, Any], field: str, where: str) -> str:
    value = table.get(field)
    if not isinstance(value, str) or not value.strip():
        raise TaxonomyError(f"{where}: {field}: {value!r} is not a text; give a non-empty one")
    return " ".join(value.split())


def _only(table: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(table) - known):
        raise TaxonomyError(f"{where}: {unknown[0]}: unknown field; known are {', '.join(sorted(known))}")
