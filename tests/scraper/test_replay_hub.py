"""A dump of models served over HTTP on this machine works with the Hub's own client."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.utils._http import parse_ratelimit_headers
from starlette.testclient import TestClient

from scraper.replay import DumpError, HubLimits, hub_app, running

COUNT = 2_503
FIELDS: list[Any] = ["createdAt", "config", "pipeline_tag", "library_name", "cardData", "downloads", "likes", "tags"]


def _model(number: int) -> dict[str, Any]:
    # Several models share each creation time, so that a page may end between equals.
    created = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(hours=number // 7)
    kind = ("bert", "llama", None)[number % 3]
    return {
        "id": f"owner{number % 5}/model-{number}",
        "createdAt": created.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "downloads": number * 37 % 101,
        "likes": number % 4,
        "tags": ["transformers", f"rest-{number % 2}"],
        "pipeline_tag": "fill-mask" if number % 3 == 0 else "text-generation",
        "library_name": "transformers",
        "config": {"model_type": kind} if kind else {},
        "cardData": {"license": "mit"} if number % 2 else None,
        "siblings": [{"rfilename": "README.md"}],
    }


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hub") / "models.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(_model(number)) for number in range(COUNT)).encode()))
    return path


@pytest.fixture(scope="module")
def base(dump: Path) -> Iterator[str]:
    with running(hub_app(dump)) as url:
        yield url


@pytest.fixture
def api(base: str) -> HfApi:
    return HfApi(endpoint=base, token=False)


@pytest.mark.parametrize("sort", ["created_at", "downloads", "likes", "last_modified", "trending_score", None])
def test_the_client_lists_every_model_once_over_pages(api: HfApi, sort: Any) -> None:
    ids = [model.id for model in api.list_models(sort=sort, expand=FIELDS)]
    assert len(ids) == COUNT
    assert set(ids) == {_model(number)["id"] for number in range(COUNT)}


def test_newest_first_with_the_fields_asked_for(api: HfApi) -> None:
    models = list(api.list_models(sort="created_at", expand=FIELDS))
    keys = [(model.created_at, model.id) for model in models if model.created_at]
    assert keys == sorted(keys, reverse=True)
    assert len(keys) == COUNT
    chosen = next(model for model in models if model.id.endswith("/model-4"))
    assert chosen.config == {"model_type": "llama"}
    assert (chosen.pipeline_tag, chosen.library_name, chosen.downloads) == ("text-generation", "transformers", 47)
    assert chosen.created_at == datetime(2023, 1, 1, tzinfo=UTC)
    assert chosen.card_data is None
    odd = next(model for model in models if model.id.endswith("/model-5"))
    assert odd.card_data is not None
    assert odd.card_data.license == "mit"
    assert odd.siblings is None


@pytest.mark.parametrize("limit", [1, 100, 999, 1000, 1001, 2400, 9999])
def test_limit_is_the_cap_and_the_page(api: HfApi, limit: int) -> None:
    models = list(api.list_models(sort="created_at", limit=limit, expand=["createdAt"]))
    assert len(models) == min(limit, COUNT)
    assert len({model.id for model in models}) == len(models)


def test_filters_hold_across_pages(api: HfApi) -> None:
    assert len(list(api.list_models(author="owner3", limit=9999))) == len([n for n in range(COUNT) if n % 5 == 3])
    odd = list(api.list_models(filter=["transformers", "rest-1"]))
    assert len(odd) == COUNT // 2
    assert len(list(api.list_models(pipeline_tag="fill-mask"))) == len(range(0, COUNT, 3))
    assert {model.id for model in api.list_models(search="MODEL-250")} == {
        _model(number)["id"] for number in (250, 2500, 2501, 2502)
    }


def test_pages_resume_from_a_saved_address(base: str) -> None:
    params = [("sort", "createdAt"), ("limit", "400"), ("expand", "createdAt"), ("expand[]", "likes")]
    seen: list[str] = []
    pages = 0
    response = requests.get(f"{base}/api/models", params=params, timeout=10)
    while True:
        pages += 1
        assert all(set(row) == {"_id", "id", "createdAt", "likes"} for row in response.json())
        seen += [row["id"] for row in response.json()]
        following = response.links.get("next", {}).get("url")
        if following is None:
            break
        assert following.startswith(f"{base}/api/models?")
        response = requests.get(following, timeout=10)
    assert pages == 7
    assert len(seen) == len(set(seen)) == COUNT


def test_plain_full_config_and_card(dump: Path) -> None:
    client = TestClient(hub_app(dump))
    plain = client.get("/api/models?limit=1&sort=createdAt").json()[0]
    assert {"id", "modelId", "likes", "downloads", "tags", "createdAt", "private"} <= set(plain)
    assert not {"config", "cardData", "siblings"} & set(plain)
    full = client.get("/api/models?limit=1&sort=createdAt&full=true&config=true").json()[0]
    assert {"config", "siblings", "author"} <= set(full)
    up = client.get("/api/models?limit=9&sort=createdAt&direction=1").json()
    assert [row["createdAt"] for row in up] == sorted(row["createdAt"] for row in up)
    assert up[0]["createdAt"] == "2023-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "query",
    [
        "sort=colour",
        "limit=0",
        "limit=x",
        "limit=-3",
        "expand=everything",
        "cursor=nonsense",
        "cursor=WzFd",
        "direction=up",
        "expand=config&full=true",
        "num_parameters=min:6B",
    ],
)
def test_bad_parameters_are_named(dump: Path, query: str) -> None:
    response = TestClient(hub_app(dump)).get(f"/api/models?{query}")
    assert response.status_code == 400
    assert query.split("=", maxsplit=1)[0] in response.json()["error"]


def test_a_cursor_belongs_to_its_order(dump: Path) -> None:
    client = TestClient(hub_app(dump))
    following = client.get("/api/models?sort=likes&limit=2").links["next"]["url"]
    other = client.get(following.replace("sort=likes", "sort=downloads"))
    assert other.status_code == 400
    assert "cursor" in other.json()["error"]


def test_one_model(api: HfApi) -> None:
    assert api.model_info("owner2/model-7").config == {"model_type": "llama"}
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("owner2/none")


def test_the_client_sees_a_refusal_in_full(api: HfApi) -> None:
    with pytest.raises(HfHubHTTPError, match="colour") as caught:
        list(api.list_models(sort="colour"))  # type: ignore[arg-type]
    assert caught.value.response.status_code == 400


def test_quota(dump: Path) -> None:
    now = [1_000.0]
    client = TestClient(hub_app(dump, limits=HubLimits(calls=2, window=300, clock=lambda: now[0])))
    first = parse_ratelimit_headers(client.get("/api/models?limit=1").headers)
    assert first is not None
    assert (first.resource_type, first.remaining, first.limit, first.window_seconds) == ("api", 1, 2, 300)
    assert first.reset_in_seconds == 200
    assert [client.get("/api/models?limit=1").status_code for _ in range(2)] == [200, 429]
    now[0] += first.reset_in_seconds
    assert client.get("/api/models?limit=1").status_code == 200


def test_without_limits_the_headers_are_there(dump: Path) -> None:
    client = TestClient(hub_app(dump))
    seen = [parse_ratelimit_headers(client.get("/api/models?limit=1").headers) for _ in range(3)]
    assert [info.remaining for info in seen if info] == [500, 500, 500]


def test_rows_with_little_in_them(tmp_path: Path) -> None:
    path = tmp_path / "models.jsonl"
    rows = [{"modelId": "old-name"}, {"id": "a/new", "createdAt": "2024-05-05T00:00:00.000Z"}, {"id": "b/none"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with running(hub_app(path)) as url:
        models = list(HfApi(endpoint=url, token=False).list_models(sort="created_at", expand=FIELDS))
        pages = requests.get(f"{url}/api/models?sort=createdAt&limit=2", timeout=10)
        rest = requests.get(pages.links["next"]["url"], timeout=10)
    assert [model.id for model in models] == ["a/new", "old-name", "b/none"]
    assert [model.created_at is None for model in models] == [False, True, True]
    assert [row["id"] for row in rest.json()] == ["b/none"]


@pytest.mark.parametrize(
    ("line", "words"),
    [('{"likes": 3}', "id"), ('{"id": "a/b", "createdAt": "soon"}', "soon"), ('{"id": "a/b", "tags": "x"}', "tags")],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "models.jsonl"
    path.write_text(line)
    with pytest.raises(DumpError, match="line 1") as caught:
        hub_app(path)
    assert words in str(caught.value)
