"""The cache of text vectors, one per encoder and text hash."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from more_itertools import chunked
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from store.database import Database
from store.purge import forget_hashes
from store.schema import encoders, post_texts, vectors

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


def save_post_texts(db: Database, stage: str, pairs: Mapping[int, Collection[bytes]]) -> None:
    """Note which text hashes a stage makes of each post's text, in place of what it noted before.

    Must come before the vectors of those texts are saved: a vector whose post is not known outlives its post. Vectors
    of texts that no post has any more are deleted.
    """
    wanted = {(post, key) for post, keys in pairs.items() for key in keys}
    mine = post_texts.c.stage == stage
    with db.write() as connection:
        known: set[tuple[int, bytes]] = set()
        for some in chunked(pairs, _BATCH):
            rows = connection.execute(select(post_texts).where(mine, post_texts.c.post_id.in_(some)))
            known |= {(row.post_id, row.text_hash) for row in rows}
        gone = known - wanted
        for post, key in sorted(gone):
            this = post_texts.c.post_id == post, post_texts.c.text_hash == key
            connection.execute(delete(post_texts).where(mine, *this))
        new = [{"post_id": post, "stage": stage, "text_hash": key} for post, key in sorted(wanted - known)]
        db.upsert(connection, post_texts, new, ["post_id", "stage", "text_hash"])
        forget_hashes(connection, [key for _, key in gone])
