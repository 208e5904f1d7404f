"""Write forum.jsonl.gz and the forum's part of truth.json: `python -m labeled.sample.make_forum`."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from labeled.sample.compose import Composer
from labeled.sample.discourse import Placed, place, slug_of, thread_body
from labeled.sample.drafts import HERE, load_threads, read_toml
from labeled.sample.output import AUTHORED_TAG, MONTHS, write_jsonl_gz, write_truth

SEED = "forumlens sample forum 1"
MEANING = {
    "threads": "every thread of the file, unlisted ones too; families, labels and month are what its authors intended",
    "threads.labels": "leaf labels by post number, regular posts only; [] means that no label applies",
    "monthly": "by month of the thread's creation (UTC, half-open), VISIBLE threads only",
    "monthly.threads": "visible threads created in the month",
    "monthly.families": "of these, threads that mention the family in any post (code counts, quotes do not)",
    "monthly.labels": "of these, threads with the leaf intended on at least one post",
    "monthly.category_labels": "of these, threads with a leaf of the taxonomy category intended on at least one post",
    "visible.posts": "entries of the streams of visible threads, the small actions among them",
    "visible.regular_posts": "of these, the ones of post_type 1",
}
Body = dict[str, Any]


def build() -> tuple[list[Body], Body]:
    """Return the lines of forum.jsonl.gz (categories first, then threads by id) and what is true of them."""
    drafts = load_threads("threads.toml", "authored") + load_threads("specials.toml", "authored")
    placed = place(drafts + Composer(SEED).threads(), SEED)
    rows: list[Body] = read_toml("parts.toml")["category"]
    ids = {row["slug"]: row["id"] for row in rows}
    tags = sorted({AUTHORED_TAG} | {tag for item in placed for tag in item.draft.tags})
    names = sorted({post.by for item in placed for post in item.draft.posts})
    tag_ids = {tag: number for number, tag in enumerate(tags, start=1)}
    users = {name: number for number, name in enumerate(names, start=11)}
    bodies = [thread_body(item, ids[item.draft.category], tag_ids, users) for item in placed]
    return [categories_body(rows, bodies), *bodies], truth_of(placed, bodies, rows)


def categories_body(rows: Sequence[Body], bodies: Iterable[Body]) -> Body:
    """Return the `/categories.json?include_subcategories=true` body."""
    counts = Counter(body["category_id"] for body in bodies if body["visible"])
    posts: Counter[int] = Counter()
    for body in bodies:
        posts[body["category_id"]] += body["posts_count"] if body["visible"] else 0
    made = {row["id"]: _category(row, position, counts, posts) for position, row in enumerate(rows)}
    for row in rows:
        if "parent" in row:
            parent = made[row["parent"]]
            parent["subcategory_ids"].append(row["id"])
            parent.setdefault("subcategory_list", []).append(made[row["id"]])
            parent["has_children"] = True
    top = [made[row["id"]] for row in rows if "parent" not in row]
    return {"category_list": {"can_create_category": False, "can_create_topic": False, "categories": top}}


def _category(row: Body, position: int, counts: Counter[int], posts: Counter[int]) -> Body:
    category = {
        "id": row["id"],
        "name": row["name"],
        "color": f"{row['id'] * 98765 % 0xFFFFFF:06X}",
        "text_color": "FFFFFF",
        "slug": row["slug"],
        "topic_count": counts[row["id"]],
        "post_count": posts[row["id"]],
        "position": position,
        "description": row["description"],
        "description_text": row["description"],
        "topic_url": f"/t/about-the-{row['slug']}-category/{row['id']}",
        "read_restricted": False,
        "has_children": False,
        "subcategory_ids": [],
    }
    if "parent" in row:
        category["parent_category_id"] = row["parent"]
    return category


def truth_of(placed: Sequence[Placed], bodies: Sequence[Body], rows: Sequence[Body]) -> Body:
    """Return what is known by construction; MEANING says what each count is a count of."""
    threads = [_thread_truth(item, body) for item, body in zip(placed, bodies, strict=True)]
    visible = [thread for thread in threads if thread["visible"]]
    seen = [body for body in bodies if body["visible"]]
    categories = [
        {"id": row["id"], "name": row["name"], "slug": row["slug"], "parent_id": row.get("parent")} for row in rows
    ]
    return {
        "meaning": MEANING,
        "months": list(MONTHS),
        "categories": categories,
        "threads": threads,
        "visible": {
            "threads": len(visible),
            "posts": sum(len(body["post_stream"]["stream"]) for body in seen),
            "regular_posts": sum(post["post_type"] == 1 for body in seen for post in body["post_stream"]["posts"]),
        },
        "monthly": {
            "threads": _monthly(visible, lambda thread: {"all"})["all"],
            "families": _monthly(visible, lambda thread: set(thread["families"])),
            "labels": _monthly(visible, _leaves),
            "category_labels": _monthly(visible, lambda thread: {leaf.partition("/")[0] for leaf in _leaves(thread)}),
        },
    }


def _thread_truth(item: Placed, body: Body) -> Body:
    regular = {post["post_number"] for post in body["post_stream"]["posts"] if post["post_type"] == 1}
    return {
        "id": item.thread_id,
        "slug": slug_of(item.draft.title),
        "month": item.draft.month,
        "origin": item.draft.origin,
        "visible": body["visible"],
        "category_id": body["category_id"],
        "families": sorted(item.draft.families),
        "labels": {
            str(number): list(post.labels) for number, post in enumerate(item.draft.posts, start=1) if number in regular
        },
    }


def _leaves(thread: Body) -> set[str]:
    return {leaf for labels in thread["labels"].values() for leaf in labels}


def _monthly(threads: Iterable[Body], keys: Callable[[Body], set[str]]) -> dict[str, dict[str, int]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for thread in threads:
        for key in keys(thread):
            counts[key][thread["month"]] += 1
    return {key: {month: counts[key][month] for month in MONTHS} for key in sorted(counts)}


def main(folder: Path = HERE) -> None:
    """Write the two files into `folder`."""
    lines, truth = build()
    write_jsonl_gz(folder / "forum.jsonl.gz", lines)
    write_truth(folder / "truth.json", "forum", truth)


if __name__ == "__main__":
    main()
