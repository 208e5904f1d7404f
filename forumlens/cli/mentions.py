"""Commands for mentions of model families: mentions find, mentions evaluate, mentions refresh."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forumlens.cli.assemble import load_registry, open_store
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import DatabaseFlag, FamiliesFlag, FormatFlag
from forumlens.cli.output import Format, print_rows, say
from forumlens.cli.settings import load_settings
from labeled import files
from store.models import family_counts

if TYPE_CHECKING:
    from classifier.mention_score import MentionScore, Sentence, Share

_AROUND = 30


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Model families in texts: find them, measure how well, and keep the table up to date.")
    group.command("find")(find)
    group.command("evaluate")(evaluate)
    group.command("refresh")(refresh)
    app.add_typer(group, name="mentions", no_args_is_help=True)


def find(
    text: Annotated[str, typer.Argument(metavar="TEXT|FILE|-", help="A text, a file of it, or - for standard input.")],
    families: FamiliesFlag = None,
    form: FormatFlag = Format.TABLE,
) -> None:
    """Which model families a text speaks of, where first, and what an everyday word was told by.

    Example: forumlens mentions find "I want to fine-tune OPT, not to opt out"
    """
    registry = load_registry(load_settings(families=families))
    read = _read(text)
    rows = [
        {
            "family": hit.family,
            "offset": hit.start,
            "text": " ".join(read[max(0, hit.start - _AROUND) : hit.end + _AROUND].split()),
            "told by": ", ".join(hit.cues) or "name",
        }
        for hit in registry.hits(read)
    ]
    if rows or form is Format.JSON:
        print_rows(rows, form, title="Model families")
    else:
        say("No model family is mentioned.")


def evaluate(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            exists=True,
            dir_okay=False,
            help="Rows of text, families and split (JSONL). \\[default: the sentences that come along]",
            show_default=False,
        ),
    ] = None,
    errors: Annotated[bool, typer.Option("--errors", help="List the sentences that are read wrongly.")] = False,
    families: FamiliesFlag = None,
    form: FormatFlag = Format.TABLE,
) -> None:
    """Precision and recall of mentions on sentences that say what they speak of, with 95 % Wilson intervals.

    Example: forumlens mentions evaluate --errors
    """
    from classifier.mention_score import read_sentences, score_mentions, slips  # SciPy takes a second to import

    registry = load_registry(load_settings(families=families))
    sentences = read_sentences(data or files.mention_sentences(), registry)
    if errors:
        rows = [
            {
                "split": slip.sentence.split,
                "wrong": sorted(slip.wrong),
                "missed": sorted(slip.missed),
                "text": slip.sentence.text,
            }
            for slip in slips(sentences, registry)
        ]
        print_rows(rows, form, title="Read wrongly")
        return
    groups = {"all": frozenset(registry.names), "ambiguous": frozenset(registry.ambiguous)}
    rows = [
        {"split": split, "families": name} | _scores(score_mentions(part, registry, chosen), form)
        for split, part in _parts(sentences)
        for name, chosen in groups.items()
    ]
    print_rows(rows, form, title="Mentions of model families")


def refresh(
    output: Annotated[
        Path | None, typer.Option("--output", dir_okay=False, help="Write the families that are lacking as a table.")
    ] = None,
    least: Annotated[int, typer.Option(min=1, help="Leave out families with fewer models.")] = 10,
    families: FamiliesFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """List the model families of the store's uploads that the table lacks, and write a table of one's own to edit.

    Use it by --families FILE or FORUMLENS_FAMILIES. Names that are everyday words or short are written as ambiguous.

    Example: forumlens mentions refresh --output families.toml
    """
    from classifier.newfamilies import everyday_words, new_families, to_toml

    settings = load_settings(database_url=database, families=families)
    if output is not None and output.exists():
        raise BadInputError(f"--output {output} is there already: name another file, or move it away")
    with open_store(settings) as db:
        found = new_families(family_counts(db), load_registry(settings), everyday_words(), least)
    if output is not None and found:
        output.write_text(to_toml(found), encoding="utf-8")
        say(f"Wrote {len(found)} families to {output}: read it, then use it with --families {output}.")
    rows = [{"family": family.name, "models": family.models, "ambiguous": family.ambiguous} for family in found]
    if rows or form is Format.JSON:
        print_rows(rows, form, title="Families that the table lacks")
    else:
        say(f"The table has every family with {least} models or more.")


def _read(text: str) -> str:
    """The text itself, or what a file or standard input holds. Raises BadInputError."""
    if text == "-":
        return sys.stdin.read()
    try:
        path = Path(text)
        return path.read_text(encoding="utf-8") if path.is_file() else text
    except UnicodeDecodeError as error:
        raise BadInputError(f"{text}: is not UTF-8 ({error}): convert it, for example with iconv -t utf-8") from error
    except OSError:  # a text that is too long for a name
        return text


def _parts(sentences: Sequence[Sentence]) -> Iterator[tuple[str, list[Sentence]]]:
    """The splits of the rows, then all of them."""
    splits = dict.fromkeys(sentence.split for sentence in sentences)
    if len(splits) > 1:
        for split in splits:
            yield split, [sentence for sentence in sentences if sentence.split == split]
    yield "all", list(sentences)


def _scores(score: MentionScore, form: Format) -> dict[str, Any]:
    """Figures of a row: with their interval in one cell for people, in cells of their own for programs."""
    row: dict[str, Any] = {"sentences": score.sentences}
    for name, share in (("precision", score.precision), ("recall", score.recall)):
        if form is Format.TABLE:
            row |= {name: _shown(share)}
        else:
            row |= {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high, f"{name}_of": share.total}
    return row


def _shown(share: Share) -> str:
    return "-" if share.value is None else f"{share.value:.3f} ({share.low:.3f}–{share.high:.3f})"
