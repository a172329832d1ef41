"""What ``leadtriage sandbox`` needs of every twin: a script read, tables filled in, and the serving."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from connectors.sandbox.counting import count_calls
from connectors.sandbox.front import Twin
from connectors.sandbox.journal import Journal
from connectors.sandbox.script import Fault, read_script
from connectors.sandbox.serving import serving
from worker.errors import FixConfigurationError, FixDataError
from worker.ports import CallCount, SandboxOrder

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A twin while it serves."""

    url: str
    token: str
    person_token: str
    variables: Mapping[str, str]
    made: Mapping[str, int]
    left_out: Mapping[str, int]
    journal: Journal

    def count_calls(self) -> Sequence[CallCount]:
        """Count the calls since the last time, by endpoint."""
        return count_calls(self.journal)


def faults_of(path: Path | None) -> tuple[Fault, ...]:
    """Read a script of faults; none when there is no script.

    Raises:
        FixConfigurationError: It cannot be read, or is wrong.
    """
    if path is None:
        return ()
    try:
        return read_script(path.read_bytes())
    except OSError as error:
        raise FixConfigurationError(f"The script {path.name} cannot be read.") from error
    except ValueError as error:
        raise FixConfigurationError(f"The script {path.name} is wrong: {error}.") from error


def refuse_foreign(order: SandboxOrder, crm: str, *names: str) -> None:
    """Refuse what was ordered of another CRM's twin, rather than do nothing about it.

    Raises:
        FixConfigurationError: One of these was ordered.
    """
    given = {
        "--index-lag": order.index_lag_seconds is not None,
        "--metadata": order.metadata is not None,
        "--feature": bool(order.features),
    }
    for name in names:
        if given[name]:
            raise FixConfigurationError(f"{name} means nothing for {crm}. Leave it out.")


def filled_from(folder: Path, fill: Callable[[], T]) -> T:
    """Fill a twin from the tables of a folder.

    Raises:
        FixDataError: A table cannot be read, or lacks a column.
    """
    try:
        return fill()
    except OSError as error:
        raise FixDataError(f"A table in {folder} cannot be read.") from error
    except KeyError as error:
        raise FixDataError(f"A table in {folder} has no column {error.args[0]}.") from error


@contextmanager
def served(twin: Twin, port: int) -> Iterator[str]:
    """Serve a twin until the block ends; gives its address.

    Raises:
        FixConfigurationError: The port is taken.
    """
    with ExitStack() as stack:
        try:
            url = stack.enter_context(serving(twin, port))
        except OSError as error:
            raise FixConfigurationError(f"Port {port} is taken. Name another, or 0.") from error
        yield url
