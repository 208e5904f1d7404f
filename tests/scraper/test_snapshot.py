"""A whole Hub out of a Parquet file in the shape of the public dumps, in place of a crawl or before one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scraper.files import ImportSummary, import_models
from scraper.hub import crawl_hub
from scraper.hub_client import HubClient
from scraper.model_rows import UNKNOWN_UNTIL
from scraper.replay import hub_app, running
from store import sources
from store.database import Database

HUB = "https://hub.example"
SCHEMA = pa.schema(
    [
        ("_id", pa.string()),
        ("id", pa.string()),
        ("author", pa.string()),
        ("cardData", pa.string()),
        ("gated", pa.string()),
        ("lastModified", pa.timestamp("ns")),
        ("config", pa.string()),
        ("downloads", pa.int64()),
        ("likes", pa.int64()),
        ("tags", pa.list_(pa.string())),
        ("pipeline_tag", pa.string()),
        ("createdAt", pa.timestamp("ns")),
        ("siblings", pa.list_(pa.struct([("rfilename", pa.string())]))),
        ("sha", pa.string()),
    ]
)


def row(key: int, created: datetime, **fields: Any) -> dict[str, Any]:
    return {
        "_id": f"{key:024x}",
        "id": f"acme/m{key}",
        "author": "acme",
        "cardData": json.dumps({"license": "mit"}),
        "gated": "False",
        "lastModified": created,
        "config": json.dumps({"model_type": "bert"}),
        "downloads": key,
        "likes": 0,
        "tags": ["transformers"],
        "pipeline_tag": "fill-mask",
        "createdAt": created,
        "siblings": [{"rfilename": "README.md"}],
        "sha": "x",
        **fields,
    }


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    return path


def load(db: Database, folder: Path, rows: list[dict[str, Any]], **options: Any) -> ImportSummary:
    path = write(folder / "models.parquet", rows)
    return import_models(db, path, source=HUB, rejects=folder / "rejects.jsonl", **options)


def stored(db: Database) -> dict[str, Any]:
    from store.schema import models

    with db.read() as connection:
        return {found.id: found for found in connection.execute(models.select())}


def month(number: int) -> datetime:
    return datetime(2023, number, 10)


def test_the_columns_are_understood(db: Database, tmp_path: Path) -> None:
    summary = load(
        db,
        tmp_path,
        [
            row(1, month(1), gated="manual"),
            row(2, month(2), config=None, siblings=[{"rfilename": "config.json"}]),
            row(3, month(3), config="{broken", siblings=None),
            row(4, datetime(2022, 3, 2, 23, 29, 4)),
        ],
    )

    assert (summary.stored, summary.rejected, summary.unknown_dates, summary.gated) == (4, 0, 1, 1)
    assert summary.unknown_columns == ["author", "sha"]
    found = stored(db)
    assert [found[f"acme/m{key}"].family for key in (1, 2, 3)] == ["bert", "", ""]
    assert [found[f"acme/m{key}"].has_card for key in (1, 2, 3)] == [True, False, None]
    assert found["acme/m1"].hub_id == f"{1:024x}"
    [source] = sources.all_sources(db)
    assert source.covered_from == datetime(2023, 1, 1, tzinfo=UTC)


def test_a_span_does_not_begin_before_the_hub_kept_dates(db: Database, tmp_path: Path) -> None:
    load(db, tmp_path, [row(1, datetime(2022, 3, 2, 23, 29, 4)), row(2, datetime(2022, 3, 20))])

    assert sources.all_sources(db)[0].covered_from == UNKNOWN_UNTIL


@pytest.mark.parametrize("snapshot", [True, False])
def test_only_a_snapshot_tells_what_is_gone(db: Database, tmp_path: Path, snapshot: bool) -> None:
    load(db, tmp_path, [row(key, month(key)) for key in (1, 2, 3)], snapshot=True)
    summary = load(db, tmp_path, [row(1, month(1)), row(2, month(2), likes=-1)], snapshot=snapshot)

    assert summary.rejected == 1
    assert summary.gone == snapshot
    assert {key for key, found in stored(db).items() if found.gone} == ({"acme/m3"} if snapshot else set())


def test_a_crawl_goes_on_from_a_snapshot(db: Database, tmp_path: Path) -> None:
    load(db, tmp_path, [row(key, month(key)) for key in (1, 2, 3)], snapshot=True)
    dump = tmp_path / "hub.jsonl"
    times = [(key, f"2023-{key:02d}-10T00:00:00.000Z") for key in (1, 2, 3, 5)]
    dump.write_text("\n".join(json.dumps({"id": f"acme/m{key}", "createdAt": time}) for key, time in times))
    with running(hub_app(dump)) as url:
        summary = crawl_hub(db, client=HubClient(url), known_as=HUB)

    assert summary.pages == 1
    assert set(stored(db)) == {f"acme/m{key}" for key, _ in times}
    assert sources.all_sources(db)[0].covered_from == datetime(2023, 1, 1, tzinfo=UTC)
