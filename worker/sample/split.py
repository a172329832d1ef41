"""Splits a sample over two CRMs, as marketing and sales come to hold the same people.

Most people are in HubSpot, where marketing has them; whom sales knows is in Salesforce too, and some
in Salesforce alone. Of those in both, most records name each other, and the rest are found by what
they have in common. The two disagree where such CRMs do: about the stage, the owner, and who opted out.
What sales does is on record in Salesforce. Every draw is planted by the seed: the same tables and seed
give the same bytes. Read and written line by line, so memory is flat.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

from worker.sample.columns import (
    ACTIVITY_COLUMNS,
    CONTACT_COLUMNS,
    MANAGED_COLUMNS,
    OWNER_COLUMNS,
    Row,
)
from worker.sample.dice import Dice
from worker.sample.rates import DEFAULT_SPLIT, SplitRates
from worker.sample.vocabulary import (
    INACTIVE_OWNERS,
    INTEGRATION_OWNER,
    ONLY_IN,
    SCHEDULERS,
    TEAM_OF,
)
from worker.sample.write import ACTIVITIES, CONTACTS, OWNERS

HUBSPOT: Final = "hubspot"
SALESFORCE: Final = "salesforce"
CRMS: Final = (HUBSPOT, SALESFORCE)
LEAD_REFERENCE: Final = "salesforceleadid"
CONTACT_REFERENCE: Final = "salesforcecontactid"
"""Where a contact of HubSpot names its record in Salesforce, as HubSpot's own integration does."""
_SEEN: Final = tuple(name for name in CONTACT_COLUMNS if name not in MANAGED_COLUMNS)
_COLUMNS: Final = {
    HUBSPOT: (*_SEEN, LEAD_REFERENCE, CONTACT_REFERENCE),
    SALESFORCE: _SEEN,
}
_OF_SALES: Final = frozenset({"inbound_call", "outbound_call", "outbound_email", "meeting_held"})
_LATE: Final = frozenset({"Sales Qualified", "Opportunity", "Customer"})
"""Stages that people set: whoever stands there is known to sales."""
_OPT_OUTS: Final = ("opt_out_phone", "opt_out_email")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSummary:
    """How many records each CRM has, and how many people have one in both."""

    records: Mapping[str, int]
    in_both: int


@dataclass(slots=True, kw_only=True)
class _Split:
    """A split under way."""

    dice: Dice
    rates: SplitRates
    counts: Counter[str] = field(default_factory=Counter)


def split_sample(folder: Path, seed: int, rates: SplitRates = DEFAULT_SPLIT) -> SplitSummary:
    """Write the tables of each CRM into a folder of its name, beside those of the whole sample."""
    split = _Split(dice=Dice(seed ^ 0x2C), rates=rates)
    with ExitStack() as stack:
        tables = {name: _Tables.opened(folder / name, name, stack) for name in CRMS}
        acts = _grouped(_rows(stack.enter_context(_open(folder / ACTIVITIES, "r"))))
        upcoming = next(acts, None)
        for row in _rows(stack.enter_context(_open(folder / CONTACTS, "r"))):
            done: list[Row] = []
            if upcoming is not None and upcoming[0] == row["contact_id"]:
                done, upcoming = upcoming[1], next(acts, None)
            _place(split, row, done, tables)
    _split_owners(folder)
    records = {name: split.counts[name] for name in CRMS}
    return SplitSummary(records=records, in_both=split.counts["both"])


def _open(path: Path, mode: str) -> TextIO:
    opened: TextIO = path.open(mode, encoding="utf-8", newline="")  # type: ignore[assignment]  # mode is text
    return opened


def _rows(file: TextIO) -> Iterator[Row]:
    yield from csv.DictReader(file)


