"""HubSpot's twin as one side of an organisation, told and asked by people.

What people do happens as in HubSpot's own pages; what copies between the CRMs writes under a name of its
own. Who changed a property is read from the history that HubSpot keeps of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import requests

from connectors.sandbox.clock import to_ms
from connectors.sandbox.hubspot.forms import Submission, add_submissions, form_named, put_form
from connectors.sandbox.hubspot.store import Change as Edit
from connectors.sandbox.hubspot.store import StoredObject
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from connectors.sandbox.hubspot.writing import create, impose
from tests.support.hubspot_twin import Account
from tests.support.twin_words import CALLS, HUBSPOT_NAMES, UNKNOWN, Wording
from tests.support.two_crms import OWNER, Change
from worker.core.records import Editor

COPYING, BY_HAND = "SALESFORCE", "CRM_UI"
"""How HubSpot's history names what its own integration with Salesforce wrote, and a person."""


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
        editors = {BY_HAND: Editor.PERSON, COPYING: Editor.SYNC}
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
