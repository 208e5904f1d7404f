from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.baselines import fit_baselines
from classifier.evaluate import EvaluationError, Gold, evaluate
from classifier.gold import read_gold
from classifier.rows import RowError
from store.values import Classification
from tests.classifier.fakes import HashEmbedder, small_examples, small_taxonomy

ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("FORUMLENS_SHARED", ROOT.parent / "shared")) / "tools" / "score.py"
TAXONOMY = ROOT / "labeled" / "taxonomy.toml"


def answer(post_id: str, *labels: str, ranked: tuple[str, ...] = (), abstained: bool = False) -> Classification:
    return Classification(post_id, tuple((x, 0.9) for x in labels), tuple((x, 0.5) for x in ranked), abstained)


def test_precision_takes_accepted_and_recall_required() -> None:
    gold = [
        Gold("a", ("garden/soil",), ("garden/soil",), ("garden/soil", "garden/pests")),
        Gold("b", ("kitchen/soup",), ("kitchen/soup",), ("kitchen/soup",)),
        Gold("c", (), (), ()),
        Gold("d", ("thanks",), ("thanks",), ("thanks",)),
    ]
    answers = [
        answer("d", ranked=("kitchen/soup", "kitchen/bread", "thanks"), abstained=True),
        answer("a", "garden/soil", "garden/pests"),
        answer("b", "kitchen/bread", ranked=("kitchen/bread", "kitchen/soup")),
        answer("c"),
    ]
    report = evaluate(answers, gold, small_taxonomy())
    assert report.leaf.precision == pytest.approx(2 / 3)
    assert report.leaf.recall == pytest.approx(1 / 3)
    assert report.leaf.micro_f1 == pytest.approx(4 / 9)
    assert report.leaf.macro_f1 == pytest.approx(1 / 3)
    assert report.category.precision == 1
    assert report.category.recall == pytest.approx(2 / 3)
    assert (report.leaf.top1, report.leaf.top3) == (pytest.approx(1 / 3), 1)
    assert (report.none_texts, report.none_left_unlabelled, report.none, report.abstained) == (1, 1, 1, 1)
    assert report.abstention_rate == 0.25
    assert {score.label: score.support for score in report.leaf.per_label} == {
        "garden/soil": 1,
        "kitchen/soup": 1,
        "thanks": 1,
    }
    thanks = evaluate(answers, gold, small_taxonomy(), "benefit")
    assert [score.label for score in thanks.leaf.per_label] == ["thanks"]
    assert thanks.leaf.micro_f1 == 0


def test_what_does_not_fit_together_is_named() -> None:
    gold = [Gold("a", (), (), ()), Gold("b", (), (), ())]
    with pytest.raises(EvaluationError, match="no prediction for 1 of 2 ids, first 'b'"):
        evaluate([answer("a")], gold, small_taxonomy())
    with pytest.raises(EvaluationError, match="kind: 'pain'"):
        evaluate([answer("a"), answer("b")], gold, small_taxonomy(), "pain")


def test_gold_is_read_from_lines_tables_and_plain_examples(tmp_path: Path) -> None:
    lines = tmp_path / "g.jsonl"
    lines.write_text(
        '{"id": "a", "body": "x", "primary": ["thanks"], "required": ["none"], "accepted": ["thanks"]}\n'
        '{"id": "b", "body": "y", "labels": ["garden/soil", "thanks"]}\n'
    )
    posts, gold = read_gold(lines, small_taxonomy())
    assert [post.body for post in posts] == ["x", "y"]
    assert gold[0] == Gold("a", ("thanks",), (), ("thanks",))
    assert gold[1] == Gold("b", ("garden/soil",), ("garden/soil", "thanks"), ("garden/soil", "thanks"))
    table = tmp_path / "g.csv"
    table.write_text(
        "id,topic,tag,code,primary,required,accepted\n"
        '1,7,Beds,"slugs, again",garden/pests,garden/pests,garden/pests|thanks\n2,7,Beds,odd,none,none,none\n'
    )
    posts, gold = read_gold(table, small_taxonomy())
    assert (posts[0].id, posts[0].body, posts[0].tags, posts[0].accepted) == ("1", "slugs, again", ("Beds",), None)
    assert gold[0].accepted == ("garden/pests", "thanks")
    assert gold[1] == Gold("2", (), (), ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ('{"id": "a", "body": "x", "labels": []}\n' * 2, "stands twice"),
        ('{"id": "a", "body": "x", "required": [], "accepted": []}\n', "primary: is missing"),
        ('{"id": "a", "body": "x", "labels": ["weather"]}\n', "'weather' is no leaf"),
    ],
)
def test_bad_gold_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "g.jsonl"
    path.write_text(text)
    with pytest.raises(RowError) as caught:
        read_gold(path, small_taxonomy())
    assert message in str(caught.value)


