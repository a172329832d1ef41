"""Starts the twin of the HubSpot API as ``leadtriage sandbox`` asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.counting import count_calls
from connectors.sandbox.hubspot.app import HubSpotTwin, open_twin
from connectors.sandbox.hubspot.limits import NO_LIMITS, Limits
from connectors.sandbox.hubspot.population import Populated, populate
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from connectors.sandbox.journal import Journal
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
        FixConfigurationError: The script cannot be read, or the port is taken.
        FixDataError: A table cannot be read.
    """
    twin = open_twin(
        ":memory:" if order.database is None else str(order.database),
        clock=SandboxClock(starting_at=order.now),
        seed=order.seed,
        limits=Limits() if order.has_limits else NO_LIMITS,
        index_lag=timedelta(seconds=order.index_lag_seconds),
        faults=() if order.script is None else _faults(order.script),
    )
    try:
        filled = _filled(twin, order)
        with _served(twin, order.port) as url:
            yield Running(
                url=url,
                token=SANDBOX_TOKEN,
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


def _faults(path: Path) -> tuple[Fault, ...]:
    try:
        return read_script(path.read_bytes())
    except OSError as error:
        raise FixConfigurationError(f"The script {path.name} cannot be read.") from error
    except ValueError as error:
        raise FixConfigurationError(f"The script {path.name} is wrong: {error}.") from error


def _filled(twin: HubSpotTwin, order: SandboxOrder) -> Populated:
    """Fill the twin from tables, unless its database holds contacts already."""
    is_empty = not twin.account.store.page("contacts", 0, 1, archived=False)
    if order.data is None or not is_empty:
        return Populated()
    try:
        return populate(twin.account, order.data, order.on_progress)
    except OSError as error:
        raise FixDataError(f"A table in {order.data} cannot be read.") from error
    except KeyError as error:
        raise FixDataError(f"A table in {order.data} has no column {error.args[0]}.") from error


@contextmanager
def _served(twin: HubSpotTwin, port: int) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(serving(twin, port))
        except OSError as error:
            raise FixConfigurationError(f"Port {port} is taken. Name another, or 0.") from error
        yield url


def _made(filled: Populated) -> dict[str, int]:
    return {
        "contacts": filled.contacts,
        "engagements": filled.engagements,
        "submissions": filled.submissions,
        "owners": filled.owners,
    }
