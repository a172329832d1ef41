"""Form submissions of HubSpot: read until the first that is known, joined to contacts; with the stub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.hubspot.connector import open_connector
from tests.support.hubspot_stub import FakeTime, Stub, serving_stub
from worker.core.records import Page
from worker.ports import Connector, ConnectorContext, ObjectSource

FIELDS = ["associations.contacts", "form_name", "submitted_at", "values.service_line"]
FORM = "0a1b2c3d-form"
NEW, OLD = 1_772_400_000_000, 1_772_000_000_000


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as server:
        yield server


def opened(stub: Stub, **options: str) -> Connector:
    time = FakeTime()
    source = ObjectSource(
        object_type="form_submissions", id_field="id", options={"values": "service_line"}
    )
    return open_connector(
        ConnectorContext(
            system="hubspot",
            base_dir=Path(),
            options={"base_url": stub.url, "access_token": "t", **options},
            objects=[source],
            clock=time,
            sleep=time.sleep,
        )
    )


def pulled(stub: Stub, since: str | None = None, **options: str) -> list[Page]:
    return list(opened(stub, **options).pull("form_submissions", fields=FIELDS, since=since))


def submitted(at: int, **values: str) -> dict[str, Any]:
    return {
        "conversionId": f"conversion-{at}",
        "submittedAt": at,
        "values": [{"name": name, "value": value} for name, value in values.items()],
        "pageUrl": "https://clinic.example.org/",
    }


def forms(stub: Stub) -> None:
    stub.say({"results": [{"id": FORM, "name": "appointment_request"}]})


def test_a_submission_is_joined_by_its_e_mail(stub: Stub) -> None:
    forms(stub)
    stub.say({"results": [submitted(NEW, email="Kim@Example.org", service_line="cardiology")]})
    stub.say({"results": [{"id": "17", "properties": {"email": "kim@example.org"}}]})
    [record] = [record for page in pulled(stub) for record in page.records]
    assert record.ref.id == f"conversion-{NEW}"
    assert record.values == {
        "associations.contacts": "17",
        "form_name": "appointment_request",
        "submitted_at": "2026-03-01T21:20:00+00:00",
        "values.service_line": "cardiology",
    }


def test_an_address_is_never_part_of_a_url(stub: Stub) -> None:
    forms(stub)
    stub.say({"results": [submitted(NEW, email="kim@example.org")]})
    stub.say({"results": []})
    pulled(stub)
    assert not any("kim" in asked.path + str(asked.query) for asked in stub.asked)
    assert msgspec.json.decode(stub.asked[2].body)["idProperty"] == "email"


def test_a_second_address_of_a_contact_joins_as_well(stub: Stub) -> None:
    forms(stub)
    stub.say({"results": [submitted(NEW, email="kim@work.example.org")]})
    properties = {"email": "kim@example.org", "hs_additional_emails": "kim@work.example.org;x@y.z"}
    stub.say({"results": [{"id": "17", "properties": properties}]})
    [record] = [record for page in pulled(stub) for record in page.records]
    assert record.values["associations.contacts"] == "17"


def test_a_submission_without_an_address_is_joined_by_the_id_it_carries(stub: Stub) -> None:
    forms(stub)
    stub.say({"results": [submitted(NEW, hs_object_id="18")]})
    [record] = [record for page in pulled(stub) for record in page.records]
    assert record.values["associations.contacts"] == "18"


def test_a_contact_with_one_address_does_not_stand_for_those_without(stub: Stub) -> None:
    forms(stub)
    known = submitted(NEW, email="kim@example.org")
    stub.say({"results": [known, submitted(OLD, hs_object_id="18"), submitted(OLD - 1)]})
    stub.say({"results": [{"id": "17", "properties": {"email": "kim@example.org"}}]})
    records = [record for page in pulled(stub) for record in page.records]
    assert [record.values["associations.contacts"] for record in records] == ["17", "18"]


def test_a_submission_of_nobody_is_left_out(stub: Stub) -> None:
    forms(stub)
    stub.say({"results": [submitted(NEW, email="nobody@example.org"), submitted(OLD)]})
    stub.say({"results": []})
    assert not [record for page in pulled(stub) for record in page.records]


def test_reading_stops_at_the_first_submission_that_is_known(stub: Stub) -> None:
    known = f'{{"forms":{{"{FORM}":{NEW}}}}}'
    forms(stub)
    page = [submitted(NEW + 5, hs_object_id="1"), submitted(OLD, hs_object_id="2")]
    stub.say({"results": page, "paging": {"next": {"after": "more"}}})
    pages = pulled(stub, known)
    assert [r.ref.id for page in pages for r in page.records] == [f"conversion-{NEW + 5}"]
    assert len(stub.asked) == 2
    assert msgspec.json.decode(str(pages[-1].bookmark))["forms"] == {FORM: NEW + 5}


def test_submissions_of_one_instant_are_read_again_and_not_lost(stub: Stub) -> None:
    forms(stub)
    stub.say({"results": [submitted(NEW, hs_object_id="1")]})
    again = pulled(stub, f'{{"forms":{{"{FORM}":{NEW}}}}}', lookback="0")
    assert [r.ref.id for page in again for r in page.records] == [f"conversion-{NEW}"]


def test_a_form_s_place_is_kept_only_once_the_form_was_read(stub: Stub) -> None:
    forms(stub)
    for n in range(21):
        page = [submitted(NEW - 50 * n - m, hs_object_id="1") for m in range(50)]
        stub.say({"results": page, "paging": {"next": {"after": str(n)}}})
    stub.say({"results": [submitted(OLD, hs_object_id="1")]})
    pages = pulled(stub)
    marks = [msgspec.json.decode(str(page.bookmark))["forms"] for page in pages]
    assert [len(page.records) for page in pages] == [1000, 51]
    assert marks == [{}, {FORM: NEW}]


def test_addresses_of_several_forms_are_looked_up_together(stub: Stub) -> None:
    names = ("a-form", "b-form", "c-form")
    stub.say({"results": [{"id": one, "name": one} for one in names]})
    for n, _name in enumerate(names):
        stub.say({"results": [submitted(NEW + n, email=f"c{n}@example.org")]})
    rows = [{"id": str(n), "properties": {"email": f"c{n}@example.org"}} for n in range(3)]
    stub.say({"results": rows})
    [page] = pulled(stub)
    assert [r.values["associations.contacts"] for r in page.records] == ["0", "1", "2"]
    assert len(stub.asked) == 1 + 3 + 1


def test_a_submission_that_was_shown_late_is_read_and_an_older_one_is_not(stub: Stub) -> None:
    forms(stub)
    late, old = NEW - 100_000, NEW - 130_000  # the lookback is two minutes
    page = [submitted(late, hs_object_id="1"), submitted(old, hs_object_id="2")]
    stub.say({"results": page})
    pages = pulled(stub, f'{{"forms":{{"{FORM}":{NEW}}}}}')
    assert [r.ref.id for page in pages for r in page.records] == [f"conversion-{late}"]


def test_a_form_s_place_is_never_in_the_future(stub: Stub) -> None:
    forms(stub)
    now = 1_772_463_600_000  # the clock of the connector: 2 March 2026, 15:00 UTC
    stub.say({"results": [submitted(now + 3_600_000, hs_object_id="1")]})
    assert msgspec.json.decode(str(pulled(stub)[-1].bookmark))["forms"] == {FORM: now}


def test_a_submission_at_no_known_time_is_put_aside(stub: Stub) -> None:
    forms(stub)
    stub.say({"results": [{**submitted(NEW), "submittedAt": "soon"}]})
    assert [i.code for page in pulled(stub) for i in page.issues] == ["DQ_ACTIVITY_UNREADABLE"]


def test_only_the_values_that_are_named_can_be_read(stub: Stub) -> None:
    described = opened(stub).describe("form_submissions")
    assert [field.name for field in described.fields] == [
        "associations.contacts",
        "submitted_at",
        "form_id",
        "form_name",
        "page_url",
        "values.service_line",
    ]
