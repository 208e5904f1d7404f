"""The bodies of a forum that do not depend on one thread: robots.txt, sitemap, categories, site, about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from scraper.replay.dump import ThreadEntry
from scraper.replay.spool import Json

SITEMAP_SIZE = 10_000
_SITEMAP_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"

# What a Discourse forum disallows unless its owner says otherwise.
_DISALLOWED = ("/admin/", "/auth/", "/assets/browser-update*.js", "/email/", "/search", "/session", "/user-api-key")
_DISALLOWED_QUERIES = ("/*?api_key*", "/*?*api_key*")
_DISALLOWED_LISTS = ("/badges", "/my", "/tag/*/l", "/g", "/t/*/*.rss", "/c/*.rss")


def robots() -> str:
    """The robots.txt of a forum with default settings."""
    common = (*_DISALLOWED, *_DISALLOWED_QUERIES)
    groups = {"*": (*common, *_DISALLOWED_LISTS), "Googlebot": common}
    blocks = (
        "\n".join([f"User-agent: {agent}", *(f"Disallow: {path}" for path in paths)]) for agent, paths in groups.items()
    )
    return "\n\n".join(blocks) + "\n"


def sitemap_index(base: str, threads: int) -> str:
    """The index of sitemaps; `base` ends with a slash."""
    count = max(1, -(-threads // SITEMAP_SIZE))
    names = (f"{escape(base)}sitemap_{number}.xml" for number in range(1, count + 1))
    entries = "".join(f"<sitemap><loc>{name}</loc></sitemap>" for name in names)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{_SITEMAP_SCHEMA}">{entries}</sitemapindex>\n'


def sitemap(base: str, threads: Iterable[ThreadEntry], number: int) -> str | None:
    """One sitemap (from 1) of listed threads by id, None where there is none of that number."""
    ordered = sorted(threads, key=lambda entry: entry.id)
    chosen = ordered[(number - 1) * SITEMAP_SIZE : number * SITEMAP_SIZE] if number > 0 else []
    if not chosen and number != 1:
        return None
    entries = "".join(
        f"<url><loc>{escape(base)}t/{quote(unquote(entry.slug))}/{entry.id}</loc>"
        f"<lastmod>{entry.bumped_at.isoformat()}</lastmod></url>"
        for entry in chosen
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{_SITEMAP_SCHEMA}">{entries}</urlset>\n'


def category_list(categories: Sequence[Json], *, nested: bool) -> list[Json]:
    """Categories of the top level; those below them are listed inside where `nested`, and by id in any case."""
    known = {category["id"] for category in categories}

    def below(parent: int | None) -> list[Json]:
        found = []
        for category in categories:
            above = category["parent_category_id"]
            if (above if above in known else None) == parent:
                children = below(category["id"])
                entry = {**category, "subcategory_ids": [child["id"] for child in children]}
                entry["has_children"] = bool(children)
                found.append({**entry, "subcategory_list": children} if nested and children else entry)
        return found

    return below(None)


def site(categories: Sequence[Json]) -> Json:
    """The part of `/site.json` that says how the forum is set up; categories are flat, with their parents."""
    return {
        "default_archetype": "regular",
        "post_types": {"regular": 1, "moderator_action": 2, "small_action": 3, "whisper": 4},
        "trust_levels": {"newuser": 0, "basic": 1, "member": 2, "regular": 3, "leader": 4},
        "groups": [],
        "filters": ["latest", "unread", "new", "top", "hot"],
        "periods": ["all", "yearly", "quarterly", "monthly", "weekly", "daily"],
        "top_menu_items": ["latest", "new", "unread", "hot", "categories"],
        "anonymous_top_menu_items": ["latest", "hot", "categories"],
        "can_create_tag": False,
        "can_tag_topics": False,
        "archetypes": [{"id": "regular", "name": "Regular Topic", "options": []}],
        "categories": list(categories),
    }


def about(threads: int, posts: int, categories: Sequence[Json]) -> Json:
    """The body of `/about.json`; counts under their names of today and of before 2024."""
    stats = {"topics_count": threads, "posts_count": posts, "topic_count": threads, "post_count": posts}
    return {
        "users": [],
        "categories": [{"id": category["id"], "name": category["name"]} for category in categories],
        "about": {
            "title": "Replay of a forum dump",
            "description": "A local server that answers as a Discourse forum would.",
            "locale": "en",
            "version": "3.6.0",
            "stats": {**stats, "users_count": 0, "user_count": 0, "likes_count": 0, "like_count": 0},
            "moderator_ids": [],
            "admin_ids": [],
            "current_time": datetime.now(UTC).isoformat(),
        },
    }
