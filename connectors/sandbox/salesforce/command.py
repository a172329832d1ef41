"""Starts the twin of the Salesforce API as ``leadtriage sandbox`` asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.running import Running, faults_of, filled_from, refuse_foreign, served
from connectors.sandbox.salesforce.app import SalesforceTwin, open_twin
from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.metadata import deploy
from connectors.sandbox.salesforce.population import Populated, populate
from connectors.sandbox.salesforce.sessions import PERSON_SESSION, SANDBOX_SESSION
from connectors.sandbox.salesforce.shipped import deploy_shipped
from worker.errors import FixConfigurationError
from worker.ports import SandboxOrder


@contextmanager
def open_sandbox(order: SandboxOrder) -> Iterator[Running]:
    """Open the twin, fill it, and serve it until the block ends.

    Raises:
        FixConfigurationError: The script or the metadata cannot be read, or the port is taken.
        FixDataError: A table cannot be read.
    """
    refuse_foreign(order, "Salesforce, whose queries see each write at once", "--index-lag")
    twin = open_twin(
        ":memory:" if order.database is None else str(order.database),
        clock=SandboxClock(starting_at=order.now),
        seed=order.seed,
        features=_features(order.features),
        has_limits=order.has_limits,
        faults=faults_of(order.script),
    )
    try:
        _deploy(twin, order)
        filled = _filled(twin, order)
        with served(twin, order.port) as url:
            yield Running(
                url=url,
                token=SANDBOX_SESSION,
                person_token=PERSON_SESSION,
                variables=_variables(url, twin),
                made=filled.made,
                left_out=filled.left_out,
                journal=twin.journal,
            )
    finally:
        twin.org.store.close()


def _features(names: tuple[str, ...]) -> list[Feature]:
    known = ", ".join(Feature)
    for name in names:
        if name not in set(Feature):
            raise FixConfigurationError(
                f"Salesforce has no feature {name!r}. The twin knows: {known}."
            )
    return [Feature(name) for name in names]


def _variables(url: str, twin: SalesforceTwin) -> dict[str, str]:
    """Say what a worker is to be told: where the org is, and how to log in by client credentials."""
    return {
        "LEADTRIAGE_SALESFORCE__INSTANCE_URL": url,
        "LEADTRIAGE_SALESFORCE__LOGIN_URL": url,
        "LEADTRIAGE_SALESFORCE__CLIENT_ID": twin.sessions.client_id,
        "LEADTRIAGE_SALESFORCE__CLIENT_SECRET": twin.sessions.client_secret,
    }


def _is_empty(twin: SalesforceTwin) -> bool:
    return not (twin.org.store.count("Lead") or twin.org.store.count("Contact"))


def _filled(twin: SalesforceTwin, order: SandboxOrder) -> Populated:
    """Fill the twin from tables, unless its database holds people already."""
    folder = order.data
    if folder is None or not _is_empty(twin):
        return Populated()
    return filled_from(folder, lambda: populate(twin.org, folder, order.on_progress))


def _deploy(twin: SalesforceTwin, order: SandboxOrder) -> None:
    """Deploy what is named, else our package where people are to be put in."""
    folder = order.metadata
    if folder is None:
        if order.data is not None and _is_empty(twin):
            deploy_shipped(twin.org)
        return
    try:
        deploy(twin.org, folder)
    except (OSError, KeyError) as error:
        raise FixConfigurationError(f"The metadata in {folder} cannot be read.") from error
    except ValueError as error:
        raise FixConfigurationError(f"The metadata in {folder} is wrong: {error}.") from error
