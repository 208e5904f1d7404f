from collections.abc import Sequence

import numpy as np
import pytest

from classifier.clusters import Vectors
from classifier.matching import Earlier
from classifier.topic_settings import TopicSettings
from classifier.topics import Leaves, discover
from store.topic_values import OUTLIERS

THEMES = {
    "memory": "cuda gpu memory batch allocation vram offload gradient_checkpointing",
    "tokens": "tokenizer padding token vocabulary truncation encode special_tokens merges",
    "spaces": "gradio space deploy build restart dockerfile hardware secrets",
}
FILLER = ["today", "our", "team", "looked", "again", "at", "something", "that", "happened", "after", "lunch"]
LEAVES = tuple(THEMES)


def _axis(theme: int) -> Vectors:
    axis = np.zeros(24, dtype=np.float32)
    axis[theme] = 1.0
    return axis


def _corpus(each: int, strays: int = 0) -> tuple[list[str], Vectors, list[int]]:
    """Docs of three themes and strays of none: a doc's vector lies near its theme's axis."""
    rng = np.random.default_rng(3)
    docs, vectors, truth = [], [], []
    for theme, words in enumerate(THEMES.values()):
        for _ in range(each):
            docs.append(" ".join([*rng.choice(words.split(), 6), *rng.choice(FILLER, 3)]))
            vectors.append(_axis(theme) + rng.normal(0, 0.08, 24))
            truth.append(theme)
    for stray in range(strays):
        docs.append(f"stray{stray} remark")
        vectors.append(-_axis(5 + stray))
        truth.append(OUTLIERS)
    found = np.asarray(vectors, dtype=np.float32)
    return docs, found / np.linalg.norm(found, axis=1, keepdims=True), truth


def _leaves() -> Leaves:
    return Leaves(LEAVES, np.stack([_axis(theme) for theme in range(len(LEAVES))]))


def _agree(members: Sequence[int], truth: Sequence[int]) -> bool:
    """Whether two groupings are the same but for the groups' numbers."""
    return len(set(zip(members, truth, strict=True))) == len(set(truth)) == len(set(members))


@pytest.mark.parametrize("each", [40, 5])
def test_themes_become_topics_with_words_members_and_a_label(each: int) -> None:
    docs, vectors, truth = _corpus(each)
    ids = [1000 + place for place in range(len(docs))]
    found = discover(ids, docs, vectors, _leaves(), seed=1)

    assert _agree(found.members, truth)
    assert [topic.id for topic in found.topics] == [0, 1, 2]
    assert (found.outliers_found, found.next_id, found.kept) == (0, 3, frozenset())
    for topic in found.topics:
        inside = [place for place, member in enumerate(found.members) if member == topic.id]
        theme = LEAVES[truth[inside[0]]]
        assert topic.size == len(inside) == each
        assert set(topic.representatives) <= {ids[place] for place in inside}
        assert 0 < len(topic.representatives) <= 5
        assert topic.nearest_label == theme
        assert topic.nearest_cosine > 0.9
        assert topic.keywords[0].split()[0] in THEMES[theme].split()
        assert topic.name.startswith(topic.keywords[0])
        assert len(set(topic.keywords)) == len(topic.keywords)
        assert found.centres[topic.id] @ _axis(truth[inside[0]]) > 0.95


def test_words_of_one_theme_cohere_more_than_words_of_all() -> None:
    docs, vectors, _ = _corpus(40)
    apart = discover(range(120), docs, vectors, _leaves(), seed=1)
    assert apart.coherence is not None and apart.diversity is not None
    assert apart.coherence == pytest.approx(np.mean([topic.coherence for topic in apart.topics]))
    rng = np.random.default_rng(1)
    mixed = discover(range(120), docs, vectors[rng.permutation(120)], _leaves(), seed=1)
    assert mixed.coherence is not None and mixed.diversity is not None
    assert apart.coherence > mixed.coherence + 0.1
    assert apart.diversity > mixed.diversity


@pytest.mark.parametrize("small", [30, 500])
def test_same_seed_same_topics_in_whatever_order(small: int) -> None:
    """By density as by linkage: `small` is the size below which threads are linked."""
    docs, vectors, truth = _corpus(40, strays=3)
    settings = TopicSettings(small=small)
    first = discover(range(len(docs)), docs, vectors, _leaves(), 7, settings)
    order = np.random.default_rng(5).permutation(len(docs)).tolist()
    other = discover(order, [docs[place] for place in order], vectors[order], _leaves(), 7, settings)
    assert first.topics == other.topics
    assert [first.members[place] for place in order] == other.members
    members = [topic for topic in first.members if topic != OUTLIERS]
    assert len(set(members)) >= len(set(truth) - {OUTLIERS})


