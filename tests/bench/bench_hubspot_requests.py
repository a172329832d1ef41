"""How many calls a run asks of HubSpot, each beside the fewest that its pages and batches allow.

``python -m tests.bench.bench_hubspot_requests [CONTACTS] [ACTIVITIES] [WRITES]`` prints counts from
the twin's journal, and what both sides cost in time and memory; nothing here is a test. How the
fewest are counted stands in ``hubspot_fewest.py``.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from os import environ
from pathlib import Path
from typing import NamedTuple

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from tests.bench.hubspot_account import NOW, PASSED, RemoteAccount, remote_account
from tests.bench.hubspot_fewest import Calls, by_list, by_search, of_every_run, of_writing
from tests.support.hubspot_organisation import lay_out
from worker.app import open_app, spare_collector
from worker.log import configure_logging
from worker.steps.sync import RunReport

SIZES = (50_000, 200_000, 5_500)
UNHELD = "options: {calls_per_10_seconds: 100000, searches_per_second: 10000}"

FREE = 'budgets:\n  - {id: any_stage, scope: stage, key: "*", max_share: 1.0, floor: 50}\n'


class Spent(NamedTuple):
    """Seconds of processor, and seconds by the clock, in which the account works as well."""

    worked: float
    passed: float

    def __str__(self) -> str:
        return f"{self.worked:.1f} s of processor, {self.passed:.1f} s passed"


def configure(folder: Path) -> Path:
    """Lay out a configuration that neither the limits nor the guardrails hold up."""
    lay_out(folder)
    system = folder / "systems" / "hubspot.yaml"
    system.write_text(system.read_text("utf-8").replace("options: {}", UNHELD), "utf-8")
    (folder / "guardrails.yaml").write_text(FREE, "utf-8")
    return folder


def run(folder: Path, clock: SandboxClock, *, pushes: bool) -> tuple[RunReport, Spent]:
    """Run once; the report, and what it took."""
    began, began_at = time.process_time(), time.perf_counter()
    with open_app(folder, now=clock.now(), clock=clock.now) as app:
        report = app.sync(pushes=pushes)
    took = Spent(time.process_time() - began, time.perf_counter() - began_at)
    return report, took


def show(title: str, counted: Mapping[str, int], fewest: Calls) -> None:
    """Print calls by endpoint beside the fewest, and both in all."""
    print(f"\n{title}\n{'calls':>8} {'fewest':>8}  ratio")  # noqa: T201
    for name in sorted({*counted, *fewest}):
        print(_line(counted.get(name, 0), fewest.get(name, 0), name))  # noqa: T201
    print(_line(sum(counted.values()), sum(fewest.values()), "in all"))  # noqa: T201


def _line(calls: int, fewest: int, name: str) -> str:
    ratio = f"{calls / fewest:6.3f}" if fewest else "     -"
    return f"{calls:8} {fewest:8} {ratio}  {name}"


def measure_reading(folder: Path, contacts: int, activities: int) -> None:
    """Read an account whole, and then what changed of it in a quarter of an hour."""
    clock = SandboxClock(standing_at=NOW)
    with remote_account(configure(folder), contacts, activities) as account:
        _point_at(account)
        loaded = account.burden()
        _, full = run(folder, clock, pushes=False)
        title = f"full pull: {contacts} contacts, {activities} activities; {full}"
        show(title, account.counts(), by_list(account.base) + of_every_run(account.base))
        changed = account.change()
        clock.advance(PASSED)
        _, some = run(folder, clock, pushes=False)
        title = f"incremental: one in a hundred changed; {some}, {some.worked / full.worked:.3f} of the full"
        show(title, account.counts(), by_search(changed) + of_every_run(account.base))
        served = account.burden()
    print(  # noqa: T201
        f"\nthe account took {loaded.seconds:.1f} s to fill and {served.seconds - loaded.seconds:.1f} s "
        f"of processor to serve, and {served.memory} MiB at most"
    )


def measure_writing(folder: Path, contacts: int) -> None:
    """Read a small account and write what was decided back to it."""
    clock = SandboxClock(standing_at=NOW)
    with remote_account(configure(folder), contacts, contacts) as account:
        _point_at(account)
        report, spent = run(folder, clock, pushes=True)
        wrote = sum(report.writes.values())
        read = by_list(account.base) + of_every_run(account.base)
        show(f"write-back: {wrote} contacts {dict(report.writes)}; {spent}",
             _without(account.counts(), read), of_writing(wrote))  # fmt: skip


def _without(counted: Mapping[str, int], read: Calls) -> Mapping[str, int]:
    """Leave the calls of the pull before the write-back out."""
    return {name: more for name, n in counted.items() if (more := n - read.get(name, 0))}


def _point_at(account: RemoteAccount) -> None:
    environ["LEADTRIAGE_HUBSPOT__BASE_URL"] = account.url
    environ["LEADTRIAGE_HUBSPOT__ACCESS_TOKEN"] = SANDBOX_TOKEN


def main() -> None:
    given = [int(one) for one in sys.argv[1:]]
    contacts, activities, writes = (*given, *SIZES[len(given) :])
    configure_logging("error", as_json=False)
    spare_collector()
    with tempfile.TemporaryDirectory() as name:
        measure_reading(Path(name) / "read", contacts, activities)
        measure_writing(Path(name) / "written", writes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"the worker took {peak} MiB at most")  # noqa: T201


if __name__ == "__main__":
    main()
