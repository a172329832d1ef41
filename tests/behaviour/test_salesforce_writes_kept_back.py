"""Writes to Salesforce that are refused before they are sent, and the form of those that are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from tests.support.salesforce_opening import command, described, field, opened, page
from tests.support.salesforce_pushing import (
    APPLIED,
    NOTE,
    ORG,
    REJECTED,
    lead,
    one,
    outcomes,
    push,
    sent,
    there,
)
from worker.ports import ObjectSource


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


@pytest.mark.parametrize("word", ["Quick", "Old"])
def test_f52_a_choice_that_the_list_lacks_is_not_sent(stub: Stub, word: str) -> None:
    code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert one(stub, {"Leadtriage_Track__c": word}) == (REJECTED, code)


def test_f52_a_list_of_many_is_looked_at_word_by_word(stub: Stub) -> None:
    code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert one(stub, {"Leadtriage_Channels__c": "email;fax"}) == (REJECTED, code)


def test_f52_an_open_list_takes_any_word_and_any_list_may_be_emptied(stub: Stub) -> None:
    changes = {"Leadtriage_Open__c": "Quick", "Leadtriage_Track__c": None, "OwnerId": None}
    stub.say(ORG)
    stub.say(page(there(0, Leadtriage_Track__c="Slow", OwnerId="0055g00000AbCdEAAV")))
    stub.script.append(Said(status=204, body=b""))
    stub.say(page(there(0, Leadtriage_Open__c="Quick")))
    assert outcomes(stub, [command(changes, record_id=lead(0))]) == [APPLIED]
    assert sent(stub) == changes


def test_f53_a_status_that_stands_for_conversion_is_no_stage(stub: Stub) -> None:
    stub.say({"records": [{"ApiName": "Closed", "IsConverted": True}]})
    stub.say(ORG)
    stub.say(page(there(0, Status="Open")))
    assert push(stub, [command({"Status": "Closed"}, record_id=lead(0))]) == [
        (REJECTED, "STATUS_WOULD_CONVERT")
    ]


def test_f54_f55_f56_values_take_the_form_of_their_field(stub: Stub) -> None:
    changes = {
        NOTE: None,
        "Leadtriage_Score__c": "73",
        "Leadtriage_Due__c": "2026-03-31T23:00:00+00:00",
        "Leadtriage_Is__c": "true",
        "Leadtriage_Channels__c": "phone;email",
        "OwnerId": "0055g00000AbCdE",
    }
    shown = {
        NOTE: None,
        "Leadtriage_Score__c": 73.0,
        "Leadtriage_Due__c": "2026-03-31T23:00:00.000+0000",
        "Leadtriage_Is__c": True,
        "Leadtriage_Channels__c": "email;phone",
        "OwnerId": "0055g00000AbCdEAAV",
    }
    stub.say(ORG)
    stub.say(page(there(0, **{NOTE: "old"})))
    stub.script.append(Said(status=204, body=b""))
    stub.say(page(there(0, **shown)))
    assert outcomes(stub, [command(changes, record_id=lead(0))]) == [APPLIED]
    own = {"Leadtriage_Score__c": 73, "Leadtriage_Is__c": True, "OwnerId": shown["OwnerId"]}
    assert sent(stub) == {**changes, **own}


def test_f58_a_queue_owns_a_lead_and_no_contact(stub: Stub) -> None:
    stub.say(described("Contact", field("OwnerId", "reference", referenceTo=["User"])))
    stub.say(page(there(0, OwnerId="0055g00000AbCdEAAV")))
    connector = opened(
        stub,
        FakeTime(),
        objects=[ObjectSource(object_type="Lead", id_field="Id", options={"reads": "Contact"})],
    )
    [result] = connector.push([command({"OwnerId": "00G5g00000AbCdEAAV"}, record_id=lead(0))])
    assert (result.outcome, result.code) == (REJECTED, "QUEUE_CANNOT_OWN_THIS")


@pytest.mark.parametrize("name", ["Formula__c", "Nowhere__c"])
def test_a_field_that_may_not_be_written_is_not_sent(stub: Stub, name: str) -> None:
    assert one(stub, {name: "x"}) == (REJECTED, "READ_ONLY")


@pytest.mark.parametrize("value", ["false", None, ""])
def test_f69_an_opt_out_is_never_taken_back(stub: Stub, value: str | None) -> None:
    assert one(stub, {"HasOptedOutOfEmail": value}, HasOptedOutOfEmail=True) == (
        REJECTED,
        "READ_ONLY",
    )


def test_an_opt_out_made_elsewhere_is_carried_over(stub: Stub) -> None:
    stub.say(ORG)
    stub.say(page(there(0, HasOptedOutOfEmail=False)))
    stub.script.append(Said(status=204, body=b""))
    stub.say(page(there(0, HasOptedOutOfEmail=True)))
    assert outcomes(stub, [command({"HasOptedOutOfEmail": "true"}, record_id=lead(0))]) == [APPLIED]
