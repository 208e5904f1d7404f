"""Hub models and published tables of uploads: written by the scraper, counted by month and family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from more_itertools import chunked
from sqlalchemy import Connection, case, delete, func, insert, literal, select

from store.database import Database
from store.months import month_of
from store.schema import models, uploads
from store.values import HubModel, UploadCount

_BATCH = 1000


def save_models(db: Database, source_id: int, many: Iterable[HubModel]) -> int:
    """Store models, keyed by id, and keep their counts by month up to date; returns how many were given."""
    count = 0
    for some in chunked(many, _BATCH):
        unique = {model.id: _model_row(source_id, model) for model in some}
        with db.write() as connection:
            months = _months_of(connection, source_id, list(unique)) | {row["month"] for row in unique.values()}
            db.upsert(connection, models, list(unique.values()), ["source_id", "id"])
            _recount(connection, source_id, [month for month in months if month is not None])
        count += len(some)
    return count


def save_uploads(db: Database, source_id: int, counts: Iterable[UploadCount]) -> int:
    """Store the counts of a published table, keyed by month and family; returns how many were given."""
    total = 0
    for some in chunked(counts, _BATCH):
        rows = {
            (count.month, count.family): {
                "source_id": source_id,
                "month": count.month,
                "family": count.family,
                "models": count.models,
                "cards": count.cards,
            }
            for count in some
        }
        with db.write() as connection:
            db.upsert(connection, uploads, list(rows.values()), ["source_id", "month", "family"])
        total += len(some)
    return total


def _model_row(source_id: int, model: HubModel) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "id": model.id,
        "created_at": model.created_at,
        "month": month_of(model.created_at) if model.created_at else None,
        "family": model.model_type or "",
        "pipeline_tag": model.pipeline_tag,
        "library": model.library,
        "has_card": model.has_card,
        "downloads": model.downloads,
        "likes": model.likes,
        "tags": list(model.tags),
    }


def _months_of(connection: Connection, source_id: int, ids: Sequence[str]) -> set[int | None]:
    rows = connection.execute(
        select(models.c.month).where(models.c.source_id == source_id, models.c.id.in_(ids)).distinct()
    )
    return {row.month for row in rows}


def _recount(connection: Connection, source_id: int, months: Sequence[int]) -> None:
    connection.execute(delete(uploads).where(uploads.c.source_id == source_id, uploads.c.month.in_(months)))
    untold = func.sum(case((models.c.has_card.is_(None), 1), else_=0))
    carded = func.sum(case((models.c.has_card, 1), else_=0))
    counted = (
        select(
            literal(source_id),
            models.c.month,
            models.c.family,
            func.count(),
            case((untold > 0, None), else_=carded),
        )
        .where(models.c.source_id == source_id, models.c.month.in_(months))
        .group_by(models.c.month, models.c.family)
    )
    connection.execute(insert(uploads).from_select(["source_id", "month", "family", "models", "cards"], counted))
