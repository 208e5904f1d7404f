"""Makes the pictures of the README from the bundled sample: run it in a folder where `forumlens run` has been run.

python docs/make_pictures.py docs/images
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

COLUMNS = 96
COMMANDS = [
    "forumlens run --no-serve 2>/dev/null",
    "forumlens trends --category training-pipeline --family bert --from 2024-07 --to 2025-01",
]
# Without the font that rich takes from a CDN: the picture stands alone.
SVG_FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def picture(commands: list[str], path: Path) -> None:
    """Run commands in a shell and draw what they print as a terminal."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    for command in commands:
        out = subprocess.run(
            command, shell=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
        )
        console.print(Text(f"$ {command.removesuffix(' 2>/dev/null')}", style="bold green"))
        console.print(Text.from_ansi(out.stdout.decode()))
    path.write_text(console.export_svg(title="forumlens (authored sample)", code_format=SVG_FORMAT), encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    picture(COMMANDS, folder / "terminal.svg")
