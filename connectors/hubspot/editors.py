"""Who changed a property: as HubSpot's history of it says, with the newest value first.

History is asked for of single records only, as a list or a search with it costs twice the calls. Which
source of a change is what was decided by the list of sources in HubSpot's specification (Marketing
Events v3, PropertyValue.source). Of a source that is not listed here, nothing is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.rows import Partly, Scalar, instant_at, milliseconds_of, text_of
from connectors.hubspot.transport import Body, Transport
from connectors.shared.commands import chunks
from worker.core.records import Edit, Editor, RawValue, Record

_RECORDS: Final = 50
"""With history an answer holds half as many records (hubspot-api-nodejs, issue 143)."""
_APP: Final = "INTEGRATION"
_KINDS: Final[Mapping[str, Editor]] = {
    **dict.fromkeys(
        (
            "CRM_UI",
            "CRM_UI_BULK_ACTION",
            "CONTACTS",
            "CONTACTS_WEB",
            "MOBILE_IOS",
            "MOBILE_ANDROID",
        ),
        Editor.PERSON,
    ),
    **dict.fromkeys(
        (
            *("API", "INTEGRATIONS_PLATFORM", "INTEGRATIONS_SYNC", "WORKFLOWS", "BATCH_UPDATE"),
            *("AUTOMATION_PLATFORM", "AUTOMATION_JOURNEY", "CALCULATED", "ANALYTICS", "FORM"),
            *("BEHAVIORAL_EVENTS", "DATA_ENRICHMENT", "EMAIL", "MEETINGS", "SEQUENCES"),
            *("BCC_TO_CRM", "EMAIL_INTEGRATION", "ENGAGEMENTS", "MIGRATION", "SMART_DATA_CAPTURE"),
        ),
        Editor.AUTOMATION,
    ),
    "IMPORT": Editor.IMPORT,
    "SALESFORCE": Editor.SYNC,
}
_ID: Final = re.compile(r"(?:userId:)?([0-9A-Za-z_.-]{1,64})")
"""Who or what it was. Old entries of people hold an e-mail address instead, which goes no further."""


class _Version(msgspec.Struct, rename="camel"):
    value: Scalar = None
    timestamp: Scalar = None
    source_type: str = ""
    source_id: str | None = None
    updated_by_user_id: int | str | None = None


class _Past(msgspec.Struct, rename="camel"):
    id: str | int
    properties_with_history: dict[str, list[_Version]] = {}


class _PastPage(Partly):
    results: list[_Past] = msgspec.field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class EditorBook:
    """Asks for editors. ``app`` is the id of our own app; asked for once, where the options lack it."""

    transport: Transport = field(repr=False)
    app: str | None = None
    is_asked: bool = False

    def edits(
        self, name: str, records: Sequence[Record], fields: Sequence[str]
    ) -> Iterator[tuple[Record, dict[str, Edit]]]:
        """Say of each record who gave these properties the values that it shows."""
        for part in chunks(records, _RECORDS):
            past = self._read(name, [one.ref.id for one in part], fields)
            for record in part:
                versions = past.get(record.ref.id, {})
                told = {
                    one: edit
                    for one in fields
                    if (edit := self._edit(versions.get(one), record.values.get(one))) is not None
                }
                yield record, told

    def _read(
        self, name: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, dict[str, list[_Version]]]:
        body: Body = {
            "inputs": [{"id": one} for one in ids],
            "properties": [],
            "propertiesWithHistory": list(fields),
        }
        path = {"object_type": name}
        page = self.transport.call(paths.OBJECT_BATCH_READ, _PastPage, path=path, body=body)
        return {str(one.id): one.properties_with_history for one in page.results}

    def _edit(self, versions: Sequence[_Version] | None, shown: RawValue) -> Edit | None:
        """Read the newest version; one that left another value there is of a later change."""
        if not versions or text_of(versions[0].value) != shown:
            return None
        last = versions[0]
        who = _who(last)
        kind = self._app_kind(who) if last.source_type == _APP else _KINDS.get(last.source_type)
        if kind is None:
            return None
        stamp = milliseconds_of(last.timestamp)
        at = None if stamp is None else instant_at(stamp)
        is_exact = kind is not Editor.WORKER  # somebody else may use our token
        return Edit(by=kind, at=at, who=who, via=last.source_type, is_exact=is_exact)

    def _app_kind(self, app: str | None) -> Editor | None:
        """Tell our own app from others; nothing where we do not know which one is ours."""
        if self.app is None and not self.is_asked:
            self.app = self.transport.own_app()
            self.is_asked = True
        if self.app is None or app is None:
            return None
        return Editor.WORKER if app == self.app else Editor.AUTOMATION


def _who(version: _Version) -> str | None:
    """Name the user, else the app, flow or import, by its id."""
    if version.updated_by_user_id is not None and version.source_type != _APP:
        return str(version.updated_by_user_id)
    found = _ID.fullmatch(version.source_id or "")
    return found[1] if found else None
