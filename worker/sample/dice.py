"""The sample's only source of chance: one seeded stream of numbers.

Everything is derived from ``random.Random.random()``, whose sequence Python keeps stable, so that
the same seed gives the same bytes on every machine. It must never be used for anything secret.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Weighted(Generic[T]):
    """Values with the sums of their weights, the last sum being one."""

    values: tuple[T, ...]
    sums: tuple[float, ...]


def weighted(weights: Mapping[T, float]) -> Weighted[T]:
    """Prepare a table to draw from; the weights need not add up to one."""
    total = sum(weights.values())
    sums = tuple(step / total for step in accumulate(weights.values()))
    return Weighted(tuple(weights), (*sums[:-1], 1.0))


def sigmoid(value: float) -> float:
    """Turn log odds into a probability."""
    return 1.0 / (1.0 + exp(-value))


class Dice:
    """Draws values; holds the position in the stream and nothing else."""

    __slots__ = ("uniform",)

    def __init__(self, seed: int) -> None:
        self.uniform = Random(seed).random  # noqa: S311 - invented data, not a secret

    def chance(self, probability: float) -> bool:
        """Come true in ``probability`` of the calls."""
        return self.uniform() < probability

    def pick(self, values: Sequence[T]) -> T:
        """Draw one of ``values``, each as likely as the others."""
        return values[int(self.uniform() * len(values))]

    def between(self, low: int, high: int) -> int:
        """Draw a whole number from ``low`` to ``high``, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def draw(self, table: Weighted[T]) -> T:
        """Draw from a weighted table."""
        return table.values[bisect_right(table.sums, self.uniform())]
