from collections.abc import Sequence

import numpy as np
import pytest

from classifier.topics import OUTLIERS, TopicSettings, Vectors, discover, topic_text
from store.values import PostInput

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


def _leaf_vectors() -> Vectors:
    return np.stack([_axis(theme) for theme in range(len(LEAVES))])


def _agree(members: Sequence[int], truth: Sequence[int]) -> bool:
    """Whether two groupings are the same but for the groups' numbers."""
    return len(set(zip(members, truth, strict=True))) == len(set(truth)) == len(set(members))


@pytest.mark.parametrize("each", [40, 5])
def test_themes_become_topics_with_words_members_and_a_label(each: int) -> None:
    docs, vectors, truth = _corpus(each)
    ids = [1000 + place for place in range(len(docs))]
    topics, members = discover(ids, docs, vectors, LEAVES, _leaf_vectors(), seed=1)

    assert _agree(members, truth)
    assert [topic.id for topic in topics] == [0, 1, 2]
    for topic in topics:
        inside = [place for place, member in enumerate(members) if member == topic.id]
        theme = LEAVES[truth[inside[0]]]
        assert topic.size == len(inside) == each
        assert set(topic.representatives) <= {ids[place] for place in inside}
        assert 0 < len(topic.representatives) <= 5
        assert topic.nearest_label == theme
        assert topic.nearest_cosine > 0.9
        assert topic.keywords[0].split()[0] in THEMES[theme].split()
        assert len(set(topic.keywords)) == len(topic.keywords)


@pytest.mark.parametrize("small", [30, 500])
def test_same_seed_same_topics(small: int) -> None:
    """By density as by linkage: `small` is the size below which threads are linked."""
    docs, vectors, truth = _corpus(40, strays=3)
    settings = TopicSettings(small=small)
    runs = [discover(range(len(docs)), docs, vectors, LEAVES, _leaf_vectors(), 7, settings) for _ in range(2)]
    assert runs[0] == runs[1]
    members = [topic for topic in runs[0][1] if topic != OUTLIERS]
    assert len(set(members)) >= len(set(truth) - {OUTLIERS})


def test_rounding_of_the_vectors_does_not_move_the_topics_of_a_small_corpus() -> None:
    docs, vectors, _ = _corpus(30)
    rounded = vectors.astype(np.float16).astype(np.float32)
    members = [discover(range(len(docs)), docs, each, LEAVES, _leaf_vectors())[1] for each in (vectors, rounded)]
    assert members[0] == members[1]


def test_code_words_stay_whole() -> None:
    docs, vectors, _ = _corpus(40)
    topics, _ = discover(range(len(docs)), docs, vectors, LEAVES, _leaf_vectors(), seed=1)
    words = {word for topic in topics for phrase in topic.keywords for word in phrase.split()}
    assert words & {"gradient_checkpointing", "special_tokens"}
    assert not words & {"our", "at", "that", "after"}


def test_what_is_near_no_topic_is_an_outlier_and_listed_last() -> None:
    docs, vectors, _ = _corpus(5, strays=2)
    topics, members = discover(range(len(docs)), docs, vectors, LEAVES, _leaf_vectors())
    assert [place for place, member in enumerate(members) if member == OUTLIERS] == [15, 16]
    assert (topics[-1].id, topics[-1].size, topics[-1].keywords, topics[-1].nearest_label) == (OUTLIERS, 2, (), "")


def test_bigger_topics_come_first() -> None:
    docs, vectors, truth = _corpus(6)
    kept = [place for place, theme in enumerate(truth) if theme != 0 or place < 3]
    topics, _ = discover(kept, [docs[p] for p in kept], vectors[kept], LEAVES, _leaf_vectors())
    assert [topic.size for topic in topics] == [6, 6, 3]
    assert [topic.nearest_label for topic in topics] == ["tokens", "spaces", "memory"]


def test_too_little_to_group() -> None:
    docs, vectors, _ = _corpus(1)
    assert discover([], [], vectors[:0], LEAVES, _leaf_vectors()) == ([], [])
    topics, members = discover([7, 8], docs[:2], vectors[:2], LEAVES, _leaf_vectors())
    assert members == [OUTLIERS, OUTLIERS]
    assert [topic.size for topic in topics] == [2]


def test_texts_without_words_are_grouped_all_the_same() -> None:
    _, vectors, truth = _corpus(5)
    topics, members = discover(range(15), ["of the"] * 14 + ["? !"], vectors, LEAVES, _leaf_vectors())
    assert _agree(members, truth)
    topics, members = discover(range(15), [""] * 15, vectors, LEAVES, _leaf_vectors())
    assert set(members) == {OUTLIERS}
    assert topics[0].size == 15


def test_lengths_must_agree() -> None:
    docs, vectors, _ = _corpus(2)
    with pytest.raises(ValueError, match="give one of each"):
        discover(range(5), docs, vectors, LEAVES, _leaf_vectors())
    with pytest.raises(ValueError, match="one vector for each"):
        discover(range(6), docs, vectors, LEAVES[:1], _leaf_vectors())


def test_topic_text_holds_title_and_prose() -> None:
    text = topic_text(PostInput(id="1", title="Out of memory", body="It stops at step 3.\n```\nx = 1\n```"))
    assert "Out of memory" in text
    assert "step 3" in text
    assert "x = 1" not in text
