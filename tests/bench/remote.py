"""A twin in a process of its own, filled for measurements and changed by word.

Apart from the worker's process, so that the time and the memory of both sides can be told apart. What
is particular to a CRM (how its twin is filled, what it holds, what changes) is handed in.
"""

from __future__ import annotations

import csv
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Generic, TypeAlias, TypeVar

from connectors.sandbox.front import Twin
from connectors.sandbox.serving import serving
from worker.sample import write_sample

Held = TypeVar("Held")
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
PASSED = timedelta(minutes=15)
"""How much time goes by in which things change."""
FORMS = ("appointment_request", "consultation_request", "guide_download", "referral_form")
_ENGAGED = ("inbound_call", "outbound_call", "email_reply", "outbound_email", "meeting_held")
_KINDS = (*_ENGAGED * 3, *FORMS)
"""The activities of the base in turn: four of five are engagements, the rest are forms sent in."""
_COLUMNS = [
    "activity_id",
    "contact_id",
    "type",
    "occurred_at",
    "service_line",
    "owner_id",
    "is_automated",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled(Generic[Held]):
    """A twin that was filled, what it holds, and how a hundredth of it is changed."""

    twin: Twin
    held: Held
    change: Callable[[], Held]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """What the twin's process has cost so far: seconds of processor, and most memory in MiB."""

    seconds: float
    memory: int


class Remote(Generic[Held]):
    """The twin as the worker's process sees it."""

    def __init__(self, line: Connection, url: str, held: Held) -> None:
        self.url, self.held = url, held
        self._line = line

    def counts(self) -> Mapping[str, int]:
        """Count calls by endpoint since the last time."""
        return self._ask("counts")  # type: ignore[return-value]  # what comes through a pipe

    def change(self) -> Held:
        """Let a quarter of an hour pass, in which every hundredth thing changes."""
        return self._ask("change")  # type: ignore[return-value]  # what comes through a pipe

    def burden(self) -> Burden:
        """Tell what the twin's process has cost."""
        return self._ask("burden")  # type: ignore[return-value]  # what comes through a pipe

    def _ask(self, word: str) -> object:
        self._line.send(word)
        return self._line.recv()


Fill: TypeAlias = Callable[[Path, Path], Filled[Held]]
"""Fills a twin from the folder of a configuration and a folder of tables."""


@contextmanager
def remote(
    fill: Fill[Held], folder: Path, contacts: int, activities: int
) -> Iterator[Remote[Held]]:
    """Serve a twin that holds this much and fits the configuration in ``folder``."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, fill, folder, contacts, activities))
    process.start()
    theirs.close()  # so that the end of the process is the end of the line
    try:
        url, held = mine.recv()
        yield Remote(mine, url, held)
    finally:
        mine.close()  # which ends the process
        process.join()


def _serve(
    line: Connection, fill: Fill[Held], folder: Path, contacts: int, activities: int
) -> None:
    tables = folder / "sample"
    write_sample(tables, contacts, 7, date(2026, 11, 2))
    _write_activities(tables, activities)
    filled = fill(folder, tables)
    with serving(filled.twin) as url:
        line.send((url, filled.held))
        while word := _next_word(line):
            with filled.twin.lock:
                line.send(_answer(filled, word))


def _next_word(line: Connection) -> str:
    try:
        return str(line.recv())
    except EOFError:
        return ""


def _answer(filled: Filled[Held], word: str) -> object:
    journal = filled.twin.journal
    if word == "counts":
        counted = journal.counts()
        journal.clear()
        return counted
    if word == "change":
        return filled.change()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Burden(seconds=time.process_time(), memory=most)


def _write_activities(tables: Path, amount: int) -> None:
    """Replace the sample's activities by this many, spread over the contacts and over a year."""
    with (tables / "contacts.csv").open(encoding="utf-8", newline="") as file:
        ids = [row["contact_id"] for row in csv.DictReader(file)]
    dice = Random(7)  # not for secrets: a run must repeat
    with (tables / "activities.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for n in range(amount):
            at = NOW - timedelta(seconds=dice.randrange(86_400, 365 * 86_400))
            kind = _KINDS[n % len(_KINDS)]
            row = (f"act-{n}", ids[n % len(ids)], kind, f"{at:%Y-%m-%dT%H:%M:%SZ}", "", "", "false")
            writer.writerow(row)
