"""`forumlens run`: the whole line in one command, on the sample that comes along or on a real forum."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.taxonomy import Taxonomy
from forumlens.cli.assemble import (
    forum_url,
    load_registry,
    named_encoder,
    open_encoder,
    open_fitted_encoder,
    open_store,
    open_taxonomy,
    remembering,
    say_quality,
)
from forumlens.cli.causes import assign_all_causes, fit_beside
from forumlens.cli.errors import BadInputError
from forumlens.cli.forum import collect_forum
from forumlens.cli.hub import collect_hub
from forumlens.cli.learn import assign_all, fit_once
from forumlens.cli.options import (
    BundleFlag,
    DatabaseFlag,
    EncoderFlag,
    FamiliesFlag,
    QualityFlag,
    SinceFlag,
    WebFlag,
    WebPortFlag,
)
from forumlens.cli.output import Format, print_rows, say
from forumlens.cli.serving import serve_store, served_at
from forumlens.cli.settings import Settings, load_settings
from forumlens.cli.topics import discover
from forumlens.cli.training import load_training, with_reviews
from labeled import files
from scraper import replay
from store import assignments, holdings, topics
from store.database import Database
from store.sources import all_sources, holds_authored
from store.values import StoreCounts

if TYPE_CHECKING:
    from classifier.embedder import Embedder

SAMPLE_FORUM = "https://forum.sample.invalid"
_SHOWN = 8
SAMPLE_HUB = "https://hub.sample.invalid"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(run)


def run(
    forum: Annotated[
        str | None,
        typer.Option(
            help="`huggingface`, or the URL of a Discourse. \\[default: the authored sample]", show_default=False
        ),
    ] = None,
    since: SinceFlag = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop the crawl after so many threads.")] = None,
    rate: Annotated[float | None, typer.Option(min=0, help="Requests a second; 0 is unlimited, for your own.")] = None,
    port: Annotated[int | None, typer.Option(help="gRPC port; 0 takes a free one. \\[default 50051]")] = None,
    web_port: WebPortFlag = None,
    web: WebFlag = None,
    serve: Annotated[bool, typer.Option(help="Answer over gRPC at the end.")] = True,
    quality: QualityFlag = None,
    encoder: EncoderFlag = None,
    families: FamiliesFlag = None,
    bundle: BundleFlag = None,
    database: DatabaseFlag = None,
) -> None:
    """Collect, learn, label, discover and serve. A second run takes up only what is new.

    Example: forumlens run --forum huggingface --since 2024-01-01
    """
    settings = load_settings(
        database_url=database,
        bundle=bundle,
        port=port,
        web_port=web_port,
        web=web,
        rate=rate,
        quality=quality,
        encoder=encoder,
        families=families,
    )
    registry = load_registry(settings)
    say_quality(settings)
    with open_store(settings) as db:
        if forum is None:
            _collect_sample(settings, db)
        else:
            _collect_real(settings, db, forum, since, limit)
        taxonomy, embedder = open_taxonomy(), _open_encoder(settings)
        rows = with_reviews(db, load_training([], taxonomy, embedder), taxonomy)
        fitted = fit_once(settings, db, embedder, taxonomy, rows)
        assign_all(db, fitted, registry)
        assign_all_causes(db, fit_beside(settings, db, embedder))
        discover(settings, db, remembering(embedder, db), taxonomy)
        _show(db, taxonomy)
        if serve:
            service = fitted.with_embedder(embedder)
            serve_store(settings, db, service, on_ready=lambda bound, page: _say_next(settings, bound, page))


def _open_encoder(settings: Settings) -> Embedder:
    """That of the settings; where they name none, that of a run before, so that it is not all done anew."""
    from classifier.bundle import BundleError

    if not named_encoder(settings) and settings.bundle.exists():
        with suppress(BundleError):  # one that cannot be read is fitted anew
            return open_fitted_encoder(settings)
    return open_encoder(settings)


def _collect_sample(settings: Settings, db: Database) -> None:
    say(
        "[bold yellow]This is an authored sample[/bold yellow]: threads and models were made up to show the tool, "
        "nothing was mined.\nFor the real forum: forumlens run --forum huggingface --database sqlite:///hf.db"
    )
    if any(not source.authored for source in all_sources(db)):
        raise BadInputError(
            "the store holds mined data: name another one for the sample with --database sqlite:///FILE"
        )
    own = settings.model_copy(update={"rate": 0.0, "budget": None})
    with _replayed() as (forum, hub):
        collect_forum(own, db, forum, known_as=SAMPLE_FORUM)
        collect_hub(own.model_copy(update={"hub_endpoint": hub}), db, known_as=SAMPLE_HUB)


@contextmanager
def _replayed() -> Iterator[tuple[str, str]]:
    with (
        replay.running(replay.forum_app(files.sample_forum())) as forum,
        replay.running(replay.hub_app(files.sample_hub())) as hub,
    ):
        yield forum, hub


def _collect_real(settings: Settings, db: Database, forum: str, since: datetime | None, limit: int | None) -> None:
    if holds_authored(db):
        raise BadInputError(
            "the store holds the authored sample, which must not mix with mined data: "
            "name another one with --database sqlite:///FILE"
        )
    collect_forum(settings, db, forum_url(forum), since=since, limit=limit)
    collect_hub(settings, db, since=since)


def _show(db: Database, taxonomy: Taxonomy) -> None:
    bundle, run_id = assignments.current_bundle(db), topics.current_topic_run(db)
    found = holdings.counts(db, bundle, run_id)
    totals = holdings.label_totals(db, bundle)
    kinds = {label.id: label.kind for label in taxonomy.labels}
    rows = [
        {"kind": kind, "label": label, "threads": threads, "share": threads / found.threads}
        for kind in dict.fromkeys(kinds.values())
        for label, threads in [item for item in totals if kinds.get(item[0]) == kind][:_SHOWN]
    ]
    print_rows(rows, Format.TABLE, title=_title(found))


def _title(found: StoreCounts) -> str:
    kind = "AUTHORED SAMPLE" if any(source.authored for source in found.sources) else "Mined"
    return f"{kind}: {found.threads} threads, {found.posts} posts, {found.models} models, {found.topics} topics"


def _say_next(settings: Settings, port: int, web_port: int | None) -> None:
    address = f"{settings.host}:{port}"
    default = settings.database_url == Settings.model_fields["database_url"].default
    store = "" if default else f" --database {shlex.quote(settings.database_url)}"
    request = '{"label": "memory-performance/memory", "families": ["llama", "gpt2"]}'
    say(
        f"\n{served_at(settings, port, web_port)}; Ctrl-C stops it. Try in another terminal:\n"
        f"  .venv/bin/forumlens trends --category memory-performance --family llama{store}\n"
        f"  .venv/bin/forumlens topics{store}\n"
        f"  .venv/bin/forumlens report --out report.html{store}\n"
        f"  .venv/bin/buf curl --protocol grpc --http2-prior-knowledge -d '{request}' \\\n"
        f"    http://{address}/forumlens.v1.TrendService/QueryTrends"
    )
