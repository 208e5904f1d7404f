"""The main job as the README gives it: `forumlens run` on the bundled sample, asked over gRPC.

The sample was written so that its counts are known (labeled/sample/truth.json); the join must give exactly these.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from forumlens.client import Client
from labeled import files
from store.database import open_database
from store.holdings import counts
from tests.tools import require_tool

TRUTH = json.loads(files.sample_forum().with_name("truth.json").read_text("utf-8"))
MONTHS: list[str] = TRUTH["forum"]["months"]
AFTER = "2025-07"
ADDRESS = re.compile(r"gRPC on (?:\S*?)(127\.0\.0\.1:\d+)")


@dataclass(frozen=True)
class Served:
    """A finished `forumlens run` that answers."""

    folder: Path
    address: str
    said: str


def forumlens(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forumlens", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("job")
    log = folder / "run.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "forumlens", "run", "--port", "0", "--web-port", "0"],
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "COLUMNS": "200"},
        )
        try:
            yield Served(folder, wait_for_address(process, log), log.read_text())
        finally:
            process.send_signal(signal.SIGTERM)
            ended = process.wait(60)
    assert ended == 0, log.read_text()


def wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    while process.poll() is None:
        if found := ADDRESS.search(log.read_text()):
            return found[1]
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"forumlens run ended with {process.returncode}:\n{log.read_text()}")


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    with Client(served.address) as opened:
        yield opened


pytestmark = pytest.mark.timeout(600)


def test_it_says_plainly_that_the_sample_is_authored(served: Served, client: Client) -> None:
    assert "authored sample" in served.said and "nothing was mined" in served.said
    assert client.query_trends().authored
    assert all(thread.authored for thread in client.list_threads())


def test_everything_that_is_visible_is_stored_and_labelled(served: Served) -> None:
    found = json.loads(forumlens(served.folder, "status", "--format", "json").stdout)
    visible = TRUTH["forum"]["visible"]
    assert (found["threads"], found["posts"]) == (visible["threads"], visible["posts"])
    assert found["models"] == TRUTH["hub"]["models"]
    assert found["assignments"] == found["posts"]


def test_all_threads_and_uploads_by_month_are_those_of_the_sample(client: Client) -> None:
    (series,) = client.query_trends(start_month=MONTHS[0], end_month=AFTER).series
    assert len(series.points) == len(MONTHS) == 18
    forum, hub = TRUTH["forum"]["monthly"], TRUTH["hub"]["monthly"]
    for month, point in zip(MONTHS, series.points, strict=True):
        assert (point.threads, point.all_threads) == (forum["threads"][month],) * 2
        assert (point.uploads, point.uploads_with_card) == (hub["uploads"][month], hub["with_card"][month])
        assert point.partial == (month == MONTHS[-1]), "a dump ends within its last month"


def test_months_after_the_sample_are_unknown_and_not_zero(client: Client) -> None:
    (series,) = client.query_trends(start_month=AFTER, end_month="2025-09").series
    assert [(point.threads, point.all_threads, point.uploads) for point in series.points] == [(None, None, None)] * 2


def test_the_join_by_family_is_exact(client: Client) -> None:
    families = sorted(set(TRUTH["forum"]["monthly"]["families"]) & set(TRUTH["hub"]["monthly"]["families"]))
    assert len(families) >= 10
    answer = client.query_trends(families=families, per_family=True, start_month=MONTHS[0], end_month=AFTER)
    for series in answer.series:
        (family,) = series.families
        forum, hub = (TRUTH[side]["monthly"]["families"][family] for side in ("forum", "hub"))
        assert [point.threads for point in series.points] == [forum[month] for month in MONTHS], family
        assert [point.uploads for point in series.points] == [hub[month] for month in MONTHS], family


def test_labels_resemble_what_the_authors_meant(served: Served, client: Client) -> None:
    """A guard against a line that labels at random; docs/evaluation.md has the figures that count."""
    meant = {str(thread["id"]): thread for thread in TRUTH["forum"]["threads"]}
    right = given = wanted = 0
    for thread in client.list_threads():
        truth = meant[thread.url.rsplit("/", 1)[-1]]
        intended = {label.partition("/")[0] for labels in truth["labels"].values() for label in labels}
        found = {label.partition("/")[0] for label in thread.labels}
        right, given, wanted = right + len(found & intended), given + len(found), wanted + len(intended)
    assert 2 * right / (given + wanted) > 0.5


def test_answers_are_those_of_the_sample(served: Served, client: Client) -> None:
    with gzip.open(files.sample_forum(), "rt", encoding="utf-8") as lines:
        bodies = [json.loads(line) for line in lines][1:]
    old = [body for body in bodies if body["visible"] and body["created_at"] < "2025-06-01"]
    accepted = [post for body in old for post in body["post_stream"]["posts"] if post["accepted_answer"]]
    told = json.loads(forumlens(served.folder, "answers", "--to", "2025-06", "--format", "json").stdout)
    (figures,) = told
    assert (figures["threads"], figures["left_out"], figures["accepted"]) == (len(old), 0, len(accepted))
    assert figures["accepted_by_staff"] == sum(post["staff"] for post in accepted) > 0
    assert figures["accepted_by_staff"] + figures["accepted_by_users"] == figures["accepted"]
    assert client.query_answers(end_month="2025-06")["all"].answered == figures["answered"]


def test_root_causes_are_read_of_settled_threads_and_said_to_be_experimental(served: Served, client: Client) -> None:
    told = forumlens(served.folder, "causes", "shares", "--format", "json")
    assert "Experimental" in told.stderr and "Authored" in told.stderr
    rows = json.loads(told.stdout)
    assert sum(row["threads"] for row in rows) == rows[0]["of"] >= client.query_answers()["all"].accepted
    assert client.query_causes()["all"].threads == rows[0]["of"]
    listed = json.loads(forumlens(served.folder, "causes", "list", "--limit", "5", "--format", "json").stdout)
    assert len(listed) == 5 and listed[0]["score"] == max(row["score"] for row in listed)


def test_no_name_of_a_person_is_stored(served: Served) -> None:
    with gzip.open(files.sample_forum(), "rt", encoding="utf-8") as lines:
        bodies = [json.loads(line) for line in lines][1:]
    names = {post["username"] for body in bodies for post in body["post_stream"]["posts"]}
    stored = b"".join(path.read_bytes() for path in served.folder.glob("forumlens.db*"))
    assert len(names) > 50
    assert [name for name in names if f"@{name}".encode() in stored] == []
    assert (served.folder / "forumlens.key").stat().st_mode & 0o777 == 0o600


def test_second_run_takes_up_nothing_and_computes_nothing(served: Served) -> None:
    with open_database(f"sqlite:///{served.folder / 'forumlens.db'}") as db:
        before = counts(db, None)
    again = forumlens(served.folder, "run", "--no-serve")
    assert again.returncode == 0, again.stderr
    assert "kept" in again.stderr and "Labels: threads" in again.stderr
    with open_database(f"sqlite:///{served.folder / 'forumlens.db'}") as db:
        after = counts(db, None)
    assert (before.vectors, before.posts) == (after.vectors, after.posts)


def test_a_foreign_client_gets_the_same_answer(served: Served, client: Client) -> None:
    buf = require_tool("buf")
    asked = {"category": "memory-performance", "families": ["llama", "mistral"], "startMonth": "2024-06"}
    answer = subprocess.run(
        [
            *(buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "-d", json.dumps(asked)),
            f"http://{served.address}/forumlens.v1.TrendService/QueryTrends",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    theirs = json.loads(answer.stdout)["series"][0]["points"]
    (ours,) = client.query_trends(
        category="memory-performance", families=["llama", "mistral"], start_month="2024-06"
    ).series
    assert [int(point["threads"]) for point in theirs] == [point.threads for point in ours.points]
    assert [int(point["uploads"]) for point in theirs] == [point.uploads for point in ours.points]


def test_classify_answers_alike_on_the_command_line_and_over_grpc(served: Served, client: Client) -> None:
    posts = [
        {"id": "1", "title": "OOM on a T4", "body": "CUDA out of memory when I load llama-2-7b, 15 GB card"},
        {"id": "2", "body": "Thanks a lot, that fixed it!", "previous": "Set torch_dtype=float16", "by_starter": True},
    ]
    lines = "".join(json.dumps(post) + "\n" for post in posts)
    (served.folder / "posts.jsonl").write_text(lines)
    ended = forumlens(served.folder, "classify", "posts.jsonl")
    assert ended.returncode == 0, ended.stderr
    answers: list[dict[str, Any]] = [json.loads(line) for line in ended.stdout.splitlines()]
    remote = client.classify(posts)
    assert [answer["id"] for answer in answers] == ["1", "2"]
    for mine, theirs in zip(answers, remote, strict=True):
        assert [label["id"] for label in mine["labels"]] == [label for label, _ in theirs.labels]
        assert sorted(mine["ranked"]) == sorted(set(mine["ranked"])) and len(mine["ranked"]) == 69
    assert answers[0]["labels"][0]["id"] == "memory-performance/memory"
    assert {label["kind"] for label in answers[1]["labels"]} == {"benefit"}


def test_rows_before_a_bad_one_are_answered_and_the_bad_one_is_named(served: Served) -> None:
    (served.folder / "bad.jsonl").write_text(
        '{"id": "1", "text": "thanks, works"}\n\n{"id": "2"}\n{"id": "3", "body": "x"}\n'
    )
    ended = forumlens(served.folder, "classify", "bad.jsonl")
    assert ended.returncode == 2 and "line 3" in ended.stderr and "Traceback" not in ended.stderr
    assert [json.loads(line)["id"] for line in ended.stdout.splitlines()] == ["1"]


def test_mined_data_does_not_mix_with_the_sample(served: Served) -> None:
    refused = forumlens(served.folder, "run", "--forum", "http://127.0.0.1:9", "--no-serve")
    assert refused.returncode == 2 and "--database" in refused.stderr
