"""The cache of text vectors, one per encoder and text hash."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from more_itertools import chunked
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from store.database import Database
from store.schema import encoders, vectors

_BATCH = 500
_STORED = np.dtype("<f4")


def load_vectors(db: Database, encoder_key: str, hashes: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
    """Vectors (float32, 1-d) that are stored for these text hashes; the others are left out."""
    found: dict[bytes, NDArray[np.float32]] = {}
    with db.read() as connection:
        encoder = connection.execute(select(encoders.c.id).where(encoders.c.key == encoder_key)).scalar()
        for some in chunked(hashes, _BATCH):
            rows = connection.execute(
                select(vectors.c.text_hash, vectors.c.data).where(
                    vectors.c.encoder_id == encoder, vectors.c.text_hash.in_(some)
                )
            )
            found |= {row.text_hash: np.frombuffer(row.data, _STORED).astype(np.float32) for row in rows}
    return found


def save_vectors(db: Database, encoder_key: str, hashes: Sequence[bytes], data: NDArray[np.float32]) -> None:
    """Store vectors (shape: texts x dimensions) under their text hashes."""
    with db.write() as connection:
        encoder = _encoder_id(db, connection, encoder_key)
        rows = [
            {"encoder_id": encoder, "text_hash": key, "data": vector.astype(_STORED).tobytes()}
            for key, vector in zip(hashes, data, strict=True)
        ]
        db.upsert(connection, vectors, rows, ["encoder_id", "text_hash"])


def _encoder_id(db: Database, connection: Connection, key: str) -> int:
    db.upsert(connection, encoders, [{"key": key}], ["key"])
    return int(connection.execute(select(encoders.c.id).where(encoders.c.key == key)).scalar_one())
