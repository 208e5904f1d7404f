"""Builds what commands work with out of the settings: store, encoder, bundle, registry, crawler."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from classifier.mentions import Registry
from classifier.taxonomy import Taxonomy, load_taxonomy, parse_taxonomy
from classifier.weights import MINILM, MPNET, WeightsError
from forumlens.cli.errors import BadInputError, NotMadeYetError
from forumlens.cli.output import say
from forumlens.cli.settings import Quality, Settings
from labeled import files
from scraper.forum import KNOWN_FORUMS
from scraper.http import PoliteClient, Recorder
from scraper.pseudonyms import Pseudonymizer, key_path_beside
from store.database import Database, open_database

if TYPE_CHECKING:
    from classifier.bundle import Bundle
    from classifier.embedder import Embedder


def open_store(settings: Settings) -> Database:
    """The store of the settings, made and migrated if needed."""
    return open_database(settings.database_url)


def load_registry(settings: Settings) -> Registry:
    """The model families that come along, with those of the settings on top. Raises RegistryError."""
    return Registry.load(files.families(), *([settings.families] if settings.families else []))


def open_taxonomy(path: Path | None = None) -> Taxonomy:
    """The taxonomy at a path, or the one that comes along."""
    return load_taxonomy(path or files.taxonomy())


def taxonomy_in_use(settings: Settings) -> Taxonomy:
    """The taxonomy of the fitted bundle where there is one, else the one that comes along."""
    fitted = settings.bundle / "taxonomy.json"
    return parse_taxonomy(json.loads(fitted.read_text("utf-8")), str(fitted)) if fitted.exists() else open_taxonomy()


def named_encoder(settings: Settings) -> str:
    """Name or path of the encoder that the settings name, or mean by their quality; empty where they say neither."""
    if settings.encoder or settings.quality is None:
        return settings.encoder
    return {Quality.DEFAULT: MINILM, Quality.BEST: MPNET}[settings.quality].name


def say_quality(settings: Settings) -> None:
    """What the quality that was asked for costs, or why it does not count."""
    if settings.quality and settings.encoder:
        say(f"The encoder {escape(settings.encoder)} is named: the quality {settings.quality} is left aside.")
    elif settings.quality is Quality.BEST:
        say(
            f"Best quality: {MPNET.name} takes about 8 times the arithmetic of the default for every text, "
            "here and wherever the bundle is used."
        )


def open_encoder(settings: Settings) -> Embedder:
    """The encoder that the settings name, else the default."""
    return load_encoder(settings, named_encoder(settings))


def open_fitted_encoder(settings: Settings) -> Embedder:
    """The encoder that the bundle of the settings was fitted with.

    Raises NotMadeYetError when no bundle was fitted yet, BadInputError when the settings name another encoder,
    BundleError.
    """
    from classifier.bundle import check_encoder, encoder_facts, encoder_key
    from classifier.embedder import EmbedderError, identity

    if not settings.bundle.exists():
        raise NotMadeYetError(f"no bundle at {settings.bundle}: run `forumlens fit`, or name one with --bundle")
    key, named = encoder_key(settings.bundle), named_encoder(settings)
    name = encoder_facts(key)["name"]
    try:
        encoder = load_encoder(settings, named or name)
    except (EmbedderError, WeightsError) as error:
        if named:
            raise
        raise EmbedderError(
            f"the bundle at {settings.bundle} was fitted with {name!r}, which is not at hand: {error}; "
            "where it lies in a folder, name that by FORUMLENS_ENCODER"
        ) from error
    if named and identity(encoder.key) != identity(key):
        raise BadInputError(
            f"setting {'encoder' if settings.encoder else 'quality'!r} means {identity(encoder.key)!r}, but the bundle "
            f"at {settings.bundle} was fitted with {identity(key)!r}: leave the setting out, as a bundle brings its "
            "encoder, or fit a bundle with this one by `forumlens fit`"
        )
    check_encoder(key, encoder)
    return encoder


def open_encoder_in_use(settings: Settings) -> Embedder:
    """The encoder of the fitted bundle where there is one, else that of the settings. Raises BadInputError."""
    return open_fitted_encoder(settings) if settings.bundle.exists() else open_encoder(settings)


def load_encoder(settings: Settings, name: str) -> Embedder:
    """An encoder by name or path, the default one for an empty name, on the device of the settings."""
    from classifier.embedder import SentenceEmbedder  # torch takes seconds to import

    return SentenceEmbedder(name or None, settings.device or None, settings.precision or None)


def remembering(encoder: Embedder, db: Database, progress: Callable[[int], None] | None = None) -> Embedder:
    """The encoder with its vectors kept in the store; `progress` is told of texts that are new to it.

    Not for serving: callers' texts leave no trace in the store.
    """
    from classifier.cache import CachedEmbedder

    return CachedEmbedder(encoder, db, progress)


def open_bundle(settings: Settings, memory: Database | None = None) -> Bundle:
    """The fitted bundle of the settings on the encoder that it brings, whose vectors are kept in `memory` if given.

    Raises as open_fitted_encoder.
    """
    from classifier.bundle import load_bundle

    encoder = open_fitted_encoder(settings)
    return load_bundle(settings.bundle, remembering(encoder, memory) if memory else encoder)


def forum_url(forum: str) -> str:
    """Address of a forum that is named or given by URL."""
    return KNOWN_FORUMS.get(forum, forum)


@contextmanager
def forum_client(settings: Settings, url: str, record: Recorder | None = None) -> Iterator[PoliteClient]:
    """A client for one forum; closed at the end. `record` is told of every answer."""
    client = PoliteClient(url, rate=settings.rate, contact=settings.contact, record=record)
    try:
        yield client
    finally:
        client.close()


def open_pseudonyms(settings: Settings) -> Pseudonymizer:
    """The key for user names that lies beside the store."""
    return Pseudonymizer.from_file(key_path_beside(settings.database_url))
