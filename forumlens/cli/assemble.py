"""Builds what commands work with out of the settings: store, encoder, bundle, registry, crawler."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.mentions import Registry
from classifier.taxonomy import Taxonomy, load_taxonomy, parse_taxonomy
from forumlens.cli.errors import NotMadeYetError
from forumlens.cli.settings import Settings
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


def load_registry() -> Registry:
    """The model families that come along."""
    return Registry.load(files.families())


def open_taxonomy(path: Path | None = None) -> Taxonomy:
    """The taxonomy at a path, or the one that comes along."""
    return load_taxonomy(path or files.taxonomy())


def taxonomy_in_use(settings: Settings) -> Taxonomy:
    """The taxonomy of the fitted bundle where there is one, else the one that comes along."""
    fitted = settings.bundle / "taxonomy.json"
    return parse_taxonomy(json.loads(fitted.read_text("utf-8")), str(fitted)) if fitted.exists() else open_taxonomy()


def open_encoder(settings: Settings) -> Embedder:
    """The encoder of the settings."""
    from classifier.embedder import SentenceEmbedder  # torch takes seconds to import

    return SentenceEmbedder(settings.encoder or None, settings.device or None, settings.precision or None)


def remembering(encoder: Embedder, db: Database, progress: Callable[[int], None] | None = None) -> Embedder:
    """The encoder with its vectors kept in the store; `progress` is told of texts that are new to it.

    Not for serving: callers' texts leave no trace in the store.
    """
    from classifier.cache import CachedEmbedder

    return CachedEmbedder(encoder, db, progress)


def open_bundle(settings: Settings, embedder: Embedder) -> Bundle:
    """The fitted bundle of the settings, on this encoder.

    Raises NotMadeYetError when no bundle was fitted yet.
    """
    from classifier.bundle import load_bundle

    if not settings.bundle.exists():
        raise NotMadeYetError(f"no bundle at {settings.bundle}: run `forumlens fit`, or name one with --bundle")
    return load_bundle(settings.bundle, embedder)


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
