"""At most one holder, and a token that tells an old holder from the new one."""

from __future__ import annotations

from collections.abc import Callable

from tests.ledger.examples import HOUR, NOW
from worker.ledger import leases
from worker.ledger.engine import Ledger


def test_a_free_lease_is_given_with_a_token(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert leases.acquire(tx, "sync", "a", NOW, HOUR) == 1
        assert leases.is_held(tx, "sync", 1, NOW)


def test_a_held_lease_is_given_to_nobody(opened: Callable[..., Ledger]) -> None:
    with opened().begin() as tx:
        leases.acquire(tx, "sync", "a", NOW, HOUR)
    with opened().begin() as tx:
        assert leases.acquire(tx, "sync", "b", NOW, HOUR) is None
        assert leases.acquire(tx, "sync", "a", NOW, HOUR) is None
        assert leases.acquire(tx, "other", "b", NOW, HOUR) == 1


def test_a_lease_that_ran_out_goes_to_the_next_with_a_higher_token(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        leases.acquire(tx, "sync", "a", NOW, HOUR)
        assert leases.acquire(tx, "sync", "b", NOW + HOUR, HOUR) == 2
        assert not leases.is_held(tx, "sync", 1, NOW + HOUR)
        assert not leases.renew(tx, "sync", 1, NOW + HOUR, HOUR)


def test_a_renewed_lease_lasts_longer(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        leases.acquire(tx, "sync", "a", NOW, HOUR)
        assert leases.renew(tx, "sync", 1, NOW + HOUR / 2, HOUR)
        assert leases.acquire(tx, "sync", "b", NOW + HOUR, HOUR) is None


def test_a_lease_that_ran_out_cannot_be_renewed(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        leases.acquire(tx, "sync", "a", NOW, HOUR)
        assert not leases.renew(tx, "sync", 1, NOW + HOUR, HOUR)


def test_a_released_lease_is_free_and_its_token_is_spent(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        leases.acquire(tx, "sync", "a", NOW, HOUR)
        leases.release(tx, "sync", 1)
        assert not leases.is_held(tx, "sync", 1, NOW)
        assert leases.acquire(tx, "sync", "b", NOW, HOUR) == 2


def test_an_old_holder_cannot_release_the_lease_of_the_new(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        leases.acquire(tx, "sync", "a", NOW, HOUR)
        leases.acquire(tx, "sync", "b", NOW + HOUR, HOUR)
        leases.release(tx, "sync", 1)
        assert leases.is_held(tx, "sync", 2, NOW + HOUR)
