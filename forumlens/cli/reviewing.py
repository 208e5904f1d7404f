"""What people said of posts, as files (`labels export`), and what that brought (`evaluate --rounds`)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.reviewed import ReviewedPost, review_rounds, reviewed_posts
from forumlens.cli.assemble import open_store
from forumlens.cli.options import DatabaseFlag, OutFlag
from forumlens.cli.output import Format, print_rows, say, write_out
from forumlens.cli.settings import load_settings
from store.database import Database
from store.reviews import all_reviews

if TYPE_CHECKING:
    from classifier.bundle import Bundle

_NONE_FITS = "none-fits"
_CONTEXT = ("reply", "previous", "by_starter", "accepted", "category", "post_number")


class ExportForm(StrEnum):
    """How reviewed posts are written."""

    JSONL = "jsonl"
    ARGILLA = "argilla"
    LABEL_STUDIO = "label-studio"


def export(
    form: Annotated[
        ExportForm,
        typer.Option(
            "--form", help="`jsonl` as fit and evaluate take it; records of Argilla; tasks of Label Studio (JSON)."
        ),
    ] = ExportForm.JSONL,
    out: OutFlag = None,
    database: DatabaseFlag = None,
) -> None:
    """Write posts that people judged, with the labels that they agree on.

    Left out: posts on which reviewers are at odds, and those edited or deleted since they were judged.

    Example: forumlens labels export --form jsonl --out reviewed.jsonl
    """
    settings = load_settings(database_url=database)
    with open_store(settings) as db:
        posts = reviewed_posts(db)
    rows = [_WRITERS[form](one) for one in posts]
    if form is ExportForm.JSONL:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        text = json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
    write_out(out, text.encode())
    say(f"{len(rows)} reviewed posts were written.")


def print_rounds(db: Database, folder: Path, fitted: Bundle, form: Format) -> None:
    """Print how right each bundle was about posts judged of it, and at last the fitted one on all of them, held out."""
    from classifier.evaluate import evaluate  # scikit-learn takes seconds to import
    from classifier.heldout import FILE, REVIEWED, load_held_out

    rows: list[dict[str, Any]] = [
        {"bundle": one.bundle_id, "when": "before it learned", "posts": one.reviews, "right": one.right / one.reviews}
        | {"category_micro_f1": one.category_f1, "leaf_micro_f1": one.leaf_f1}
        for one in review_rounds(all_reviews(db))
    ]
    held = load_held_out(folder / FILE).of_layer(REVIEWED)
    if held.labels:
        answers = held.answers(fitted.taxonomy)
        report = evaluate(answers, held.gold, fitted.taxonomy)
        exact = [
            {label for label, _ in one.labels} == set(true) for one, true in zip(answers, held.labels, strict=True)
        ]
        row = {"bundle": fitted.id, "when": "after, held out", "posts": report.n, "right": sum(exact) / len(exact)}
        rows.append(row | {"category_micro_f1": report.category.micro_f1, "leaf_micro_f1": report.leaf.micro_f1})
    print_rows(rows, form, title="Reviews, by the bundle that they were made of")


def _row(one: ReviewedPost) -> dict[str, Any]:
    """A labelled example; what is not known of the post is left out."""
    context = {name: value for name in _CONTEXT if (value := getattr(one.post, name)) not in (None, "")}
    return {
        "id": one.post.id,
        "title": one.post.title,
        "body": one.post.body,
        **context,
        "tags": list(one.post.tags),
        "source": one.post.source,
        "labels": list(one.labels),
        **_about(one),
    }


def _argilla(one: ReviewedPost) -> dict[str, Any]:
    """A record for a dataset with the fields `title` and `text` and a multi-label question `labels`.

    Argilla's server takes no empty list: none of the labels is a label of its own, and nothing is suggested instead.
    """
    responses = [
        {"value": list(review.labels) or [_NONE_FITS], "user_id": _user(review.reviewer), "status": "submitted"}
        for review in one.reviews
    ]
    machine = {"value": list(one.reviews[-1].machine_labels), "agent": one.reviews[-1].bundle_id}
    return {
        "id": one.post.id,
        "fields": {"title": one.post.title, "text": one.post.body},
        "metadata": _about(one),
        "suggestions": {"labels": machine} if machine["value"] else {},
        "responses": {"labels": responses},
        "vectors": {},
    }


def _label_studio(one: ReviewedPost) -> dict[str, Any]:
    """A task for a configuration with `<Text name="text"/>` and `<Choices name="labels" choice="multiple"/>`."""

    def result(labels: tuple[str, ...]) -> list[dict[str, Any]]:
        choices = {"from_name": "labels", "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}
        return [choices] if labels else []

    return {
        "data": {"id": one.post.id, "title": one.post.title, "text": one.post.body, **_about(one)},
        "annotations": [{"result": result(one.labels)}],
        "predictions": [{"model_version": one.reviews[-1].bundle_id, "result": result(one.reviews[-1].machine_labels)}],
    }


def _about(one: ReviewedPost) -> dict[str, Any]:
    return {
        "url": one.url,
        "reviewers": sorted({review.reviewer for review in one.reviews}),
        "reviewed_at": max(review.made_at for review in one.reviews).isoformat(timespec="seconds"),
    }


def _user(reviewer: str) -> str:
    """Argilla's users go by UUIDs: one that is always the same for a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"forumlens:reviewer:{reviewer}"))


_WRITERS: Mapping[ExportForm, Callable[[ReviewedPost], dict[str, Any]]] = {
    ExportForm.JSONL: _row,
    ExportForm.ARGILLA: _argilla,
    ExportForm.LABEL_STUDIO: _label_studio,
}
