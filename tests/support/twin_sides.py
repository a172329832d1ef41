"""HubSpot's and Salesforce's twins as the sides of one organisation, told and asked by people.

What people do happens in the twins as in the CRMs' own pages; what copies between the two writes under
a name of its own. Who changed a field is read from the history that each twin keeps of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import requests

from connectors.sandbox.clock import to_ms
from connectors.sandbox.exchange import Json
from connectors.sandbox.hubspot.forms import Submission, add_submissions, form_named, put_form
from connectors.sandbox.hubspot.store import Change as Edit
from connectors.sandbox.hubspot.store import StoredObject
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from connectors.sandbox.hubspot.writing import create, impose
from connectors.sandbox.salesforce import leads
from tests.support.hubspot_twin import Account
from tests.support.salesforce_twin import Org
from tests.support.two_crms import OWNER, STAGE, Change
from tests.support.two_crms_config import HUBSPOT_STAGES
from worker.core.model import Stage
from worker.core.records import Editor

CALLS: Mapping[str, str] = {"inbound_call": "INBOUND", "outbound_call": "OUTBOUND"}
COPYING, BY_HAND = "SALESFORCE", "CRM_UI"
"""How HubSpot's history names what its own integration with Salesforce wrote, and a person."""
UNKNOWN = frozenset({"created_at", "updated_at"})
"""Columns that each CRM fills by itself."""
HUBSPOT_NAMES = {
    STAGE: "lifecyclestage",
    OWNER: "hubspot_owner_id",
    "first_name": "firstname",
    "last_name": "lastname",
    "opt_out_email": "hs_email_optout",
    "allowed_channels": "leadtriage_allowed_channels",
}
SALESFORCE_NAMES = {
    STAGE: "Leadtriage_Stage__c",
    OWNER: "OwnerId",
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "phone": "Phone",
    "zip": "PostalCode",
    "opt_out_email": "HasOptedOutOfEmail",
    "opt_out_phone": "DoNotCall",
    "opt_out_sms": "Opt_Out_SMS__c",
    "consent_email": "Consent_Email__c",
    "consent_phone": "Consent_Phone__c",
    "consent_sms": "Consent_SMS__c",
    "allowed_channels": "Leadtriage_Allowed_Channels__c",
}
SALESFORCE_STAGES: Mapping[Stage, str] = {
    Stage.SUBSCRIBER: "Subscriber",
    Stage.LEAD: "Lead",
    Stage.NURTURE: "Nurture",
    Stage.MQL: "Marketing Qualified",
    Stage.SQL: "Sales Qualified",
    Stage.OPPORTUNITY: "Opportunity",
    Stage.CUSTOMER: "Customer",
    Stage.DISQUALIFIED: "Disqualified",
    Stage.RECYCLED: "Recycled",
}


@dataclass(slots=True, kw_only=True)
class Wording:
    """The words of one CRM for the stages and owners of both."""

    stages: Mapping[str, str]
    owners: Mapping[str, str]

    def theirs(self, column: str, text: str) -> str:
        return self._of(column).get(text, text)

    def ours(self, column: str, text: str) -> str:
        return {there: here for here, there in self._of(column).items()}.get(text, text)

    def _of(self, column: str) -> Mapping[str, str]:
        return {STAGE: self.stages, OWNER: self.owners}.get(column, {})


