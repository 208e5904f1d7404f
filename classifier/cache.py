"""An embedder that remembers: vectors are kept in the store, so no text is embedded twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.embedder import Embedder
from classifier.features import PREPROCESSING_VERSION
from store.database import Database
from store.text import text_hash
from store.vectors import load_vectors, save_vectors

_CHUNK = 128
"""Texts between two writes: what a kill can cost at most."""


class CachedEmbedder:
    """Wraps an embedder; its vectors are kept under the hash of their text and the encoder's key.

    `progress` is told how many texts were computed since it was last called.
    """

    def __init__(self, embedder: Embedder, db: Database, progress: Callable[[int], None] | None = None) -> None:
        self._embedder = embedder
        self._db = db
        self._progress = progress

    @property
    def key(self) -> str:
        """Key of the embedder within."""
        return self._embedder.key

    @property
    def device(self) -> str:
        """Device of the embedder within."""
        return self._embedder.device

    @property
    def cache_key(self) -> str:
        """Under which vectors are stored: encoder key and version of the preprocessing that made the texts."""
        return f"{self.key}|p{PREPROCESSING_VERSION}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, shape [n, d]; only texts that the store does not know are computed."""
        hashes = [text_hash(text) for text in texts]
        wanted = dict(zip(hashes, texts, strict=True))
        known = load_vectors(self._db, self.cache_key, list(wanted))
        # Like lengths together, as the embedder batches within a chunk only.
        missing = sorted((key for key in wanted if key not in known), key=lambda key: (-len(wanted[key]), key))
        for start in range(0, len(missing), _CHUNK):
            some = missing[start : start + _CHUNK]
            vectors = self._embedder.encode([wanted[key] for key in some])
            save_vectors(self._db, self.cache_key, some, vectors)
            known.update(zip(some, vectors, strict=True))
            if self._progress is not None:
                self._progress(len(some))
        if not hashes:
            return self._embedder.encode([])
        return np.stack([known[key] for key in hashes])
