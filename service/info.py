"""What GetModelInfo tells of a bundle: its manifest, the encoder that runs, and the limits of a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from forumlens.v1 import classification_pb2 as cpb
from service import limits
from service.convert import timestamp
from service.model import Model

_PACKAGES = ("grpcio", "numpy", "scikit-learn", "sentence-transformers", "torch")


def model_info(model: Model, waiting_posts: int) -> cpb.GetModelInfoResponse:
    """Describe the loaded bundle; what its manifest does not tell stays unset."""
    manifest = model.manifest
    encoder = _encoder(model)
    info = cpb.GetModelInfoResponse(
        bundle_id=model.id,
        taxonomy=model.taxonomy.ref,
        encoder=encoder.name,
        device=encoder.device,
        precision=encoder.precision,
        max_tokens=encoder.max_tokens,
        max_posts=limits.MAX_POSTS,
        max_body_chars=limits.MAX_BODY_CHARS,
        metrics=_metrics(manifest),
        version=version_of("forumlens"),
        data_hashes=_hashes(manifest),
        versions=_versions(manifest),
        max_call_chars=limits.MAX_CALL_CHARS,
        max_waiting_posts=waiting_posts,
    )
    fitted = _fit_time(manifest)
    if fitted is not None:
        info.fit_time.CopyFrom(timestamp(fitted))
    return info


@dataclass(frozen=True, slots=True)
class _Encoder:
    name: str
    device: str
    precision: str
    max_tokens: int


def _encoder(model: Model) -> _Encoder:
    """The encoder that runs; where the model does not show it, the one that the manifest names."""
    embedder = getattr(model, "embedder", None)
    key = str(getattr(embedder, "key", None) or model.manifest.get("encoder", {}).get("key", ""))
    # name|revision|precision|max length; a name that is a path may hold the separator itself
    name, revision, precision, length = [*key.rsplit("|", 3), "", "", ""][:4]
    return _Encoder(
        name=f"{name}@{revision}" if revision else name,
        device=str(getattr(embedder, "device", "")),
        precision=precision,
        max_tokens=int(length) if length.isdecimal() else 0,
    )


def _metrics(manifest: Mapping[str, Any]) -> dict[str, float]:
    """Held-out figures in one table: the micro-F1 of categories is `category_micro_f1`; single labels are left out."""
    return dict(_figures(manifest.get("metrics", {}).get("held_out", {}), ()))


def _figures(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    for name, value in table.items():
        if isinstance(value, Mapping) and name != "per_label":
            yield from _figures(value, (*path, name))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield "_".join((*path, name)), float(value)


def _fit_time(manifest: Mapping[str, Any]) -> datetime | None:
    text = manifest.get("fitted_at")
    if not isinstance(text, str):
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _hashes(manifest: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of the bundle's files by name, and of what it was fitted on by a name such as `data.real`."""
    hashes = dict(manifest.get("files", {}))
    for path, value in _leaves(manifest.get("data", {}), ("data",)):
        if path[-1] == "sha256":
            hashes[".".join(path[:-1])] = str(value)
    return hashes


def _leaves(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _versions(manifest: Mapping[str, Any]) -> dict[str, str]:
    here = {name: version_of(name) for name in _PACKAGES}
    return here | {"forumlens_at_fit": str(manifest.get("forumlens", "")), "format": str(manifest.get("format", ""))}


def version_of(package: str) -> str:
    """Version of an installed package, or `unknown`."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
