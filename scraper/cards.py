"""Reading model cards: how long the text is, which sections it has, which metadata it gives."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from huggingface_hub import ModelCard
from huggingface_hub.repocard import REGEX_YAML_BLOCK
from markdown_it import MarkdownIt
from more_itertools import chunked

from scraper.errors import BlockedError, RedirectError, ScraperError, StatusError, UnreachableError
from scraper.fields import clean
from scraper.holding import only_crawler
from scraper.hub_client import HubClient
from scraper.progress import Progress, silent
from store import cards, sources
from store.database import Database
from store.values import CardState, ModelCardFacts, SourceKind

_MOST_BYTES = 1_000_000
_DEEPEST_METADATA = 100
_MOST_SECTIONS, _LONGEST_TITLE = 100, 120
_BATCH = 25
_MAX_TROUBLES = 10
_STATES = {401: CardState.REFUSED, 403: CardState.REFUSED, 404: CardState.MISSING, 410: CardState.MISSING}
# What the Hub's own template says where the writer has said nothing.
_PLACEHOLDER = re.compile(r"\[more information needed\]", re.IGNORECASE)
_TOP_LEVEL_NAME = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:", re.MULTILINE)
_BRACKETS = re.compile(r"[\[\]{}]")
_LIST_IN_LIST = re.compile(rf"(?:[-?][ \t]+){{{_DEEPEST_METADATA}}}")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(slots=True)
class CardSummary:
    """What a run did: cards asked for, and how the reading of them ended.

    `empty`: read, and without text below the metadata; `broken_metadata`: read, with metadata that is no YAML.
    """

    source: str
    asked: int = 0
    read: int = 0
    empty: int = 0
    broken_metadata: int = 0
    missing: int = 0
    refused: int = 0
    unreadable: int = 0
    requests: int = 0
    waited: float = 0.0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


def crawl_cards(
    db: Database,
    *,
    client: HubClient,
    sample: int | None = None,
    known_as: str | None = None,
    progress: Progress = silent,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> CardSummary:
    """Read the cards of the models that the store holds of this Hub: all, or those of a random sample of models.

    What was read is not read again until its model changes, so that a killed run goes on, and a larger sample takes
    only what it adds. Raises ScraperError when many cards in a row cannot be had, BusyCrawlError when another crawl of
    this Hub is running on this store.
    """
    if sample is not None and sample < 1:
        raise ScraperError(f"the sample of cards is {sample}: write a number of models of at least 1")
    started, requests, waited = time.monotonic(), client.requests, client.waited
    origin = sources.ensure(db, SourceKind.HUB, known_as or client.endpoint)
    summary = CardSummary(source=origin.name)
    try:
        with only_crawler(db, origin):
            wanted = list(cards.cards_to_read(db, origin.id, sample))
            for some in chunked(_read(client, wanted, summary, now), _BATCH):
                cards.save_cards(db, origin.id, some)
                progress("cards", summary.asked, len(wanted))
    finally:
        summary.requests, summary.waited = client.requests - requests, client.waited - waited
        summary.seconds = time.monotonic() - started
    return summary


def _read(
    client: HubClient, wanted: list[str], summary: CardSummary, now: Callable[[], datetime]
) -> Iterator[ModelCardFacts]:
    """Facts of each card that told anything, also that it is missing; what may be had later is left for later."""
    troubles = 0
    for model_id in wanted:
        summary.asked += 1
        moment = now()
        try:
            text = client.get_text(f"{client.endpoint}/{quote(model_id)}/resolve/main/README.md", _MOST_BYTES)
            card = measure_card(model_id, text, moment)
        except (StatusError, RedirectError, UnreachableError) as error:
            state = _STATES.get(error.status) if isinstance(error, StatusError) else None
            if state is None:
                troubles += 1
                summary.unreadable += 1
                summary.failures.append(f"model {model_id}: {error}")
                if troubles >= _MAX_TROUBLES:
                    raise BlockedError(
                        f"{troubles} cards in a row could not be read, last: {error}. Nothing is lost: run again later"
                    ) from error
                continue
            card = ModelCardFacts(model_id, state, moment)
        troubles = 0
        _count(summary, card)
        yield card


def measure_card(model_id: str, content: str, moment: datetime) -> ModelCardFacts:
    """Measure the content of a README.md, whatever it holds."""
    content = clean(content)
    text, names, broken = _parts(content)
    return ModelCardFacts(
        model_id=model_id,
        state=CardState.READ,
        read_at=moment,
        characters=len(text),
        words=len(text.split()),
        placeholders=len(_PLACEHOLDER.findall(text)),
        sections=_sections(text),
        fields=names,
        broken_metadata=broken,
    )


def _parts(content: str) -> tuple[str, tuple[str, ...], bool]:
    """Text below the metadata without comments, names of the metadata's fields that hold something, is it broken."""
    block = REGEX_YAML_BLOCK.search(content)
    if block is None:
        return _text(content), (), False
    metadata = block.group(2) or ""
    if not _is_too_deep(metadata):
        try:
            card = ModelCard(content, ignore_metadata_errors=True)
            given = card.data.to_dict()  # type: ignore[no-untyped-call]
            return _text(card.text), tuple(sorted(str(name)[:_LONGEST_TITLE] for name in given)), False
        except Exception:  # YAML of any kind of wrongness, down to fields of a type that the card class stumbles over
            pass
    return _text(content[block.end() :]), tuple(sorted(set(_TOP_LEVEL_NAME.findall(metadata)))), True


def _is_too_deep(metadata: str) -> bool:
    """Whether lists or mappings nest so deep that the YAML parser, which recurses, would take very long over them."""
    steps = (1 if mark in "[{" else -1 for mark in _BRACKETS.findall(metadata))
    deepest = max(itertools.accumulate(steps), default=0)
    return deepest > _DEEPEST_METADATA or _LIST_IN_LIST.search(metadata) is not None


def _text(text: str) -> str:
    return _COMMENT.sub("", text).strip()


def _sections(text: str) -> tuple[str, ...]:
    """Titles of the headings, of any level, in order."""
    try:
        tokens = MarkdownIt("commonmark").disable(["emphasis", "link", "image", "autolink", "entity"]).parse(text)
    except Exception:  # its rules recurse: a card that nests thousands of quotes has no outline to tell
        return ()
    titles = (
        tokens[place + 1].content.strip() for place, token in enumerate(tokens[:-1]) if token.type == "heading_open"
    )
    return tuple(title[:_LONGEST_TITLE] for title in titles if title)[:_MOST_SECTIONS]


def _count(summary: CardSummary, card: ModelCardFacts) -> None:
    setattr(summary, card.state.value, getattr(summary, card.state.value) + 1)
    if card.state is CardState.READ:
        summary.empty += not card.characters
        summary.broken_metadata += card.broken_metadata