@pytest.mark.parametrize("small", [30, 500])
def test_ids_stay_when_the_corpus_grows(small: int) -> None:
    docs, vectors, truth = _corpus(40)
    settings = TopicSettings(small=small)
    early = [place for place, theme in enumerate(truth) if theme != 1][10:70]
    before = discover(early, [docs[p] for p in early], vectors[early], _leaves(), 7, settings)
    earlier = Earlier(dict(zip(early, before.members, strict=True)), before.centres, before.next_id)
    order = np.random.default_rng(2).permutation(120).tolist()
    after = discover(order, [docs[p] for p in order], vectors[order], _leaves(), 7, settings, earlier)

    labels = {topic.id: topic.nearest_label for topic in before.topics if topic.id != OUTLIERS}
    now = {topic.id: topic.nearest_label for topic in after.topics if topic.id != OUTLIERS}
    assert set(labels.values()) == {LEAVES[0], LEAVES[2]}
    assert after.kept and all(now[topic] == labels[topic] for topic in after.kept)
    assert after.retired == set(labels) - after.kept
    assert {now[topic] for topic in now if topic >= before.next_id} >= {LEAVES[1]}
    if small == 500:  # linkage finds each theme as one topic
        assert after.kept == set(labels) == {0, 1}
        assert set(now) == {0, 1, 2}


def test_rounding_of_the_vectors_does_not_move_the_topics_of_a_small_corpus() -> None:
    docs, vectors, _ = _corpus(30)
    rounded = vectors.astype(np.float16).astype(np.float32)
    members = [discover(range(len(docs)), docs, each, _leaves()).members for each in (vectors, rounded)]
    assert members[0] == members[1]


def test_code_words_stay_whole() -> None:
    docs, vectors, _ = _corpus(40)
    found = discover(range(len(docs)), docs, vectors, _leaves(), seed=1)
    words = {word for topic in found.topics for phrase in topic.keywords for word in phrase.split()}
    assert words & {"gradient_checkpointing", "special_tokens"}
    assert not words & {"our", "at", "that", "after"}


def test_what_is_near_no_topic_is_an_outlier_and_listed_last() -> None:
    docs, vectors, _ = _corpus(5, strays=2)
    found = discover(range(len(docs)), docs, vectors, _leaves())
    assert [place for place, member in enumerate(found.members) if member == OUTLIERS] == [15, 16]
    last = found.topics[-1]
    assert (last.id, last.size, last.keywords, last.nearest_label, last.name) == (OUTLIERS, 2, (), "", "")
    assert OUTLIERS not in found.centres


def test_an_outlier_joins_the_nearest_topic_above_the_floor_only() -> None:
    docs, vectors, _ = _corpus(5)
    lean = _axis(0) * 0.25 - _axis(20) * 0.97
    vectors = np.vstack([vectors, lean / np.linalg.norm(lean)])
    for floor, expected in ((0.1, 0), (0.45, OUTLIERS)):
        settings = TopicSettings(small_outlier_cosine=floor)
        found = discover(range(16), [*docs, "a remark"], vectors, _leaves(), settings=settings)
        assert found.outliers_found == 1
        assert (found.members[15] == found.members[0]) == (expected != OUTLIERS)


def test_bigger_topics_come_first() -> None:
    docs, vectors, truth = _corpus(6)
    kept = [place for place, theme in enumerate(truth) if theme != 0 or place < 3]
    found = discover(kept, [docs[p] for p in kept], vectors[kept], _leaves())
    assert [topic.size for topic in found.topics] == [6, 6, 3]
    assert [topic.nearest_label for topic in found.topics] == ["tokens", "spaces", "memory"]


def test_too_little_to_group() -> None:
    docs, vectors, _ = _corpus(1)
    nothing = discover([], [], vectors[:0], _leaves())
    assert (nothing.topics, nothing.members, nothing.coherence, nothing.diversity) == ([], [], None, None)
    found = discover([7, 8], docs[:2], vectors[:2], _leaves())
    assert found.members == [OUTLIERS, OUTLIERS]
    assert [topic.size for topic in found.topics] == [2]


def test_texts_without_words_are_grouped_all_the_same() -> None:
    _, vectors, truth = _corpus(5)
    found = discover(range(15), ["of the"] * 14 + ["? !"], vectors, _leaves())
    assert _agree(found.members, truth)
    found = discover(range(15), [""] * 15, vectors, _leaves())
    assert set(found.members) == {OUTLIERS}
    assert found.topics[0].size == 15


def test_lengths_must_agree() -> None:
    docs, vectors, _ = _corpus(2)
    with pytest.raises(ValueError, match="give one of each"):
        discover(range(5), docs, vectors, _leaves())
    with pytest.raises(ValueError, match="one vector for each"):
        Leaves(LEAVES[:1], _leaves().vectors)
