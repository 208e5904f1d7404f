"""A client that is not ours and knows nothing but reflection: `buf curl`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.service.corpus import BUNDLE, RUN
from tests.service.doubles import Running
from tests.tools import require_tool

INVALID_ARGUMENT, NOT_FOUND = 3, 5


def curl(running: Running, method: str, **request: Any) -> subprocess.CompletedProcess[str]:
    """Call a method with a JSON request; buf exits with the gRPC code times 8."""
    url = f"http://{running.address}/{method}"
    command = [require_tool("buf"), "curl", "--protocol", "grpc", "--http2-prior-knowledge", "-d", json.dumps(request)]
    return subprocess.run([*command, url], capture_output=True, text=True, timeout=120, check=False)


def answer(running: Running, method: str, **request: Any) -> Any:
    ended = curl(running, method, **request)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_a_trend(running: Running) -> None:
    told = answer(
        running,
        "forumlens.v1.TrendService/QueryTrends",
        label="memory-performance/memory",
        families=["llama", "bert"],
        startMonth="2024-01",
        endMonth="2024-03",
        perFamily=True,
    )
    assert (told["bundleId"], told["topicRun"]) == (BUNDLE, RUN)
    figures = {
        series["families"][0]: [(point["month"], point["threads"], point["uploads"]) for point in series["points"]]
        for series in told["series"]
    }
    assert figures == {
        "llama": [("2024-01", "1", "1"), ("2024-02", "0", "1")],
        "bert": [("2024-01", "0", "1"), ("2024-02", "0", "1")],
    }


def test_unknown_counts_are_left_out(running: Running) -> None:
    told = answer(running, "forumlens.v1.TrendService/QueryTrends", startMonth="2023-12", endMonth="2024-01")
    (point,) = told["series"][0]["points"]
    assert point == {
        "month": "2023-12",
        "startDate": "2023-12-01",
        "forumCoverage": "COVERAGE_NONE",
        "hubCoverage": "COVERAGE_NONE",
    }


def test_labels_of_posts(running: Running) -> None:
    told = answer(
        running,
        "forumlens.v1.ClassificationService/Classify",
        posts=[{"id": "a", "body": "out of memory"}, {"id": "b", "body": "hello"}, {"id": "c", "body": "unsure"}],
    )
    first, second, third = told["classifications"]
    assert [score["label"] for score in first["labels"]] == ["memory-performance/memory"]
    assert (second, third) == ({"id": "b"}, {"id": "c", "abstained": True})


def test_threads_page_by_page(running: Running) -> None:
    page = answer(running, "forumlens.v1.ThreadService/ListThreads", pageSize=4)
    rest = answer(running, "forumlens.v1.ThreadService/ListThreads", pageToken=page["nextPageToken"])
    assert [each["title"][-1] for each in (*page["threads"], *rest["threads"])] == list("edcba")
    thread = answer(running, "forumlens.v1.ThreadService/GetThread", id=rest["threads"][0]["id"])
    assert [post["number"] for post in thread["posts"]] == [1, 2]


def test_parts_of_an_answer(running: Running) -> None:
    (newest,) = answer(running, "forumlens.v1.ThreadService/ListThreads", pageSize=1, readMask="threads.id")["threads"]
    assert set(newest) == {"id"}
    told = answer(
        running, "forumlens.v1.ThreadService/GetThread", id=newest["id"], readMask="thread.createTime,posts.body"
    )
    assert set(told["thread"]) == {"createTime"} and {name for post in told["posts"] for name in post} == {"body"}


def test_health(running: Running) -> None:
    assert answer(running, "grpc.health.v1.Health/Check") == {"status": "SERVING"}


@pytest.mark.parametrize(
    ("method", "request_", "code", "words"),
    [
        ("ClassificationService/Classify", {"posts": [{}]}, INVALID_ARGUMENT, ["posts[0].body", "empty"]),
        ("TrendService/QueryTrends", {"category": "memory"}, INVALID_ARGUMENT, ["category", "'memory'"]),
        (
            "TrendService/QueryTrends",
            {"startMonth": "x", "endMonth": "y"},
            INVALID_ARGUMENT,
            ["start_month", "end_month"],
        ),
        ("ThreadService/GetThread", {"id": 77}, NOT_FOUND, ["77"]),
    ],
)
def test_errors_can_be_read(
    running: Running, method: str, request_: dict[str, Any], code: int, words: list[str]
) -> None:
    ended = curl(running, f"forumlens.v1.{method}", **request_)
    assert ended.returncode == code * 8
    message = json.loads(ended.stderr)["message"]
    assert all(word in message for word in words)
