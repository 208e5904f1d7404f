"""Flat rows of threads, one post each, as issue trackers and question sites are dumped."""

from __future__ import annotations

from scraper.errors import BadFieldError
from scraper.fields import Json, bool_field, int_field, names_field, text_field, time_field
from scraper.pseudonyms import Pseudonymizer
from store.values import AUTHORED_TAG, Post, Thread, ThreadState

_ID = ("id", "external_id", "thread_id", "url")
_URL = ("url", "link")
_TITLE = ("title", "subject")
_BODY = ("body", "text", "content")
_CREATED = ("created_at", "createdAt", "creation_time", "date")
_UPDATED = ("updated_at", "updatedAt")
_TAGS = ("labels", "tags")
_CATEGORY = ("category", "repo", "repository")
_AUTHOR = ("author", "user", "username")
_LIKES = ("likes", "like_count")

KNOWN_FIELDS = frozenset(
    (*_ID, *_URL, *_TITLE, *_BODY, *_CREATED, *_UPDATED, *_TAGS, *_CATEGORY, *_AUTHOR, *_LIKES)
) | {"state", "views", "authored"}


def parse_flat_thread(row: Json, pseudonyms: Pseudonymizer) -> Thread:
    """Read one row: an id or url, created_at, a title or body, and what else is known.

    The body is plain text or Markdown; mentions in its prose are masked. Raises BadFieldError.
    """
    key, created = text_field(row, *_ID).strip(), time_field(row, *_CREATED)
    title, body = text_field(row, *_TITLE).strip(), text_field(row, *_BODY).strip()
    if not key:
        raise BadFieldError("id and url are missing: write one of them, it tells this thread from all others")
    if created is None:
        raise BadFieldError("created_at is missing: write a date and time, for example 2023-04-01T12:30:00Z")
    if not title and not body:
        raise BadFieldError("title and body are missing: write at least one of them")
    tags = names_field(row, *_TAGS)
    if bool_field(row, "authored") and AUTHORED_TAG not in tags:
        tags = (*tags, AUTHORED_TAG)
    likes = int_field(row, *_LIKES)
    post = Post(
        external_id=f"{key}#1",
        number=1,
        created_at=created,
        body=pseudonyms.mask_markdown(body),
        author=pseudonyms.name(text_field(row, *_AUTHOR)),
        updated_at=time_field(row, *_UPDATED),
        likes=likes,
    )
    return Thread(
        external_id=key,
        title=pseudonyms.mask(title),
        url=text_field(row, *_URL).strip(),
        created_at=created,
        posts=(post,),
        category=text_field(row, *_CATEGORY).strip(),
        tags=tags,
        state=_state(text_field(row, "state")),
        views=int_field(row, "views"),
        likes=likes,
    )


def _state(text: str) -> ThreadState:
    """State from words such as `open`, `Closed issue`, `closed as not planned`, or one of our own."""
    word = text.lower().partition(" ")[0].strip()
    if word in ("", "open", "opened", "reopened"):
        return ThreadState.LIVE
    try:
        return ThreadState(word)
    except ValueError as error:
        states = ", ".join(["open", *ThreadState])
        raise BadFieldError(f"state is {text[:80]!r}: write one of {states}") from error
