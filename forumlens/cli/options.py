"""Flags that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from forumlens.cli.output import Format
from forumlens.cli.settings import Quality

DatabaseFlag = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="Store: sqlite:///FILE or postgresql://... \\[FORUMLENS_DATABASE_URL; default sqlite:///forumlens.db]",
        show_default=False,
    ),
]
BundleFlag = Annotated[
    Path | None,
    typer.Option(
        "--bundle", help="Folder of the fitted bundle. \\[FORUMLENS_BUNDLE; default bundle]", show_default=False
    ),
]
OutFlag = Annotated[
    Path | None,
    typer.Option("--out", help="File to write. \\[default: standard output]", show_default=False),
]
SinceFlag = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help="Only what was created on this day (UTC) or later."),
]
FormatFlag = Annotated[Format, typer.Option("--format", help="How to print the data.")]
FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
PortFlag = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0 takes a free one.")]
FamiliesFlag = Annotated[
    Path | None,
    typer.Option(
        "--families",
        exists=True,
        dir_okay=False,
        help="Own table of model families (TOML), read on top of the one that comes along. \\[FORUMLENS_FAMILIES]",
        show_default=False,
    ),
]
EncoderFlag = Annotated[
    str | None, typer.Option("--encoder", help="Name or path of an encoder. \\[FORUMLENS_ENCODER; default MiniLM]")
]
QualityFlag = Annotated[
    Quality | None,
    typer.Option(
        "--quality",
        help="Encoder where none is named: `default` is MiniLM; `best` is all-mpnet-base-v2, which takes about 8 times "
        "the arithmetic. \\[FORUMLENS_QUALITY]",
        show_default=False,
    ),
]
ExamplesFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--examples",
        help="Labelled rows (JSONL); repeatable. Words for what comes along: `authored` examples, `real` posts without "
        "their text, `bundled` for both. \\[default: bundled, unless --taxonomy is given]",
        show_default=False,
    ),
]


def utc(day: datetime | None) -> datetime | None:
    """A day that a person named, as its first moment in UTC."""
    return day.replace(tzinfo=UTC) if day else None


WebPortFlag = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port of the web page; 0 takes a free one. \\[default 8050]")
]
WebFlag = Annotated[bool | None, typer.Option("--web/--no-web", help="Show the web page too. \\[default: yes]")]
