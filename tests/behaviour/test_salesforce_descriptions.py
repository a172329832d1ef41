"""How Salesforce describes an object, and what of it is shown, written and chosen from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from connectors.salesforce.permissions import shown_to_somebody
from connectors.salesforce.schema import FieldShape, Shape, read_shape
from connectors.salesforce.standing import Present, kind_in_words, stand
from connectors.salesforce.versions import read_versions
from tests.support.hubspot_stub import FakeTime, Stub, serving_stub
from tests.support.salesforce_opening import described, field, opened, page, pull, row
from worker.core.records import FieldDescription, FieldForm
from worker.core.setup_records import Choice, FieldStanding, FieldState, WantedField

READY = FieldState.READY


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


def shape(*fields: object, **more: object) -> Shape:
    return read_shape(msgspec.json.encode({"name": "Lead", "fields": fields, **more}))


def test_only_choices_that_are_active_can_be_chosen() -> None:
    values = [{"value": "new", "label": "New one"}, {"value": "old", "active": False}]
    found = shape(field("A", "picklist", picklistValues=values), field("B", "picklist"),
                  field("C", "picklist", picklistValues=values[1:]), field("D", "boolean"))  # fmt: skip
    options = {name: one.describe().options for name, one in found.fields.items()}
    assert options == {"A": ("new",), "B": None, "C": None, "D": ("true", "false")}
    assert found.fields["A"].describe().labels == {"new": "New one"}


@pytest.mark.parametrize(
    ("kind", "length", "told"),
    [
        ("textarea", 255, (FieldForm.TEXT, False, 255)),
        ("textarea", 256, (FieldForm.LONG_TEXT, True, 256)),
        ("string", 80, (FieldForm.TEXT, False, 80)),
        ("string", 0, (FieldForm.TEXT, False, None)),
        ("double", 18, (FieldForm.NUMBER, False, None)),
        ("picklist", 40, (FieldForm.CHOICE, False, None)),
    ],
)
def test_a_text_says_how_long_it_may_be(
    kind: str, length: int, told: tuple[FieldForm, bool, int | None]
) -> None:
    found = FieldShape(name="A", type=kind, length=length).describe()
    assert (found.form, found.is_long_text, found.max_length) == told


def test_a_field_of_a_related_record_is_never_written() -> None:
    found = FieldShape(name="Type", updateable=True)
    assert found.describe().is_writable
    assert not found.describe("Campaign.").is_writable


def test_a_walk_needs_a_field_to_filter_and_to_sort_by() -> None:
    walked = {
        (one, other): FieldShape(name="A", filterable=one, sortable=other).can_be_walked
        for one in (True, False)
        for other in (True, False)
    }
    assert [both for both, is_walked in walked.items() if is_walked] == [(True, True)]


def test_a_queue_may_own_what_does_not_say_otherwise() -> None:
    assert shape().takes_queues
    assert shape(field("OwnerId", "reference", referenceTo=["Group", "User"])).takes_queues
    assert not shape(field("OwnerId", "reference", referenceTo=["User"])).takes_queues


def test_what_is_no_text_and_what_has_no_name_is_not_there() -> None:
    found = shape(field("Address", "address"), field("Place", "location"), field("x y"), field("A"))
    assert set(found.fields) == {"A"}


def test_the_record_types_are_those_that_can_be_given() -> None:
    kinds = [
        {"name": "Patient", "recordTypeId": "012A"},
        {"name": "Old", "recordTypeId": "012B", "active": False},
        {"name": "Others'", "recordTypeId": "012C", "available": False},
        {"name": "Master", "recordTypeId": "012D", "master": True},
    ]
    assert [one.name for one in shape(recordTypeInfos=kinds).kinds] == ["Patient"]


OWNER = field("OwnerId", "reference", referenceTo=["Group", "User"], relationshipName="Owner")
PERSON = field(
    "IndividualId", "reference", referenceTo=["Individual"], relationshipName="Individual"
)
READ = ("Email", "Owner.Name", "Owner.Nothing", "Individual.Id", "Nobody.Name")


def test_of_an_owner_of_either_kind_only_what_both_have_can_be_read(stub: Stub) -> None:
    stub.say(described("Lead", OWNER, PERSON))
    stub.say({"records": []})  # of the delicate fields none
    stub.say([{"errorCode": "NOT_FOUND", "message": "no individuals here"}], 404)
    stub.say({"records": []})
    connector = opened(stub, FakeTime())
    names = {one.name for one in connector.describe("Lead").fields}
    assert {"Owner.Name", "Owner.IsActive"} <= names
    assert not {"Owner.Nothing", "Individual.Id"} & names
    stub.say(page(row(Owner={"Name": "Stone"})))
    [only] = pull(connector, fields=READ)[0].records
    assert set(only.values) == {"Email", "Owner.Name"}


def test_what_is_seen_of_consent_is_told_field_by_field(stub: Stub) -> None:
    stub.say(described("Lead", field("DoNotCall", "boolean")))
    told = opened(stub, FakeTime()).permissions(writes=True)
    assert {one.name: one.is_granted for one in told} == {
        "Read on Lead.HasOptedOutOfEmail": False,
        "Read on Lead.DoNotCall": True,
    }


def test_versions_are_in_the_order_of_their_numbers(stub: Stub) -> None:
    stub.say([{"version": one} for one in ("100.0", "62.0", "9.0")])
    transport = opened(stub, FakeTime()).transport
    assert read_versions(transport) == ("9.0", "62.0", "100.0")


def wanted(form: FieldForm, *choices: str, length: int | None = None) -> WantedField:
    listed = tuple(Choice(value=one, label=one) for one in choices)
    return WantedField(
        object_type="leads", name="A__c", key="a", label="A", description="", form=form,
        choices=listed, max_length=length,
    )  # fmt: skip


def standing(field: WantedField, shown: FieldDescription, **more: Any) -> FieldStanding:
    return stand(field, Present(name="Lead", fields={"A__c": shown}, **more))


def test_a_text_of_either_kind_and_an_open_list_serve_as_well() -> None:
    for form, other in (
        (FieldForm.TEXT, FieldForm.LONG_TEXT),
        (FieldForm.LONG_TEXT, FieldForm.TEXT),
    ):
        assert standing(wanted(form), FieldDescription(name="A__c", form=other)).state is READY
    words = wanted(FieldForm.CHOICE, "new")
    open_list = FieldDescription(name="A__c", form=FieldForm.CHOICE)
    assert standing(words, open_list).state is READY
    others = {"Patient": {"Other__c": frozenset({"x"})}}
    assert standing(words, open_list, allowed=others).state is READY


def test_many_words_that_a_list_lacks_are_named_and_counted() -> None:
    shown = FieldDescription(name="A__c", form=FieldForm.CHOICE, options=("z",))
    lacks = standing(wanted(FieldForm.CHOICE, *"abcdefghi"), shown)
    assert lacks.state is FieldState.LACKS_CHOICES
    assert lacks.says.endswith("'g', 'h', and 1 more.")


@pytest.mark.parametrize(
    ("form", "length", "words"),
    [
        (FieldForm.TEXT, None, "Text(255)"),
        (FieldForm.TEXT, 255, "Text(255)"),
        (FieldForm.TEXT, 256, "Long Text Area(256)"),
        (FieldForm.LONG_TEXT, 80, "Text(80)"),
        (FieldForm.LONG_TEXT, None, "Long Text Area"),
        (FieldForm.NUMBER, 80, "Number"),
    ],
)
def test_a_text_is_deployed_as_the_kind_that_holds_it(
    form: FieldForm, length: int | None, words: str
) -> None:
    assert kind_in_words(wanted(form, length=length)) == words


def test_nothing_is_asked_of_permissions_where_no_field_is_missing(stub: Stub) -> None:
    transport = opened(stub, FakeTime()).transport
    assert shown_to_somebody(transport, "Lead", ["x y"]) == frozenset()
    assert stub.asked == []
