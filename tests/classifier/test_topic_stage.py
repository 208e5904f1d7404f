import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier import topic_stage
from classifier.cache import CachedEmbedder
from classifier.openings import topic_text
from classifier.taxonomy import Taxonomy
from classifier.topic_stage import TopicSummary, find_topics
from store.assignments import save_thread_assignments, set_current_bundle
from store.database import Database, open_database
from store.holdings import counts
from store.sources import ensure
from store.threads import changed_threads, save_thread, set_thread_state
from store.topic_lists import list_topics
from store.topic_maps import topic_map
from store.topic_values import OUTLIERS, Topic
from store.topics import current_topic_run, topic_members, topic_run
from store.values import Assignment, Label, Post, PostInput, SourceKind, StoredThread, Thread, ThreadState, Verdict
from tests.classifier.fakes import HashEmbedder

START = datetime(2024, 1, 5, 9, 30, tzinfo=UTC)
SUBJECTS = {
    "soil": "compost clay earth drainage mulch humus peat loam",
    "bread": "flour yeast dough oven crust loaf rye bake",
    "pests": "aphid slug snail mildew beetle moth weevil spray",
    "boats": "anchor sail mast rudder keel deck harbour rope",
}
TAXONOMY = Taxonomy(
    "test",
    "1",
    False,
    tuple(Label(f"all/{leaf}", "challenge", leaf, words, True) for leaf, words in SUBJECTS.items()),
)
BUNDLE = "bundle-1"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_stage, "_THREADS_AT_ONCE", 4)


def _thread(number: int, subject: str, replies: int = 0) -> Thread:
    words = SUBJECTS[subject].split()
    own = "".join("abcdefghij"[int(digit)] for digit in str(number))
    body = " ".join([*words[number % 3 :], *words[: 3 + number % 2]]) + f" case{own}."
    moment = START + timedelta(days=9 * number)
    texts = [body, *["What a remark."] * replies]
    posts = tuple(Post(f"p{number}.{place}", place, moment, text) for place, text in enumerate(texts, 1))
    return Thread(f"t{number}", subject, f"http://forum.test/t/{number}", moment, posts)


def _save(db: Database, numbers: Sequence[int], subjects: Sequence[str] = ("soil", "bread")) -> int:
    source = ensure(db, SourceKind.FORUM, "http://forum.test").id
    for number in numbers:
        save_thread(db, source, _thread(number, subjects[number % len(subjects)]))
    return source


