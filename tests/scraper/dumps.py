"""Small authored dumps for replays: a forum with pages and long threads, a Hub with pages of equal times."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2023, 1, 15, tzinfo=UTC)


def thread_body(key: int, posts: int) -> dict[str, Any]:
    begun = START + timedelta(days=key)
    bodies = [
        {
            "id": key * 1000 + number,
            "post_number": number,
            "created_at": (begun + timedelta(minutes=number)).isoformat(),
            "username": f"user{number % 3}",
            "cooked": f"<p>Post {number} of thread {key}</p>",
        }
        for number in range(1, posts + 1)
    ]
    return {
        "id": key,
        "title": f"Thread {key}",
        "category_id": key % 3 + 1,
        "created_at": begun.isoformat(),
        "post_stream": {"posts": bodies, "stream": [body["id"] for body in bodies]},
    }


def write_forum(path: Path, threads: int) -> Path:
    """A forum of short threads, every tenth of them with 45 posts."""
    rows = (json.dumps(thread_body(key, 45 if key % 10 == 0 else key % 4 + 1)) for key in range(1, threads + 1))
    path.write_text("\n".join(rows))
    return path


def model_row(key: int) -> dict[str, Any]:
    created = (START + timedelta(hours=key // 3)).isoformat().replace("+00:00", ".000Z")
    kind = ("bert", "Llama", None)[key % 3]
    return {
        "id": f"acme/model-{key}",
        "createdAt": created,
        "downloads": key,
        "likes": key % 5,
        "tags": ["transformers"],
        "config": {"model_type": kind} if kind else {},
        "siblings": [{"rfilename": "README.md"}] if key % 2 else [{"rfilename": "config.json"}],
        "gated": "auto" if key % 7 == 0 else False,
    }


def write_hub(path: Path, models: int) -> Path:
    """A Hub of models of which three at a time share their creation time."""
    path.write_text("\n".join(json.dumps(model_row(key)) for key in range(models)))
    return path
