"""The published tables of the study (arXiv 2401.13177) lead to its published findings."""

from __future__ import annotations

import csv
import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier.trend.direction import Direction, Trend, TrendSettings, TrendTest, directions
from classifier.trend.relation import correlation
from scraper.files import import_models
from store.database import open_database
from store.months import format_month, parse_month
from store.series import upload_series

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("FORUMLENS_SHARED", ROOT.parent / "shared")) / "data"
pytestmark = pytest.mark.skipif(not (DATA / "study").is_dir(), reason="the study's tables are not at hand")

Table = dict[str, dict[str, float]]
MONTHS = [format_month(month) for month in range(parse_month("2020-07"), parse_month("2023-06"))]
PARTED = {"bert", "roberta", "bart", "pegasus", "longformer", "mbart", "albert", "xlnet", "electra", "dpr"}
AS_THE_STUDY = TrendSettings(test=TrendTest.PLAIN, adjust=False)


def table(name: str) -> Table:
    """Counts by family and month (YYYY-MM); a cell without a number is 0."""
    with (DATA / "study" / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row[""]: {month[:7]: float(value or 0) for month, value in row.items() if month[:2] == "20"}
        for row in rows
        if row[""] and row[""] != "SUM"
    }


@pytest.fixture(scope="module")
def mentions() -> Table:
    return table("mentions_by_month.csv")


@pytest.fixture(scope="module")
def uploads() -> Table:
    return table("uploads_by_month.csv")


def parted(mentions: Table, uploads: Table, settings: TrendSettings) -> set[str]:
    """Families whose mentions fall while their uploads rise, of those with at least 30 mentions in the 35 months."""
    often = [name for name in mentions if name in uploads and sum(mentions[name].get(m, 0) for m in MONTHS) >= 30]
    talk, upload = (
        directions({name: [rows[name].get(month, 0.0) for month in MONTHS] for name in often}, settings)
        for rows in (mentions, uploads)
    )
    return {name for name in often if (talk[name].trend, upload[name].trend) == (Trend.FALLING, Trend.RISING)}


def test_mentions_and_uploads_of_types_go_together(mentions: Table, uploads: Table) -> None:
    common = [name for name in mentions if name in uploads]
    found = correlation(*([sum(rows[name].values()) for name in common] for rows in (mentions, uploads)))
    assert found is not None
    assert (found.n, round(found.rho, 3)) == (145, 0.699)
    assert found.p < 1e-20
    assert found.low < found.rho < found.high


def test_the_same_ten_families_part_from_uploads(mentions: Table, uploads: Table) -> None:
    assert parted(mentions, uploads, AS_THE_STUDY) == PARTED


def test_the_careful_test_finds_them_but_for_the_weakest(mentions: Table, uploads: Table) -> None:
    assert parted(mentions, uploads, TrendSettings(test=TrendTest.HAMED_RAO)) == PARTED - {"electra"}


def test_no_more_models_get_a_card() -> None:
    with (DATA / "study" / "cards_by_month.csv").open(newline="") as file:
        ratios = [float(row["card_ratio"]) for row in csv.DictReader(file)]
    found: Direction = directions({"cards": ratios}, AS_THE_STUDY, {"cards": 1e6})["cards"]
    assert (found.months, round(found.z, 2), round(found.p, 2)) == (42, -0.70, 0.48)
    assert found.trend is Trend.NONE


def test_five_types_are_most_of_the_uploads(uploads: Table) -> None:
    totals = {name: sum(row.values()) for name, row in uploads.items()}
    five = sum(totals[name] for name in ("bert", "gpt2", "distilbert", "roberta", "t5"))
    assert round(five / sum(totals.values()), 3) == 0.600


def test_models_that_are_taken_in_give_the_published_uploads(uploads: Table, tmp_path: Path) -> None:
    models = tmp_path / "models.csv"
    with gzip.open(DATA / "hub" / "models_created_x_type_28406.csv.gz") as packed, models.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    months = range(parse_month("2019-02"), parse_month("2022-02"))
    with open_database(f"sqlite:///{tmp_path / 'store.db'}") as db:
        import_models(db, models, rejects=tmp_path / "rejects.jsonl")
        ours = upload_series(db, months).families
        later = upload_series(db, range(months.start, months.stop + 12)).families
    common = sorted(later.keys() & uploads.keys())
    counted = np.asarray([ours.get(name, (0,) * len(months)) for name in common], dtype=float)
    published = np.asarray([[uploads[name].get(format_month(month), 0.0) for month in months] for name in common])
    assert counted.shape == (87, 36)
    assert np.corrcoef(counted.ravel(), published.ravel())[0, 1] > 0.999
    assert (counted == published).mean() >= 0.94