def _grouped(rows: Iterator[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Give the activities of one contact after the other, in the order of the contacts."""
    found: list[Row] = []
    for row in rows:
        if found and found[0]["contact_id"] != row["contact_id"]:
            yield found[0]["contact_id"], found
            found = []
        found.append(row)
    if found:
        yield found[0]["contact_id"], found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tables:
    """The open tables of one CRM."""

    contacts: csv.DictWriter[str]
    activities: csv.DictWriter[str]

    @classmethod
    def opened(cls, folder: Path, name: str, stack: ExitStack) -> _Tables:
        folder.mkdir(exist_ok=True)
        files = [stack.enter_context(_open(folder / one, "w")) for one in (CONTACTS, ACTIVITIES)]
        columns = (_COLUMNS[name], ACTIVITY_COLUMNS)
        contacts, activities = (
            csv.DictWriter(file, heads, extrasaction="ignore", lineterminator="\n")
            for file, heads in zip(files, columns, strict=True)
        )
        contacts.writeheader()
        activities.writeheader()
        return cls(contacts=contacts, activities=activities)

    def write(self, row: Row, acts: list[Row]) -> None:
        """Write a record and its activities, which follow it."""
        self.contacts.writerow(row)
        self.activities.writerows({**act, "contact_id": row["contact_id"]} for act in acts)


def _place(split: _Split, row: Row, acts: list[Row], tables: Mapping[str, _Tables]) -> None:
    """Put a person into one of the CRMs, or into both."""
    rates, is_late = split.rates, row["lifecycle_stage"] in _LATE
    place = split.dice.uniform()
    both, alone = (rates.both_late, rates.alone_late) if is_late else (rates.both, rates.alone)
    if not row["contact_id"].isdecimal() or place >= both + alone:
        _count(split, HUBSPOT)
        tables[HUBSPOT].write(_in_hubspot(split, row), acts)
    elif place >= both:
        _count(split, SALESFORCE)
        tables[SALESFORCE].write(_in_salesforce(split, row), acts)
    else:
        _count(split, HUBSPOT, SALESFORCE, "both")
        ours, theirs = _in_hubspot(split, row), _in_salesforce(split, row)
        _refer(split, ours, theirs)
        _disagree(split, ours, theirs)
        with_sales = [act for act in acts if act["type"] in _OF_SALES]
        tables[HUBSPOT].write(ours, [act for act in acts if act["type"] not in _OF_SALES])
        tables[SALESFORCE].write(theirs, with_sales)


def _count(split: _Split, *names: str) -> None:
    split.counts.update(names)


def _in_hubspot(split: _Split, row: Row) -> Row:
    """How HubSpot has somebody: some of the leads are already called qualified by marketing."""
    stage = row["lifecycle_stage"]
    if stage == "Lead" and split.dice.chance(split.rates.called_qualified):
        stage = "Marketing Qualified"
    return {**row, "lifecycle_stage": stage, "owner_id": _known_in(HUBSPOT, row["owner_id"])}


def _in_salesforce(split: _Split, row: Row) -> Row:
    """How Salesforce has somebody, under an id of its own; a record there always has an owner."""
    is_contact = row["patient_status"] == "Existing" or row["lifecycle_stage"] == "Customer"
    number = f"{split.counts[SALESFORCE]:09d}"
    owner = row["owner_id"]
    if owner in INACTIVE_OWNERS:  # who left there has handed over
        owner = _somebody(split, row)
    owner = _known_in(SALESFORCE, owner) or INTEGRATION_OWNER
    own = {"contact_id": f"{'003' if is_contact else '00Q'}Sm0{number}", "hubspot_id": ""}
    return {**row, **own, "owner_id": owner}


def _known_in(crm: str, owner: str) -> str:
    """Name an owner as long as there is an account for them."""
    return "" if owner in ONLY_IN and ONLY_IN[owner] != crm else owner


def _somebody(split: _Split, row: Row) -> str:
    return split.dice.pick(TEAM_OF.get(row["lead_type"], SCHEDULERS))


def _refer(split: _Split, ours: Row, theirs: Row) -> None:
    """Let most records of a person name each other, on one side or the other."""
    way = split.dice.uniform()
    if way < split.rates.named_in_hubspot:
        is_contact = theirs["contact_id"].startswith("003")
        ours[CONTACT_REFERENCE if is_contact else LEAD_REFERENCE] = theirs["contact_id"]
    elif way < split.rates.named_in_hubspot + split.rates.named_in_salesforce:
        theirs["hubspot_id"] = ours["contact_id"]


def _disagree(split: _Split, ours: Row, theirs: Row) -> None:
    """Plant what CRMs that are kept by different people come to disagree about."""
    dice, rates = split.dice, split.rates
    if theirs["lifecycle_stage"] in _LATE:
        if dice.chance(rates.stage_late):
            ours["lifecycle_stage"] = "Lead"
    elif dice.chance(rates.stage):
        theirs["lifecycle_stage"] = dice.pick(("Lead", "Marketing Qualified"))
    if dice.chance(rates.owner):
        theirs["owner_id"] = _known_in(SALESFORCE, _somebody(split, theirs)) or theirs["owner_id"]
    if dice.chance(rates.opt_out):
        dice.pick((ours, theirs))[dice.pick(_OPT_OUTS)] = "true"


def _split_owners(folder: Path) -> None:
    with _open(folder / OWNERS, "r") as file:
        owners = list(_rows(file))
    for crm in CRMS:
        with _open(folder / crm / OWNERS, "w") as file:
            table = csv.DictWriter(file, OWNER_COLUMNS, lineterminator="\n")
            table.writeheader()
            table.writerows(one for one in owners if _known_in(crm, one["owner_id"]))
