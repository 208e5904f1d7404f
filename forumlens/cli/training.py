"""What a fit learns from: files of labelled rows, and what comes along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.reviewed import REVIEWS, reviewed_posts
from classifier.rows import read_examples
from classifier.taxonomy import Taxonomy
from forumlens.cli.output import say
from labeled import files
from store.database import Database
from store.values import Example

if TYPE_CHECKING:
    from classifier.embedder import Embedder
    from classifier.real import RealLayer

AUTHORED, REAL, BUNDLED = "authored", "real", "bundled"


@dataclass(frozen=True, slots=True)
class Training:
    """Examples with their text, and real posts without."""

    examples: list[Example]
    real: RealLayer | None

    def __str__(self) -> str:
        real = f", {len(self.real.rows)} real posts" if self.real else ""
        reviews = sum(example.post.source.startswith(REVIEWS) for example in self.examples)
        told = f", {reviews} of them reviews" if reviews else ""
        return f"{len(self.examples)} examples{told}{real}"


def load_training(wanted: Sequence[str], taxonomy: Taxonomy, encoder: Embedder) -> Training:
    """Rows of files that are named, or of the words `authored`, `real`, `bundled` (both; also where nothing is named).

    Raises RealError where `real` is named and there are no vectors by this encoder; for `bundled` that is said only.
    """
    from classifier.real import find_vectors, read_layer  # scikit-learn takes seconds to import

    names = list(dict.fromkeys(wanted or [BUNDLED]))
    folder = files.real_folder()
    real = REAL in names
    if BUNDLED in names and not real:
        real = find_vectors(folder, encoder.key) is not None
        if not real:
            say(
                f"The real posts are left out: no vectors of them by {encoder.key.partition('|')[0]} come along. "
                "It is learned from authored examples only."
            )
    authored = {AUTHORED, BUNDLED} & set(names)
    paths = [files.examples()] if authored else []
    paths += [Path(name) for name in names if name not in (AUTHORED, REAL, BUNDLED)]
    examples = [example for path in paths for example in read_examples(path, taxonomy)]
    return Training(examples, read_layer(folder, taxonomy, encoder.key) if real else None)


def with_reviews(db: Database, rows: Training, taxonomy: Taxonomy) -> Training:
    """The rows and what people said of the store's posts; labels that the taxonomy does not have are told of."""
    leaves = {leaf.id for leaf in taxonomy.leaves}
    reviewed = [one.example for one in reviewed_posts(db)]
    known = [example for example in reviewed if leaves.issuperset(example.labels)]
    if len(known) < len(reviewed):
        say(f"{len(reviewed) - len(known)} reviewed posts are left out: their labels are not in {taxonomy.ref}.")
    there = {example.post.id for example in rows.examples}
    return replace(rows, examples=[*rows.examples, *(example for example in known if example.post.id not in there)])
