"""Records as the API shows them: the properties asked for, stamps, and history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from connectors.sandbox.clock import iso_of
from connectors.sandbox.exchange import Json
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.definitions import NON_SENSITIVE
from connectors.sandbox.hubspot.standard import DEFAULT_PROPERTIES, stamps_of
from connectors.sandbox.hubspot.store import StoredObject
from connectors.sandbox.hubspot.tokens import OWN_APP

SOMEBODY: Final = 7702
"""The user who works in HubSpot's own pages."""
_PAGES: Final = frozenset({"CRM_UI", "CRM_UI_BULK_ACTION", "MOBILE_IOS", "MOBILE_ANDROID"})


class View:
    """How records of one type are shown: with these properties, and with the history of those.

    A name that is not defined, or is sensitive, is left out without a word. An archived record
    shows only its id and stamps: nothing more is promised.
    """

    __slots__ = ("_account", "_history", "_names", "_stamps")

    def __init__(
        self,
        account: Account,
        object_type: str,
        properties: Sequence[str] = (),
        history: Sequence[str] = (),
    ) -> None:
        asked = [*properties, *history] or DEFAULT_PROPERTIES.get(object_type, ())
        self._account: Final = account
        self._stamps: Final = (*stamps_of(object_type), "hs_object_id")
        self._names: Final = tuple(self._shown(object_type, asked))
        self._history: Final = tuple(self._shown(object_type, history))

    def _shown(self, object_type: str, names: Iterable[str]) -> Iterable[str]:
        for name in dict.fromkeys(names):
            definition = self._account.definitions.find(object_type, name)
            if definition is None or definition.data_sensitivity != NON_SENSITIVE:
                continue
            if name not in self._stamps:
                yield name

    def show(self, record: StoredObject) -> dict[str, Json]:
        """Write one record."""
        created, modified = iso_of(record.created), iso_of(record.modified)
        properties: dict[str, str | None] = {}
        if record.archived is None:
            properties = {name: record.properties.get(name) for name in self._names}
        properties |= zip(self._stamps, (created, modified, str(record.id)), strict=True)
        shown: dict[str, Json] = {
            "id": str(record.id),
            "properties": properties,
            "createdAt": created,
            "updatedAt": modified,
            "archived": record.archived is not None,
        }
        if record.archived is not None:
            shown["archivedAt"] = iso_of(record.archived)
        if self._history:
            shown["propertiesWithHistory"] = {
                name: self._past(record, name) for name in self._history
            }
        return shown

    def _past(self, record: StoredObject, name: str) -> list[Json]:
        changes = self._account.store.changes(record.type, record.id, name)
        if changes:
            return [_entry(change.value, change.at, change.source) for change in changes]
        text = record.properties.get(name)
        return [] if text is None else [_entry(text, record.created, record.source)]


def _entry(value: str, at: int, source: str) -> dict[str, Json]:
    """Write an entry; a source may bring an id of its own with it, as in ``INTEGRATION:77``."""
    kind, _, given = source.partition(":")
    entry: dict[str, Json] = {"value": value, "timestamp": iso_of(at), "sourceType": kind}
    if kind not in _PAGES:
        return {**entry, "sourceId": given or str(OWN_APP)}
    user = int(given or SOMEBODY)
    return {**entry, "sourceId": f"userId:{user}", "updatedByUserId": user}


def written(account: Account, record: StoredObject, sent: Iterable[str]) -> dict[str, Json]:
    """Show a record as the answer to a write does: with the properties that were sent."""
    return View(account, record.type, [*sent]).show(record)
