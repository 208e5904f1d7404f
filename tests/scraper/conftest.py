"""Fixtures of the scraper's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scraper.pseudonyms import Pseudonymizer
from tests.scraper.site import FakeTime, Site, running_site


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def pseudonyms() -> Pseudonymizer:
    return Pseudonymizer(b"k" * 32)
