"""An embedder that remembers the last texts, in memory only."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from classifier.embedder import Embedder


class RecentEmbedder:
    """Wraps an embedder; keeps the vectors of the last texts under a hash of the text, never the text.

    Callers from several threads take turns, as tokenizers are not made for them.
    """

    def __init__(self, embedder: Embedder, vectors: int = 50_000) -> None:
        """vectors: how many are kept, of 4 bytes a dimension each."""
        self._embedder = embedder
        self._kept: LRUCache[bytes, NDArray[np.float32]] = LRUCache(vectors)
        self._lock = Lock()
        self.hits = 0
        self.misses = 0

    @property
    def key(self) -> str:
        """Key of the embedder within."""
        return self._embedder.key

    @property
    def device(self) -> str:
        """Device of the embedder within."""
        return self._embedder.device

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, shape [n, d]; only texts that are not remembered are computed."""
        keys = [blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest() for text in texts]
        with self._lock:
            found = {key: vector for key in keys if (vector := self._kept.get(key)) is not None}
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
            self.hits += len(keys) - len(missing)
            self.misses += len(missing)
            if missing or not texts:
                vectors = self._embedder.encode(list(missing.values()))
                if not texts:
                    return vectors
                found |= zip(missing, vectors, strict=True)
                self._kept.update(zip(missing, vectors, strict=True))
        return np.stack([found[key] for key in keys])
