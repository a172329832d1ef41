"""Salesforce's twin as one side of an organisation, told and asked by people.

What people do happens as in the browser. Who changed a field is read from field history; what copies
between the CRMs writes there under the name of a user of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce import leads
from tests.support.hubspot_side import HubSpotSide
from tests.support.salesforce_twin import Org
from tests.support.twin_words import CALLS, SALESFORCE_NAMES, UNKNOWN, Wording
from tests.support.two_crms import OWNER, Change
from worker.core.records import Editor


@dataclass(slots=True, kw_only=True)
class SalesforceSide:
    """An org of Salesforce: people are leads, and contacts once they were converted.

    ``copying`` is the user whom what copies between the CRMs works as.
    """

    org: Org
    words: Wording
    hubspot: HubSpotSide
    copying: str
    ids: dict[str, tuple[str, str]] = field(default_factory=dict)
    whose: dict[str, str] = field(default_factory=dict)
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
        user = self.copying if by is Editor.SYNC else self.org.twin.org.person
        self.org.change_as(user, *self.ids[person], **self._cells(values))

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
        ours = self.org.twin.org.integration_user
        users = {ours: Editor.WORKER, self.copying: Editor.SYNC}
        for record, name, value, user in self._history():
            column = columns.get(name, name)
            by = users.get(user, Editor.PERSON)
            shared = self.words.ours(column, value)
            yield Change(self.whose[record], column, shared, by, record)

    def _history(self) -> list[tuple[str, str, str, str]]:
        """Read all rows of field history, oldest first; of owners the ids and not the names."""
        found = []
        with self.org.twin.lock:
            for type_ in ("Lead", "Contact"):
                rows = self.org.twin.org.store.find(f"{type_}History", {"IsDeleted": 0})
                for row in sorted(rows, key=lambda row: str(row["Id"])):
                    name, value = str(row["Field"]), str(row["NewValue"] or "")
                    if name != "Owner" or value.startswith("005"):
                        field_ = "OwnerId" if name == "Owner" else name
                        texts = (str(row[f"{type_}Id"]), field_, value, str(row["CreatedById"]))
                        found.append(texts)
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
