"""Starts the twin of the HubSpot API as ``leadtriage sandbox`` asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.hubspot.app import HubSpotTwin, open_twin
from connectors.sandbox.hubspot.limits import NO_LIMITS, Limits
from connectors.sandbox.hubspot.population import Populated, populate
from connectors.sandbox.hubspot.tokens import PERSON_TOKEN, SANDBOX_TOKEN
from connectors.sandbox.running import Running, faults_of, filled_from, refuse_foreign, served
from worker.ports import SandboxOrder


@contextmanager
def open_sandbox(order: SandboxOrder) -> Iterator[Running]:
    """Open the twin, fill it, and serve it until the block ends.

    Raises:
        FixConfigurationError: The script cannot be read, the port is taken, or something was ordered that
            HubSpot does not have.
        FixDataError: A table cannot be read.
    """
    refuse_foreign(order, "HubSpot", "--metadata", "--feature")
    twin = open_twin(
        ":memory:" if order.database is None else str(order.database),
        clock=SandboxClock(starting_at=order.now),
        seed=order.seed,
        limits=Limits() if order.has_limits else NO_LIMITS,
        index_lag=timedelta(seconds=order.index_lag_seconds or 0),
        faults=faults_of(order.script),
    )
    try:
        filled = _filled(twin, order)
        with served(twin, order.port) as url:
            yield Running(
                url=url,
                token=SANDBOX_TOKEN,
                person_token=PERSON_TOKEN,
                variables={
                    "LEADTRIAGE_HUBSPOT__BASE_URL": url,
                    "LEADTRIAGE_HUBSPOT__ACCESS_TOKEN": SANDBOX_TOKEN,
                },
                made=_made(filled),
                left_out=dict(filled.left_out),
                journal=twin.journal,
            )
    finally:
        twin.account.store.close()


def _filled(twin: HubSpotTwin, order: SandboxOrder) -> Populated:
    """Fill the twin from tables, unless its database holds contacts already."""
    is_empty = not twin.account.store.page("contacts", 0, 1, archived=False)
    folder = order.data
    if folder is None or not is_empty:
        return Populated()
    return filled_from(folder, lambda: populate(twin.account, folder, order.on_progress))


def _made(filled: Populated) -> dict[str, int]:
    return {
        "contacts": filled.contacts,
        "engagements": filled.engagements,
        "submissions": filled.submissions,
        "owners": filled.owners,
    }
