"""The topics command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.taxonomy import Taxonomy
from classifier.topic_stage import TopicSummary, find_topics
from forumlens.cli.assemble import open_encoder_in_use, open_store, remembering, taxonomy_in_use
from forumlens.cli.options import BundleFlag, DatabaseFlag, FormatFlag
from forumlens.cli.output import Format, print_json, print_rows, progress, say
from forumlens.cli.settings import Settings, load_settings
from store import assignments, holdings, topic_lists, topics
from store.database import Database
from store.topic_maps import topic_map
from store.topic_values import OUTLIERS, Topic, TopicMap, TopicRun

if TYPE_CHECKING:
    from classifier.embedder import Embedder


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("topics")(show_topics)


def show_topics(
    limit: Annotated[int, typer.Option(min=1, help="Topics to show, biggest first.")] = 30,
    new_themes: Annotated[bool, typer.Option("--new-themes", help="Only topics that no label fits.")] = False,
    refresh: Annotated[
        bool,
        typer.Option("--refresh", help="Seek all topics anew if a thread changed, not only once a tenth of them did."),
    ] = False,
    as_map: Annotated[
        bool, typer.Option("--map", help="List --limit threads, a sample, with their place on the map.")
    ] = False,
    bundle: BundleFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Discover topics among the opening posts and list them; ids stay while the corpus grows.

    New threads join the nearest topic. Run `forumlens assign` before, so that topics which no label fits are known.
    `--map` gives the threads as points of a plane.

    Example: forumlens topics --map --limit 100000 --format csv
    """
    settings = load_settings(database_url=database, bundle=bundle)
    with open_store(settings) as db:
        embedder = remembering(open_encoder_in_use(settings), db)
        summary = discover(settings, db, embedder, taxonomy_in_use(settings), refresh)
        run = topics.topic_run(db, summary.run_id)
        if as_map:
            print_rows(_map_rows(topic_map(db, summary.run_id, limit)), form, title="Threads on the map")
            return
        wanted = summary.topics + 1 if new_themes else limit
        found = topic_lists.list_topics(db, summary.run_id, assignments.current_bundle(db), wanted)
    shown = [topic for topic in found if topic.new_theme or not new_themes][:limit]
    assert run is not None
    figures = _figures(summary, run)
    if form is Format.JSON:
        print_json({"run": figures, "topics": [_topic_row(topic) for topic in shown]})
    elif form is Format.CSV:
        print_rows([_topic_row(topic) for topic in shown], form)
    else:
        print_rows([_topic_line(topic) for topic in shown], form, title=_title(summary, run))
        if all(topic.new_theme is None for topic in found):
            say("No post is labelled yet: after `forumlens assign`, topics that no label fits are marked.")


def discover(
    settings: Settings, db: Database, embedder: Embedder, taxonomy: Taxonomy, refresh: bool = False
) -> TopicSummary:
    """The topic stage with a bar."""
    with progress("Topics: opening posts", total=holdings.counts(db, None).threads) as advance:
        return find_topics(db, embedder, taxonomy, advance, seed=settings.seed, refresh=refresh)


def _map_rows(drawn: TopicMap) -> list[dict[str, Any]]:
    return [
        {"thread": one.thread_id, "topic": one.topic, "x": one.point[0], "y": one.point[1], "title": one.title}
        for one in drawn.points
    ]


def _figures(summary: TopicSummary, run: TopicRun) -> dict[str, Any]:
    return {
        "run": summary.run_id,
        "threads": summary.threads,
        "topics": summary.topics,
        "outliers": summary.outliers,
        "outlier_share": _share(summary.outliers, summary.threads),
        "outlier_share_before_reduction": _share(run.outliers_found, run.sought),
        "coherence": run.coherence,
        "diversity": run.diversity,
        "sought_anew": summary.sought,
        "placed": summary.placed,
        "kept": summary.kept,
        "fresh": summary.fresh,
        "retired": summary.retired,
    }


def _title(summary: TopicSummary, run: TopicRun) -> str:
    told = [f"{summary.topics} topics in {summary.threads} threads"]
    told.append(f"{_percent(_share(summary.outliers, summary.threads))} outliers (in {OUTLIERS}), "
                f"{_percent(_share(run.outliers_found, run.sought))} before reduction")  # fmt: skip
    if run.coherence is not None and run.diversity is not None:
        told.append(f"coherence (c_npmi) {run.coherence:.3f}, diversity {run.diversity:.2f}")
    if summary.kept or summary.retired:
        told.append(f"{summary.kept} topics go on, {summary.fresh} are fresh, {summary.retired} are retired")
    if summary.placed:
        told.append(f"{summary.placed} threads newly placed")
    return "; ".join(told)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _topic_line(topic: Topic) -> dict[str, Any]:
    """The topic as people read it."""
    return {
        "topic": topic.id,
        "threads": topic.size,
        "name": "outliers" if topic.id == OUTLIERS else topic.name,
        "label fit": None if topic.id == OUTLIERS else topic.label_fit,
        "": "new theme" if topic.new_theme else "",
        "coherence": topic.coherence,
    }


def _topic_row(topic: Topic) -> dict[str, Any]:
    return {
        "topic": topic.id,
        "threads": topic.size,
        "name": topic.name,
        "keywords": list(topic.keywords),
        "new_theme": topic.new_theme,
        "label_fit": topic.label_fit,
        "label_confidence": topic.label_confidence,
        "leading_label": topic.leading_label,
        "leading_share": topic.leading_share,
        "unlabelled": topic.unlabelled,
        "coherence": topic.coherence,
        "nearest_label": topic.nearest_label,
        "cosine": topic.nearest_cosine,
        "labels": {label: round(share, 4) for label, share in topic.distribution},
        "representatives": list(topic.representatives),
    }