class WideEmbedder(HashEmbedder):
    """Bags of words, so wide that hardly two words fall on the same axis."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        super().encode(texts)
        out = np.zeros((len(texts), 4096), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                out[row, crc32(word.strip(".").encode()) % 4096] += 1.0
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


def _find(db: Database, **options: bool) -> TopicSummary:
    return find_topics(db, WideEmbedder(), TAXONOMY, **options)


def _topics_by_title(db: Database) -> dict[str, set[int]]:
    members = topic_members(db, current_topic_run(db) or "")
    found: dict[str, set[int]] = {}
    for thread in changed_threads(db, 0, 1000):
        if thread.id in members:
            found.setdefault(thread.title, set()).add(members[thread.id])
    return found


def _shown(db: Database) -> list[Topic]:
    return list_topics(db, current_topic_run(db) or "", BUNDLE, 100)


def test_topics_are_sought_once_and_nothing_is_done_where_nothing_changed(db: Database) -> None:
    _save(db, range(24))
    first = _find(db)
    assert (first.sought, first.threads, first.topics, first.outliers, first.fresh) == (True, 24, 2, 0, 2)
    assert current_topic_run(db) == first.run_id
    assert [topic.size for topic in _shown(db)] == [12, 12]
    run = topic_run(db, first.run_id)
    assert run is not None and (run.sought, run.outliers_found, run.next_topic) == (24, 0, 2)
    assert run.coherence is not None and run.diversity is not None
    for refresh in (False, True):
        idle = WideEmbedder(fail_after=0)
        again = find_topics(db, idle, TAXONOMY, refresh=refresh)
        assert (again.sought, again.placed, again.run_id, again.topics) == (False, 0, first.run_id, 2)


def test_a_new_thread_joins_the_nearest_topic_and_nothing_else_is_embedded(db: Database) -> None:
    _save(db, range(24))
    first = _find(db)
    _save(db, [24])
    embedder = WideEmbedder()
    summary = find_topics(db, embedder, TAXONOMY)
    assert (summary.sought, summary.placed, summary.threads, summary.run_id) == (False, 1, 25, first.run_id)
    assert len(embedder.seen) == 1
    assert all(len(topics) == 1 for topics in _topics_by_title(db).values())
    assert sorted(topic.size for topic in _shown(db)) == [12, 13]


def test_every_thread_lies_on_the_map_by_its_topic_and_a_deleted_one_does_not(db: Database) -> None:
    source = _save(db, range(24))
    _find(db)
    _save(db, [24])
    run = _find(db).run_id
    drawn = topic_map(db, run, 100)
    assert (drawn.total, len(drawn.points)) == (25, 25)
    middles = {topic.id: topic.point for topic in _shown(db)}
    assert None not in middles.values()
    for one in drawn.points:
        assert min(middles, key=lambda topic: math.dist(one.point, middles[topic])) == one.topic
    set_thread_state(db, source, "t24", ThreadState.DELETED)
    assert topic_map(db, run, 100).total == 24


def test_what_is_near_no_topic_becomes_an_outlier(db: Database) -> None:
    source = _save(db, range(24))
    _find(db)
    save_thread(db, source, replace(_thread(99, "boats"), title="Harbour"))
    assert _find(db).outliers == 1
    assert _topics_by_title(db)["Harbour"] == {OUTLIERS}
    assert [(topic.id, topic.size) for topic in _shown(db)][-1] == (OUTLIERS, 1)


def test_a_reply_moves_nothing_and_an_edit_moves_its_thread(db: Database) -> None:
    source = _save(db, range(24))
    _find(db)
    before = _topics_by_title(db)
    save_thread(db, source, _thread(0, "soil", replies=2))
    assert (_find(db).placed, _topics_by_title(db)) == (0, before)
    save_thread(db, source, replace(_thread(0, "bread"), title="Edited"))
    assert _find(db).placed == 1
    assert _topics_by_title(db)["Edited"] == before["bread"]


def test_a_thread_that_is_gone_leaves_its_topic(db: Database) -> None:
    source = _save(db, range(24))
    _find(db)
    shown = {topic.id: topic for topic in _shown(db)}
    ids = {thread.id: thread for thread in changed_threads(db, 0, 1000)}
    gone = shown[0].representatives[0]
    external = next(post.input.id for post in ids[gone].posts).split(".")[0].replace("p", "t")
    set_thread_state(db, source, external, ThreadState.DELETED)
    for after in ({topic.id: topic for topic in _shown(db)}, _find(db) and {topic.id: topic for topic in _shown(db)}):
        assert (after[0].size, after[1].size) == (shown[0].size - 1, shown[1].size)
        assert after[0].representatives == shown[0].representatives[1:]


def test_a_thread_without_a_post_left_leaves_its_topic(db: Database) -> None:
    source = _save(db, range(24))
    before = _find(db)
    save_thread(db, source, replace(_thread(0, "soil"), posts=()))
    assert (_find(db).placed, _find(db).placed) == (1, 0)
    assert _find(db).threads == before.threads - 1


def test_the_vector_of_an_opening_without_its_template_goes_with_the_post(db: Database) -> None:
    source = ensure(db, SourceKind.FORUM, "http://forum.test").id
    form = "### Describe the trouble that you have seen in detail\n\n"
    for number in range(25):
        plain = _thread(number, ("soil", "bread")[number % 2])
        save_thread(db, source, replace(plain, posts=(replace(plain.posts[0], body=form + plain.posts[0].body),)))
        if number == 23:
            find_topics(db, CachedEmbedder(WideEmbedder(), db), TAXONOMY)
    find_topics(db, CachedEmbedder(WideEmbedder(), db), TAXONOMY)
    leaves = len(TAXONOMY.leaves)
    assert counts(db, None).vectors == 25 + leaves
    set_thread_state(db, source, "t0", ThreadState.DELETED)
    assert counts(db, None).vectors == 24 + leaves
    set_thread_state(db, source, "t24", ThreadState.DELETED)
    assert counts(db, None).vectors == 23 + leaves


def test_topics_are_sought_anew_when_a_tenth_changed_and_keep_their_ids(db: Database) -> None:
    _save(db, range(40))
    first = _find(db)
    before = _topics_by_title(db)
    _save(db, range(1000, 1003))
    assert not _find(db).sought, "3 of 40 are less than a tenth"
    source = _save(db, [])
    for number in range(2000, 2008):
        save_thread(db, source, _thread(number, "pests"))
    second = _find(db)
    assert (second.sought, second.kept, second.fresh, second.retired) == (True, 2, 1, 0)
    assert second.run_id != first.run_id
    assert _topics_by_title(db) == before | {"pests": {2}}

    for number in range(0, 40, 2):
        set_thread_state(db, source, f"t{number}", ThreadState.DELETED)
    for number in (1000, 1002):
        set_thread_state(db, source, f"t{number}", ThreadState.DELETED)
    third = _find(db)
    assert (third.sought, third.topics, third.kept, third.fresh) == (True, 2, 2, 0)
    for number in range(3000, 3010):
        save_thread(db, source, _thread(number, "boats"))
    assert _find(db).fresh == 1
    assert _topics_by_title(db) == {
        "bread": before["bread"],
        "pests": {2},
        "boats": {3},
    }, "the id of the topic that is gone is not used again"


def test_refresh_seeks_anew_for_a_single_change(db: Database) -> None:
    _save(db, range(40))
    first = _find(db)
    _save(db, [40])
    second = _find(db, refresh=True)
    assert (second.sought, second.kept, second.fresh) == (True, 2, 0)
    assert second.run_id != first.run_id
    assert not _find(db, refresh=True).sought


def test_the_same_store_gives_the_same_run(db: Database, tmp_path: Path) -> None:
    _save(db, range(24))
    with open_database(f"sqlite:///{tmp_path / 'other.db'}") as other:
        _save(other, range(24))
        assert _find(db) == _find(other)
        assert _shown(db) == _shown(other)


def test_topics_are_sought_anew_for_another_seed_taxonomy_or_encoder(db: Database) -> None:
    _save(db, range(24))
    fewer = replace(TAXONOMY, labels=TAXONOMY.labels[:2])
    found = [
        find_topics(db, WideEmbedder(), TAXONOMY),
        find_topics(db, WideEmbedder(precision="bfloat16"), TAXONOMY),
        find_topics(db, WideEmbedder(), TAXONOMY, seed=1),
        find_topics(db, WideEmbedder(), fewer),
        find_topics(db, WideEmbedder("r2"), TAXONOMY),
    ]
    assert [summary.sought for summary in found] == [True, False, True, True, True]
    assert len({summary.run_id for summary in found}) == 4
    assert all(summary.kept == 2 for summary in found[2:]), "ids stay all the same"


def test_lines_of_a_template_do_not_decide(db: Database) -> None:
    source = ensure(db, SourceKind.FORUM, "http://forum.test").id
    form = "### Describe the trouble that you have seen in detail\n\nWhich version of the garden have you got\n\n"
    for number in range(24):
        plain = _thread(number, ("soil", "bread")[number % 2])
        save_thread(db, source, replace(plain, posts=(replace(plain.posts[0], body=form + plain.posts[0].body),)))
    embedder = WideEmbedder()
    find_topics(db, embedder, TAXONOMY)
    assert not any("Describe" in text or "version" in text for text in embedder.seen)
    assert all(len(topics) == 1 for topics in _topics_by_title(db).values())
    late = _thread(50, "soil")
    save_thread(db, source, replace(late, posts=(replace(late.posts[0], body=form + late.posts[0].body),)))
    embedder = WideEmbedder()
    assert not find_topics(db, embedder, TAXONOMY).sought
    assert [text.splitlines()[-1] for text in embedder.seen] == [topic_text(_input(late)).splitlines()[-1]]
    assert all(len(topics) == 1 for topics in _topics_by_title(db).values())


@pytest.mark.parametrize("lives", [0, 3, 7])
def test_a_killed_placing_goes_on_where_it_was(db: Database, lives: int) -> None:
    source = _save(db, range(200))
    first = _find(db)
    for number in range(300, 312):
        save_thread(db, source, _thread(number, "soil"))
    with pytest.raises(KeyboardInterrupt):
        find_topics(db, WideEmbedder(fail_after=lives), TAXONOMY)
    summary = _find(db)
    assert (summary.run_id, summary.threads) == (first.run_id, 212)
    assert 12 - lives <= summary.placed <= 12
    assert len(_topics_by_title(db)["soil"]) == 1


def test_a_topic_that_no_label_fits_is_a_new_theme(db: Database) -> None:
    _save(db, range(24))
    _find(db)
    assert [topic.new_theme for topic in _shown(db)] == [None, None], "nothing is labelled yet"
    items = [(thread, [_said(thread)]) for thread in changed_threads(db, 0, 1000)]
    save_thread_assignments(db, BUNDLE, "assign", items)
    set_current_bundle(db, BUNDLE)
    shown = {topic.new_theme: topic for topic in _shown(db)}
    assert set(shown) == {True, False}
    known, new = shown[False], shown[True]
    assert (known.leading_label, known.leading_share, known.unlabelled) == ("all/soil", 1.0, 0.0)
    assert known.label_fit == known.label_confidence == pytest.approx(0.9)
    assert known.name.endswith(" (all/soil)")
    assert (new.label_fit, new.unlabelled, new.leading_label) == (0.0, 1.0, "")
    assert "(" not in new.name and new.name


def test_an_empty_store_has_no_topics(db: Database) -> None:
    summary = _find(db)
    assert (summary.threads, summary.topics, summary.outliers) == (0, 0, 0)
    _save(db, range(12))
    assert (_find(db).sought, _find(db).topics) == (True, 2)


def _said(thread: StoredThread) -> Assignment:
    post = thread.posts[0]
    labels = (("all/soil", 0.9),) if "soil" in thread.title else ()
    return Assignment(post.id, post.input_hash, Verdict.LABELLED if labels else Verdict.NONE, labels)


def _input(thread: Thread) -> PostInput:
    return PostInput(id="", title=thread.title, body=thread.posts[0].body)
