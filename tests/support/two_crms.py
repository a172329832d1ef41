"""Two CRMs in one organisation, as people use them: a test speaks of people, stages and owners.

Each CRM is a ``Side`` with its own words. A test that wants to run on other connectors gives other
sides; what it does and asks stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from tests.fakes.crm import FakeCrm
from tests.fakes.crm_store import START_AT
from tests.support.organisation import NOW, OWNERS, QUALIFIED, without_waiting
from tests.support.two_crms_config import BOTH, Words, write_two_crms
from worker.app import App, open_app
from worker.core.model import Stage
from worker.core.records import Editor, Owner, OwnerKind
from worker.ports import ConnectorContext
from worker.sample.columns import ACTIVITY_COLUMNS, CONTACT_COLUMNS
from worker.steps.sync import RunReport, sync

STAGE, OWNER = "lifecycle_stage", "owner_id"
CHANNELS = ("email", "phone", "sms")
NUMBERS = tuple(name.removeprefix("own-") for name in OWNERS)
QUEUE = "900"


class Change(NamedTuple):
    """One change of a record of a person, in terms that both CRMs share.

    ``record`` tells the records of a person apart where one CRM has several, one after the other.
    """

    person: str
    column: str
    value: str
    by: Editor
    record: str = ""


class Side(Protocol):
    """One CRM, told and asked in terms that both share; ``by`` says who makes a change."""

    @property
    def name(self) -> str: ...
    def add(self, person: str, values: Mapping[str, str]) -> None: ...
    def show(self, person: str, column: str) -> str: ...
    def table(self, columns: Sequence[str]) -> Mapping[str, Mapping[str, str]]: ...
    def tell(self, person: str, values: Mapping[str, str], by: Editor) -> None: ...
    def act(self, person: str, kind: str, at: datetime, by: str) -> None: ...
    def merge(self, gone: str, into: str) -> None: ...
    def people(self) -> Sequence[str]: ...
    def advance(self, seconds: int) -> None: ...
    def changes(self) -> Iterable[Change]: ...


@dataclass(slots=True, kw_only=True)
class FakeSide:
    """A fake CRM in its own words. A person is the record of that name, and names the other's."""

    words: Words
    crm: FakeCrm
    others: str
    acts: int = 0
    known: dict[str, bool] = field(default_factory=dict)
    theirs: dict[str, dict[str, str]] = field(init=False)
    ours: dict[str, dict[str, str]] = field(init=False)
    columns: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        owners = {number: self.words.owner(number) for number in (*NUMBERS, "000")}
        stages = {stage.value: word for stage, word in self.words.stages.items()}
        self.theirs = {STAGE: stages, OWNER: owners}
        self.ours = {c: {v: k for k, v in words.items()} for c, words in self.theirs.items()}
        self.columns = {self.words.name(column): column for column in CONTACT_COLUMNS}

    @property
    def name(self) -> str:
        return self.words.system

    def id_of(self, person: str) -> str:
        return f"{self.name[0]}-{person}"

    def add(self, person: str, values: Mapping[str, str]) -> None:
        names = self.words.reference.partition("from: ")[2].partition(",")[0]
        there = dict.fromkeys(map(self.words.name, CONTACT_COLUMNS))
        told = self._in_words(values)
        self.crm.add(
            self.words.contacts,
            self.id_of(person),
            {**there, names: f"{self.others}-{person}", **told},
        )
        self.known[person] = True

    def show(self, person: str, column: str) -> str:
        values = self.crm.read(self.words.contacts, self.id_of(person)) or {}
        return self._in_ours(values, column)

    def table(self, columns: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Show these columns of everybody, at once."""
        rows = self.crm.read_all(self.words.contacts)
        start = len(self.id_of(""))
        return {
            record_id[start:]: {column: self._in_ours(values, column) for column in columns}
            for record_id, values in rows.items()
        }

    def _in_ours(self, values: Mapping[str, str | None], column: str) -> str:
        text = values.get(self.words.name(column)) or ""
        return self.ours.get(column, {}).get(text, text)

    def tell(self, person: str, values: Mapping[str, str], by: Editor = Editor.PERSON) -> None:
        self.crm.change(self.words.contacts, self.id_of(person), self._in_words(values), by)

    def act(self, person: str, kind: str, at: datetime, by: str = "") -> None:
        self.acts += 1
        row = {
            "activity_id": f"{self.name[0]}-act-{self.acts}",
            "contact_id": self.id_of(person),
            "type": kind,
            "occurred_at": at.isoformat(),
            OWNER: by,
            "is_automated": "false",
        }
        there = dict.fromkeys(map(self.words.name, ACTIVITY_COLUMNS))
        cells = {**there, **self._in_words(row)}
        self.crm.add(self.words.activities, row["activity_id"], cells)

    def merge(self, gone: str, into: str) -> None:
        self.crm.delete(self.words.contacts, self.id_of(gone), merged_into=self.id_of(into))
        self.known.pop(gone, None)

    def people(self) -> Sequence[str]:
        return tuple(self.known)

    def advance(self, seconds: int) -> None:
        self.crm.advance(seconds)

    def changes(self) -> Iterator[Change]:
        start = len(f"{self.words.contacts}:{self.id_of('')}")
        for record, name, value, by in self.crm.changes():
            if record.startswith(f"{self.words.contacts}:"):
                column = self.columns.get(name, name)
                shared = self.ours.get(column, {}).get(value, value)
                yield Change(record[start:], column, shared, by)

    def _in_words(self, values: Mapping[str, str]) -> dict[str, str | None]:
        return {
            self.words.name(column): self.theirs.get(column, {}).get(text, text) or None
            for column, text in values.items()
        }


@dataclass(slots=True, kw_only=True)
class TwoCrms:
    """The organisation at work: time passes, people do things, the worker runs."""

    folder: Path
    sides: Mapping[str, Side]
    now: datetime = NOW
    app: App | None = None
    added: int = 0

    @property
    def hubspot(self) -> Side:
        return self.sides["hubspot"]

    @property
    def salesforce(self) -> Side:
        return self.sides["salesforce"]

    def add(self, person: str, **values: str) -> None:
        """Add a person to both CRMs: a patient who qualifies, once they ask for an appointment."""
        self.added += 1
        own = {"email": f"{person}@example.org", "phone": f"+1 617-523-{1000 + self.added}"}
        known = {**QUALIFIED, STAGE: Stage.LEAD.value, **own, **values}
        for side in self.sides.values():
            side.add(person, known)

    def add_ready(self, person: str, **values: str) -> None:
        self.add(person, **values)
        self.hubspot.act(person, "appointment_request", self.now - timedelta(hours=3), "")

    def run(self) -> RunReport:
        """Run the worker once, and let a minute pass."""
        assert self.app is not None
        with self.app._leased() as work:
            report = sync(without_waiting(work), self.app.clock)
        self.wait(minutes=1)
        return report

    def wait(self, **length: int) -> None:
        passed = timedelta(**length)
        self.now += passed
        for side in self.sides.values():
            side.advance(int(passed.total_seconds()))

    def settle(self, most: int = 3) -> int:
        """Run until a run writes nothing; gives how many runs wrote."""
        for done in range(most + 1):
            if not self.run().writes:
                return done
        raise AssertionError(f"still writing after {most} runs")

    def shown(self, person: str, column: str) -> dict[str, str]:
        return {name: side.show(person, column) for name, side in self.sides.items()}

    def stages(self, person: str) -> tuple[str, ...]:
        return tuple(self.shown(person, STAGE).values())

    def owners(self, person: str) -> tuple[str, ...]:
        return tuple(self.shown(person, OWNER).values())

    def written_twice(self) -> list[Change]:
        """List the writes that had to be made again, though nobody had changed the field.

        Between the two the worker wanted nothing else of it, no person changed it, and nothing that a
        person set in either CRM was copied there: only what copies can have taken back what was written.
        """
        changes = {name: list(side.changes()) for name, side in self.sides.items()}
        said = {c[:3] for found in changes.values() for c in found if c.by is Editor.PERSON}
        return [again for found in changes.values() for again in _again(found, said)]


def _again(changes: Iterable[Change], said: set[tuple[str, str, str]]) -> Iterator[Change]:
    ours: dict[tuple[str, str], str | None] = {}
    for change in changes:
        place = (change.record or change.person, change.column)
        if change.by is Editor.PERSON or (change.by is Editor.SYNC and change[:3] in said):
            ours[place] = None
        elif change.by is Editor.WORKER:
            if ours.get(place) == change.value:
                yield change
            ours[place] = change.value


def fake_sides(folder: Path, *, tells_edits: Mapping[str, bool]) -> dict[str, Side]:
    """Two fake CRMs with the usual owners, whose clocks stand at the usual time."""
    sides: dict[str, Side] = {}
    for words, other in zip(BOTH, BOTH[::-1], strict=True):
        crm = FakeCrm(
            path=folder / f"{words.system}.sqlite",
            system=words.system,
            object_types=(words.contacts, words.activities),
            tells_edits=tells_edits.get(words.system, False),
        )
        for number in NUMBERS:
            is_queue = number == QUEUE and words.system == "salesforce"
            crm.add_owner(
                Owner(
                    id=words.owner(number),
                    kind=OwnerKind.QUEUE if is_queue else OwnerKind.PERSON,
                    email=None if is_queue else f"{number}@clinic.example",
                )
            )
        crm.advance(int((NOW - START_AT).total_seconds()))
        sides[words.system] = FakeSide(words=words, crm=crm, others=other.system[0])
    return sides


@contextmanager
def two_crms(folder: Path, *, told: Sequence[str] = ("hubspot",)) -> Iterator[TwoCrms]:
    """Open an organisation with two fake CRMs; those ``told`` keep a history of their fields."""
    write_two_crms(folder / "config")
    with opened(folder, fake_sides(folder, tells_edits=dict.fromkeys(told, True))) as found:
        yield found


@contextmanager
def opened(folder: Path, sides: Mapping[str, Side]) -> Iterator[TwoCrms]:
    """Open the worker of a configuration that was written, on these sides."""
    found = TwoCrms(folder=folder / "config", sides=sides)

    def open_side(context: ConnectorContext) -> FakeCrm:
        side = sides[context.system]
        assert isinstance(side, FakeSide)
        return side.crm

    connectors = dict.fromkeys(sides, open_side)
    with open_app(found.folder, clock=lambda: found.now, connectors=connectors) as app:
        found.app = app
        yield found
        found.app = None
