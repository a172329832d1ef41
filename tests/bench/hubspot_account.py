"""A HubSpot twin in a process of its own, filled for measurements and changed by word.

Apart from the worker's process, so that the time and the memory of both sides can be told apart.
"""

from __future__ import annotations

import csv
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from connectors.sandbox.clock import SandboxClock, to_ms
from connectors.sandbox.hubspot.app import HubSpotTwin, open_twin
from connectors.sandbox.hubspot.forms import Submission, add_submissions
from connectors.sandbox.hubspot.owners import all_owners
from connectors.sandbox.hubspot.population import populate
from connectors.sandbox.serving import serving
from tests.support.hubspot_organisation import define
from worker.config.loader import load_configuration
from worker.sample import write_sample

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
PASSED = timedelta(minutes=15)
"""How much time goes by in which things change."""
ENGAGEMENTS = ("calls", "emails", "meetings")
FORMS = ("appointment_request", "consultation_request", "guide_download", "referral_form")
_ENGAGED = ("inbound_call", "outbound_call", "email_reply", "outbound_email", "meeting_held")
_KINDS = (*_ENGAGED * 3, *FORMS)
"""The activities of the base in turn: four of five are engagements, the rest are submissions."""
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
class Base:
    """What an account holds, or what of it was changed, by HubSpot's names."""

    contacts: int
    engagements: Mapping[str, int]
    submissions: Mapping[str, int]
    addresses: int
    owners: Mapping[bool, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """What the account's process has cost so far: seconds of processor, and most memory in MiB."""

    seconds: float
    memory: int


class RemoteAccount:
    """The account as the worker's process sees it."""

    def __init__(self, line: Connection, url: str, base: Base) -> None:
        self.url, self.base = url, base
        self._line = line

    def counts(self) -> Mapping[str, int]:
        """Count calls by endpoint since the last time."""
        return self._ask("counts")  # type: ignore[no-any-return]  # what comes through a pipe

    def change(self) -> Base:
        """Let a quarter of an hour pass, in which every hundredth thing changes."""
        return self._ask("change")  # type: ignore[no-any-return]  # what comes through a pipe

    def burden(self) -> Burden:
        """Tell what the account's process has cost."""
        return self._ask("burden")  # type: ignore[no-any-return]  # what comes through a pipe

    def _ask(self, word: str) -> object:
        self._line.send(word)
        return self._line.recv()


@contextmanager
def remote_account(folder: Path, contacts: int, activities: int) -> Iterator[RemoteAccount]:
    """Serve an account that holds this much and fits the configuration in ``folder``."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, folder, contacts, activities))
    process.start()
    theirs.close()  # so that the end of the process is the end of the line
    try:
        url, base = mine.recv()
        yield RemoteAccount(mine, url, base)
    finally:
        mine.close()  # which ends the process
        process.join()


def _serve(line: Connection, folder: Path, contacts: int, activities: int) -> None:
    tables = folder / "sample"
    write_sample(tables, contacts, 7, date(2026, 11, 2))
    _write_activities(tables, activities)
    twin = open_twin(clock=SandboxClock(standing_at=NOW))
    populate(twin.account, tables)
    define(twin, load_configuration(folder).systems["hubspot"])
    with serving(twin) as url:
        line.send((url, _base(twin)))
        while word := _next_word(line):
            with twin.lock:
                line.send(_answer(twin, word))


def _next_word(line: Connection) -> str:
    try:
        return str(line.recv())
    except EOFError:
        return ""


def _answer(twin: HubSpotTwin, word: str) -> object:
    if word == "counts":
        counted = twin.journal.counts()
        twin.journal.clear()
        return counted
    if word == "change":
        return _change(twin)
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


def _base(twin: HubSpotTwin) -> Base:
    sql = twin.account.store.sql
    counted = dict(sql.execute("SELECT type, COUNT(*) FROM objects GROUP BY type"))
    forms = dict(sql.execute("SELECT form, COUNT(*) FROM submissions GROUP BY form"))
    bodies = sql.execute("SELECT DISTINCT json_extract(body, '$.values[0]') FROM submissions")
    owners = Counter(owner.archived for owner in all_owners(twin.account.store))
    return Base(
        contacts=counted["contacts"],
        engagements={name: counted.get(name, 0) for name in ENGAGEMENTS},
        submissions=forms,
        addresses=sum('"email"' in text for (text,) in bodies),
        owners={is_archived: owners[is_archived] for is_archived in (False, True)},
    )


def _change(twin: HubSpotTwin) -> Base:
    """Change every hundredth record, each at an instant of its own, and add as many submissions."""
    store, base = twin.account.store, _base(twin)
    twin.clock.advance(timedelta(minutes=1))
    touched = {name: _touch(twin, name) for name in ("contacts", *ENGAGEMENTS)}
    added = {form: count // 100 for form, count in base.submissions.items()}
    emails = [row[0] for row in store.sql.execute(_EMAILS)]
    used: set[str] = set()
    for form, count in added.items():
        fresh = [emails[n % len(emails)] for n in range(count)]
        used.update(fresh)
        at = to_ms(twin.clock.now())
        add_submissions(
            store,
            form,
            [Submission(at=at + n, values=(("email", e),)) for n, e in enumerate(fresh)],
        )
    twin.clock.advance(PASSED - timedelta(minutes=1))
    return replace(
        base,
        contacts=touched["contacts"],
        engagements={name: touched[name] for name in ENGAGEMENTS},
        submissions=added,
        addresses=len(used),
    )


_EMAILS = (
    "SELECT json_extract(properties, '$.email') FROM objects"
    " WHERE type='contacts' AND json_extract(properties, '$.email') IS NOT NULL ORDER BY id"
)


def _touch(twin: HubSpotTwin, object_type: str) -> int:
    store = twin.account.store
    ids = [row[0] for row in store.sql.execute(_IDS, (object_type,))][::100]
    at = twin.clock.now_ms()
    for place, record_id in enumerate(ids):
        record = store.get(object_type, record_id)
        assert record is not None
        more = {"site": "worcester" if place % 2 else "providence"}
        properties = {**record.properties, **(more if object_type == "contacts" else {})}
        store.put([replace(record, modified=at + place, properties=properties)])
    return len(ids)


_IDS = "SELECT id FROM objects WHERE type=? ORDER BY id"
