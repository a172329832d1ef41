"""Has many syncs killed, on both cores, and says how each folder was left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from tests.support.fake_organisation import crm_of
from tests.support.ledger_view import Content, content_of, differences
from worker.ledger.chain import verify_chain
from worker.ledger.engine import open_ledger

PROCESSES = 2
ROOT = Path(__file__).parents[2]
Ask: TypeAlias = Callable[[Mapping[str, object]], Any]
"""Gives a job to a process that kills syncs, and its answer."""
Runners: TypeAlias = Sequence[Ask]
DULL = ("PRAGMA", "BEGIN", "after SELECT")
"""Points at which nothing has happened since the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One moment of a sync. ``number`` is how many come before it."""

    number: int
    phase: str
    what: str

    def __str__(self) -> str:
        return f"{self.number} {self.phase}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndState:
    """All that counts after the work: the CRM, the ledger, and what a further sync would do."""

    crm: object
    ledger: Content
    is_chain_whole: bool
    writes_of_next: Mapping[str, int]

    def differs_from(self, other: EndState) -> list[str]:
        found = differences(self.ledger, other.ledger)
        found += ["CRM"] if self.crm != other.crm else []
        found += [] if self.is_chain_whole else ["chain"]
        return found + (["writes of the next sync"] if self.writes_of_next else [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Killing:
    """A folder to begin from, and the instant that every sync decides for."""

    start: Path
    work: Path
    now: datetime
    runners: Runners

    def points(self) -> list[Point]:
        """List the points that an undisturbed sync passes."""
        found = self.runners[0](self._job("count"))
        return [
            Point(number=number, phase=phase, what=what)
            for number, (phase, what) in enumerate(found)
        ]

    def undisturbed(self) -> EndState:
        return self._end(self._job("undisturbed", points=[]), self.runners[0])[1]

    def killed_at(self, sequences: Sequence[Sequence[int]]) -> list[tuple[int, EndState]]:
        """For each sequence of points: how many syncs were killed, and what the next one left."""
        with ThreadPoolExecutor(PROCESSES) as pool:
            parts = [sequences[start::PROCESSES] for start in range(PROCESSES)]
            done = list(pool.map(self._one_process, self.runners, parts))
        return [done[place % PROCESSES][place // PROCESSES] for place in range(len(sequences))]

    def _one_process(
        self, ask: Ask, sequences: Sequence[Sequence[int]]
    ) -> list[tuple[int, EndState]]:
        return [
            self._end(self._job("-".join(map(str, one)), points=list(one)), ask)
            for one in sequences
        ]

    def _job(self, name: str, **more: object) -> dict[str, object]:
        folder = self.work / name
        shutil.copytree(self.start, folder)
        return {"folder": str(folder), "now": self.now.isoformat(), **more}

    def _end(self, job: Mapping[str, object], ask: Ask) -> tuple[int, EndState]:
        answer = ask(job)
        folder = Path(str(job["folder"]))
        ledger = folder / "state" / "ledger.db"
        assert "writes" in answer, f"the sync after the kill failed: {folder.name}"
        state = EndState(
            crm=_crm_state(folder),
            ledger=content_of(ledger),
            is_chain_whole=_is_chain_whole(ledger),
            writes_of_next=answer["writes"][-1],
        )
        return answer["killed"], state


@contextmanager
def started_runners() -> Iterator[Runners]:
    """Start as many runners as are used at a time; each has imported everything, for all tests."""
    with ExitStack() as stack:
        yield [stack.enter_context(_runner()) for _process in range(PROCESSES)]


@contextmanager
def _runner() -> Iterator[Ask]:
    """Start a process that kills syncs, and lend a function that gives it a job."""
    environment = {**os.environ, "LEADTRIAGE_RUN__BATCH": "20"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.crash_runner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        read, write = process.stdout, process.stdin

        def ask(job: Mapping[str, object]) -> Any:
            write.write(json.dumps(job) + "\n")
            write.flush()
            return json.loads(read.readline())

        yield ask
        write.close()


def chosen(points: Sequence[Point], most: Mapping[str, int]) -> list[Point]:
    """Choose points evenly from each phase, at most as many as are named; skips the dull ones."""
    found: list[Point] = []
    for phase, number in most.items():
        mine = [p for p in points if p.phase == phase and not any(d in p.what for d in DULL)]
        assert mine, f"no point is in the phase {phase}"
        step = max(1.0, len(mine) / number)
        places = sorted({int(place * step) for place in range(min(number, len(mine)))})
        found += [mine[place] for place in places]
    return found


def _crm_state(folder: Path) -> object:
    """The bytes of the tables, or every effective write with how often it was made."""
    if (folder / "crm.sqlite").exists():
        return sorted(crm_of(folder).writes().items())
    data = folder / "data"
    return {path.name: path.read_bytes() for path in data.iterdir() if path.suffix == ".csv"}


def _is_chain_whole(path: Path) -> bool:
    ledger = open_ledger(f"sqlite:///{path}", "example-health")
    try:
        with ledger.read() as tx:
            return verify_chain(tx).problem is None
    finally:
        ledger.close()
