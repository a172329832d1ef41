"""The composition root: the only place where objects are built and joined.

Everything below receives what it needs as an argument; everything above asks an ``App`` and never
builds one part itself.
"""

from __future__ import annotations

import gc
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from worker.config.loader import load_configuration
from worker.config.settings import Settings, load_settings, with_overrides
from worker.core.configuration import Configuration
from worker.core.field_map import SystemMap
from worker.core.lifecycle import with_backward
from worker.core.ruleset import Ruleset, compile_ruleset
from worker.errors import FixConfigurationError
from worker.ledger.codec import codec_from_key
from worker.ledger.engine import Ledger, open_ledger
from worker.ledger.transaction import Transaction
from worker.ports import (
    Clock,
    Connector,
    ConnectorContext,
    ObjectSource,
    OpenConnector,
    system_clock,
)
from worker.registry import find_connector
from worker.retry import with_retry
from worker.steps.lease import hold_lease
from worker.steps.sync import RunReport, apply, rehearse, sync
from worker.steps.work import OnProgress, Work

NO_CONNECTORS: Mapping[str, OpenConnector] = {}
KEY_FILE_UNREADABLE = (
    "The file that ledger.key_file names cannot be read. Check its name and who may read it, or set "
    "LEADTRIAGE_LEDGER__KEY."
)


def no_progress(_name: str, _done: int, _total: int | None) -> None:
    """Show nothing."""


def never() -> bool:
    """Never ask to stop."""
    return False


def spare_collector() -> None:
    """Have the collector of reference cycles look seldom; for a process of our own, at its start.

    The worker makes millions of records and hardly a cycle, and counting references frees those at
    once: looking for cycles among them took an eighth of a whole run.
    """
    gc.set_threshold(50_000, 20, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One account's worker, ready to run.

    ``now`` fixes the instant decisions are made for; None takes the clock's when a run begins.
    """

    settings: Settings
    ruleset: Ruleset
    ledger: Ledger
    connectors: Mapping[str, Connector]
    clock: Clock
    now: datetime | None = None
    on_progress: OnProgress = no_progress
    should_stop: Callable[[], bool] = never

    def sync(self, *, pushes: bool = True) -> RunReport:
        """Run all steps once under the account's lease. Without ``pushes`` the plan is held."""
        with self._leased() as work:
            return sync(work, self.clock, pushes=pushes)

    def apply(self, plan_id: str | None) -> RunReport:
        """Send an approved plan under the account's lease."""
        with self._leased() as work:
            return apply(work, self.clock, plan_id)

    @contextmanager
    def rehearsed(self) -> Iterator[tuple[Work, RunReport]]:
        """Pull and decide on a copy of the ledger that vanishes; lends it as it then stands."""
        with self.ledger.rehearsal() as copy:
            work = self._work(copy, _no_guard)
            yield work, rehearse(work)

    def looking(self) -> Work:
        """The surroundings for reading the ledger: no lease, and nothing may be written."""
        return self._work(self.ledger, _no_guard)

    def at(self) -> datetime:
        """The instant to decide for."""
        return self.now or self.clock()

    @contextmanager
    def _leased(self) -> Iterator[Work]:
        with hold_lease(self.ledger, self.clock, self.settings.run.lease) as guard:
            yield self._work(self.ledger, guard)

    def _work(self, ledger: Ledger, guard: Callable[[Transaction], None]) -> Work:
        at = self.clock()
        return Work(
            ledger=ledger,
            ruleset=self.ruleset,
            connectors=self.connectors,
            run_id=f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
            now=self.now or at,
            sleep=time.sleep,
            batch=self.settings.run.batch,
            on_progress=self.on_progress,
            should_stop=self.should_stop,
            guard=guard,
        )


def _no_guard(_tx: Transaction) -> None:
    return None


@contextmanager
def open_app(
    config: Path | None = None,
    *,
    now: datetime | None = None,
    on_progress: OnProgress = no_progress,
    should_stop: Callable[[], bool] = never,
    clock: Clock = system_clock,
    connectors: Mapping[str, OpenConnector] = NO_CONNECTORS,
    stores: bool = True,
    connects: bool = True,
) -> Iterator[App]:
    """Build the worker of a configuration folder, and close it again.

    ``connectors`` are known beside the installed ones, by name. Without ``stores``, a ledger that
    does not exist yet is not made: an empty one that vanishes stands in for it. What does not
    ``connect`` asks no CRM anything, and needs no secret of any.

    Raises:
        FixConfigurationError: with every problem of the settings and the configuration.
    """
    settings = load_settings(config)
    configuration = with_overrides(load_configuration(settings.config), settings)
    with ExitStack() as stack:
        opened: dict[str, Connector] = {}
        for name, system in configuration.systems.items() if connects else ():
            opened[name] = open_system(system, settings.config, connectors, clock)
            stack.callback(opened[name].close)
        url = settings.ledger_url
        if not stores and is_missing(url):
            url = f"sqlite:///{stack.enter_context(TemporaryDirectory())}/ledger.db"
        ledger = open_ledger(url, configuration.account, codec_from_key(ledger_key(settings)))
        stack.callback(ledger.close)
        yield App(
            settings=settings,
            ruleset=compile_ruleset(_as_able(configuration, opened)),
            ledger=ledger,
            connectors=opened,
            clock=clock,
            now=now,
            on_progress=on_progress,
            should_stop=should_stop,
        )


def _as_able(configuration: Configuration, opened: Mapping[str, Connector]) -> Configuration:
    ways = {name: connector.capabilities.backward_stage for name, connector in opened.items()}
    return replace(configuration, lifecycle=with_backward(configuration.lifecycle, ways))


def is_missing(url: str) -> bool:
    """Tell whether the URL names a SQLite file that is not there."""
    scheme, _slashes, path = url.partition(":///")
    return scheme == "sqlite" and not Path(path).exists()


def open_system(
    system: SystemMap,
    base_dir: Path,
    connectors: Mapping[str, OpenConnector] = NO_CONNECTORS,
    clock: Clock = system_clock,
) -> Connector:
    """Open the connector of one system."""
    return find_connector(system.connector, connectors)(
        ConnectorContext(
            system=system.system,
            base_dir=base_dir,
            options=system.options,
            objects=tuple(
                ObjectSource(
                    object_type=item.object_type,
                    id_field=item.id_field,
                    modified_at_field=item.modified_at_field,
                    options=item.options,
                )
                for item in system.objects
            ),
            clock=clock,
            sleep=time.sleep,
            retry=partial(with_retry, sleep=time.sleep),
        )
    )


def ledger_key(settings: Settings) -> str | None:
    """Read the key of the ledger from the settings or from the file they name.

    Raises:
        FixConfigurationError: The file cannot be read.
    """
    if settings.ledger.key is not None:
        return settings.ledger.key.get_secret_value()
    if settings.ledger.key_file is not None:
        try:
            return settings.ledger.key_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise FixConfigurationError(KEY_FILE_UNREADABLE) from exc
    return None
