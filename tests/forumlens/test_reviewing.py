"""The loop: what people said is exported, learned from, and told of before and after."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.rows import read_examples
from store import sources
from store import threads as thread_store
from store.database import open_database
from store.review_values import Decision, NewReview
from store.reviews import add_review
from store.values import SourceKind
from tests.classifier.fakes import HashEmbedder, small_examples, small_taxonomy
from tests.forumlens.running import run_command
from tests.forumlens.test_labels import posts as labelled_posts
from tests.store.build import post, thread

Run = Callable[..., tuple[int, str, str]]

posts = labelled_posts
REVIEWED = 24


@pytest.fixture
def forumlens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], posts: Path) -> Run:
    """The command line in a folder with labelled posts and a store in which some posts were reviewed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("forumlens.cli.assemble.load_encoder", lambda settings, name: HashEmbedder())
    with open_database("sqlite:///forumlens.db") as db:
        forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
        examples = small_examples(REVIEWED, seed=9)
        for number, example in enumerate(examples):
            thread_store.save_thread(db, forum, thread(f"t{number}", post(1, example.post.body)))
        for stored, example in zip(thread_store.changed_threads(db, 0), examples, strict=True):
            decision = Decision.CHANGE if example.labels else Decision.NONE_FITS
            new = NewReview(stored.posts[0].id, "ann", decision, example.labels, note="n")
            add_review(db, new, "first", datetime(2024, 5, 1, tzinfo=UTC))

    def run(*words: str) -> tuple[int, str, str]:
        code, out, err = run_command(monkeypatch, capsys, *words)
        return code, out, err.replace("\n", " ")

    return run


def test_reviews_are_written_as_examples_and_for_other_tools(forumlens: Run, tmp_path: Path) -> None:
    code, out, err = forumlens("labels", "export")
    assert code == 0, err
    (tmp_path / "reviewed.jsonl").write_text(out, "utf-8")
    back = read_examples(tmp_path / "reviewed.jsonl", small_taxonomy())
    wanted = [(one.post.body, one.labels) for one in small_examples(REVIEWED, seed=9)]
    assert [(one.post.body, one.labels) for one in back] == wanted
    assert {one.post.source.partition(":")[0] for one in back} == {"review"}

    records = json.loads(forumlens("labels", "export", "--form", "argilla")[1])
    tasks = json.loads(forumlens("labels", "export", "--form", "label-studio")[1])
    for (body, labels), record, task in zip(wanted, records, tasks, strict=True):
        assert (record["fields"]["text"], record["suggestions"]) == (body, {})
        assert record["responses"]["labels"][0]["value"] == (list(labels) or ["none-fits"])
        given = [choice for one in task["annotations"][0]["result"] for choice in one["value"]["choices"]]
        assert (task["data"]["text"], given) == (body, list(labels))


def test_a_fit_learns_from_reviews_and_tells_what_they_brought(forumlens: Run) -> None:
    words = ("fit", "--taxonomy", "small.toml", "--examples", "posts.jsonl", "--format", "json")
    without = json.loads(forumlens(*words, "--no-reviews", "--out", "before")[1])
    fitted = json.loads(forumlens(*words)[1])
    assert (without["examples"], fitted["examples"]) == (100, 100 + REVIEWED)
    assert forumlens(*words)[2].count("kept") == 1

    code, out, err = forumlens("evaluate", "--rounds", "--format", "json")
    assert code == 0, err
    before, after = json.loads(out)
    assert (before["bundle"], before["posts"], before["when"]) == ("first", REVIEWED, "before it learned")
    assert (after["bundle"], after["posts"]) == (fitted["bundle"], REVIEWED)
    assert before["leaf_micro_f1"] < after["leaf_micro_f1"] <= 1
