"""How often intervals of estimated shares hold the truth, and how wide they are: `python -m tests.measures.shares`.

Each draw makes 3,000 threads with a label and a probability each, of which the first are judged. Prints a row a case.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from classifier.trend.estimate import Values, enough, judged_share, powered_share

THREADS = 3_000
DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Case:
    """Probabilities are 0.1 + gain x truth + normal noise, within [0, 1]; without gain they are uniform."""

    name: str
    share: float
    judged: int
    gain: float
    noise: float = 0.1

    def draw(self, rng: np.random.Generator) -> tuple[Values, Values]:
        """Truth and probability of each thread."""
        truth = (rng.random(THREADS) < self.share).astype(float)
        if not self.gain:
            return truth, rng.random(THREADS)
        return truth, np.clip(0.1 + self.gain * truth + rng.normal(0, self.noise, THREADS), 0, 1)


CASES = (
    Case("good, but badly calibrated", 0.15, 150, 0.7),
    Case("weak", 0.15, 150, 0.3, 0.3),
    Case("say nothing", 0.3, 200, 0.0),
    Case("good, rare label", 0.05, 200, 0.7),
)


def measure(case: Case) -> tuple[float, float, float]:
    """Share of intervals that hold the truth, their mean width, and that of the judged threads alone."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        truth, predicted = case.draw(rng)
        judged = truth[: case.judged]
        if enough(judged):
            others = predicted[case.judged :]
            one = powered_share(judged, predicted[: case.judged], len(others), float(others.mean())).interval
            alone = judged_share(judged)
            found.append((one.low <= case.share <= one.high, one.high - one.low, alone.high - alone.low))
    held, width, width_alone = np.mean(np.asarray(found, dtype=float), axis=0)
    return float(held), float(width), float(width_alone)


def main() -> None:
    """Measure and print."""
    for case in CASES:
        figures = " | ".join(f"{value:.3f}" for value in measure(case))
        sys.stdout.write(f"| {case.name} | {case.share:.2f} | {case.judged} | {figures} |\n")


if __name__ == "__main__":
    main()