def drop_ours(level: dict[str, Any]) -> dict[str, Any]:
    per_label = {name: {"f1": v["f1"], "support": v["support"]} for name, v in level["per_label"].items()}
    return {name: value for name, value in level.items() if name != "macro10_f1"} | {"per_label": per_label}


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the reference scorer is not here (set FORUMLENS_SHARED)")
@pytest.mark.parametrize("kind", [None, "challenge", "benefit"])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_reference_to_the_digit(tmp_path: Path, kind: str | None, seed: int) -> None:
    from classifier.taxonomy import load_taxonomy

    taxonomy = load_taxonomy(TAXONOMY)
    leaves = [leaf.id for leaf in taxonomy.leaves]
    rng = np.random.default_rng(seed)
    gold, answers, rows, lines = [], [], [], []
    for number in range(80):
        accepted = [str(x) for x in rng.choice(leaves, rng.integers(0, 4), replace=False)]
        required = accepted[: rng.integers(0, len(accepted) + 1)]
        guessed = [*accepted[: rng.integers(0, 3)], *map(str, rng.choice(leaves, rng.integers(0, 3)))]
        guessed = list(dict.fromkeys(guessed))
        others = [str(x) for x in rng.permutation(leaves) if x not in guessed]
        ranked = (*guessed, *others) if number % 5 else ()
        gold.append(Gold(str(number), tuple(accepted[:1]), tuple(required), tuple(accepted)))
        answers.append(answer(str(number), *guessed, ranked=ranked))
        rows.append({"id": str(number), "primary": accepted[:1], "required": required, "accepted": accepted})
        lines.append({"id": str(number), "labels": [{"id": x} for x in guessed], "ranked": list(ranked)})
    for name, items in (("gold.jsonl", rows), ("predictions.jsonl", lines)):
        (tmp_path / name).write_text("".join(json.dumps(item) + "\n" for item in items))
    command = [sys.executable, str(REFERENCE), "predictions.jsonl", "gold.jsonl"]
    command += ["--kind", kind] if kind else []
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    expected = json.loads(printed)
    ours = evaluate(answers, gold, taxonomy, kind).to_json()
    assert (ours["n"], ours["kind"]) == (expected["n"], expected["kind"])
    assert drop_ours(ours["category"]) == expected["category"]
    assert drop_ours(ours["leaf"]) == expected["leaf"]
    assert {key: ours["none"][key] for key in expected["none"]} == expected["none"]


@pytest.mark.parametrize("exclusive", [False, True])
def test_baselines_answer_by_the_same_rules(exclusive: bool) -> None:
    taxonomy = small_taxonomy(exclusive)
    most, words, similar = fit_baselines(taxonomy, small_examples(exclusive=exclusive), HashEmbedder())
    unseen = small_examples(60, 9, exclusive)
    gold = [Gold(e.post.id, e.labels[:1], e.labels, e.labels) for e in unseen]
    posts = [example.post for example in unseen]
    given = {answer.labels for answer in most.judge(posts)[0]}
    assert len(given) == 1
    assert len(next(iter(given))) == 1
    scores = [evaluate(b.judge(posts)[0], gold, taxonomy).leaf.micro_f1 for b in (most, words, similar)]
    assert scores[1] > scores[0] + 0.2
    assert scores[2] > scores[0] + 0.2
