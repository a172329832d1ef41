"""How long it takes to find who looks like whom in a large base. Run: python -m tests.bench.bench_identity

The base is invented: households of people at streets of a thousand towns, one in ten entered twice
with a slip, another address or another number. Prints pairs, seconds, memory, and what was found.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Iterator

from worker.core.model import Facts
from worker.core.similarity import SimilarityPolicy
from worker.core.traits import take_traits
from worker.sample.words import FAMILY_NAMES, GIVEN_NAMES
from worker.steps.pairing import Person, fill, open_shelf

PEOPLE = 200_000


def invent(count: int, seed: int = 5) -> Iterator[Person]:
    """Yield people; the id of a second record of one person is the first one's with a ``+``."""
    dice = random.Random(seed)
    towns = [(f"Town{n} Falls", f"{n:05d}"[::-1], f"S{n % 50}") for n in range(1_000)]
    number = 0
    while number < count:
        town = towns[min(int(dice.expovariate(1 / 150)), 999)]
        street = f"{dice.randint(1, 900)} {dice.choice(FAMILY_NAMES)} {dice.choice(('St', 'Road', 'Ave'))}"
        family = dice.choice(FAMILY_NAMES)
        for _ in range(dice.choice((1, 1, 2, 3))):
            first = dice.choice(GIVEN_NAMES)
            facts = {
                "first_name": first,
                "last_name": family,
                "email": f"{first}.{family}{number}@example.org".lower(),
                "phone": f"+1617{dice.randint(2_000_000, 9_999_999)}",
                "street": street,
                "city": town[0],
                "postal_code": town[1],
                "state": town[2],
            }
            yield Person(str(number), take_traits(facts))
            if dice.random() < 0.1:
                yield Person(f"{number}+", take_traits(again(facts, dice)))
                number += 1
            number += 1


def again(facts: Facts, dice: random.Random) -> Facts:
    """The same person, entered by somebody else."""
    second = dict(facts)
    first = str(facts["first_name"])
    at = dice.randint(1, max(1, len(first) - 2))
    second["first_name"] = first[:at] + first[at] + first[at:]
    for fact in dice.sample(("email", "phone", "street", "city", "postal_code"), 3):
        del second[fact]
    return second


def main(count: int = PEOPLE) -> None:
    policy = SimilarityPolicy()
    people = list(invent(count))[:count]
    before = peak()
    started = time.perf_counter()
    with open_shelf() as shelf:
        for _count in fill(shelf, iter(people)):
            pass
        filled = time.perf_counter()
        blocks = shelf.block(policy.largest_block)
        blocked = time.perf_counter()
        found = [(pair.one.id, pair.other.id, pair.proposal.grade) for pair in shelf.pairs(policy)]
        ended = time.perf_counter()
    everyone = {person.id for person in people}
    true = {(name, f"{name}+") for name in everyone if f"{name}+" in everyone}
    proposed = {(one, other) for one, other, _grade in found}
    likely = {(one, other) for one, other, grade in found if grade == "likely"}
    every = len(people) * (len(people) - 1) // 2
    lines: list[tuple[str, float, str]] = [
        ("people", len(people), ""),
        ("pairs compared", blocks.pairs, f"one of {every // max(blocks.pairs, 1):,} of all"),
        ("blocks cut", blocks.cut, f"largest {blocks.largest:,}"),
        ("people without a block", blocks.lost_people, ""),
        ("seconds: to the shelf", filled - started, ""),
        ("seconds: blocks", blocked - filled, ""),
        ("seconds: comparisons", ended - blocked, ""),
        ("seconds", ended - started, ""),
        ("MiB above the base", peak() - before, ""),
        ("second records", len(true), f"found {len(true & proposed) / len(true):.3f}"),
        ("proposals", len(proposed), f"right {len(true & proposed) / len(proposed):.3f}"),
        ("of these likely", len(likely), f"right {len(true & likely) / len(likely):.3f}"),
    ]
    for name, value, note in lines:
        print(f"{name:24}{round(value, 1):>14,}  {note}")


def peak() -> float:
    """The most memory the process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
