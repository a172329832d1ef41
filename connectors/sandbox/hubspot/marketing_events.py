"""Marketing events, such as webinars, and who registered, came, cancelled or stayed away."""

from __future__ import annotations

from collections import Counter
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from connectors.sandbox.clock import iso_of
from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.hubspot.errors import invalid, not_found
from connectors.sandbox.hubspot.paging import Call, page_of
from connectors.sandbox.hubspot.store import Store
from connectors.sandbox.hubspot.writing import find_by_key

EVENTS: Final = "marketing_event"
PARTICIPATIONS: Final = "participation"
STATES: Final = ("REGISTERED", "ATTENDED", "CANCELLED", "NO_SHOW", "EMPTY")
_AT: Final = "2020-01-01T00:00:00.000Z"


class MarketingEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event."""

    id: str
    name: str
    kind: str = "WEBINAR"


class Participation(msgspec.Struct, frozen=True, kw_only=True):
    """What one contact did about one event, and when in milliseconds."""

    event_id: str
    contact_id: str
    state: str
    at: int
    seconds: int | None = None


_EVENT: Final = msgspec.json.Decoder(MarketingEvent)
_PARTICIPATION: Final = msgspec.json.Decoder(Participation)


def put_event(store: Store, event: MarketingEvent) -> None:
    """Add or replace an event."""
    store.put_document(EVENTS, event.id, event)


def put_participation(store: Store, new: Participation) -> None:
    """Note what a contact did; a contact has one state for an event."""
    store.put_document(PARTICIPATIONS, f"{new.event_id}:{new.contact_id}", new)


def list_events(call: Call) -> Answer:
    """GET /marketing/v3/marketing-events."""
    events = [_EVENT.decode(body) for _, body in call.account.store.documents(EVENTS)]
    return json_answer(page_of(call, [*map(_event, events)], call.limit(default=10, most=100)))


def count_participations(call: Call) -> Answer:
    """GET /marketing/v3/marketing-events/participations/{marketingEventId}."""
    event = _found(call, call.params["marketingEventId"])
    found = Counter(one.state for one in _all(call) if one.event_id == event.id)
    return json_answer(
        {
            "registered": found["REGISTERED"],
            "attended": found["ATTENDED"],
            "cancelled": found["CANCELLED"],
            "noShows": found["NO_SHOW"],
        }
    )


def participations_of_event(call: Call) -> Answer:
    """GET /marketing/v3/marketing-events/participations/{marketingEventId}/breakdown."""
    event = _found(call, call.params["marketingEventId"])
    return _breakdown(call, [one for one in _all(call) if one.event_id == event.id])


def participations_of_contact(call: Call) -> Answer:
    """GET …/participations/contacts/{contactIdentifier}/breakdown: by id or by address."""
    given = call.params["contactIdentifier"]
    record = find_by_key(call.account, "contacts", "email" if "@" in given else "", given)
    if record is None:
        raise not_found("The contact does not exist.")
    resolve = call.account.store.resolve
    return _breakdown(
        call,
        [one for one in _all(call) if resolve("contacts", int(one.contact_id)) == record.id],
    )


def _all(call: Call) -> list[Participation]:
    return [_PARTICIPATION.decode(body) for _, body in call.account.store.documents(PARTICIPATIONS)]


def _found(call: Call, id_: str) -> MarketingEvent:
    body = call.account.store.document(EVENTS, id_)
    if body is None:
        raise not_found("The event does not exist.")
    return _EVENT.decode(body)


def _breakdown(call: Call, found: list[Participation]) -> Answer:
    state = call.request.one("state")
    if state and state not in STATES:
        raise invalid(f"state must be one of {', '.join(STATES)}.")
    found = [one for one in found if not state or one.state == state]
    shown = [_participation(call, one) for one in found]
    body = page_of(call, shown, call.limit(default=10, most=100))
    return json_answer({"total": len(found), **body})


def _participation(call: Call, one: Participation) -> dict[str, Json]:
    event = _found(call, one.event_id)
    record = call.account.find("contacts", one.contact_id)
    known = {} if record is None else record.properties
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{one.event_id}:{one.contact_id}")),
        "createdAt": iso_of(one.at),
        "properties": {
            "occurredAt": one.at,
            "attendanceState": one.state,
            "attendancePercentage": None,
            "attendanceDurationSeconds": one.seconds,
        },
        "associations": {
            "contact": {
                "contactId": one.contact_id if record is None else str(record.id),
                "email": known.get("email", ""),
                "firstname": known.get("firstname"),
                "lastname": known.get("lastname"),
            },
            "marketingEvent": {
                "marketingEventId": event.id,
                "externalAccountId": None,
                "externalEventId": None,
                "name": event.name,
            },
        },
    }


def _event(event: MarketingEvent) -> dict[str, Json]:
    return {
        "objectId": event.id,
        "eventName": event.name,
        "eventType": event.kind,
        "eventCompleted": True,
        "eventCancelled": False,
        "customProperties": [],
        "createdAt": _AT,
        "updatedAt": _AT,
    }
