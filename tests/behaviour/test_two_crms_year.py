"""A year of two CRMs, day by day: both agree in the end, nothing was written twice, refusals hold.

The seed makes it the same year each time. ``TWO_CRMS_YEARS`` lives other and busier years.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support.copier import Copier
from tests.support.two_crms import TwoCrms, fake_sides, opened
from tests.support.two_crms_config import write_two_crms
from tests.support.two_crms_year import Year
from worker.core.testimony import About, Disagreement
from worker.steps.truth import Tally, tell_truth

COPIED = "copied: {between: [hubspot, salesforce], within: 1 day}\n"
MORE = int(os.environ.get("TWO_CRMS_YEARS", "0"))
LIVES = [(7, 0.7, 7), *((seed, 1.5, 1) for seed in range(MORE))]
"""Seed, how much happens in a day, and in how many days the worker runs once."""


@contextmanager
def year_of(folder: Path, seed: int, busy: float, every: int) -> Iterator[Year]:
    """HubSpot tells who changed a field, Salesforce does not; something copies between them in hours."""
    write_two_crms(folder / "config")
    with (folder / "config" / "identity.yaml").open("a", encoding="utf-8") as file:
        file.write(COPIED)
    (folder / "config" / "guardrails.yaml").write_text(
        "budgets:\n  - {id: all, scope: stage, key: mql, max_count: 10000, floor: 10000}\n",
        encoding="utf-8",
    )
    sides = fake_sides(folder, tells_edits={"hubspot": True})
    with opened(folder, sides) as two:
        copier = Copier(two=two, delay=timedelta(hours=3))
        yield Year(two=two, copier=copier, dice=Random(seed), busy=busy, runs_every=every)


def disagreements(two: TwoCrms) -> list[Disagreement]:
    assert two.app is not None
    with two.app.ledger.read() as tx:
        return list(tell_truth(two.app.looking(), tx, frozenset(About), Tally()))


def let_copies_arrive(year: Year) -> None:
    for _round in range(3):
        year.copier.look()
        year.two.wait(hours=4)
        year.copier.copy()
        year.run()
    assert not year.copier.queue


@pytest.mark.parametrize(("seed", "busy", "every"), LIVES)
def test_a_year(tmp_path: Path, seed: int, busy: float, every: int) -> None:
    with year_of(tmp_path, seed, busy, every) as year:
        year.live(365)
        assert set(year.happened) == {
            *("arrived", "acted", "set a stage", "set an owner", "opted out", "merged"),
        }
        assert min(year.happened.values()) > 3
        assert year.copier.made > 50
        let_copies_arrive(year)
        assert year.two.settle(most=2) <= 2
        assert disagreements(year.two) == []
        assert year.two.written_twice() == []
