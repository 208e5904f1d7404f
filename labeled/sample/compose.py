"""Threads put together, by a seeded draw, from the authored parts in parts.toml, scenarios.toml and long.toml."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from labeled.sample.drafts import PostDraft, ThreadDraft, read_toml

_SLOT = re.compile(r"%(name|model|cls|auto|domain|language|gpu|rows|place)%")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One problem of a theme with the answers that fit it."""

    title: str
    text: str
    labels: tuple[str, ...]
    answers: tuple[Row, ...]
    category: str
    tags: tuple[str, ...]
    kinds: tuple[str, ...]
    only: tuple[str, ...]
    bug: bool

    @property
    def announces(self) -> bool:
        """Whether the opening post announces something rather than asks."""
        return self.labels[0].startswith("announcements/")


def _cases(scenario: Row) -> list[Case]:
    return [
        Case(
            title=row["title"],
            text=row["text"].strip(),
            labels=tuple(row.get("labels", scenario["labels"])),
            answers=tuple(scenario["answer"][number - 1] for number in row["fits"]),
            category=scenario["category"],
            tags=tuple(scenario["tags"]),
            kinds=tuple(scenario["kinds"]),
            only=tuple(row.get("only", scenario.get("only", ()))),
            bug=row.get("bug", False),
        )
        for row in scenario["case"]
    ]


