"""Where the demonstration plays: a folder, an instant, and local twins that stand in for the CRMs.

The connectors speak to the twins through the vendors' clients as they would to real accounts. What the
environment says of an account or of a ledger counts for nothing here, so that no real one is touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import as_file
from pathlib import Path

from worker.app import App, open_app
from worker.cli.configure import copy_configuration, shipped_mappings
from worker.cli.options import progress
from worker.cli.setup_package import package_of, write_files
from worker.config.loader import load_configuration
from worker.errors import FixConfigurationError, FixDataError
from worker.ports import (
    Connector,
    ConnectorContext,
    OpenConnector,
    RunningSandbox,
    SandboxOrder,
    system_clock,
)
from worker.registry import find_connector, find_sandbox, package_names
from worker.sample import split_sample, write_sample
from worker.steps.work import OnProgress

DATA = "data"
UNHELD: Mapping[str, Mapping[str, str]] = {
    "hubspot": {"calls_per_10_seconds": "100000", "searches_per_second": "10000"}
}
"""The twins keep no limits during the demonstration, so the connectors need not either."""
LEDGER = "LEADTRIAGE_LEDGER__URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of a demonstration: where, of which CRMs, how many people, and as of when."""

    folder: Path
    systems: Sequence[str]
    contacts: int
    seed: int
    at: datetime
    script: Path | None
    is_quiet: bool

    def data_of(self, system: str) -> Path:
        """Where the tables of a CRM are: one CRM alone has the whole sample."""
        data = self.folder / DATA
        return data / system if len(self.systems) > 1 else data

    def package_of(self, system: str) -> Path:
        """Where what is deployed to a CRM is."""
        return self.folder / "deploy" / system


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A demonstration that is under way.

    ``ahead`` is how far its time is from the clock's: the worker's time runs as the twins' does.
    """

    wish: Wish
    ahead: timedelta
    twins: Mapping[str, RunningSandbox]

    @contextmanager
    def opened(self) -> Iterator[App]:
        """Open the worker on the twins."""
        openers = {name: _opener(name, twin) for name, twin in self.twins.items()}
        with (
            progress(is_hidden=self.wish.is_quiet) as bars,
            open_app(
                self.wish.folder,
                now=self.wish.at,
                clock=lambda: system_clock() + self.ahead,
                connectors=openers,
                on_progress=bars,
            ) as app,
        ):
            yield app


def database_of(system: str) -> str:
    """Name the file that keeps the state of a twin."""
    return f"{system}.db"


def _opener(system: str, twin: RunningSandbox) -> OpenConnector:
    find = find_connector(system)
    before = f"LEADTRIAGE_{system.upper()}__"
    told = {name.removeprefix(before).lower(): value for name, value in twin.variables.items()}

    def open_on_twin(context: ConnectorContext) -> Connector:
        return find(replace(context, options={**told, **UNHELD.get(system, {})}))

    return open_on_twin


@contextmanager
def set_scene(wish: Wish) -> Iterator[Scene]:
    """Lay out a configuration, invent a base, and serve it until the block ends.

    Raises:
        FixConfigurationError: A twin cannot be started, or a ledger of somebody's is named.
        FixDataError: The folder holds something already.
    """
    folder = wish.folder
    opened = {name: find_sandbox(name) for name in wish.systems}
    if LEDGER in os.environ:
        raise FixConfigurationError(f"{LEDGER} names a ledger of yours. Unset it for the demo.")
    if folder.exists() and any(folder.iterdir()):
        raise FixDataError(f"The folder {folder} is not empty. Remove it, or name another.")
    with as_file(shipped_mappings()) as shipped:
        copy_configuration(shipped, folder, *wish.systems, dry_run=False)
    _make_packages(wish)
    with ExitStack() as stack:
        with progress(is_hidden=wish.is_quiet) as bars:
            _invent(wish, bars)
            ahead = wish.at - system_clock()
            twins = {
                name: stack.enter_context(open_twin(_order(wish, name, ahead, bars)))
                for name, open_twin in opened.items()
            }
        yield Scene(wish=wish, ahead=ahead, twins=twins)


def _make_packages(wish: Wish) -> None:
    """Write what an administrator deploys to those CRMs that are deployed to."""
    configuration = load_configuration(wish.folder)
    for name in set(wish.systems) & set(package_names()):
        package = package_of(configuration, name)
        write_files(package.files, package.files, wish.package_of(name))


def _invent(wish: Wish, bars: OnProgress) -> None:
    data, count = wish.folder / DATA, wish.contacts
    write_sample(data, count, wish.seed, wish.at.date(), lambda n: bars("sample", n, count))
    if len(wish.systems) > 1:
        split_sample(data, wish.seed)


def _order(wish: Wish, system: str, ahead: timedelta, bars: OnProgress) -> SandboxOrder:
    return SandboxOrder(
        data=wish.data_of(system),
        database=wish.folder / database_of(system),
        script=wish.script,
        metadata=wish.package_of(system) if system in package_names() else None,
        now=system_clock() + ahead,
        has_limits=False,
        on_progress=lambda n: bars(system, n, None),
    )
