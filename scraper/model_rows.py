"""A model as the Hub's API or a dump of it tells of it, read into a HubModel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from scraper.errors import BadFieldError
from scraper.fields import Json, bool_field, int_field, names_field, text_field, time_field
from store.values import HubModel

ID_FIELDS = ("id", "modelId", "model_id")
CREATED_FIELDS = ("createdAt", "created_at", "creation_time")
CARD_FIELDS = ("has_card", "has_modelcard")
MODIFIED_FIELDS = ("lastModified", "last_modified")
KNOWN_FIELDS = frozenset(
    (*ID_FIELDS, *CARD_FIELDS, *CREATED_FIELDS, *MODIFIED_FIELDS, "model_type", "config", "pipeline_tag")
) | {"_id", "library_name", "library", "cardData", "siblings", "downloads", "likes", "tags", "gated"}

UNKNOWN_UNTIL = datetime(2022, 3, 2, 23, 29, 59, 999999, tzinfo=UTC)
"""The Hub began to keep creation times here: whatever is older has one of the last seconds before as a stand-in."""
_UNKNOWN_FROM = datetime(2022, 3, 2, 23, 29, tzinfo=UTC)


def model_columns(names: Sequence[str]) -> list[str]:
    """Which columns of a wide file are worth reading: those that tell something no other column tells better."""
    told = {"cardData", "siblings"} if any(name in names for name in CARD_FIELDS) else set()
    told |= {"cardData"} if "siblings" in names else set()
    return [name for name in names if name in KNOWN_FIELDS and name not in told]


class Families(Protocol):
    """The usual names of model types; `key` changes with the table behind it."""

    @property
    def key(self) -> str:
        """What tells this table from another."""

    def canonical(self, name: str) -> str:
        """The usual name of a model type."""


def parse_model(row: Json, *, from_hub: bool = False, families: Families | None = None) -> HubModel:
    """Read one model; raises BadFieldError.

    `config` and `cardData` may be objects or, as in snapshots by column, objects written as JSON.

    The creation time is None where it is missing or a stand-in for an unknown one. The Hub itself knows none before
    `UNKNOWN_UNTIL`; other sources may, so only the stand-ins are taken out of theirs.

    The card: what the row says outright, else whether README.md is among the `siblings` (the list of files), else
    true if there is `cardData`. Without any of them it is unknown (None), for the absence of card data does not tell
    a model without a card from a card without data.
    """
    key = text_field(row, *ID_FIELDS).strip()
    if not key:
        raise BadFieldError("id is missing: write the model's id, for example owner/name")
    created = time_field(row, *CREATED_FIELDS)
    if created and created <= UNKNOWN_UNTIL and (from_hub or created >= _UNKNOWN_FROM):
        created = None
    model_type = _model_type(row)
    return HubModel(
        id=key,
        created_at=created,
        model_type=model_type,
        pipeline_tag=text_field(row, "pipeline_tag") or None,
        library=text_field(row, "library_name", "library") or None,
        has_card=_has_card(row),
        downloads=int_field(row, "downloads"),
        likes=int_field(row, "likes"),
        tags=names_field(row, "tags"),
        family=families.canonical(model_type) if families and model_type else "",
        hub_id=text_field(row, "_id"),
        gated=_gated(row),
        modified_at=time_field(row, *MODIFIED_FIELDS),
    )


def _model_type(row: Json) -> str | None:
    config = _object(row.get("config"))
    told = text_field(row, "model_type")
    if not told and isinstance(config.get("model_type"), str):
        told = text_field(config, "model_type")
    return told.strip().lower() or None


def _has_card(row: Json) -> bool | None:
    told = bool_field(row, *CARD_FIELDS)
    if told is not None:
        return told
    siblings = row.get("siblings")
    if isinstance(siblings, list):
        names = [item.get("rfilename") if isinstance(item, Mapping) else item for item in siblings]
        return "README.md" in names
    return True if _object(row.get("cardData")) else None


def _gated(row: Json) -> bool | None:
    """The Hub says false, or how access is granted: `auto` or `manual`."""
    told = row.get("gated")
    if isinstance(told, str) and told.strip().lower() in ("auto", "manual"):
        return True
    return bool_field(row, "gated")


def _object(value: object) -> Mapping[str, Any]:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}
