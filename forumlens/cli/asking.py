"""What a question to the store is about: labels, topics, families and months as flags name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Annotated

import typer

from classifier.trend.questions import Asked
from forumlens.cli.assemble import load_registry, taxonomy_in_use
from forumlens.cli.errors import BadInputError, NotMadeYetError
from forumlens.cli.settings import Settings
from store import assignments, holdings, topics
from store.database import Database
from store.months import BadMonthError, parse_month
from store.themes import ThemeKind, ThreadScope
from store.values import TrendSubject

LabelFlag = Annotated[str | None, typer.Option("--label", help="Leaf id, for example memory-performance/memory.")]
CategoryFlag = Annotated[str | None, typer.Option("--category", help="Category id, for example memory-performance.")]
TopicFlag = Annotated[int | None, typer.Option("--topic", help="Topic id, as `forumlens topics` gives it.")]
FamilyFlag = Annotated[
    list[str] | None, typer.Option("--family", help="Model family, for example llama; repeatable: any of them.")
]
ForumCategoryFlag = Annotated[str | None, typer.Option("--forum-category", help="Category of the forum, by its name.")]
FromFlag = Annotated[str | None, typer.Option("--from", help="First month of creation, YYYY-MM.")]
ToFlag = Annotated[str | None, typer.Option("--to", help="Month of creation to stop before, YYYY-MM.")]
ByFlag = Annotated[ThemeKind, typer.Option("--by", help="One row for each theme of this kind.")]


def scope_of(
    settings: Settings,
    db: Database,
    by: ThemeKind,
    label: str | None,
    category: str | None,
    topic: int | None,
    family: list[str] | None,
    forum_category: str | None,
    start: str | None,
    end: str | None,
) -> ThreadScope:
    """The threads that flags name. Raises BadInputError, and NotMadeYetError where labels or topics are not there."""
    check_label(settings, label, category, topic)
    first, last = months_of(start, end)
    bundle, run = assignments.current_bundle(db), topics.current_topic_run(db)
    if bundle is None and (label or category or by in (ThemeKind.LEAF, ThemeKind.CATEGORY)):
        raise NotMadeYetError("no post of the store is labelled yet: run `forumlens fit` and `forumlens assign`")
    if run is None and by is ThemeKind.TOPIC:
        raise NotMadeYetError("the store has no topics yet: run `forumlens topics`")
    _check_forum_category(db, forum_category)
    subject = subject_of(db, label or category, topic)
    return ThreadScope(bundle, run, subject, families_of(settings, db, family or []), forum_category or "", first, last)


def subject_of(db: Database, label: str | None, topic: int | None, forum_category: str | None = None) -> TrendSubject:
    """The label, topic or forum category. Raises BadInputError for a topic or category that the store lacks."""
    _check_forum_category(db, forum_category)
    if topic is not None:
        run = topics.current_topic_run(db)
        if run is None or not topics.topic_exists(db, run, topic):
            raise BadInputError(f"--topic {topic} is not a topic of this store: see `forumlens topics`")
    return TrendSubject(label, topic, forum_category)


def check_label(settings: Settings, leaf: str | None, category: str | None, topic: int | None = None) -> None:
    """Raise BadInputError unless the ids are of the taxonomy in use, and at most one subject is given."""
    if sum(given is not None for given in (leaf, category, topic)) > 1:
        raise BadInputError("--label, --category and --topic exclude each other: give at most one")
    taxonomy = taxonomy_in_use(settings)
    for flag, given, known in (("--label", leaf, taxonomy.leaves), ("--category", category, taxonomy.categories)):
        ids = [label.id for label in known]
        if given is not None and given not in ids:
            raise BadInputError(f"{flag} {given!r} is not in {taxonomy.ref}: {hint(given, ids)}")


def families_of(settings: Settings, db: Database, named: list[str]) -> tuple[str, ...]:
    """Families by their usual names, each once. Raises BadInputError for one that nothing is known of."""
    registry = load_registry(settings)
    known = holdings.families_known(db) | set(registry.names)
    families = tuple(dict.fromkeys(registry.canonical(name) for name in named))
    for name in families:
        if name not in known:
            raise BadInputError(f"family {name!r} is no model family that is known: {hint(name, known)}")
    return families


def months_of(start: str | None, end: str | None) -> tuple[int | None, int | None]:
    """The half-open range of --from and --to. Raises BadInputError."""
    first, last = _month("--from", start), _month("--to", end)
    if first is not None and last is not None and first >= last:
        raise BadInputError(f"--from {start} is not before --to {end}: --to is the month to stop before")
    return first, last


def check_themes(db: Database, asked: Asked, kind: ThemeKind, names: Sequence[str]) -> None:
    """Check that the store knows these themes; families are checked by families_of. Raises BadInputError."""
    if kind is ThemeKind.TOPIC:
        for name in names:
            if not name.removeprefix("-").isdecimal() or not topics.topic_exists(db, asked.run_id or "", int(name)):
                raise BadInputError(f"{name!r} is not a topic of this store: see `forumlens topics`")
    elif kind is ThemeKind.FORUM_CATEGORY:
        for name in names:
            _check_forum_category(db, name)
    elif kind is not ThemeKind.FAMILY:
        known = holdings.labels_known(db, asked.bundle_id)
        for name in names:
            if name not in known:
                raise BadInputError(f"{name!r} is not a {kind.value} of this store: {hint(name, known)}")


def hint(name: str, known: Iterable[str]) -> str:
    """The nearest name that is known, or some of them, as the end of a message."""
    near = get_close_matches(name, names := sorted(known), n=1)
    return f"did you mean {near[0]!r}" if near else f"known are {', '.join(names[:8])}, ..."


def _check_forum_category(db: Database, name: str | None) -> None:
    if name is not None and name not in (known := holdings.categories_known(db)):
        raise BadInputError(f"forum category {name!r} has no threads: {hint(name, known)}")


def _month(flag: str, text: str | None) -> int | None:
    try:
        return parse_month(text) if text is not None else None
    except BadMonthError as error:
        raise BadInputError(f"{flag}: {error}") from error
