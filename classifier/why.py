"""Why a label was given, as far as single words tell: what each adds to the value of the linear model over words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from classifier.features import take_apart
from classifier.labels import LabelSpace
from classifier.words import WordModel
from store.values import Classification, PostInput, Reason

MOST = 10


def explain(
    model: WordModel, space: LabelSpace, posts: Sequence[PostInput], answers: Sequence[Classification]
) -> list[Classification]:
    """Answers with the terms that speak for each of their labels; a label may have none.

    The weight of a term is its TF-IDF value times its coefficient: the exact share that it has in the value of the
    words model. Pieces of words and what speaks against are left out, and other models have a say too.
    """
    terms = [term for some in model.vocabulary.terms[:1] for term in some]
    column = {leaf: index for index, leaf in enumerate(space.leaves)}
    rows = model.vocabulary.rows([take_apart(post).words for post in posts])
    explained = []
    for index, answer in enumerate(answers):
        row = rows[index]
        words = row.indices < len(terms)
        places, values = row.indices[words], row.data[words]
        reasons = []
        for label, _ in answer.labels:
            shares = values * model.linear.weights[places, column[label]]
            best = np.argsort(-shares, kind="stable")[:MOST]
            pairs = tuple((terms[places[i]], float(shares[i])) for i in best if shares[i] > 0)
            reasons.append(Reason(label, pairs))
        explained.append(replace(answer, reasons=tuple(reasons)))
    return explained
