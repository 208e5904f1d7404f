"""Published tables of uploads: long (month, family, count), or wide (a row a family, a column a month)."""

from __future__ import annotations

import re

from scraper.errors import BadFieldError
from scraper.fields import Json, int_field, is_missing, text_field
from store.months import BadMonthError, parse_month
from store.values import UploadCount

_FAMILY = ("family", "model_type", "model", "type")
_MONTH = ("month", "month_year")
_COUNT = ("count", "models", "uploads", "n")
_CARDS = ("cards", "has_card", "uploads_with_card")
_MONTH_NAME = re.compile(r"(\d{4}-\d{2})(?:-01)?(?:[T ]00:00:00.*)?")
_SUM_NAME = re.compile(r"(grand )?(sum|total|all)|cumulative.*", re.IGNORECASE)


class UploadTable:
    """How the rows of one table are to be read, known from its column names.

    `months` are the months that the table covers by its columns (wide), `left_out` columns that hold sums, and
    `unknown` columns that are not used. Raises BadFieldError for columns that make no table of uploads.
    """

    def __init__(self, columns: list[str]) -> None:
        lower = {name.strip().lower(): name for name in columns}
        self._wide = {name: parse_month(found[1]) for name in columns if (found := _MONTH_NAME.fullmatch(name.strip()))}
        self._month = next((lower[name] for name in _MONTH if name in lower), None)
        self._count = next((lower[name] for name in _COUNT if name in lower), None)
        self._cards = next((lower[name] for name in _CARDS if name in lower), None)
        named = next((lower[name] for name in _FAMILY if name in lower), None)
        if self._wide:
            self._family = named if named is not None else columns[0]
            used = {self._family, *self._wide}
        elif named is not None and self._month is not None and self._count is not None:
            self._family = named
            used = {named, self._month, self._count, self._cards or named}
        else:
            raise BadFieldError(
                f"columns are {', '.join(columns)[:200]}: name month, family and count, or a column a month, YYYY-MM"
            )
        rest = [name for name in columns if name not in used]
        self.months = set(self._wide.values())
        self.left_out = [name for name in rest if _SUM_NAME.fullmatch(name.strip())]
        self.unknown = [name for name in rest if name not in self.left_out]

    def family(self, row: Json) -> str:
        """Name in the family column, as written."""
        return text_field(row, self._family).strip()

    def counts(self, row: Json) -> list[UploadCount] | None:
        """Counts of a row, without zeros; None for a row that holds sums or nothing. Raises BadFieldError."""
        family = self.family(row)
        if _SUM_NAME.fullmatch(family):
            return None
        if not family:
            if self._wide and all(is_missing(row.get(name)) for name in self._wide):
                return None
            raise BadFieldError(f"{self._family or 'the first column'} is missing: write the model family")
        if self._wide:
            found = [UploadCount(month, family, int_field(row, name)) for name, month in self._wide.items()]
            return [count for count in found if count.models]
        return [self._long(row, family)]

    def _long(self, row: Json, family: str) -> UploadCount:
        text = text_field(row, self._month or "").strip()
        match = _MONTH_NAME.fullmatch(text)
        try:
            month = parse_month(match[1] if match else text)
        except BadMonthError as error:
            raise BadFieldError(f"{self._month}: {error}") from error
        if is_missing(row.get(self._count or "")):
            raise BadFieldError(f"{self._count} is missing: write how many models were created")
        models = int_field(row, self._count or "")
        told = self._cards is not None and not is_missing(row.get(self._cards))
        cards = int_field(row, self._cards or "") if told else None
        if cards is not None and cards > models:
            raise BadFieldError(f"{self._cards} is {cards}, more than the {models} models: write how many have a card")
        return UploadCount(month, family, models, cards)
