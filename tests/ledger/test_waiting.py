"""Availability, who reads it and who waits for it, as the ledger keeps them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ledger.examples import HOUR, NOW, opening, place, profile
from worker.core.availability import HeldBy, ListKey
from worker.ledger.availability import (
    availability_of,
    confirm_availability,
    delete_availability,
    load_availability,
    load_readers,
    save_availability,
    save_readers,
    wake_readers,
)
from worker.ledger.engine import Ledger
from worker.ledger.profiles import delete_profiles, load_profiles, save_profiles
from worker.ledger.waiting import (
    add_releases,
    count_waiting,
    delete_places,
    delete_releases,
    held_lists,
    load_places,
    places_held_by,
    releases_since,
    save_places,
)


def test_a_row_comes_back_as_it_was_and_dated_by_its_reading(ledger: Ledger) -> None:
    dated = opening("o2", as_of=NOW - HOUR, open_slots=None, next_at=NOW + HOUR)
    with ledger.begin() as tx:
        save_availability(tx, [opening("o1"), dated], NOW)

        assert load_availability(tx) == [dated, opening("o1", as_of=NOW)]
        assert availability_of(tx, [dated.ref]) == {dated.ref: dated}
        delete_availability(tx, [dated.ref])
        assert load_availability(tx) == [opening("o1", as_of=NOW)]


def test_only_rows_without_a_date_of_their_own_are_confirmed(ledger: Ledger) -> None:
    dated = opening("o2", as_of=NOW - HOUR)
    with ledger.begin() as tx:
        save_availability(tx, [opening("o1"), dated], NOW)

        before = confirm_availability(tx, "hubspot", "openings", NOW + HOUR)

        assert before == [opening("o1", as_of=NOW)]
        assert load_availability(tx) == [opening("o1", as_of=NOW + HOUR), dated]


def dirty(ledger: Ledger) -> set[str]:
    with ledger.read() as tx:
        found = load_profiles(tx, ["p1", "p2", "p3", "p4"])
    return {name for name, row in found.items() if row.is_dirty}


def test_a_change_wakes_who_looked_at_the_place_or_at_any_site(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        save_profiles(tx, [profile(name) for name in ("p1", "p2", "p3", "p4")])
        places = {
            "p1": ("cardiology", "boston"),
            "p2": ("cardiology", ""),
            "p3": ("cardiology", "salem"),
            "p4": ("oncology", "boston"),
        }
        save_readers(tx, places)
        wake_readers(tx, [("cardiology", "boston")])

    assert dirty(ledger) == {"p1", "p2"}


def test_who_looks_no_longer_is_no_longer_woken(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        save_profiles(tx, [profile("p1"), profile("p2")])
        save_readers(tx, {"p1": ("cardiology", "boston"), "p2": ("cardiology", "boston")})
        save_readers(tx, {"p1": None, "p2": ("cardiology", "salem")})

        assert load_readers(tx, ["p1", "p2"]) == {"p2": ("cardiology", "salem")}


def test_a_place_comes_back_and_goes_with_its_profile(ledger: Ledger) -> None:
    other = place("p2", key=ListKey("full", "cardiology", "salem"), held_by=HeldBy.HOLD)
    with ledger.begin() as tx:
        save_profiles(tx, [profile("p1"), profile("p2")])
        save_places(tx, [place("p1"), other])

        assert load_places(tx, ["p1", "p2", "p3"]) == [place("p1"), other]
        assert places_held_by(tx, HeldBy.SLOW) == [place("p1")]
        assert held_lists(tx) == {
            place().key: frozenset({HeldBy.SLOW}),
            other.key: frozenset({HeldBy.HOLD}),
        }
        assert count_waiting(tx) == {("cardiology", "boston"): 1, ("cardiology", "salem"): 1}
        delete_profiles(tx, ["p1"])
        assert load_places(tx, ["p1", "p2"]) == [other]
        delete_places(tx, ["p2"])
        assert count_waiting(tx) == {}


def test_releases_add_up_within_a_period(ledger: Ledger) -> None:
    key, other = place().key, replace(place()).key._replace(site="salem")
    with ledger.begin() as tx:
        add_releases(tx, {key: 2}, NOW)
        add_releases(tx, {key: 1, other: 4}, NOW)
        add_releases(tx, {key: 7}, NOW + 24 * HOUR)

        assert releases_since(tx, "full", NOW) == {key: 3, other: 4}
        assert releases_since(tx, "another", NOW) == {}
        delete_releases(tx, NOW + HOUR)
        assert releases_since(tx, "full", NOW) == {}
        assert releases_since(tx, "full", NOW + 24 * HOUR) == {key: 7}


def test_a_release_that_is_undone_was_never_counted(ledger: Ledger) -> None:
    with pytest.raises(InterruptedError):
        release_and_fail(ledger)

    with ledger.read() as tx:
        assert releases_since(tx, "full", NOW) == {}
        assert load_places(tx, ["p1"]) == []


def release_and_fail(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        add_releases(tx, {place().key: 1}, NOW)
        save_places(tx, [place()])
        raise InterruptedError
