"""A model as the Hub's API or a dump of it tells of it, read into a HubModel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from scraper.errors import BadFieldError
from scraper.fields import Json, bool_field, int_field, names_field, text_field, time_field
from store.values import HubModel

ID_FIELDS = ("id", "modelId", "model_id")
CREATED_FIELDS = ("createdAt", "created_at", "creation_time")
CARD_FIELDS = ("has_card", "has_modelcard")
KNOWN_FIELDS = frozenset(
    (*ID_FIELDS, *CARD_FIELDS, *CREATED_FIELDS, "model_type", "config", "pipeline_tag", "library_name", "library")
) | {"cardData", "siblings", "downloads", "likes", "tags"}

UNKNOWN_UNTIL = datetime(2022, 3, 2, 23, 29, 59, 999999, tzinfo=UTC)
"""The Hub began to keep creation times here: whatever is older has one of the last seconds before as a stand-in."""
_UNKNOWN_FROM = datetime(2022, 3, 2, 23, 29, tzinfo=UTC)


def parse_model(row: Json, *, from_hub: bool = False) -> HubModel:
    """Read one model; raises BadFieldError.

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
    return HubModel(
        id=key,
        created_at=created,
        model_type=_model_type(row),
        pipeline_tag=text_field(row, "pipeline_tag") or None,
        library=text_field(row, "library_name", "library") or None,
        has_card=_has_card(row),
        downloads=int_field(row, "downloads"),
        likes=int_field(row, "likes"),
        tags=names_field(row, "tags"),
    )


def _model_type(row: Json) -> str | None:
    config = row.get("config")
    told = text_field(row, "model_type")
    if not told and isinstance(config, Mapping) and isinstance(config.get("model_type"), str):
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
    data = row.get("cardData")
    return True if isinstance(data, Mapping) and data else None
