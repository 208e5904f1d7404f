"""Prose and code in one text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.months import BadMonthError, format_month, month_of, month_start, parse_month
from store.text import fence, split_code, text_hash

lines = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")))


@given(code=lines.map("\n".join))
def test_fenced_code_comes_back_whole(code: str) -> None:
    prose, found = split_code(f"before\n{fence(code, 'python')}\nafter")
    assert found == code.rstrip()
    assert prose.replace("\n", "") == "beforeafter"


def test_unclosed_fence_is_code_to_the_end() -> None:
    assert split_code("look:\n```\nimport torch") == ("look:", "import torch")


@given(st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_hash_tells_parts_apart(parts: list[str]) -> None:
    one, two = parts
    assert text_hash(one, two) != text_hash(two, one)
    assert text_hash(one + two) != text_hash(one, two)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_month_holds_its_moment(moment: datetime) -> None:
    month = month_of(moment)
    assert month_start(month) <= moment < month_start(month + 1)
    assert parse_month(format_month(month)) == month


@pytest.mark.parametrize("text", ["2024", "2024-13", "2024-00", "24-01", "2024-1", "0000-01", "", "2024-01-01"])
def test_bad_month_says_how_to_write_one(text: str) -> None:
    with pytest.raises(BadMonthError, match="YYYY-MM"):
        parse_month(text)
