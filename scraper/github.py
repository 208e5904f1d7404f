"""Issues of a GitHub repository with their comments, as the REST API gives them, read into threads and posts.

What `gh api --paginate repos/OWNER/NAME/issues?state=all --jq '.[]'` and the same with `issues/comments` print.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from scraper.errors import BadFieldError
from scraper.fields import Json, bool_field, int_field, names_field, text_field, time_field
from scraper.pseudonyms import Pseudonymizer
from scraper.rows import Row
from store.values import Post, Thread, ThreadState

# Hints of issue templates, which GitHub shows to nobody.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_STAFF = {"OWNER": True, "MEMBER": True, "COLLABORATOR": True, "CONTRIBUTOR": False} | dict.fromkeys(
    ("FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN", "NONE"), False
)
"""Whether an `author_association` of the API means somebody of the project."""


class GithubReader:
    """Issues and comments in any order, from one file or several.

    Comments may come before their issues or after: both wait in a temporary file, with only their places in memory,
    and the threads come at the end. Pull requests are left out.
    """

    fields: frozenset[str] | None = None

    def __init__(self, pseudonyms: Pseudonymizer) -> None:
        self._pseudonyms = pseudonyms
        self._held = tempfile.TemporaryFile("w+b")  # noqa: SIM115  # it lives as long as the reader
        self._issues: dict[str, tuple[int, int]] = {}
        self._comments: defaultdict[str, list[int]] = defaultdict(list)
        self.incomplete = 0

    def knows(self, row: Json) -> bool:
        """Whether a row is an issue, a pull request or a comment of the REST API."""
        return "issue_url" in row or ("html_url" in row and "number" in row and "title" in row)

    def read(self, row: Row) -> Thread | None:
        """Hold a row back until all of its thread is known. Raises BadFieldError."""
        values = row.values
        of_comment = "issue_url" in values
        key = _path(text_field(values, "issue_url") or text_field(values, "url", "html_url"))
        if not key:
            raise BadFieldError("url is missing: write the API's address of the issue")
        if values.get("pull_request") is not None:
            return None
        place = self._held.seek(0, 2)
        self._held.write(json.dumps(values, default=str).encode() + b"\n")
        if of_comment:
            self._comments[key].append(place)
        else:
            self._issues[key] = (row.line, place)
        return None

    def rest(self) -> Iterator[tuple[int, Thread | BadFieldError]]:
        """The threads, in the order of their issues, or why one cannot be read, each with the line of its issue."""
        for key, (line, place) in self._issues.items():
            issue = self._load(place)
            comments = [self._load(other) for other in self._comments.pop(key, [])]
            try:
                thread = _thread(issue, comments, self._pseudonyms)
                self.incomplete += int_field(issue, "comments") > len(comments)
            except BadFieldError as error:
                yield line, error
            else:
                yield line, thread
        self._held.close()

    def _load(self, place: int) -> Json:
        self._held.seek(place)
        value: dict[str, Any] = json.loads(self._held.readline())
        return value


def _path(url: str) -> str:
    """What the addresses of an issue share, on the site and in the API, old and new: `owner/name/issues/7`."""
    return "/".join(url.lower().rstrip("/").split("/")[-4:])


def _thread(issue: Json, comments: list[Json], pseudonyms: Pseudonymizer) -> Thread:
    url, created = text_field(issue, "html_url"), time_field(issue, "created_at")
    if created is None:
        raise BadFieldError("created_at is missing: write a date and time, for example 2023-04-01T12:30:00Z")
    dated = [(time_field(comment, "created_at"), comment) for comment in comments]
    later = sorted(
        ((moment, text_field(comment, "id"), comment) for moment, comment in dated if moment is not None),
        key=lambda item: item[:2],
    )
    posts = [_post(issue, 1, pseudonyms)]
    posts += [_post(comment, number, pseudonyms) for number, (_, _, comment) in enumerate(later, 2)]
    return Thread(
        external_id=url or _path(text_field(issue, "url")),
        title=pseudonyms.mask(text_field(issue, "title")),
        url=url,
        created_at=created,
        posts=tuple(posts),
        category=_path(text_field(issue, "html_url", "url")).rpartition("/issues/")[0],
        tags=names_field(issue, "labels"),
        state=_state(issue),
        bumped_at=time_field(issue, "updated_at"),
        likes=posts[0].likes,
    )


def _post(item: Json, number: int, pseudonyms: Pseudonymizer) -> Post:
    created = time_field(item, "created_at")
    if created is None:
        raise BadFieldError("created_at is missing: write a date and time, for example 2023-04-01T12:30:00Z")
    user = item.get("user")
    reactions = item.get("reactions")
    return Post(
        external_id=text_field(item, "id") or f"#{number}",
        number=number,
        created_at=created,
        body=pseudonyms.mask_markdown(_COMMENT.sub("", text_field(item, "body")).strip()),
        author=pseudonyms.name(text_field(user, "login")) if isinstance(user, Mapping) else "",
        updated_at=time_field(item, "updated_at"),
        likes=int_field(reactions, "+1") if isinstance(reactions, Mapping) else 0,
        staff=_STAFF.get(text_field(item, "author_association").upper()),
    )


def _state(issue: Json) -> ThreadState:
    if bool_field(issue, "locked"):
        return ThreadState.ARCHIVED
    return ThreadState.CLOSED if text_field(issue, "state") == "closed" else ThreadState.LIVE
