"""What a page is asked, what it answers, and what pages share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import statistics_pb2 as spb
from forumlens.v1 import theme_pb2 as kpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from service.convert import moment
from service.web.api import Api
from service.web.sessions import Session
from service.web.tables import Column, Link, Move, Table
from service.web.text import segment

RECENT_CHOICES = (1, 3, 6, 12)
PERIODS = {"month": tpb.PERIOD_MONTH, "quarter": tpb.PERIOD_QUARTER, "week": tpb.PERIOD_WEEK}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as a view sees it: whom it may ask, the parts of the path and the query."""

    api: Api
    session: Session
    path: Mapping[str, Any]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A parameter, without white space around it."""
        return self.query.get(name, "").strip()

    def number(self, name: str, default: int, choices: Iterable[int]) -> int:
        """A parameter that is one of a few numbers, else the default."""
        given = self.text(name)
        return next((choice for choice in choices if str(choice) == given), default)

    def period(self) -> str:
        """Length of the periods that a trend is drawn by: a key of PERIODS."""
        return self.text("by") if self.text("by") in PERIODS else "month"


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be rendered; each of its tables can be had as CSV."""

    template: str
    title: str
    values: Mapping[str, Any]
    tables: Sequence[Table] = ()
    status: int = 200


@dataclass(frozen=True, slots=True)
class Names:
    """Labels by id."""

    labels: Mapping[str, cpb.Label]

    def name(self, label_id: str) -> str:
        """Name for people."""
        return self.labels[label_id].name if label_id in self.labels else label_id

    def full(self, label_id: str) -> str:
        """Name of a leaf with that of its category before it where the two differ."""
        label = self.labels.get(label_id)
        if label is None or label.category == label.id:
            return self.name(label_id)
        return f"{self.name(label.category)}: {label.name}"

    def link(self, label_id: str) -> Link:
        """Link to the page of a label."""
        label = self.labels.get(label_id)
        kind = "leaf" if label is None or label.leaf else "category"
        note = f"{label_id}: {label.definition}" if label else label_id
        context = self.name(label.category) if label and label.category != label.id else ""
        return Link(
            self.name(label_id), f"/themes/{kind}/{label_id}", note, label.kind if label else "", context, label_id
        )


async def names_of(api: Api) -> Names:
    """The labels that there are."""
    found = await api.call(api.stubs.classification.ListLabels, cpb.ListLabelsRequest())
    return Names({label.id: label for label in found.labels})


def family_link(family: str) -> Link:
    """Link to the page of a family."""
    return Link(family, f"/families/{segment(family)}")


def theme_link(names: Names, kind: Any, theme: str) -> Link:
    """Link to the page of a theme of a kind."""
    match kind:
        case kpb.THEME_KIND_TOPIC:
            return Link(f"Topic {theme}", f"/topics/{segment(theme)}")
        case kpb.THEME_KIND_FAMILY:
            return family_link(theme)
        case kpb.THEME_KIND_FORUM_CATEGORY:
            return Link(theme, f"/themes/forum-category/{segment(theme)}")
        case _:
            return names.link(theme)


_MOVES = {spb.TREND_RISING: "rising", spb.TREND_FALLING: "falling", spb.TREND_NONE: "no trend"}


def move(direction: spb.Direction) -> Move:
    """What the test of a trend says."""
    word = _MOVES.get(direction.trend, "too few")
    if word == "too few":
        return Move(word, "too few months (8) or too few threads or uploads (30)")
    return Move(
        word,
        f"Mann-Kendall over {direction.months} months: p {direction.p_adjusted:.3g} after control of false "
        f"discoveries; slope {direction.slope:.3g} a month ({direction.slope_low:.3g} to {direction.slope_high:.3g})",
    )


THREAD_COLUMNS = (
    Column("Thread"),
    Column("Started", "time"),
    Column("Posts", "number"),
    Column("Labels", "links"),
    Column("Families", "links"),
    Column("Forum category"),
)


def thread_table(threads: Iterable[hpb.Thread], names: Names, caption: str, name: str = "threads") -> Table:
    """Threads as rows."""
    rows = [thread_row(thread, names) for thread in threads]
    return Table(name, caption, THREAD_COLUMNS, rows, "No thread is like that.")


def thread_row(thread: hpb.Thread, names: Names) -> tuple[Any, ...]:
    """Cells of a thread, in the order of THREAD_COLUMNS."""
    return (
        Link(thread.title, f"/threads/{thread.id}", key=str(thread.id)),
        moment(thread.create_time),
        thread.posts,
        [names.link(label) for label in thread.labels],
        [family_link(family) for family in thread.families],
        thread.category,
    )
