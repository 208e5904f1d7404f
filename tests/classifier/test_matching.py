from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.clusters import Vectors
from classifier.matching import Earlier, match_topics
from store.topic_values import OUTLIERS

MEMBERS = st.dictionaries(st.integers(0, 40), st.integers(OUTLIERS, 5), max_size=30)


def _axes(*axes: int) -> Vectors:
    vectors = np.zeros((len(axes), 50), dtype=np.float32)
    vectors[range(len(axes)), axes] = 1.0
    return vectors


def _numbered(members: dict[int, int]) -> tuple[dict[int, int], int]:
    """Clusters as `match_topics` wants them, from 0 without gaps; and how many."""
    names = sorted(set(members.values()) - {OUTLIERS})
    renamed = {old: new for new, old in enumerate(names)} | {OUTLIERS: OUTLIERS}
    return {thread: renamed[cluster] for thread, cluster in members.items()}, len(names)


def test_a_first_run_numbers_from_nought() -> None:
    matched = match_topics({1: 0, 2: 1, 3: OUTLIERS}, _axes(0, 1), Earlier())
    assert (matched.ids, matched.next_id) == ((0, 1), 2)
    assert not matched.kept and not matched.retired


def test_shared_threads_decide_and_centres_do_not() -> None:
    earlier = Earlier({1: 7, 2: 7, 3: 9, 4: 9}, {7: _axes(1)[0], 9: _axes(0)[0]}, 12)
    matched = match_topics({1: 0, 2: 0, 3: 1, 4: 1, 5: 1}, _axes(0, 1), earlier)
    assert (matched.ids, matched.next_id) == ((7, 9), 12)


def test_threads_that_are_new_or_gone_do_not_count_against_a_topic() -> None:
    earlier = Earlier(dict.fromkeys([1, 2, *range(100, 150)], 4), {}, 5)
    grown = {1: 0, 2: 0} | dict.fromkeys(range(200, 300), 0)
    assert match_topics(grown, _axes(0), earlier).ids == (4,)


def test_of_two_that_a_topic_fell_into_the_bigger_keeps_its_id() -> None:
    earlier = Earlier(dict.fromkeys(range(10), 3), {}, 4)
    matched = match_topics({thread: int(thread < 4) for thread in range(10)}, _axes(0, 1), earlier)
    assert matched.ids == (3, 4)
    assert matched.kept == {3}


def test_of_two_that_became_one_the_bigger_goes_on_and_the_other_is_retired_for_good() -> None:
    earlier = Earlier(dict.fromkeys(range(6), 0) | dict.fromkeys(range(6, 10), 1), {}, 2)
    matched = match_topics(dict.fromkeys(range(10), 0), _axes(0), earlier)
    assert (matched.ids, matched.retired, matched.next_id) == ((0,), {1}, 2)
    later = match_topics({20: 0}, _axes(9), Earlier(dict.fromkeys(range(10), 0), {}, matched.next_id))
    assert (later.ids, later.retired) == ((2,), {0}), "1 does not come back"


def test_without_shared_threads_the_centre_decides() -> None:
    earlier = Earlier({1: 5, 2: 6}, {5: _axes(0)[0], 6: _axes(1)[0]}, 7)
    near = np.array([[0.99, 0.1] + [0.0] * 48, [0.5, 0.5] + [0.0] * 48], dtype=np.float32)
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    assert match_topics({11: 0, 12: 1}, near, earlier).ids == (5, 7)


def test_a_slight_overlap_is_no_continuation() -> None:
    earlier = Earlier({thread: thread // 10 for thread in range(40)}, {}, 4)
    mixed = match_topics({thread: thread % 4 for thread in range(40)}, _axes(0, 1, 2, 3), earlier)
    assert mixed.ids == (4, 5, 6, 7)
    assert mixed.retired == {0, 1, 2, 3}


@given(MEMBERS, st.integers(0, 3))
def test_the_same_clusters_keep_their_ids(members: dict[int, int], gap: int) -> None:
    now, clusters = _numbered(members)
    names = [10 * cluster + gap for cluster in range(clusters)]
    before = {thread: OUTLIERS if cluster == OUTLIERS else names[cluster] for thread, cluster in now.items()}
    matched = match_topics(now, _axes(*range(clusters)), Earlier(before, {}, 100))
    assert matched.ids == tuple(names)
    assert (matched.retired, matched.next_id) == (frozenset(), 100)


@given(MEMBERS, MEMBERS, st.integers(0, 9), st.booleans())
def test_ids_are_unique_and_never_used_again(
    now: dict[int, int], before: dict[int, int], used: int, centred: bool
) -> None:
    now, clusters = _numbered(now)
    old = set(before.values()) - {OUTLIERS}
    next_id = max(old, default=OUTLIERS) + 1 + used
    centres = {topic: _axes(topic)[0] for topic in old} if centred else {}
    matched = match_topics(now, _axes(*range(clusters)), Earlier(before, centres, next_id))
    assert len(set(matched.ids)) == len(matched.ids) == clusters
    assert OUTLIERS not in matched.ids
    assert matched.kept == set(matched.ids) & old
    assert matched.retired == old - set(matched.ids)
    fresh = set(matched.ids) - old
    assert fresh == set(range(next_id, next_id + len(fresh)))
    assert matched.next_id == next_id + len(fresh)


@given(MEMBERS, MEMBERS, st.randoms(use_true_random=False))
def test_the_order_of_threads_does_not_matter(now: dict[int, int], before: dict[int, int], random: Random) -> None:
    now, clusters = _numbered(now)
    shuffled = list(now.items())
    random.shuffle(shuffled)
    first, second = (
        match_topics(given_order, _axes(*range(clusters)), Earlier(before, {}, 10))
        for given_order in (now, dict(shuffled))
    )
    assert first == second


def test_an_id_above_the_next_is_not_given_again() -> None:
    assert match_topics({1: 0}, _axes(0), Earlier({9: 5}, {}, 2)).ids == (6,)


@pytest.mark.parametrize("clusters", [0, 2])
def test_nothing_before_and_nothing_now(clusters: int) -> None:
    centres = _axes(*range(clusters))
    matched = match_topics({}, centres, Earlier())
    assert matched.ids == tuple(range(clusters))
