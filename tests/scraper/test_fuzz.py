"""A short run of the fuzzing in tests.soak: the same cases each time."""

from __future__ import annotations

import pytest

from scraper.cooked import cooked_to_text
from scraper.pseudonyms import Pseudonymizer
from tests.soak import fuzz_cooked


def test_no_post_makes_the_reader_fail() -> None:
    assert fuzz_cooked.run(range(1, 15_001)).cases == 15_000


def test_a_case_follows_from_its_number() -> None:
    made = [fuzz_cooked.make_case(number, fuzz_cooked.SEED_POSTS, 10_000) for number in (1, 2, 1)]
    assert made[0] == made[2] != made[1]


@pytest.mark.parametrize(
    "piece", ["<b>", "<br>", "<a href='https://hf.co/a/b'>", "<", "@", "@a.", "`", "&", "<!--", "<p "]
)
def test_five_million_characters_of_one_thing_are_read(piece: str) -> None:
    """Bounded by the suite's limit for one test: what grows with the square of the length would take hours."""
    html = piece * (5_000_000 // len(piece))
    assert len(cooked_to_text(html, Pseudonymizer(b"k" * 32).mask)) <= 6 * len(html)