@dataclass(slots=True, kw_only=True)
class HubSpotSide:
    """An account of HubSpot. ``ids`` are the contacts of people, ``past`` the history of what is gone."""

    account: Account
    words: Wording
    ids: dict[str, str] = field(default_factory=dict)
    past: list[Change] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=lambda: HUBSPOT_NAMES)

    @property
    def name(self) -> str:
        return "hubspot"

    def add(self, person: str, values: Mapping[str, str]) -> None:
        twin = self.account.twin
        cells = {self._name(c): self.words.theirs(c, v) for c, v in values.items()}
        with twin.lock:
            given = {n: v for n, v in cells.items() if v and n not in UNKNOWN}
            self.ids[person] = str(create(twin.account, "contacts", given, BY_HAND).id)

    def link(self, person: str, name: str, there: str) -> None:
        """Keep the id of the same person in Salesforce, as HubSpot's own integration does."""
        if person in self.ids:
            self._impose(person, {name: there}, COPYING)

    def show(self, person: str, column: str) -> str:
        return self.table((column,)).get(person, {}).get(column, "")

    def table(self, columns: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        shown = {}
        with self.account.twin.lock:
            for person in self.ids:
                kept = self._record(person).properties
                cells = {c: kept.get(self._name(c), "") for c in columns}
                shown[person] = {c: self.words.ours(c, text) for c, text in cells.items()}
        return shown

    def tell(self, person: str, values: Mapping[str, str], by: Editor = Editor.PERSON) -> None:
        if person in self.ids:
            cells = {self._name(c): self.words.theirs(c, v) for c, v in values.items()}
            self._impose(person, cells, BY_HAND if by is Editor.PERSON else COPYING)

    def act(self, person: str, kind: str, at: datetime, by: str = "") -> None:
        if person not in self.ids:
            return
        if kind in CALLS:
            owner = {"hubspot_owner_id": self.words.theirs(OWNER, by)} if by else {}
            call = self.account.add(
                "calls", hs_call_direction=CALLS[kind], hs_timestamp=at.isoformat(), **owner
            )
            self.account.link("calls", call, self.ids[person])
            return
        form, store = form_named(kind), self.account.twin.account.store
        with self.account.twin.lock:
            email = self._record(person).properties["email"]
            values = (("email", email), ("hs_object_id", self.ids[person]))
            put_form(store, form)
            now = to_ms(self.account.twin.clock.now())
            add_submissions(store, form.id, [Submission(at=now, values=values)])

    def merge(self, gone: str, into: str) -> None:
        """Merge as a person does in HubSpot: a new record takes the place of both."""
        if not {gone, into} <= self.ids.keys():
            return
        self.past += [*self._changes_of(gone), *self._changes_of(into)]
        body = {"primaryObjectId": self.ids[into], "objectIdToMerge": self.ids.pop(gone)}
        answer = requests.post(
            f"{self.account.url}/crm/v3/objects/contacts/merge",
            json=body,
            headers={"Authorization": f"Bearer {SANDBOX_TOKEN}"},
            timeout=10,
        )
        assert answer.status_code == 200, answer.status_code
        self.ids[into] = str(answer.json()["id"])

    def delete(self, person: str) -> None:
        if person in self.ids:
            self.past += self._changes_of(person)
            self.account.archive("contacts", self.ids.pop(person))

    def people(self) -> Sequence[str]:
        return tuple(self.ids)

    def advance(self, seconds: int) -> None:
        self.account.wait(seconds=seconds)

    def changes(self) -> Iterator[Change]:
        yield from self.past
        for person in self.ids:
            yield from self._changes_of(person)

    def _changes_of(self, person: str) -> list[Change]:
        store, found = self.account.twin.account.store, list[Edit]()
        columns = {name: column for column, name in self.names.items()}
        with self.account.twin.lock:
            record = self._record(person)
            ask = "SELECT DISTINCT name FROM history WHERE type='contacts' AND id=? ORDER BY name"
            for (name,) in store.sql.execute(ask, (record.id,)).fetchall():
                found += store.changes("contacts", record.id, name)[::-1]
        editors = {BY_HAND: Editor.PERSON, COPYING: Editor.AUTOMATION}
        return [
            Change(person, column, self.words.ours(column, one.value), by)
            for one in found
            for column in (columns.get(one.name, one.name),)
            for by in (editors.get(one.source, Editor.WORKER),)
        ]

    def _impose(self, person: str, values: Mapping[str, str], source: str) -> None:
        with self.account.twin.lock:
            record = self._record(person)
            new = {n: v for n, v in values.items() if record.properties.get(n, "") != v}
            if new:
                impose(self.account.twin.account, record, new, source)

    def _record(self, person: str) -> StoredObject:
        record = self.account.twin.account.find("contacts", self.ids[person])
        assert record is not None
        return record

    def _name(self, column: str) -> str:
        return self.names.get(column, column)


@dataclass(slots=True, kw_only=True)
class SalesforceSide:
    """An org of Salesforce: people are leads, and contacts once they were converted."""

    org: Org
    words: Wording
    hubspot: HubSpotSide
    ids: dict[str, tuple[str, str]] = field(default_factory=dict)
    whose: dict[str, str] = field(default_factory=dict)
    copied: set[str] = field(default_factory=set)
    acts: int = 0
    names: Mapping[str, str] = field(default_factory=lambda: SALESFORCE_NAMES)

    @property
    def name(self) -> str:
        return "salesforce"

    def add(self, person: str, values: Mapping[str, str]) -> None:
        cells = self._cells({c: v for c, v in values.items() if c not in UNKNOWN and v})
        lead = self.org.lead(**cells)
        self._keep(person, "Lead", lead)
        self.hubspot.link(person, "salesforceleadid", lead[:15])

    def show(self, person: str, column: str) -> str:
        return self.table((column,)).get(person, {}).get(column, "")

    def table(self, columns: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        shown = {}
        for person, (type_, id_) in self.ids.items():
            cells = {c: self.org.cell(type_, id_, self._name(c)) for c in columns}
            texts = {c: self._text(c, cell) for c, cell in cells.items()}
            shown[person] = {c: self.words.ours(c, text) for c, text in texts.items()}
        return shown

    def tell(self, person: str, values: Mapping[str, str], by: Editor = Editor.PERSON) -> None:
        if person not in self.ids:
            return
        before = set(self._history()) if by is Editor.AUTOMATION else set()
        self.org.change(*self.ids[person], **self._cells(values))
        if by is Editor.AUTOMATION:
            self.copied |= set(self._history()) - before

    def act(self, person: str, kind: str, at: datetime, by: str = "") -> None:
        """Note what a person did; Salesforce stamps it by its own clock, a little after ``at``."""
        assert at <= self.org.twin.clock.now()
        if person not in self.ids:
            return
        self.acts += 1
        type_, id_ = self.ids[person]
        if kind in CALLS:
            owner = {"OwnerId": self.words.theirs(OWNER, by)} if by else {}
            kinds: dict[str, Json] = {"CallType": CALLS[kind].capitalize(), "Status": "Completed"}
            self.org.add("Task", WhoId=id_, Subject="Call", **kinds, **owner)
            return
        campaign = self.org.add("Campaign", Name=kind)
        who: dict[str, Json] = {f"{type_}Id": id_, "Status": "Responded"}
        self.org.add("CampaignMember", CampaignId=campaign, **who)

    def merge(self, gone: str, into: str) -> None:
        """Merge two of a kind; a lead goes into a contact by being converted into it."""
        if not {gone, into} <= self.ids.keys():
            return
        lost, kept = self.ids.pop(gone), self.ids[into]
        twin = self.org.twin
        with twin.lock:
            if lost[0] == kept[0]:
                leads.merge(twin.org, kept[0], kept[1], [lost[1]])
                return
            lead, contact = (lost[1], kept[1]) if lost[0] == "Lead" else (kept[1], lost[1])
            leads.convert(twin.org, lead, contact_id=contact)
        self._keep(into, "Contact", contact)
        self.hubspot.link(into, "salesforcecontactid", contact[:15])

    def convert(self, person: str) -> bool:
        """Convert a lead, as sales does; tells whether there was one."""
        type_, id_ = self.ids.get(person, ("", ""))
        if type_ != "Lead":
            return False
        with self.org.twin.lock:
            contact = leads.convert(self.org.twin.org, id_)
        self._keep(person, "Contact", contact)
        self.hubspot.link(person, "salesforcecontactid", contact[:15])
        return True

    def delete(self, person: str) -> None:
        if person in self.ids:
            self.org.remove(*self.ids.pop(person))

    def people(self) -> Sequence[str]:
        return tuple(self.ids)

    def advance(self, seconds: int) -> None:
        self.org.wait(seconds=seconds)

    def changes(self) -> Iterator[Change]:
        columns = {name: column for column, name in self.names.items()}
        worker = self.org.twin.org.integration_user
        for row_id, (record, name, value, user) in self._history().items():
            column = columns.get(name, name)
            by = Editor.WORKER if user == worker else Editor.PERSON
            by = Editor.AUTOMATION if row_id in self.copied else by
            yield Change(self.whose[record], column, self.words.ours(column, value), by)

    def _history(self) -> dict[str, tuple[str, str, str, str]]:
        """Read all rows of field history, oldest first; of owners the ids and not the names."""
        found = {}
        with self.org.twin.lock:
            for type_ in ("Lead", "Contact"):
                rows = self.org.twin.org.store.find(f"{type_}History", {"IsDeleted": 0})
                for row in sorted(rows, key=lambda row: str(row["Id"])):
                    name, value = str(row["Field"]), str(row["NewValue"] or "")
                    if name != "Owner" or value.startswith("005"):
                        field_ = "OwnerId" if name == "Owner" else name
                        texts = (str(row[f"{type_}Id"]), field_, value, str(row["CreatedById"]))
                        found[str(row["Id"])] = texts
        return found

    def _keep(self, person: str, type_: str, id_: str) -> None:
        self.ids[person] = (type_, id_)
        self.whose[id_] = person

    def _cells(self, values: Mapping[str, str]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for column, text in values.items():
            told = self.words.theirs(column, text)
            is_flag = text in {"true", "false"}
            found[self._name(column)] = text == "true" if is_flag else told or None
        return found

    def _text(self, column: str, cell: object) -> str:
        if column.startswith(("opt_out_", "consent_")):
            return "true" if cell else ""
        return "" if cell is None else str(cell)

    def _name(self, column: str) -> str:
        own = "_".join(part.capitalize() for part in column.split("_")) + "__c"
        return self.names.get(column, own)


def wordings(users: Mapping[str, str], nobody: str) -> tuple[Wording, Wording]:
    """HubSpot's words and Salesforce's; ``users`` are the users by the owners' ids in HubSpot."""
    here = {stage.value: word for stage, word in HUBSPOT_STAGES.items()}
    there = {stage.value: word for stage, word in SALESFORCE_STAGES.items()}
    owners = {owner.removeprefix("7700"): owner for owner in users}
    theirs = {owner.removeprefix("7700"): user for owner, user in users.items()}
    return (
        Wording(stages=here, owners=owners),
        Wording(stages=there, owners={**theirs, "": nobody}),
    )
