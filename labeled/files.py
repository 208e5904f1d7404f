"""Where the files bundled with this package are, in a checkout and in an installed wheel alike.

Each function returns a path that can be opened for reading. Nothing is parsed here: the rooms that use a file read it.
"""

from importlib.resources import files
from pathlib import Path


def taxonomy() -> Path:
    """Path of `taxonomy.toml`: the labels, their kinds and definitions."""
    return _bundled("taxonomy.toml")


def examples() -> Path:
    """Path of `examples.jsonl`: authored, labelled posts, one JSON object a line."""
    return _bundled("examples.jsonl")


def real_folder() -> Path:
    """Folder of the real posts without their text: `real.jsonl`, and what was made of their texts."""
    return _bundled("taxonomy.toml").parent


def causes() -> Path:
    """Path of `causes.toml`: root causes of answered questions."""
    return _bundled("causes.toml")


def cause_examples() -> Path:
    """Path of `cause_examples.jsonl`: authored answers under their questions, each with its root cause."""
    return _bundled("cause_examples.jsonl")


def real_causes() -> Path:
    """Path of `real_causes.jsonl`: where real answers are, with two readings of their root causes."""
    return _bundled("real_causes.jsonl")


def advice() -> Path:
    """Path of `advice.toml`: what to do about a theme, for each stakeholder."""
    return _bundled("advice.toml")


def families() -> Path:
    """Path of `families.toml`: model families with their aliases and class-name prefixes."""
    return _bundled("families.toml")


def mention_sentences() -> Path:
    """Path of `mention_sentences.jsonl`: authored sentences with the model families that they speak of."""
    return _bundled("mention_sentences.jsonl")


def sample_forum() -> Path:
    """Path of the authored sample forum: one `/t/ID.json` body a line, gzipped."""
    return _bundled("sample", "forum.jsonl.gz")


def sample_hub() -> Path:
    """Path of the made-up sample Hub: one model row a line, gzipped."""
    return _bundled("sample", "hub.jsonl.gz")


def _bundled(*parts: str) -> Path:
    """Path of a bundled file.

    Raises:
        FileNotFoundError: the file is not there, as in an installation that left its data files out.
    """
    path = Path(str(files("labeled").joinpath(*parts)))
    if not path.is_file():
        raise FileNotFoundError(
            f"bundled file {'/'.join(parts)!r} is missing at {path}: reinstall forumlens, "
            "or restore the file from version control"
        )
    return path
