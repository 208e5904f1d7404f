"""The command line run within the test's process, as a script would call it."""

from __future__ import annotations

import pytest

from forumlens.cli import app as cli


def run_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `forumlens WORDS`."""
    monkeypatch.setattr("sys.argv", ["forumlens", *words])
    try:
        cli.main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    out, err = capsys.readouterr()
    return code, out, err
