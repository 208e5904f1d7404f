"""The words of topics: which are counted, which tell a topic from the others, and what it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from store.topic_values import OUTLIERS

_TOKEN = r"(?u)\b[^\W\d_]\w+(?:[-.]\w+)*\b"
_MORE_STOP_WORDS = (
    "com", "couldn", "did", "didn", "does", "doesn", "don", "got", "hello", "hey", "hi", "http", "https", "isn",
    "just", "like", "ll", "need", "org", "please", "thank", "thanks", "try", "trying", "use", "used", "user", "using",
    "ve", "want", "wasn", "won", "wouldn", "www",
)  # fmt: skip
_NAME_WORDS = 3
_SAME_BEGINNING = 5


@dataclass(frozen=True, slots=True)
class TopicWords:
    """The words of a topic, best first: `phrases`, of one or two words, to be read; `words`, single, to be judged."""

    phrases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def word_counter(docs: Sequence[str]) -> CountVectorizer:
    """Counts words and pairs of words that several docs share. A name such as `from_pretrained` stays whole.

    The vocabulary is fixed beforehand since BERTopic counts in joined clusters, where a word that one traceback
    repeats fifty times looks as good as one that fifty people write.
    """
    least = 1 if len(docs) < 30 else 2 if len(docs) < 300 else 3 + len(docs) // 2000
    words: dict[str, Any] = {
        "stop_words": sorted(ENGLISH_STOP_WORDS.union(_MORE_STOP_WORDS)),
        "token_pattern": _TOKEN,
        "ngram_range": (1, 2),
    }
    try:
        vocabulary = CountVectorizer(min_df=least, max_features=50_000, **words).fit(docs).vocabulary_
    except ValueError:  # no such word; scikit-learn has no error of its own for it
        return CountVectorizer(token_pattern=r"\S+")
    return CountVectorizer(vocabulary=sorted(vocabulary), **words)


def word_reader(counter: CountVectorizer) -> Callable[[str], list[str]]:
    """A function from a doc to its words in order, without stop words, as `counter` reads them."""
    analyze = counter.build_analyzer()
    return lambda doc: [phrase for phrase in analyze(doc) if " " not in phrase]


def topic_words(
    docs: Sequence[str], members: Sequence[int], counter: CountVectorizer, most: int
) -> dict[int, TopicWords]:
    """Words of highest c-TF-IDF of each topic (Grootendorst, 2022, arXiv 2203.05794, section 3.3).

    A word counts 1 + log(n) in a doc that has it n times, which makes topics more coherent. BERTopic's `update_topics`
    would count pairs across the border between two posts.
    """
    from bertopic.vectorizers import ClassTfidfTransformer

    topics = sorted(set(members))
    place = {topic: row for row, topic in enumerate(topics)}
    rows = [place[topic] for topic in members]
    grouping = csr_matrix((np.ones(len(rows)), (rows, range(len(rows)))), shape=(len(topics), len(rows)))
    counts = counter.fit_transform(docs).astype(np.float64)
    counts.data = 1.0 + np.log(counts.data)
    by_topic = csr_matrix(grouping @ counts)
    weights = ClassTfidfTransformer().fit(by_topic).transform(by_topic)
    names = counter.get_feature_names_out()
    found = {}
    for topic in topics:
        if topic == OUTLIERS:
            continue
        row = weights[place[topic]].toarray().ravel()
        best = [str(names[column]) for column in np.argsort(-row, kind="stable") if row[column] > 0]
        words = tuple(phrase for phrase in best if " " not in phrase)[:most]
        found[topic] = TopicWords(_telling(best[: most * 3])[:most], words)
    return found


def short_name(phrases: Sequence[str]) -> str:
    """The first three phrases of which none begins like another: `tokens` beside `tokenizer` says little."""
    chosen: list[str] = []
    for phrase in phrases:
        beginnings = {word[:_SAME_BEGINNING] for word in phrase.split()}
        if all(beginnings.isdisjoint(word[:_SAME_BEGINNING] for word in other.split()) for other in chosen):
            chosen.append(phrase)
    return ", ".join(chosen[:_NAME_WORDS])


def _telling(phrases: Sequence[str]) -> tuple[str, ...]:
    """The phrases that say a new word; the others repeat what stands before them."""
    chosen: list[str] = []
    said: set[str] = set()
    for phrase in phrases:
        words = set(phrase.split())
        if not words <= said:
            chosen.append(phrase)
            said |= words
    return tuple(chosen)
