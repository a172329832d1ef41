"""Where the demonstration plays: a folder, an instant, and a local twin that stands in for HubSpot.

The connector speaks to the twin through the vendor's client as it would to a real account. What the
environment says of an account or of a ledger counts for nothing here, so that no real one is touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import as_file
from pathlib import Path

from worker.app import App, open_app
from worker.cli.configure import copy_configuration, shipped_mappings
from worker.cli.options import progress
from worker.errors import FixConfigurationError, FixDataError
from worker.ports import (
    Connector,
    ConnectorContext,
    OpenConnector,
    RunningSandbox,
    SandboxOrder,
    system_clock,
)
from worker.registry import find_connector, find_sandbox
from worker.sample import write_sample

SYSTEM = "hubspot"
DATA, DATABASE = "data", "hubspot.db"
UNHELD: Mapping[str, str] = {"calls_per_10_seconds": "100000", "searches_per_second": "10000"}
"""The twin keeps no limits during the demonstration, so the connector need not either."""
LEDGER = "LEADTRIAGE_LEDGER__URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A demonstration that is under way.

    ``ahead`` is how far its time is from the clock's: the worker's time runs as the twin's does.
    """

    folder: Path
    now: datetime
    ahead: timedelta
    twin: RunningSandbox
    is_quiet: bool

    @contextmanager
    def opened(self) -> Iterator[App]:
        """Open the worker on the twin."""
        with (
            progress(is_hidden=self.is_quiet) as bars,
            open_app(
                self.folder,
                now=self.now,
                clock=lambda: system_clock() + self.ahead,
                connectors={SYSTEM: _opener(self.twin)},
                on_progress=bars,
            ) as app,
        ):
            yield app


def _opener(twin: RunningSandbox) -> OpenConnector:
    find = find_connector(SYSTEM)
    options = {"base_url": twin.url, "access_token": twin.token, **UNHELD}

    def open_on_twin(context: ConnectorContext) -> Connector:
        return find(replace(context, options=options))

    return open_on_twin


@contextmanager
def set_scene(
    folder: Path, contacts: int, seed: int, at: datetime, script: Path | None, *, is_quiet: bool
) -> Iterator[Scene]:
    """Lay out a configuration, invent a base, and serve it until the block ends.

    Raises:
        FixConfigurationError: The twin cannot be started, or a ledger of somebody's is named.
        FixDataError: The folder holds something already.
    """
    open_twin = find_sandbox(SYSTEM)
    if LEDGER in os.environ:
        raise FixConfigurationError(f"{LEDGER} names a ledger of yours. Unset it for the demo.")
    if folder.exists() and any(folder.iterdir()):
        raise FixDataError(f"The folder {folder} is not empty. Remove it, or name another.")
    with as_file(shipped_mappings()) as shipped:
        copy_configuration(shipped, folder, SYSTEM, dry_run=False)
    with ExitStack() as stack:
        with progress(is_hidden=is_quiet) as bars:
            write_sample(
                folder / DATA, contacts, seed, at.date(), lambda n: bars("sample", n, contacts)
            )
            order = SandboxOrder(
                data=folder / DATA,
                database=folder / DATABASE,
                script=script,
                now=at,
                has_limits=False,
                on_progress=lambda n: bars("account", n, contacts),
            )
            ahead = at - system_clock()
            twin = stack.enter_context(open_twin(order))
        yield Scene(folder=folder, now=at, ahead=ahead, twin=twin, is_quiet=is_quiet)
