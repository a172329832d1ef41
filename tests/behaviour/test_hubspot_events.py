"""Participation in HubSpot's marketing events, through the twin and the stub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from connectors.hubspot.connector import open_connector
from connectors.hubspot.events import SYNTHETIC
from connectors.sandbox.clock import to_ms
from connectors.sandbox.hubspot.marketing_events import (
    MarketingEvent,
    Participation,
    put_event,
    put_participation,
)
from tests.support.hubspot_opening import TOKEN
from tests.support.hubspot_stub import FakeTime, Stub, serving_stub
from tests.support.hubspot_twin import NOON, Account, end_of, pull, records_of, serving_account
from worker.core.records import Page
from worker.ports import Connector, ConnectorContext, ObjectSource

NAME = "event_participations"
SOURCE = ObjectSource(object_type=NAME, id_field="id")
FIELDS = [field.name for field in SYNTHETIC]


@pytest.fixture
def crm() -> Iterator[Account]:
    with serving_account() as account:
        put_event(account.twin.account.store, MarketingEvent(id="9", name="Heart health"))
        yield account


def took_part(crm: Account, contact: str, state: str, seconds: int | None = None) -> None:
    put_participation(
        crm.twin.account.store,
        Participation(
            event_id="9", contact_id=contact, state=state, at=to_ms(NOON), seconds=seconds
        ),
    )


def pages(crm: Account, since: str | None = None) -> list[Page]:
    return pull(crm.connect([SOURCE]), NAME, FIELDS, since)


def test_who_took_part_is_a_record_with_the_contact_and_without_a_name(crm: Account) -> None:
    kim = crm.add("contacts", email="kim@example.org", firstname="Kim")
    took_part(crm, kim, "ATTENDED", 1800)
    [record] = records_of(pages(crm)).values()
    assert record.values == {
        "associations.contacts": kim,
        "occurred_at": "2026-03-02T12:00:00+00:00",
        "attendance_state": "ATTENDED",
        "attended_seconds": "1800",
        "event_id": "9",
        "event_name": "Heart health",
    }


def test_a_state_that_changed_is_read_again_under_the_same_id(crm: Account) -> None:
    kim = crm.add("contacts")
    took_part(crm, kim, "REGISTERED")
    first = pages(crm)
    took_part(crm, kim, "NO_SHOW")
    crm.wait(minutes=15)
    later = records_of(pages(crm, end_of(first)))
    assert set(later) == set(records_of(first))
    assert [one.values["attendance_state"] for one in later.values()] == ["NO_SHOW"]


def test_everybody_is_read_page_by_page(crm: Account) -> None:
    for _ in range(120):
        took_part(crm, crm.add("contacts"), "REGISTERED")
    found = pages(crm)
    assert (len(records_of(found)), found[-1].is_complete) == (120, True)


def test_the_check_asks_whether_events_may_be_read(crm: Account) -> None:
    assert not crm.connect([SOURCE]).check()


def said_events(stub: Stub, *ends: str) -> None:
    events = [{"objectId": str(n), "endDateTime": end} for n, end in enumerate(ends)]
    stub.say({"results": events})


def asked_for(stub: Stub) -> Sequence[str]:
    return [asked.path.split("/")[-2] for asked in stub.asked if "breakdown" in asked.path]


def test_an_event_long_past_is_read_by_sweeps_only() -> None:
    time = FakeTime()  # 2 March 2026
    with serving_stub() as stub:
        connector = _connector(stub, time)
        said_events(stub, "2025-11-01T10:00:00Z", "2026-02-27T10:00:00Z")
        stub.say({"results": []})
        stub.say({"results": []})
        first = pull(connector, NAME, FIELDS)
        assert (asked_for(stub), first[-1].is_complete) == (["0", "1"], True)
        stub.asked.clear()
        said_events(stub, "2025-11-01T10:00:00Z", "2026-02-27T10:00:00Z")
        stub.say({"results": []})
        second = pull(connector, NAME, FIELDS, end_of(first))
        assert (asked_for(stub), second[-1].is_whole) == (["1"], False)


def test_a_participation_at_no_known_time_is_put_aside() -> None:
    with serving_stub() as stub:
        connector = _connector(stub, FakeTime())
        said_events(stub, "2026-02-27T10:00:00Z")
        stub.say({"results": [{"id": "5", "properties": {"attendanceState": "ATTENDED"}}]})
        found = pull(connector, NAME, FIELDS)
        assert [issue.record_id for page in found for issue in page.issues] == ["5"]
        assert not found[-1].is_complete


def _connector(stub: Stub, time: FakeTime) -> Connector:
    return open_connector(
        ConnectorContext(
            system="hubspot",
            base_dir=Path(),
            options={"base_url": stub.url, "access_token": TOKEN},
            objects=[SOURCE],
            clock=time,
            sleep=time.sleep,
        )
    )
