"""A small base of leads kept straight in a ledger, and two workers that decide it batch by batch.

No CRM and no file is read: leads are mapped by the shipped field map and stored as the pull stores
them, so that a machine of hypothesis can take thousands of steps.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import cast

from sqlalchemy import event

from tests.leads import shipped_ruleset
from tests.support.organisation import QUALIFIED
from worker.core.mapping import mapped_to_json
from worker.core.records import Owner, Record, RecordRef
from worker.core.routing import RoutingPolicy, compile_routing
from worker.core.ruleset import Ruleset
from worker.ledger.activities import save_activities
from worker.ledger.engine import Ledger, open_ledger
from worker.ledger.profiles import mark_dirty, save_profiles
from worker.ledger.records import save_records
from worker.ledger.rows import WHOLE, Shard, StoredActivity, StoredProfile, StoredRecord
from worker.ports import Connector
from worker.steps.decide import decide_batches
from worker.steps.work import Work

HALVES = (Shard(low=0, high=32_767), Shard(low=32_768, high=WHOLE.high))
CONTACTS = ("files", "contacts")


class Killed(BaseException):
    """Stands for the end of a process: nothing in the worker may catch it."""


@cache
def empty_ledger() -> Path:
    """A ledger with all tables and no row, to be copied."""
    path = Path(mkdtemp()) / "ledger.db"
    open_ledger(f"sqlite:///{path}", "acme").close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@dataclass(slots=True, kw_only=True)
class OwnersOnly:
    """A connector that tells who is active, and nothing else."""

    active: Mapping[str, bool]

    def owners(self) -> Iterator[Owner]:
        for name, is_active in self.active.items():
            yield Owner(id=name, is_active=is_active)


@dataclass(slots=True, kw_only=True)
class Worker:
    """One worker with a connection of its own, somewhere in its shard or idle."""

    ledger: Ledger
    shard: Shard
    batches: Iterator[tuple[int, int]] | None = None
    dies_after: int | None = None

    def listen(self) -> None:
        """Die before the statement or commit it was told to; never wait for the disk."""
        engine = self.ledger._engine
        event.listen(engine, "connect", lambda db, _: db.execute("PRAGMA synchronous = OFF"))
        engine.dispose()
        event.listen(engine, "before_cursor_execute", lambda *_: self._pass())
        event.listen(engine, "commit", lambda *_: self._pass())

    def _pass(self) -> None:
        if self.dies_after is None:
            return
        self.dies_after -= 1
        if self.dies_after < 0:
            self.dies_after = None
            raise Killed


@dataclass(slots=True, kw_only=True)
class Base:
    """Leads in a ledger, by profile id with their values, decided by two workers at ``now``.

    ``on_step`` is called after every batch and every kill, before anything can be repaired.
    """

    folder: Path
    now: datetime
    policy: RoutingPolicy
    active: dict[str, bool]
    on_step: Callable[[], None]
    workers: list[Worker] = field(default_factory=list)
    leads: dict[str, dict[str, str | None]] = field(default_factory=dict)
    runs: int = 0
    changes: int = 0

    def open(self) -> None:
        path = self.folder / "ledger.db"
        shutil.copyfile(empty_ledger(), path)
        for shard in HALVES:
            ledger = open_ledger(f"sqlite:///{path}", "acme", lock_wait=timedelta(seconds=1))
            worker = Worker(ledger=ledger, shard=shard)
            worker.listen()
            self.workers.append(worker)

    def close(self) -> None:
        for worker in self.workers:
            worker.batches = None
            worker.ledger.close()

    @property
    def ledger(self) -> Ledger:
        return self.workers[0].ledger

    def ruleset(self) -> Ruleset:
        """The shipped rules with the present roster; another digest after each change of it."""
        shipped = shipped_ruleset()
        digest = f"roster {self.changes}"
        configuration = replace(shipped.configuration, routing=self.policy, digest=digest)
        return replace(shipped, configuration=configuration, routing=compile_routing(self.policy))

    def work(self, ledger: Ledger) -> Work:
        self.runs += 1
        return Work(
            ledger=ledger,
            ruleset=self.ruleset(),
            connectors={"files": cast(Connector, OwnersOnly(active=self.active))},
            run_id=f"run{self.runs}",
            now=self.now,
            sleep=lambda _seconds: None,
            batch=6,
        )

    # --- leads

    def arrive(self, lines: Iterable[str]) -> None:
        """Add leads who qualify now, one for each of these service lines."""
        asked = [self._newcomer(service_line=line) for line in lines]
        names = list(self.leads)[-len(asked) :] if asked else []
        with self.ledger.begin() as tx:
            save_records(tx, [self._record(name) for name in names])
            save_activities(tx, asked)
            save_profiles(tx, [StoredProfile(id=n, shard=int(n[:4], 16)) for n in names])

    def _newcomer(self, **values: str) -> StoredActivity:
        """Note a lead, and give what it asked for."""
        number = len(self.leads)
        profile_id = hashlib.blake2b(f"lead {number}".encode(), digest_size=12).hexdigest()
        at = self.now - timedelta(hours=2)
        self.leads[profile_id] = {
            **QUALIFIED,
            "contact_id": f"q{number}",
            "email": f"ann{number}@quill{number}.example.org",
            "received_at": at.isoformat(),
            **values,
        }
        return StoredActivity(
            ref=RecordRef(system="files", object_type="activities", id=f"a{number}"),
            contact=self._ref(profile_id),
            kind="appointment_request",
            at=at,
            revision="1",
        )

    def change(self, profile_id: str, *, is_deleted: bool = False, **values: str | None) -> None:
        """Change a lead in the CRM, as the pull would note it; a deleted one has no record left."""
        self.change_all({profile_id: values}, is_deleted=is_deleted)
        if is_deleted:
            self.leads[profile_id]["is_gone"] = "true"

    def change_all(
        self, changes: Mapping[str, Mapping[str, str | None]], *, is_deleted: bool = False
    ) -> None:
        """Change several leads in the CRM at once."""
        for name, values in changes.items():
            self.leads[name] |= values
        with self.ledger.begin() as tx:
            found = [replace(self._record(name), is_deleted=is_deleted) for name in changes]
            save_records(tx, found)
            mark_dirty(tx, list(changes))

    def living(self) -> list[str]:
        return [name for name, values in self.leads.items() if "is_gone" not in values]

    def _ref(self, profile_id: str) -> RecordRef:
        number = self.leads[profile_id]["contact_id"]
        return RecordRef(system="files", object_type="contacts", id=str(number))

    def _record(self, profile_id: str) -> StoredRecord:
        ruleset, given = shipped_ruleset(), self.leads[profile_id]
        object_map = ruleset.configuration.systems["files"].find_object("contacts")
        assert object_map is not None
        values = {name: given.get(name) for name in object_map.requested_fields()}
        record = Record(ref=self._ref(profile_id), values=values, revision="1")
        return StoredRecord(
            ref=record.ref,
            revision="1",
            values=values,
            mapped=mapped_to_json(ruleset.contact_mappers[CONTACTS](record)),
            profile_id=profile_id,
        )

    # --- workers

    def step(self, worker: Worker) -> bool:
        """Decide the worker's next batch; false when it had none left, or was killed."""
        if worker.batches is None:
            worker.batches = decide_batches(self.work(worker.ledger), worker.shard)
        try:
            next(worker.batches)
        except StopIteration:
            worker.batches = None
            return False
        except Killed:
            self.kill(worker)
            return False
        finally:
            worker.dies_after = None
        self.on_step()
        return True

    def kill(self, worker: Worker) -> None:
        """Stop a worker wherever it is."""
        worker.batches = worker.dies_after = None
        self.on_step()

    def finish(self) -> None:
        """Have both workers end what they are at, batch by batch in turns; then a whole run of each."""
        for some in ([w for w in self.workers if w.batches is not None], self.workers):
            busy = some
            while busy:
                busy = [worker for worker in busy if self.step(worker)]
