"""The table of model families is free of clashes and joins with published tables of uploads and mentions."""

from __future__ import annotations

import csv
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from labeled import files

Family = dict[str, Any]

EVERYDAY_WORDS = [
    "opt", "git", "bit", "led", "ctrl", "bloom", "clip", "blip", "regnet", "splinter", "reformer", "funnel", "canine",
    "mpt", "phi", "falcon", "nougat", "mamba", "sam", "rag", "align", "bark", "mega", "van", "nat", "luke", "lilt",
]  # fmt: skip
MEANINGS = {"everyday", "written", "like", "unlike"}
FIELDS = {"name", "aliases", "classes", "ambiguous"} | MEANINGS
NEWER = [
    "llama", "llama4", "mistral", "mixtral", "gemma", "gemma2", "gemma3", "qwen2", "qwen3", "phi3", "stablelm",
    "deepseek_v2", "deepseek_v3", "cohere", "granite", "olmo", "rwkv", "whisper", "seamless_m4t", "dinov2", "siglip",
    "paligemma", "idefics", "llava", "internlm", "gpt_oss", "modernbert",
]  # fmt: skip


def spelled(name: str) -> str:
    """A name without what may be written in several ways."""
    return re.sub(r"[\s_./-]+", "", name.lower())


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return tomllib.loads(files.families().read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def families(document: dict[str, Any]) -> list[Family]:
    table: list[Family] = document["families"]
    return table


@pytest.fixture(scope="module")
def owners(families: list[Family]) -> dict[str, str]:
    """Family of each spelling of a name or alias."""
    return {
        spelled(name): family["name"] for family in families for name in (family["name"], *family.get("aliases", []))
    }


def study_table(name: str) -> list[str]:
    shared = Path(os.environ.get("FORUMLENS_SHARED", Path(__file__).parents[3] / "shared"))
    path = shared / "data" / "study" / name
    if not path.is_file():
        pytest.skip(
            f"the study's table {name} is not at {path}: set FORUMLENS_SHARED to the folder that has data/study"
        )
    with path.open(encoding="utf-8", newline="") as lines:
        return [row[0] for row in csv.reader(lines) if row and row[0] not in ("", "SUM")]


def test_names_are_unique(families: list[Family]) -> None:
    names = [spelled(family["name"]) for family in families]
    assert len(set(names)) == len(names)


def test_no_alias_is_claimed_by_two_families(document: dict[str, Any], families: list[Family]) -> None:
    claims: dict[str, set[str]] = {}
    for family in families:
        for name in (family["name"], *family.get("aliases", [])):
            claims.setdefault(spelled(name), set()).add(family["name"])
    for name in document["ignored"]:
        claims.setdefault(spelled(name), set()).add("(ignored)")
    assert {name: sorted(by) for name, by in claims.items() if len(by) > 1} == {}


def test_no_class_is_claimed_by_two_families(families: list[Family]) -> None:
    claims: dict[str, set[str]] = {}
    for family in families:
        for prefix in family.get("classes", []):
            claims.setdefault(prefix, set()).add(family["name"])
    assert {prefix: by for prefix, by in claims.items() if len(by) > 1} == {}


def test_fields_are_those_that_the_file_explains(families: list[Family]) -> None:
    for family in families:
        assert set(family) <= FIELDS, family["name"]
        assert family.get("ambiguous") or not set(family) & MEANINGS, family["name"]
        assert all(re.fullmatch(r"[A-Za-z0-9][\w .+/-]*", alias) for alias in family.get("aliases", [])), family["name"]
        doubtful = family.get("ambiguous", [])
        if isinstance(doubtful, list):
            own = {family["name"], *family.get("aliases", [])}
            assert set(doubtful) <= own, family["name"]


@pytest.mark.parametrize("name", EVERYDAY_WORDS)
def test_everyday_words_are_ambiguous(families: list[Family], name: str) -> None:
    family = next(family for family in families if family["name"] == name)
    doubtful = family.get("ambiguous", [])
    assert doubtful is True or name in doubtful


def test_every_ambiguous_family_can_still_be_recognised(families: list[Family]) -> None:
    for family in families:
        if family.get("ambiguous"):
            assert family.get("classes"), f"{family['name']}: without a class prefix only a Hub id tells it"


@pytest.mark.parametrize("name", ["bert", "gpt2", "roberta", "t5", "llama", "whisper", "wav2vec2", "vit", "gemma"])
def test_clear_names_are_not_ambiguous(families: list[Family], name: str) -> None:
    family = next(family for family in families if family["name"] == name)
    assert not family.get("ambiguous", False)


@pytest.mark.parametrize("name", NEWER)
def test_newer_families_are_there(owners: dict[str, str], name: str) -> None:
    assert owners[spelled(name)] == name


@pytest.mark.parametrize(
    ("alias", "family"),
    [
        ("gpt-2", "gpt2"),
        ("flan-t5", "t5"),
        ("XLM-R", "xlm-roberta"),
        ("starcoder", "gpt_bigcode"),
        ("deberta-v3", "deberta-v2"),
        ("Qwen2.5", "qwen2"),
        ("segment anything", "sam"),
    ],
)
def test_spellings_lead_to_their_family(owners: dict[str, str], alias: str, family: str) -> None:
    assert owners[spelled(alias)] == family


@pytest.mark.parametrize("table", ["uploads_by_month.csv", "mentions_by_month.csv"])
def test_published_tables_join(owners: dict[str, str], table: str) -> None:
    assert [name for name in study_table(table) if spelled(name) not in owners] == []
