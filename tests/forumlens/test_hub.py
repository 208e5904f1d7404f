"""Collecting a Hub and its cards on the command line, and serving one that fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scraper.replay import FaultPlan, hub_app, running
from tests.forumlens.running import run_command
from tests.scraper.dumps import model_row


@pytest.fixture
def forumlens(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        return run_command(monkeypatch, capsys, *words)

    return run


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    rows = [model_row(key) | {"readme": f"# Card {key}\n\nwords"} for key in range(20)]
    path = tmp_path / "hub.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_a_listing_with_a_sample_of_cards_is_one_record(forumlens: Any, dump: Path) -> None:
    with running(hub_app(dump)) as url:
        code, out, _ = forumlens("scrape", "hub", "--endpoint", url, "--cards", "3", "--full", "--format", "json")

    found = json.loads(out)
    assert code == 0
    assert (found["models"], found["stored"], found["gone"]) == (40, 20, 0)  # the list, and all of it anew
    assert (found["cards_asked"], found["cards_read"]) == (3, 3)


@pytest.mark.parametrize("cards", ["0", "-1", "some", "1.5"])
def test_a_sample_that_is_no_number_is_refused(forumlens: Any, cards: str) -> None:
    code, _, err = forumlens("scrape", "hub", "--cards", cards)

    assert code == 2
    assert "--cards" in err


def test_replays_take_a_fault_plan(forumlens: Any, dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scraper import replay

    served: list[Any] = []
    made: list[FaultPlan] = []

    def plan(seed: int) -> FaultPlan:
        made.append(FaultPlan(seed))
        return made[-1]

    monkeypatch.setattr(replay, "serve", lambda app, port, announce: served.append(app))
    monkeypatch.setattr(replay, "FaultPlan", plan)
    assert forumlens("replay", "hub", str(dump), "--faults", "7")[0] == 0
    assert forumlens("replay", "hub", str(dump))[0] == 0

    assert [one.seed for one in made] == [7]
    assert len(served[0].user_middleware) == len(served[1].user_middleware) + 1
