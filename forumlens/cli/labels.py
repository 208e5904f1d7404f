"""Commands for labelled data: labels add-real, labels verify-real, labels check, labels export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.rows import RowError, read_examples, read_objects
from classifier.taxonomy import Taxonomy
from forumlens.cli.assemble import open_encoder, open_store, open_taxonomy, remembering
from forumlens.cli.options import DatabaseFlag, EncoderFlag, FormatFlag
from forumlens.cli.output import Format, print_json, print_record, print_rows, progress, say
from forumlens.cli.reviewing import export
from forumlens.cli.settings import Settings, load_settings
from labeled import files
from store.values import Example

if TYPE_CHECKING:
    from classifier.labelcheck import LabelReport

TextsArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="Labelled posts with text, JSONL.")
]
FolderFlag = Annotated[
    Path | None, typer.Option("--folder", help="Folder of the layer. \\[default: the one that comes along]")
]
TaxonomyFlag = Annotated[
    Path | None, typer.Option("--taxonomy", help="Taxonomy (TOML). \\[default: the one that comes along]")
]
BesideFlag = Annotated[
    list[Path] | None,
    typer.Option(
        "--beside",
        exists=True,
        dir_okay=False,
        help="Examples with text whose words are learned too. \\[default: those that come along, unless --taxonomy]",
    ),
]
_SHOWN = 12


class Likeness(StrEnum):
    """What nearly equal posts are found by."""

    ENCODER = "encoder"
    WORDS = "words"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Labelled data: keep real posts without their text, and check what is learned from.")
    group.command("add-real")(add_real)
    group.command("verify-real")(verify_real)
    group.command("check")(check)
    group.command("export")(export)
    app.add_typer(group, name="labels", no_args_is_help=True)


def add_real(
    texts: TextsArgument,
    folder: FolderFlag = None,
    taxonomy: TaxonomyFlag = None,
    encoder: EncoderFlag = None,
    beside: BesideFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Keep labelled real posts without their text: hashes, vectors, and a words model with held-out scores.

    Name all files at once: the layer is made anew. Run it again with another --encoder to add that one's vectors.

    Example: forumlens labels add-real dev.jsonl --folder my-layer
    """
    from classifier.realmake import make_layer  # scikit-learn takes seconds to import
    from classifier.settings import Settings as FitSettings

    settings = _settings(encoder, database)
    known = open_taxonomy(taxonomy)
    rows = _read(texts, known)
    others = _read(_beside(beside, taxonomy), known)
    place = folder or files.real_folder()
    place.mkdir(parents=True, exist_ok=True)
    with open_store(settings) as db, progress(f"Read {len(rows)} posts: texts") as advance:
        embedder = remembering(open_encoder(settings), db, advance)
        paths = make_layer(place, rows, known, embedder, FitSettings(seed=settings.seed), others)
    print_rows([{"file": str(path), "bytes": path.stat().st_size} for path in paths], form, f"{len(rows)} posts kept")


