"""Small threads for the store's tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from store.values import Post, Thread, ThreadState

START = datetime(2024, 3, 5, 12, tzinfo=UTC)


def post(number: int, body: str = "", *, key: str = "", author: str = "", accepted: bool = False) -> Post:
    return Post(
        external_id=key or str(1000 + number),
        number=number,
        created_at=START + timedelta(hours=number),
        body=body or f"text of post {number}",
        author=author or f"user-{number:08x}",
        accepted=accepted,
    )


def thread(
    key: str,
    *posts: Post,
    title: str = "CUDA out of memory",
    created_at: datetime = START,
    state: ThreadState = ThreadState.LIVE,
    tags: tuple[str, ...] = ("gpu",),
    category: str = "Beginners",
) -> Thread:
    return Thread(
        external_id=key,
        title=title,
        url=f"https://forum.example/t/{key}",
        created_at=created_at,
        posts=posts or (post(1, f"opening of {key}"),),
        category=category,
        tags=tags,
        state=state,
        bumped_at=created_at,
    )
