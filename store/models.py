"""Hub models and published tables of uploads: written by the scraper, counted by month or week, and family."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from more_itertools import chunked
from sqlalchemy import Connection, case, delete, func, insert, literal, select, update

from store.database import Database
from store.months import month_of
from store.schema import model_cards, models, uploads, week_uploads
from store.values import HubModel, ModelCounts, UploadCount
from store.weeks import week_number

_BATCH = 1000


def save_models(
    db: Database, source_id: int, many: Iterable[HubModel], *, listing: int = 0, counted: bool = True
) -> int:
    """Store models, keyed by id; returns how many were given.

    `listing` is the number of the full listing that is under way or was the last. A model that was renamed (the same
    `hub_id` under another id) moves to its new id. With `counted` the counts by month are kept up to date; without,
    for very many rows in no order, `recount` must follow.
    """
    count = 0
    for some in chunked(many, _BATCH):
        unique = {model.id: _model_row(source_id, model, listing) for model in some}
        with db.write() as connection:
            months = {row["month"] for row in unique.values()} | _drop_renamed(connection, source_id, unique)
            if counted:
                months |= _months_of(connection, source_id, list(unique))
            db.upsert(connection, models, list(unique.values()), ["source_id", "id"])
            if counted:
                _recount(connection, source_id, [month for month in months if month is not None])
        count += len(some)
    return count


def recount(db: Database, source_id: int) -> None:
    """Count a source's models by month or week, and family, anew, a month at a time."""
    with db.read() as connection:
        listed = select(models.c.month).where(models.c.source_id == source_id, models.c.month.is_not(None))
        told = select(uploads.c.month).where(uploads.c.source_id == source_id)
        months = sorted(connection.execute(listed.union(told)).scalars())
    for month in months:
        with db.write() as connection:
            _recount(connection, source_id, [month])


def family_counts(db: Database) -> dict[str, int]:
    """Models by family, gone ones too: as they are listed, or as a published table tells where that is more."""
    told = (
        select(uploads.c.family, func.sum(uploads.c.models).label("models"))
        .where(uploads.c.family != "")
        .group_by(uploads.c.source_id, uploads.c.family)
    )
    listed = (
        select(models.c.family, func.count()).where(models.c.family != "").group_by(models.c.source_id, models.c.family)
    )
    counts: dict[str, int] = {}
    with db.read() as connection:
        for family, count in (*connection.execute(told), *connection.execute(listed)):
            counts[family] = max(counts.get(family, 0), int(count))
    return counts


def keep_listed(db: Database, source_id: int, ids: Sequence[str], listing: int) -> None:
    """Note that a listing held these models, though it could not be read what it said of them."""
    if ids:
        with db.write() as connection:
            connection.execute(
                update(models).where(models.c.source_id == source_id, models.c.id.in_(ids)).values(listing=listing)
            )


def mark_gone(db: Database, source_id: int, listing: int, since: datetime | None) -> int:
    """Note that the full listing of this number held no longer what an earlier one did; returns how many.

    `since`: the listing went back to this moment only. A model that is gone still counts for the month in which it
    was uploaded.
    """
    missed = [models.c.source_id == source_id, models.c.listing < listing, ~models.c.gone]
    if since is not None:
        missed.append(models.c.created_at >= since)
    with db.write() as connection:
        return connection.execute(update(models).where(*missed).values(gone=True)).rowcount


def rename_families(db: Database, source_id: int, canonical: Callable[[str], str]) -> None:
    """Bring the families of stored models to the names that `canonical` gives their model types now."""
    pairs = select(models.c.model_type, models.c.family).where(models.c.source_id == source_id).distinct()
    with db.read() as connection:
        known = connection.execute(pairs).all()
    renamed = {row.model_type: canonical(row.model_type) for row in known if row.model_type}
    changed = {row.model_type for row in known if row.model_type and row.family != renamed[row.model_type]}
    for model_type in sorted(changed):
        with db.write() as connection:
            connection.execute(
                update(models)
                .where(models.c.source_id == source_id, models.c.model_type == model_type)
                .values(family=renamed[model_type])
            )
    if changed:
        recount(db, source_id)


def model_counts(db: Database, source_id: int) -> ModelCounts:
    """How many models of a source there are, of unknown date, gated and gone."""
    with db.read() as connection:
        row = connection.execute(
            select(
                func.count(),
                func.count().filter(models.c.created_at.is_(None)),
                func.count().filter(models.c.gated),
                func.count().filter(models.c.gone),
            ).where(models.c.source_id == source_id)
        ).one()
    return ModelCounts(*row)


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


def _model_row(source_id: int, model: HubModel, listing: int) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "id": model.id,
        "hub_id": model.hub_id,
        "created_at": model.created_at,
        "month": month_of(model.created_at) if model.created_at else None,
        "model_type": model.model_type or "",
        "family": model.family or model.model_type or "",
        "pipeline_tag": model.pipeline_tag,
        "library": model.library,
        "has_card": model.has_card,
        "downloads": model.downloads,
        "likes": model.likes,
        "tags": list(model.tags),
        "gated": model.gated,
        "modified_at": model.modified_at,
        "listing": listing,
        "gone": False,
    }


def _drop_renamed(connection: Connection, source_id: int, given: Mapping[str, Mapping[str, Any]]) -> set[int | None]:
    """Take out rows that came under an earlier name, with what was read of their cards; returns their months."""
    names = {row["hub_id"]: key for key, row in given.items() if row["hub_id"]}
    known = connection.execute(
        select(models.c.id, models.c.hub_id, models.c.month).where(
            models.c.source_id == source_id, models.c.hub_id.in_(list(names))
        )
    )
    former = {row.id: row.month for row in known if row.id != names[row.hub_id]}
    for table, key in ((model_cards, model_cards.c.model_id), (models, models.c.id)):
        connection.execute(delete(table).where(table.c.source_id == source_id, key.in_(list(former))))
    return set(former.values())


def _months_of(connection: Connection, source_id: int, ids: Sequence[str]) -> set[int | None]:
    # Not `distinct` in SQL: SQLite would then read the index by month from end to end.
    rows = connection.execute(select(models.c.month).where(models.c.source_id == source_id, models.c.id.in_(ids)))
    return {row.month for row in rows}


def _recount(connection: Connection, source_id: int, months: Sequence[int]) -> None:
    untold = func.sum(case((models.c.has_card.is_(None), 1), else_=0))
    carded = func.sum(case((models.c.has_card, 1), else_=0))
    counts = func.count(), case((untold > 0, None), else_=carded), func.sum(models.c.downloads)
    for table, periods in (
        (uploads, {"month": models.c.month}),
        (week_uploads, {"month": models.c.month, "week": week_number(models.c.created_at)}),
    ):
        connection.execute(delete(table).where(table.c.source_id == source_id, table.c.month.in_(months)))
        counted = (
            select(literal(source_id), *periods.values(), models.c.family, *counts)
            .where(models.c.source_id == source_id, models.c.month.in_(months))
            .group_by(*periods.values(), models.c.family)
        )
        columns = ["source_id", *periods, "family", "models", "cards", "downloads"]
        connection.execute(insert(table).from_select(columns, counted))
