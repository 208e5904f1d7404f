"""What is kept, for how long, and what is asked anew."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from service.web.memory import FRESH, Memory


@dataclass
class Asked:
    """Answers with how often it was asked; `gate` holds an answer up, `fail` lets it fail."""

    times: int = 0
    fail: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self) -> int:
        self.times += 1
        now = self.times
        await self.gate.wait()
        if self.fail:
            raise ValueError("no")
        return now


def test_callers_share_one_call_and_its_answer() -> None:
    async def run() -> None:
        memory, ask = Memory(lambda: 0.0), Asked()
        waiting = [asyncio.ensure_future(memory.get("k", ask)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting.pop().cancel()  # one who goes away takes nothing from the others
        ask.gate.set()
        assert [await one for one in waiting] == [1, 1]
        assert (await memory.get("k", ask), await memory.get("other", ask)) == (1, 2)

    asyncio.run(run())


def test_an_old_answer_is_shown_once_more_while_it_is_asked_anew() -> None:
    async def run() -> None:
        now = [0.0]
        memory, ask = Memory(lambda: now[0]), Asked()
        ask.gate.set()
        assert await memory.get("k", ask) == 1
        now[0] = FRESH + 1
        assert [await memory.get("k", ask), await memory.get("k", ask)] == [1, 1]
        while ask.times < 2:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert await memory.get("k", ask) == 2
        assert ask.times == 2

    asyncio.run(run())


def test_failures_are_told_and_not_kept() -> None:
    async def run() -> None:
        now = [0.0]
        memory, ask = Memory(lambda: now[0]), Asked(fail=True)
        ask.gate.set()
        with pytest.raises(ValueError, match="no"):
            await memory.get("k", ask)
        ask.fail = False
        assert await memory.get("k", ask) == 2
        now[0], ask.fail = FRESH + 1, True
        assert await memory.get("k", ask) == 2
        await asyncio.sleep(0.01)
        assert await memory.get("k", ask) == 2  # better old than none

    asyncio.run(run())
