"""What trends and threads are asked about: the store, the labels and families that questions may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service.errors import NotReadyError
from service.labels import LabelIndex
from service.model import FamilyNames
from service.serving import ModelSlot
from service.validation import Violations, nearest, shown
from store.assignments import current_bundle
from store.database import Database
from store.holdings import categories_known, families_known
from store.topics import current_topic_run, topic_exists
from store.values import TrendSubject


@dataclass(frozen=True, slots=True)
class Shown:
    """The versions that answers are made from; None before the stage first ran."""

    bundle_id: str | None
    run_id: str | None


class Catalog:
    """The store with the names that are valid in questions to it. Its methods block."""

    def __init__(self, db: Database, slot: ModelSlot, families: FamilyNames | None = None) -> None:
        self.db = db
        self._slot = slot
        self._registry = families
        self._families: frozenset[str] = frozenset()

    @property
    def labels(self) -> LabelIndex:
        """Labels of the model that answers now."""
        return self._slot.now.labels

    def version(self) -> object:
        """A value that is another one whenever an answer may be."""
        return self.db.version(), self._slot.now.model.id

    def shown(self) -> Shown:
        """Current bundle and topic run of the store."""
        return Shown(current_bundle(self.db), current_topic_run(self.db))

    def read_families(self, found: Violations, values: list[str], field: str = "families") -> tuple[str, ...]:
        """Families under the names of the store; problems go to `found`."""
        if not values:
            return ()
        names = {self._registry.canonical(value) if self._registry else value for value in values}
        if not names | set(values) <= self._families:  # the store is asked only for a name that it did not have before
            self._families = frozenset(families_known(self.db))
        return found.family_names(values, self._families, self._registry, field)

    def read_subject(self, found: Violations, request: Any, run_id: str | None) -> TrendSubject:
        """What the `subject` of a request names, of the run; problems go to `found`."""
        match kind := request.WhichOneof("subject"):
            case "label":
                self.labels.check_leaf(found, kind, request.label)
                return TrendSubject(label=request.label)
            case "category":
                self.labels.check_category(found, kind, request.category)
                return TrendSubject(label=request.category)
            case "topic":
                self.check_topic(found, request.topic, run_id)
                return TrendSubject(topic=request.topic)
            case "forum_category":
                self.check_forum_category(found, request.forum_category, kind)
                return TrendSubject(forum_category=request.forum_category)
            case _:
                return TrendSubject()

    def check_forum_category(self, found: Violations, value: str, field: str = "category") -> None:
        """Note a problem unless threads of the store are in this forum category."""
        if value and value not in (known := categories_known(self.db)):
            found.add(field, f"{shown(value)} is not a forum category of the store{nearest(value, known)}: "
                      "give one that threads carry, or leave it empty")  # fmt: skip

    def check_topic(self, found: Violations, topic: int, run_id: str | None) -> None:
        """Note a problem unless the run has the topic; without a run nothing can be said."""
        if run_id is not None and not topic_exists(self.db, run_id, topic):
            found.add("topic", f"{topic} is not a topic of the current run: ListTopics gives them")

    def check_topic_name(self, found: Violations, field: str, value: str, run_id: str | None) -> None:
        """As check_topic, of a topic that is given as text."""
        number = int(value) if value.removeprefix("-").isdecimal() and len(value) < 10 else None
        if number is None or (run_id is not None and not topic_exists(self.db, run_id, number)):
            found.add(field, f"{shown(value)} is not a topic of the current run: ListTopics gives them")


def check_ready(shown: Shown, *, label: bool, topic: bool) -> None:
    """Raise NotReadyError where a question needs labels or topics that are not there."""
    if label:
        needed_bundle(shown.bundle_id)
    if topic:
        needed_run(shown.run_id)


def needed_bundle(bundle_id: str | None) -> str:
    """The bundle, or NotReadyError where no post was labelled yet."""
    if bundle_id is None:
        raise NotReadyError("assignments", "no post of the store is labelled yet: run `forumlens assign` first")
    return bundle_id


def needed_run(run_id: str | None) -> str:
    """The topic run, or NotReadyError where topics were never discovered."""
    if run_id is None:
        raise NotReadyError("topics", "the store has no topics yet: run `forumlens topics` first")
    return run_id
