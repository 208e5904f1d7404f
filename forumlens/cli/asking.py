"""What people may ask about, checked: months, labels, topics, families; with the nearest name that is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from classifier.trend.questions import Asked, ThemeKind
from forumlens.cli.assemble import load_registry
from forumlens.cli.errors import BadInputError
from store import holdings
from store.database import Database
from store.months import BadMonthError, parse_month
from store.topics import topic_exists


def month_flag(flag: str, text: str | None) -> int | None:
    """Month that a flag gives. Raises BadInputError."""
    try:
        return parse_month(text) if text is not None else None
    except BadMonthError as error:
        raise BadInputError(f"{flag}: {error}") from error


def family_names(db: Database, named: Sequence[str]) -> tuple[str, ...]:
    """Families under the names of the store, by any spelling that is known, each once. Raises BadInputError."""
    registry = load_registry()
    known = holdings.families_known(db) | set(registry.names)
    families = tuple(dict.fromkeys(registry.canonical(name) for name in named))
    for name in families:
        if name not in known:
            near = hint(name, known)
            raise BadInputError(f"family {name!r} is no model family that is known{near}: use a Hub model_type")
    return families


def check_themes(db: Database, asked: Asked, kind: ThemeKind, names: Sequence[str]) -> None:
    """Check that the store knows these themes. Raises BadInputError."""
    if kind is ThemeKind.TOPIC:
        for name in names:
            if not name.removeprefix("-").isdecimal() or not topic_exists(db, asked.run_id or "", int(name)):
                raise BadInputError(f"{name!r} is not a topic of this store: see `forumlens topics`")
        return
    if kind is ThemeKind.FORUM_CATEGORY:
        known = holdings.categories_known(db)
    elif kind is ThemeKind.FAMILY:
        return
    else:
        known = set(holdings.labels_known(db, asked.bundle_id))
    for name in names:
        if name not in known:
            raise BadInputError(f"{name!r} is not a {kind.value} of this store{hint(name, known)}")


def hint(name: str, known: Iterable[str]) -> str:
    """The nearest name that is known, as the end of a message."""
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
