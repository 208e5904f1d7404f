"""Rules of forumlens.toml, and what they find in a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from store.alerts import Alert
from store.assignments import current_bundle
from store.database import Database
from store.periods import count_period
from store.topic_lists import list_topics
from store.topics import current_topic_run

_MOST = 100_000


class RuleKind(StrEnum):
    """What a rule looks for."""

    SHARE_GROWS = "share-grows"
    NEW_THEME = "new-theme"


class Rule(BaseModel):
    """One `[[alerts]]` table.

    share-grows: the share of a label (or of each, where none is named) in the last `days` is at least `factor` times
    that of the days before, and it has at least `threads` threads. new-theme: a topic that no label fits has at least
    `threads` threads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: RuleKind
    label: str = ""
    factor: float = Field(2.0, gt=1)
    days: int = Field(28, ge=1, le=3_650)
    threads: int = Field(10, ge=1)


def find_alerts(db: Database, rules: Sequence[Rule], now: datetime) -> list[Alert]:
    """What the rules find; of a share that grows a new alert each calendar month, of a topic one for good."""
    return [alert for rule in rules for alert in _FINDERS[rule.kind](db, rule, now)]


def _grown(db: Database, rule: Rule, now: datetime) -> list[Alert]:
    length, bundle = timedelta(days=rule.days), current_bundle(db)
    recent, before = (count_period(db, bundle, end - length, end) for end in (now, now - length))
    alerts = []
    for label, count in sorted(recent.labels.items()):
        share, then = recent.share(label), before.share(label)
        if rule.label not in ("", label) or count < rule.threads or not then or share < rule.factor * then:
            continue
        text = (
            f"{label}: {share:.1%} of threads in the last {rule.days} days ({count} of {recent.threads}), "
            f"{then:.1%} in the {rule.days} days before ({before.labels[label]} of {before.threads})"
        )
        alerts.append(Alert(f"{rule.kind}:{label}:{rule.days}:{rule.factor}:{now:%Y-%m}", now, text))
    return alerts


def _new_themes(db: Database, rule: Rule, now: datetime) -> list[Alert]:
    run = current_topic_run(db)
    topics = list_topics(db, run, current_bundle(db), _MOST) if run else []
    return [
        Alert(f"{rule.kind}:{topic.id}:{rule.threads}", now, f"New theme: {topic.name}, {topic.size} threads")
        for topic in topics
        if topic.new_theme and topic.size >= rule.threads
    ]


_FINDERS: Mapping[RuleKind, Callable[[Database, Rule, datetime], list[Alert]]] = {
    RuleKind.SHARE_GROWS: _grown,
    RuleKind.NEW_THEME: _new_themes,
}
