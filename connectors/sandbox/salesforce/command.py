"""Starts the twin of the Salesforce API as ``leadtriage sandbox`` asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.counting import count_calls
from connectors.sandbox.journal import Journal
from connectors.sandbox.salesforce.app import SalesforceTwin, open_twin
from connectors.sandbox.salesforce.metadata import deploy
from connectors.sandbox.salesforce.population import Populated, populate
from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION
from connectors.sandbox.script import Fault, read_script
from connectors.sandbox.serving import serving
from worker.errors import FixConfigurationError, FixDataError
from worker.ports import CallCount, SandboxOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The twin while it serves."""

    url: str
    token: str
    variables: Mapping[str, str]
    made: Mapping[str, int]
    left_out: Mapping[str, int]
    journal: Journal

    def count_calls(self) -> Sequence[CallCount]:
        """Count the calls since the last time, by endpoint."""
        return count_calls(self.journal)


@contextmanager
def open_sandbox(order: SandboxOrder) -> Iterator[Running]:
    """Open the twin, fill it, and serve it until the block ends.

    Raises:
        FixConfigurationError: The script or the metadata cannot be read, or the port is taken.
        FixDataError: A table cannot be read.
    """
    twin = open_twin(
        ":memory:" if order.database is None else str(order.database),
        clock=SandboxClock(starting_at=order.now),
        seed=order.seed,
        has_limits=order.has_limits,
        faults=() if order.script is None else _faults(order.script),
    )
    try:
        filled = _filled(twin, order)
        if order.metadata is not None:
            _deploy(twin, order.metadata)
        with _served(twin, order.port) as url:
            yield Running(
                url=url,
                token=SANDBOX_SESSION,
                variables=_variables(url, twin),
                made=filled.made,
                left_out=filled.left_out,
                journal=twin.journal,
            )
    finally:
        twin.org.store.close()


def _variables(url: str, twin: SalesforceTwin) -> dict[str, str]:
    """Say what a worker is to be told: where the org is, and how to log in by client credentials."""
    return {
        "LEADTRIAGE_SALESFORCE__INSTANCE_URL": url,
        "LEADTRIAGE_SALESFORCE__LOGIN_URL": url,
        "LEADTRIAGE_SALESFORCE__CLIENT_ID": twin.sessions.client_id,
        "LEADTRIAGE_SALESFORCE__CLIENT_SECRET": twin.sessions.client_secret,
    }


def _faults(path: Path) -> tuple[Fault, ...]:
    try:
        return read_script(path.read_bytes())
    except OSError as error:
        raise FixConfigurationError(f"The script {path.name} cannot be read.") from error
    except ValueError as error:
        raise FixConfigurationError(f"The script {path.name} is wrong: {error}.") from error


def _filled(twin: SalesforceTwin, order: SandboxOrder) -> Populated:
    """Fill the twin from tables, unless its database holds people already."""
    is_empty = not (twin.org.store.count("Lead") or twin.org.store.count("Contact"))
    if order.data is None or not is_empty:
        return Populated()
    try:
        return populate(twin.org, order.data, order.on_progress)
    except OSError as error:
        raise FixDataError(f"A table in {order.data} cannot be read.") from error
    except KeyError as error:
        raise FixDataError(f"A table in {order.data} has no column {error.args[0]}.") from error


def _deploy(twin: SalesforceTwin, folder: Path) -> None:
    try:
        deploy(twin.org, folder)
    except (OSError, KeyError) as error:
        raise FixConfigurationError(f"The metadata in {folder} cannot be read.") from error
    except ValueError as error:
        raise FixConfigurationError(f"The metadata in {folder} is wrong: {error}.") from error


@contextmanager
def _served(twin: SalesforceTwin, port: int) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(serving(twin, port))
        except OSError as error:
            raise FixConfigurationError(f"Port {port} is taken. Name another, or 0.") from error
        yield url
