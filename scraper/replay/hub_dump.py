"""A dump of Hub models on disk: what lists are sorted and filtered by in memory, the rows in a temporary file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from scraper.replay.shapes import parse_time
from scraper.replay.spool import DumpError, Json, Span, Spool, read_lines

SORTS = ("createdAt", "downloads", "lastModified", "likes", "trendingScore")
_CREATED = SORTS.index("createdAt")
_TIMES = ("createdAt", "lastModified")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """What the index keeps of a model: sort keys in the order of `SORTS`, what is filtered by, where the row lies."""

    id: str
    author: str | None
    keys: tuple[float, ...]
    tags: frozenset[str]
    pipeline_tag: str | None
    gated: bool
    row: Span


class HubDump:
    """A dump of model rows as the Hub lists them, one a line; a model that comes twice is taken as it came last.

    Raises:
        DumpError: the file cannot be read, or a line is no model row.
    """

    def __init__(self, path: str | Path) -> None:
        self._spool = Spool()
        self._models: dict[str, ModelEntry] = {}
        self._tag_sets: dict[frozenset[str], frozenset[str]] = {}
        for number, _, value in read_lines(path):
            try:
                entry = self._index(_complete(value))
            except (ValueError, TypeError, AttributeError) as error:
                raise DumpError(
                    f"dump {str(path)!r}, line {number}: {error}; each line must be a model as /api/models gives it, "
                    "with id and, as far as known, createdAt, tags, downloads, likes, config, cardData"
                ) from error
            self._models[entry.id] = entry
        self._orders: dict[int, list[ModelEntry]] = {}

    def _index(self, row: Json) -> ModelEntry:
        tags = frozenset(row["tags"])
        return ModelEntry(
            id=row["id"],
            author=row["author"],
            keys=tuple(_sort_key(row, name) for name in SORTS),
            tags=self._tag_sets.setdefault(tags, tags),
            pipeline_tag=row.get("pipeline_tag"),
            gated=bool(row["gated"]),
            row=self._spool.append(json.dumps(row).encode()),
        )

    @property
    def until(self) -> datetime | None:
        """When the newest model was created."""
        newest = self._ordered(_CREATED)[-1].keys[_CREATED] if self._models else -math.inf
        return datetime.fromtimestamp(newest, UTC) if math.isfinite(newest) else None

    def __len__(self) -> int:
        return len(self._models)

    def put(self, row: Json) -> None:
        """Add a model, or change one: readers see it as the row has it from now on."""
        entry = self._index(_complete(row))
        self._models[entry.id] = entry
        self._orders.clear()

    def drop(self, model_id: str) -> None:
        """Take a model away."""
        self._models.pop(model_id, None)
        self._orders.clear()

    def draw(self, place: float) -> ModelEntry:
        """The model at a place between 0 and 1 in the order in which they came."""
        return list(self._models.values())[int(place * len(self._models))]

    def find(self, model_id: str) -> ModelEntry | None:
        """The entry of a model."""
        return self._models.get(model_id)

    def row(self, entry: ModelEntry) -> Json:
        """The whole row of a model."""
        return self._spool.read_json(entry.row)

    def after(self, sort: int, descending: bool, key: tuple[float, str] | None) -> Iterator[ModelEntry]:
        """Models in the order of `SORTS[sort]`, equal ones by id in the same direction, that come after the key."""
        ordered = self._ordered(sort)
        count, position = len(ordered), 0
        if key is not None:
            position = _position(ordered, sort, key, descending)
        for index in range(position, count):
            yield ordered[count - 1 - index if descending else index]

    def _ordered(self, sort: int) -> list[ModelEntry]:
        if sort not in self._orders:
            self._orders[sort] = sorted(self._models.values(), key=lambda entry: (entry.keys[sort], entry.id))
        return self._orders[sort]


def _position(ordered: list[ModelEntry], sort: int, key: tuple[float, str], descending: bool) -> int:
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        entry = ordered[len(ordered) - 1 - middle if descending else middle]
        here = (entry.keys[sort], entry.id)
        passed = here >= key if descending else here <= key
        low, high = (middle + 1, high) if passed else (low, middle)
    return low


def _sort_key(row: Json, name: str) -> float:
    value = row.get(name)
    if value is None:
        return float("-inf")
    return parse_time(value).timestamp() if name in _TIMES else float(value)


def _complete(value: Json) -> Json:
    model_id: Any = value.get("id") or value.get("modelId")
    if not isinstance(model_id, str):
        raise ValueError(f"id is {model_id!r}, not a model's name")
    for name in ("tags", "siblings"):
        if not isinstance(value.get(name) or [], list):
            raise ValueError(f"{name} is {value[name]!r}, not a list")
    if not all(isinstance(tag, str) for tag in value.get("tags") or []):
        raise ValueError("tags holds something that is not text")
    filled: Json = {
        "_id": sha256(model_id.encode()).hexdigest()[:24],
        "id": model_id,
        "modelId": model_id,
        "author": model_id.split("/")[0] if "/" in model_id else None,
        "downloads": 0,
        "likes": 0,
        "trendingScore": 0,
        "private": False,
        "gated": False,
        "disabled": False,
        "tags": [],
    }
    return {**filled, **{name: given for name, given in value.items() if given is not None}}
