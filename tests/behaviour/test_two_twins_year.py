"""Weeks of HubSpot and Salesforce day by day, through both connectors: they agree, nothing is written twice.

After every run both are held to what people have refused. The seed makes it the same weeks each time;
``TWO_TWINS_YEARS`` lives whole years, one for each seed.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from tests.behaviour.test_two_crms_year import disagreements, let_copies_arrive
from tests.support.crashes import Runners
from tests.support.twin_year import killed, struck, twin_year
from tests.support.two_crms_year import Year

YEARS = int(os.environ.get("TWO_TWINS_YEARS", "0"))
EVERYTHING = {
    *("arrived", "acted", "set a stage", "set an owner", "opted out"),
    *("merged", "converted", "deleted"),
}


def hold_true(year: Year) -> None:
    """Let what is on its way arrive, and see that nobody is treated otherwise in one CRM."""
    let_copies_arrive(year)
    assert year.two.settle(most=2) <= 2
    assert disagreements(year.two) == []
    assert year.two.written_twice() == []


@pytest.mark.parametrize(
    ("seed", "busy", "days"), [(8, 5.0, 10), *((seed, 1.0, 365) for seed in range(YEARS))]
)
def test_both_agree_and_nothing_is_written_twice(
    tmp_path: Path, seed: int, busy: float, days: int
) -> None:
    with twin_year(tmp_path / "organisation", seed, busy) as year:
        year.live(days)
        assert year.happened.keys() >= EVERYTHING
        assert year.copier.made >= days
        assert year.writes > 2 * days
        hold_true(year)


def test_faults_of_both_change_nothing_in_the_end(tmp_path: Path) -> None:
    with twin_year(tmp_path / "organisation", seed=3, busy=3.0) as year:
        year.attempt = partial(struck, year)
        year.live(5)
        year.attempt = type(year.two).run
        assert 0 < year.happened["broke off"] < 5
        hold_true(year)


def test_syncs_that_are_killed_change_nothing_in_the_end(tmp_path: Path, runners: Runners) -> None:
    with twin_year(tmp_path / "organisation", seed=5, busy=3.0) as year:
        year.attempt = partial(killed, year, runners[0])
        year.live(2)
        year.attempt = type(year.two).run
        assert year.happened["killed"] >= 1
        hold_true(year)
