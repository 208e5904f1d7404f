"""Write hub.jsonl.gz and the Hub's part of truth.json: `python -m labeled.sample.make_hub`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from labeled.sample.discourse import iso
from labeled.sample.drafts import HERE, read_toml
from labeled.sample.output import AUTHORED_TAG, MONTHS, write_jsonl_gz, write_truth

SEED = "forumlens sample hub 1"
UNKNOWN_DATE = "2022-03-02T23:29:04.000Z"
MEANING = {
    "models": "lines of hub.jsonl.gz",
    "unknown_date": "models whose createdAt is the Hub's placeholder for 'before, unknown'; in no monthly count",
    "without_family": "models without config.model_type, dated or not",
    "with_card": "models with a README.md among their siblings, dated or not",
    "monthly": "by month of createdAt (UTC, half-open)",
    "monthly.uploads": "all models created in the month",
    "monthly.families": "of these, the ones whose config.model_type is the family",
    "monthly.with_card": "of these, the ones with a README.md",
}
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """A family's tasks and its uploads a month: `first` in the first month, `last` in the last, a line between."""

    model_type: str
    sizes: tuple[str, ...]
    tasks: tuple[str, ...]
    first: float
    last: float

    def uploads(self, month: int) -> float:
        """Return the expected number of uploads in the month with this index."""
        return self.first + (self.last - self.first) * month / (len(MONTHS) - 1)


def build() -> tuple[list[Body], Body]:
    """Return the lines of hub.jsonl.gz, newest first, and what is true of them."""
    random = Random(SEED)
    words = read_toml("hub.toml")
    families = [_family(row) for row in words["family"]]
    models = [
        _model(family, month, words, random)
        for month in range(len(MONTHS))
        for family, count in _month_counts(families, words["without_type"], month, random)
        for _ in range(count)
    ]
    models += [_model(random.choice(families), None, words, random) for _ in range(words["unknown_date"])]
    models = _with_unique_ids(models)
    models.sort(key=lambda model: (model["createdAt"], model["id"]), reverse=True)
    return models, truth_of(models)


def _family(row: Body) -> Family:
    return Family(row["model_type"], tuple(row["sizes"]), tuple(row["tasks"]), row["first"], row["last"])


def _month_counts(
    families: Sequence[Family], without_type: Sequence[float], month: int, random: Random
) -> list[tuple[Family | None, int]]:
    first, last = without_type
    missing = Family("", (), (), first, last)
    counts: list[tuple[Family | None, int]] = [
        (family, max(0, round(family.uploads(month) + random.gauss(0.0, 1.0)))) for family in families
    ]
    return [*counts, (None, round(missing.uploads(month) + random.gauss(0.0, 3.0)))]


def _model(family: Family | None, month: int | None, words: Body, random: Random) -> Body:
    owner = random.choice(words["owners"])
    task, name = _task_and_name(family, words, random)
    created = UNKNOWN_DATE if month is None else iso(_moment(month, random))
    card = random.random() < 0.55
    library = "transformers" if family else random.choice(words["other_libraries"])
    licence = random.choice(words["licences"])
    tags = [tag for tag in (library, family.model_type if family else None, task) if tag]
    model: Body = {
        "_id": sha256(f"{owner}/{name}/{created}/{random.random()}".encode()).hexdigest()[:24],
        "id": f"{owner}/{name}",
        "createdAt": created,
        "pipeline_tag": task,
        "library_name": library,
        "cardData": {"license": licence, "tags": [task]} if card and task else ({"license": licence} if card else None),
        "downloads": int(random.paretovariate(0.9)) - 1,
        "likes": max(0, int(random.paretovariate(1.6)) - 1),
        "tags": [*tags, f"license:{licence}", AUTHORED_TAG] if card else [*tags, AUTHORED_TAG],
        "gated": False,
        "private": False,
        "siblings": _files(family is not None, card),
    }
    if family:
        model["config"] = {"model_type": family.model_type}
    return model


def _task_and_name(family: Family | None, words: Body, random: Random) -> tuple[str | None, str]:
    topic, style = random.choice(words["topics"]), random.choice(words["styles"])
    if family is None:
        task = random.choice([*words["other_tasks"], None, None])
        return task, f"{topic}-{style}-{random.choice(words['other_endings'])}"
    size = random.choice(family.sizes)
    return random.choice(family.tasks), f"{family.model_type.replace('_', '-')}-{size}-{topic}-{style}"


def _moment(month: int, random: Random) -> datetime:
    year, number = map(int, MONTHS[month].split("-"))
    start = datetime(year, number, 1, tzinfo=UTC)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return start + timedelta(milliseconds=random.randrange(int((end - start).total_seconds()) * 1000))


def _files(has_config: bool, card: bool) -> list[Body]:
    names = [".gitattributes", *(["README.md"] if card else []), *(["config.json"] if has_config else [])]
    return [{"rfilename": name} for name in [*names, "model.safetensors"]]


def _with_unique_ids(models: Iterable[Body]) -> list[Body]:
    seen: Counter[str] = Counter()
    unique = []
    for model in models:
        seen[model["id"]] += 1
        again = seen[model["id"]]
        unique.append(model if again == 1 else {**model, "id": f"{model['id']}-v{again}"})
    return unique


def truth_of(models: Sequence[Body]) -> Body:
    """Return what is known by construction; MEANING says what each count is a count of."""
    uploads: Counter[str] = Counter()
    cards: Counter[str] = Counter()
    families: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for model in models:
        month = model["createdAt"][:7]
        uploads[month] += 1
        cards[month] += _has_card(model)
        if "config" in model:
            families[model["config"]["model_type"]][month] += 1
    return {
        "meaning": MEANING,
        "months": list(MONTHS),
        "models": len(models),
        "unknown_date": sum(model["createdAt"] == UNKNOWN_DATE for model in models),
        "without_family": sum("config" not in model for model in models),
        "with_card": sum(map(_has_card, models)),
        "monthly": {
            "uploads": _row(uploads),
            "families": {name: _row(counts) for name, counts in sorted(families.items())},
            "with_card": _row(cards),
        },
    }


def _has_card(model: Body) -> bool:
    return any(file["rfilename"] == "README.md" for file in model["siblings"])


def _row(counts: Counter[str]) -> dict[str, int]:
    return {month: counts[month] for month in MONTHS}


def main(folder: Path = HERE) -> None:
    """Write the two files into `folder`."""
    models, truth = build()
    write_jsonl_gz(folder / "hub.jsonl.gz", models)
    write_truth(folder / "truth.json", "hub", truth)


if __name__ == "__main__":
    main()
