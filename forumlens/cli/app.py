"""The `forumlens` command: its groups, and how errors reach the person."""

from __future__ import annotations

import logging
import sys

import typer
from rich.markup import escape

from forumlens.cli import (
    answer,
    answers,
    causes,
    collect,
    demo,
    evaluate,
    intake,
    join,
    labels,
    learn,
    mentions,
    report,
    serving,
    telling,
    topics,
)
from forumlens.cli.errors import exit_code_of
from forumlens.cli.output import stderr

app = typer.Typer(
    name="forumlens",
    help="What people struggle with, and what helps them, when they reuse pre-trained models: "
    "mined from the forum where they say it, beside what is really uploaded.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
MODULES = (
    collect, intake, learn, topics, evaluate, labels, mentions, causes, answers, answer, join, report,
    telling, serving, demo
)  # fmt: skip
for module in MODULES:
    module.register(app)


def main() -> None:
    """Run the command line; an error that the person can mend is one line and an exit status, not a trace."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        stderr().print(f"[red]forumlens:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(code)