class Composer:
    """Draws parts so that each is used about as often as its neighbours."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)
        self._parts = read_toml("parts.toml")
        self._cases = [case for scenario in read_toml("scenarios.toml")["scenario"] for case in _cases(scenario)]
        self._used: Counter[str] = Counter()

    def threads(self) -> list[ThreadDraft]:
        """Return one thread for each entry of the schedule, month by month, then the long threads."""
        schedule: dict[str, list[str]] = self._parts["schedule"]
        composed = [self._thread(month, family) for month, families in schedule.items() for family in families]
        return composed + [self._long(row) for row in read_toml("long.toml")["long"]]

    def _pick(self, purpose: str, options: Sequence[Any]) -> Any:
        """Return one of the options used least for this purpose."""
        keys = [f"{purpose}|{option}" for option in options]
        least = min(self._used[key] for key in keys)
        index = self._random.choice([i for i, key in enumerate(keys) if self._used[key] == least])
        self._used[keys[index]] += 1
        return options[index]

    def _thread(self, month: str, family: str) -> ThreadDraft:
        case = self._case(family)
        slots = self._slots(family, month)
        starter = self._pick("starter", self._parts["handles"]["starters"])
        opening = PostDraft(
            by=starter,
            text=self._opening(_capital(_fill(case.text, slots)), case),
            labels=case.labels,
            likes=self._random.choice((0, 0, 0, 1, 2, 4)),
            edited=self._random.random() < 0.08,
        )
        return ThreadDraft(
            title=_capital(_fill(case.title, slots)),
            month=month,
            category=case.category,
            tags=case.tags,
            families=(family,) if family else (),
            posts=(opening, *self._replies(case, starter, slots)),
            origin="composed",
        )

    def _case(self, family: str) -> Case:
        """Return a case that fits: the least used with this family, then the least used at all."""
        kind = self._parts["family"][family]["kind"] if family else "none"
        fitting = [case for case in self._cases if kind in case.kinds and (not case.only or family in case.only)]
        fewest = min(self._used[f"{family}|{case.title}"] for case in fitting)
        title = self._pick("case", [case.title for case in fitting if self._used[f"{family}|{case.title}"] == fewest])
        self._used[f"{family}|{title}"] += 1
        return next(case for case in fitting if case.title == title)

    def _slots(self, family: str, month: str) -> dict[str, str]:
        slots = {key: self._pick(key, values) for key, values in self._parts["slots"].items()}
        if family:
            row = self._parts["family"][family]
            slots |= {"name": row["name"], "cls": row["cls"], "auto": row["auto"]}
            since = row.get("since", [month] * len(row["models"]))
            known = [model for model, first in zip(row["models"], since, strict=True) if first <= month]
            slots["model"] = self._pick("model", known)
        return slots

    def _opening(self, problem: str, case: Case) -> str:
        pools = self._parts["pools"]
        greeting = self._random.choice(pools["greetings"])
        environment = self._random.choice(pools["environments"]) if case.bug else ""
        closer = "" if case.announces else self._random.choice(pools["closers"])
        return "\n\n".join(part for part in (greeting, problem, environment, closer) if part)

    def _replies(self, case: Case, starter: str, slots: Mapping[str, str]) -> list[PostDraft]:
        course = self._random.random()
        if course < 0.26:
            return []
        if course < 0.32 and not case.announces:
            return [self._pooled("bump", starter)]
        if course < 0.45 and case.bug:
            return [self._pooled("metoo", self._other(starter)), self._pooled("self", starter, accepted=True)]
        return self._answered(case, starter, slots)

    def _answered(self, case: Case, starter: str, slots: Mapping[str, str]) -> list[PostDraft]:
        helper = self._pick("helper", self._helpers(case.category))
        posts: list[PostDraft] = []
        if case.bug and self._random.random() < 0.4:
            posts += [self._pooled("question", helper), self._pooled("details", starter)]
        answer = case.answers[0] if self._random.random() < 0.7 else self._pick("answer", case.answers)
        solved = answer["labels"][0].startswith("expert") and self._random.random() < 0.6
        number = len(posts) + 2
        posts.append(_reply(helper, answer, slots, likes=self._random.randrange(6), accepted=solved))
        if not case.announces and self._random.random() < 0.6:
            posts.append(self._reaction(case, starter, number, solved))
        others = [row for row in case.answers if row is not answer]
        if others and self._random.random() < 0.5:
            posts.append(_reply(self._other(starter, helper), self._pick("answer", others), slots))
        if not case.announces and self._random.random() < 0.22:
            pool = self._random.choice(("metoo", "idea")) if case.bug else "interest"
            posts.append(self._pooled(pool, self._other(starter, helper)))
        return posts

    def _reaction(self, case: Case, starter: str, number: int, solved: bool) -> PostDraft:
        pools = self._parts["pool"]
        if case.bug and not solved:
            return self._from_block(pools["nogood"][0], starter, reply_to=number)
        block = pools["thanks"][0] if case.bug else pools["thanks"][1]
        return self._from_block(block, starter, reply_to=number)

    def _helpers(self, category: str) -> list[str]:
        handles = self._parts["handles"]
        helpers: list[str] = handles["staff"] if category in {"hub", "spaces"} else handles["regulars"]
        return helpers

    def _other(self, *taken: str) -> str:
        handles = self._parts["handles"]
        return str(self._pick("other", [h for h in handles["starters"] + handles["regulars"] if h not in taken]))

    def _pooled(self, pool: str, by: str, accepted: bool = False) -> PostDraft:
        return self._from_block(self._pick("block", self._parts["pool"][pool]), by, accepted=accepted)

    def _from_block(self, block: Row, by: str, reply_to: int | None = None, accepted: bool = False) -> PostDraft:
        text = self._pick("text", block["texts"])
        return PostDraft(by=by, text=text, labels=tuple(block["labels"]), reply_to=reply_to, accepted=accepted)

    def _long(self, row: Row) -> ThreadDraft:
        posts = [PostDraft(row["opener_by"], row["opener"].strip(), tuple(row["opener_labels"]), likes=17)]
        for contribution in row["contributions"]:
            author = self._other(row["opener_by"])
            posts.append(_reply(author, contribution, {}, likes=self._random.randrange(9)))
            if self._random.random() < row["comment_every"]:
                number = len(posts)
                comment = self._pick("comment", row["comments"])
                posts.append(_reply(self._other(author), comment, {}, reply_to=number))
                if self._random.random() < row["answer_every"]:
                    answer = self._pick("reaction", row["answers"])
                    posts.append(_reply(author, answer, {}, reply_to=number + 1))
        return ThreadDraft(
            title=row["title"],
            month=row["month"],
            category=row["category"],
            tags=tuple(row["tags"]),
            families=tuple(row["families"]),
            posts=tuple(posts),
            origin="composed",
            days=row["days"],
        )


def _reply(
    by: str,
    row: Row,
    slots: Mapping[str, str],
    likes: int = 0,
    accepted: bool = False,
    reply_to: int | None = None,
) -> PostDraft:
    text = _fill(row["text"].strip(), slots)
    return PostDraft(by, text, tuple(row["labels"]), likes=likes, accepted=accepted, reply_to=reply_to)


def _fill(text: str, slots: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda match: slots[match.group(1)], text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
