"""Commands that collect from a live site into the store, or serve a dump as one: scrape, replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from starlette.types import ASGIApp

from forumlens.cli.forum import scrape_forum
from forumlens.cli.hub import scrape_hub
from forumlens.cli.options import FileArgument, PortFlag
from forumlens.cli.output import say
from scraper import replay

FaultsFlag = Annotated[
    int | None,
    typer.Option(
        "--faults",
        metavar="SEED",
        help="Fail, stall, lie and change while being read, the same way for the same seed.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    scrape = typer.Typer(help="Collect from a live forum or Hub, politely; what is there already is not read again.")
    scrape.command("forum")(scrape_forum)
    scrape.command("hub")(scrape_hub)
    replays = typer.Typer(help="Serve a dump on this machine as a Discourse or Hub with their real manners.")
    replays.command("forum")(replay_forum)
    replays.command("hub")(replay_hub)
    replays.command("tape")(replay_tape)
    for name, group in (("scrape", scrape), ("replay", replays)):
        app.add_typer(group, name=name, no_args_is_help=True)


def replay_forum(file: FileArgument, port: PortFlag = 8001, faults: FaultsFlag = None) -> None:
    """Serve raw /t/ID.json lines as a Discourse forum on this machine.

    Example: forumlens replay forum threads.jsonl.gz --port 8001
    """
    _replay(replay.forum_app(file, faults=_plan(faults)), port)


def replay_tape(folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)], port: PortFlag = 8003) -> None:
    """Serve what `scrape forum --record` wrote: each address gives its answers in the order in which they came.

    Example: forumlens replay tape tape/ --port 8003
    """
    _replay(replay.tape_app(folder), port)


def replay_hub(file: FileArgument, port: PortFlag = 8002, faults: FaultsFlag = None) -> None:
    """Serve model rows as the model API of the Hub on this machine.

    Example: forumlens replay hub models.jsonl.gz --port 8002
    """
    _replay(replay.hub_app(file, faults=_plan(faults)), port)


def _plan(seed: int | None) -> replay.FaultPlan | None:
    return None if seed is None else replay.FaultPlan(seed)


def _replay(app: ASGIApp, port: int) -> None:
    replay.serve(app, port, announce=lambda url: say(f"Replay on [bold]{url}[/bold]; Ctrl-C stops it"))
