"""Measures three loads on a CRM's twin, and prints its calls beside the fewest that are possible.

A pull of everything, a pull after every hundredth thing has changed, and a write-back. The counts come
from the twin's journal; time and memory of both sides are told besides.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import environ
from pathlib import Path
from typing import Generic, NamedTuple, TypeAlias

from connectors.sandbox.clock import SandboxClock
from tests.bench.remote import NOW, PASSED, Fill, Held, Remote, remote
from worker.app import open_app, spare_collector
from worker.log import configure_logging
from worker.steps.sync import RunReport

Calls: TypeAlias = Counter[str]
FREE = 'budgets:\n  - {id: any_stage, scope: stage, key: "*", max_share: 1.0, floor: 50}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject(Generic[Held]):
    """What is measured: how a CRM is laid out, filled and reached, and its fewest calls.

    ``sizes`` are how many contacts and activities are read, and how many contacts of another base are
    written to. ``by_change`` counts for what it is given beside what every run asks.
    """

    sizes: tuple[int, int, int]
    lay_out: Callable[[Path], Path]
    fill: Fill[Held]
    variables: Callable[[str], Mapping[str, str]]
    by_list: Callable[[Held], Calls]
    by_change: Callable[[Held], Calls]
    of_every_run: Callable[[Held], Calls]
    of_writing: Callable[[Held, int], Calls]


class Spent(NamedTuple):
    """Seconds of processor, and seconds by the clock, in which the twin works as well."""

    worked: float
    passed: float

    def __str__(self) -> str:
        return f"{self.worked:.1f} s of processor, {self.passed:.1f} s passed"


def pages(amount: int, size: int) -> int:
    """Count the pages or batches of this size; at least one."""
    return max(1, -(-amount // size))


def measure(subject: Subject[Held]) -> None:
    """Measure all loads at the sizes of the command line, or at the usual ones."""
    given = [int(one) for one in sys.argv[1:]]
    contacts, activities, writes = (*given, *subject.sizes[len(given) :])
    configure_logging("error", as_json=False)
    spare_collector()
    with tempfile.TemporaryDirectory() as name:
        _measure_reading(subject, Path(name) / "read", contacts, activities)
        _measure_writing(subject, Path(name) / "written", writes)
    print(f"the worker took {_peak()} MiB at most")


def _measure_reading(subject: Subject[Held], folder: Path, contacts: int, activities: int) -> None:
    """Read everything, and then what changed of it in a quarter of an hour."""
    clock = SandboxClock(standing_at=NOW)
    with remote(subject.fill, _configure(subject, folder), contacts, activities) as twin:
        _point_at(subject, twin)
        loaded = twin.burden()
        _, full = _run(folder, clock, pushes=False)
        every = subject.of_every_run(twin.held)
        rate = f"{contacts / full.worked:.0f} contacts/s pulled, decided, planned"
        title = f"full pull: {contacts} contacts, {activities} activities; {full}; {rate}"
        _show(title, twin.counts(), subject.by_list(twin.held) + every)
        changed = twin.change()
        clock.advance(PASSED)
        _, some = _run(folder, clock, pushes=False)
        share = some.worked / full.worked
        title = f"incremental: one in a hundred changed; {some}, {share:.3f} of the full"
        _show(title, twin.counts(), subject.by_change(changed) + every)
        served = twin.burden()
    print(
        f"\nthe twin took {loaded.seconds:.1f} s to fill and {served.seconds - loaded.seconds:.1f} s "
        f"of processor to serve, and {served.memory} MiB at most; the worker {_peak()} MiB so far"
    )


def _measure_writing(subject: Subject[Held], folder: Path, contacts: int) -> None:
    """Read a small base and write what was decided back to it."""
    clock = SandboxClock(standing_at=NOW)
    with remote(subject.fill, _configure(subject, folder), contacts, contacts) as twin:
        _point_at(subject, twin)
        report, spent = _run(folder, clock, pushes=True)
        wrote = sum(report.writes.values())
        read = subject.by_list(twin.held) + subject.of_every_run(twin.held)
        _show(
            f"write-back: {wrote} contacts {dict(report.writes)}; {spent}",
            _without(twin.counts(), read),
            subject.of_writing(twin.held, wrote),
        )


def _configure(subject: Subject[Held], folder: Path) -> Path:
    """Lay out a configuration that no guardrail holds up."""
    subject.lay_out(folder)
    (folder / "guardrails.yaml").write_text(FREE, "utf-8")
    return folder


def _point_at(subject: Subject[Held], twin: Remote[Held]) -> None:
    environ.update(subject.variables(twin.url))


def _run(folder: Path, clock: SandboxClock, *, pushes: bool) -> tuple[RunReport, Spent]:
    """Run once; the report, and what it took."""
    began, began_at = time.process_time(), time.perf_counter()
    with open_app(folder, now=clock.now(), clock=clock.now) as app:
        report = app.sync(pushes=pushes)
    took = Spent(time.process_time() - began, time.perf_counter() - began_at)
    return report, took


def _without(counted: Mapping[str, int], read: Calls) -> Mapping[str, int]:
    """Leave the calls of the pull before the write-back out."""
    return {name: more for name, n in counted.items() if (more := n - read.get(name, 0))}


def _show(title: str, counted: Mapping[str, int], fewest: Calls) -> None:
    """Print calls by endpoint beside the fewest, and both in all."""
    print(f"\n{title}\n{'calls':>8} {'fewest':>8}  ratio")
    for name in sorted({*counted, *fewest}):
        print(_line(counted.get(name, 0), fewest.get(name, 0), name))
    print(_line(sum(counted.values()), sum(fewest.values()), "in all"))


def _line(calls: int, fewest: int, name: str) -> str:
    ratio = f"{calls / fewest:6.3f}" if fewest else "     -"
    return f"{calls:8} {fewest:8} {ratio}  {name}"


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
