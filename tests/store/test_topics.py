"""Topic runs: what is kept, how threads are placed later, and what a bundle says of a topic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from store import migrations, sources, topics
from store import threads as thread_store
from store.assignments import save_thread_assignments
from store.database import Database, open_database
from store.topic_lists import list_topics
from store.topic_values import OUTLIERS, Placed, Topic, TopicRun, is_new_theme
from store.values import Assignment, SourceKind, Verdict
from tests.store.build import thread

RUN = TopicRun("run-1", "recipe", 4, 4, 2, 5, frozenset({"ab"}), coherence=0.25)
HASH = b"h" * 32


@pytest.fixture
def ids(db: Database) -> list[int]:
    """Four threads; the first three are in topic 4, the last is an outlier."""
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    found = [thread_store.save_thread(db, forum, thread(str(number))) for number in range(4)]
    save(db, found)
    return found


def save(db: Database, ids: list[int], run: TopicRun = RUN) -> None:
    members = [Placed(thread, 10, 4 if place < 3 else OUTLIERS, HASH) for place, thread in enumerate(ids)]
    found = [Topic(4, ("sun",), 3, (ids[1], ids[0]), "a/b", 0.5, name="sun"), Topic(OUTLIERS, (), 1, (), "", 0.0)]
    topics.save_topic_run(db, run, found, members, {4: np.array([0.6, 0.8], dtype=np.float32)})


def test_a_run_comes_back_as_it_was(db: Database, ids: list[int]) -> None:
    assert topics.current_topic_run(db) == "run-1"
    assert topics.topic_run(db, "run-1") == RUN
    assert topics.topic_run(db, None) is None
    assert topics.topic_members(db, "run-1") == dict(zip(ids, [4, 4, 4, OUTLIERS], strict=True))
    assert topics.topic_sizes(db, "run-1") == {4: 3, OUTLIERS: 1}
    (centre,) = topics.topic_centres(db, "run-1").values()
    assert centre.tolist() == pytest.approx([0.6, 0.8])
    assert topics.topic_places(db, "run-1", ids[:1]) == {ids[0]: Placed(ids[0], 10, 4, HASH)}


def test_the_run_before_is_kept_and_older_ones_go(db: Database, ids: list[int]) -> None:
    for key in ("run-2", "run-3", "run-3"):
        save(db, ids, replace(RUN, key=key))
    assert topics.current_topic_run(db) == "run-3"
    assert topics.topic_run(db, "run-1") is None and topics.topic_members(db, "run-1") == {}
    save(db, ids, replace(RUN, key="run-4"))
    assert topics.topic_run(db, "run-3") is not None and topics.topic_run(db, "run-2") is None


def test_threads_are_placed_moved_and_taken_out(db: Database, ids: list[int]) -> None:
    forum = sources.ensure(db, SourceKind.FORUM, "https://forum.example").id
    late = thread_store.save_thread(db, forum, thread("late"))
    assert topics.threads_changed_since_sought(db, "run-1") == 0
    places = [Placed(late, 11, 4, HASH), Placed(ids[1], 10, OUTLIERS, HASH), Placed(ids[3], 10, None, b"")]
    topics.place_threads(db, "run-1", 9, places)
    assert topics.topic_members(db, "run-1") == {ids[0]: 4, ids[1]: OUTLIERS, ids[2]: 4, late: 4}
    assert topics.topic_sizes(db, "run-1") == {4: 3, OUTLIERS: 1}
    (found, _) = list_topics(db, "run-1", None, 10)
    assert found.representatives == (ids[0],), "one that left its topic does not stand for it"
    run = topics.topic_run(db, "run-1")
    assert run is not None and (run.revision, run.sought) == (9, 4)
    assert topics.threads_changed_since_sought(db, "run-1") == 2

    topics.place_threads(db, "run-1", 10, [Placed(thread, 10, None, b"") for thread in (*ids, late)])
    assert topics.topic_sizes(db, "run-1") == {}
    assert topics.threads_changed_since_sought(db, "run-1") == 4
    topics.place_threads(db, "run-1", 11, [Placed(late, 10, OUTLIERS, HASH)])
    assert topics.topic_sizes(db, "run-1") == {OUTLIERS: 1}


def test_label_fit_is_of_the_best_category_and_confidence_of_the_best_label(db: Database, ids: list[int]) -> None:
    said = [
        (("a/b", 0.6), ("a/c", 0.8), ("d", 0.5)),
        (("a/c", 0.4), ("d", 0.7)),
        (),
        (("d", 0.9),),
    ]
    items = []
    for item, labels in zip(thread_store.changed_threads(db, 0), said, strict=True):
        verdict = Verdict.LABELLED if labels else Verdict.ABSTAINED
        items.append((item, [Assignment(item.posts[0].id, item.posts[0].input_hash, verdict, labels)]))
    save_thread_assignments(db, "bundle", "assign", items)
    found, outliers = list_topics(db, "run-1", "bundle", 10)
    assert found.label_fit == pytest.approx((0.5 + 0.7) / 3), "d has 1.2 in all, a has 0.8 and 0.4"
    assert found.label_confidence == pytest.approx((0.8 + 0.7) / 3)
    assert (found.unlabelled, found.leading_share) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert found.leading_label == "a/c"
    assert found.new_theme and found.name == "sun"
    assert outliers.new_theme is None and outliers.label_fit == pytest.approx(0.9)
    (other, _) = list_topics(db, "run-1", "another", 10)
    assert (other.new_theme, other.label_fit, other.name) == (None, None, "sun (a/b)")


def test_a_mixed_topic_is_no_new_theme() -> None:
    assert is_new_theme(0.2, 0.4)
    assert not is_new_theme(0.2, 0.9)
    assert not is_new_theme(0.6, 0.6)


def test_a_store_of_the_first_schema_forgets_its_topics_and_keeps_the_rest(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(sa.text("INSERT INTO topic_runs (id, key) VALUES (1, 'old')"))
        connection.execute(sa.text("INSERT INTO topics VALUES (1, 0, 3, '[]', '[]', 'a', 0.5)"))
        connection.execute(sa.text("INSERT INTO settings VALUES ('current_topic_run', 'old')"))
        connection.execute(sa.text("INSERT INTO settings VALUES ('other', 'kept')"))
    engine.dispose()
    with open_database(url) as db:
        assert topics.current_topic_run(db) is None
        with db.read() as connection:
            assert connection.execute(sa.text("SELECT value FROM settings")).scalars().all() == ["kept"]
