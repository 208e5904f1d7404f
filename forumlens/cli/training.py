"""What a fit learns from: files of labelled rows, and what comes along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.rows import read_examples
from classifier.taxonomy import Taxonomy
from forumlens.cli.output import say
from labeled import files
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
        return f"{len(self.examples)} examples{real}"


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