def verify_real(
    texts: TextsArgument,
    folder: FolderFlag = None,
    taxonomy: TaxonomyFlag = None,
    encoder: EncoderFlag = None,
    beside: BesideFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Make the kept numbers again of the texts, for who has them, and compare: exit status 1 where they differ.

    Example: forumlens labels verify-real dev.jsonl
    """
    from classifier.realmake import verify_layer
    from classifier.settings import Settings as FitSettings

    settings = _settings(encoder, database)
    known = open_taxonomy(taxonomy)
    rows = _read(texts, known)
    others = _read(_beside(beside, taxonomy), known)
    with open_store(settings) as db, progress(f"Read {len(rows)} posts: texts") as advance:
        embedder = remembering(open_encoder(settings), db, advance)
        place = folder or files.real_folder()
        found = verify_layer(place, rows, known, embedder, FitSettings(seed=settings.seed), others)
    record = asdict(found) | {"changed": len(found.changed), "unknown": len(found.unknown), "holds": found.holds}
    print_record(record, form, title="Least cosines of made again and kept")
    for word, ids in (("changed", found.changed), ("unknown", found.unknown)):
        if ids:
            say(f"{word}: {', '.join(ids[:_SHOWN])}{' ...' if len(ids) > _SHOWN else ''}")
    if not found.holds:
        raise typer.Exit(1)


def check(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="Labelled rows, JSONL. \\[default: all that come along]"),
    ] = None,
    taxonomy: TaxonomyFlag = None,
    likeness: Annotated[
        Likeness, typer.Option("--likeness", help="Find nearly equal posts by the encoder, or quicker by their words.")
    ] = Likeness.ENCODER,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Check labelled rows: form, unknown labels, repeats, balance, lengths, labels given together.

    Exit status 1 where something must be mended. Nearly equal real posts are told, and no error: people repeat.

    Example: forumlens labels check dev.jsonl --likeness words
    """
    from classifier import labelcheck

    settings = load_settings(database_url=database)
    known = open_taxonomy(taxonomy)
    report = labelcheck.LabelReport()
    path = file or files.examples()
    try:
        with path.open(encoding="utf-8") as lines:
            objects = list(read_objects(lines, path.name))
    except UnicodeDecodeError as error:
        raise RowError(f"{path}: cannot be read ({error}); give a JSON Lines file in UTF-8") from error
    examples = labelcheck.read_all(objects, known, report)
    replies = [example.post.is_reply for example in examples]
    labelcheck.count_labels("authored" if file is None else "rows", _labels(examples), replies, known, report)
    _find_near(settings, examples, likeness, report)
    if file is None:
        _check_real(known, report)
    labelcheck.find_rare(report)
    _print(report, form)
    if report.errors:
        raise typer.Exit(1)


def _settings(encoder: str | None, database: str | None) -> Settings:
    """Numbers that are kept are made in full precision, so that any machine comes near them."""
    settings = load_settings(database_url=database, encoder=encoder)
    return settings if settings.precision else settings.model_copy(update={"precision": "float32"})


def _beside(named: Sequence[Path] | None, taxonomy: Path | None) -> Sequence[Path]:
    if named is None and taxonomy is None:
        return [files.examples()]
    return named or []


def _read(paths: Sequence[Path], taxonomy: Taxonomy) -> list[Example]:
    rows = [example for path in paths for example in read_examples(path, taxonomy)]
    if len({row.post.id for row in rows}) < len(rows):
        raise RowError("id: stands in more than one of the files; ids are unique")
    return rows


def _labels(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    return [example.labels for example in examples]


def _find_near(settings: Settings, examples: Sequence[Example], likeness: Likeness, report: LabelReport) -> None:
    from classifier import features
    from classifier.labelcheck import find_near
    from classifier.words import Words

    if not examples:
        return
    parts = [features.take_apart(example.post) for example in examples]
    ids = [example.post.id for example in examples]
    if likeness is Likeness.WORDS:
        texts = [part.words for part in parts]
        find_near(ids, Words.fit(texts).rows(texts).toarray(), _labels(examples), report, error=True)
        return
    with open_store(settings) as db, progress("Read: texts") as advance:
        embedder = remembering(open_encoder(settings), db, advance)
        find_near(ids, embedder.encode([part.views[0] for part in parts]), _labels(examples), report, error=True)


def _check_real(taxonomy: Taxonomy, report: LabelReport) -> None:
    """The real posts that come along: form, counts, and likeness by all vectors that are kept of them."""
    from classifier.labelcheck import count_labels, find_near
    from classifier.real import kept_encoders, read_layer, read_rows

    folder = files.real_folder()
    rows = read_rows(folder, taxonomy)
    labels = [row.labels for row in rows]
    count_labels("real", labels, [bool(row.reply) for row in rows], taxonomy, report)
    for key in kept_encoders(folder):
        layer = read_layer(folder, taxonomy, key)
        find_near([row.id for row in rows], layer.features.vectors[:, 0], labels, report, error=False)


def _print(report: LabelReport, form: Format) -> None:
    if form is Format.JSON:
        print_json(report.to_json())
        return
    origins = list(report.rows)
    rows: list[dict[str, Any]] = [{"leaf": leaf, **counts} for leaf, counts in report.leaves.items()]
    for name, counts in (("no label", report.unlabelled), ("replies", report.replies), ("all", report.rows)):
        rows.append({"leaf": f"[{name}]", **counts})
    print_rows(rows, form, title=f"Rows by leaf ({' and '.join(origins)})")
    if form is Format.CSV:
        return
    print_record(report.lengths, form, title="Characters of title and body")
    pairs = [{"leaf": a, "and": b, "rows": n} for a, b, n in report.pairs[:_SHOWN]]
    print_rows(pairs, form, title="Given together most often")
    remarks = [finding for finding in report.findings if not finding.error]
    for title, found in (("must be mended", report.errors), ("worth a look", remarks)):
        shown = [{"rows": finding.rows, "problem": finding.problem} for finding in found[:_SHOWN]]
        print_rows(shown, form, title=f"{len(found)} {title}{', the first:' if len(found) > _SHOWN else ''}")
