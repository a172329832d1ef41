"""Identity: which records are one person, and which value of each fact survives."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from worker.core.identity import group_records, merge_contacts
from worker.core.mapping import Issue, MappedContact, Reference
from worker.core.model import FactValue
from worker.core.records import RecordRef

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
PHONE = "+16175550123"


def contact(
    number: str,
    *,
    system: str = "hubspot",
    object_type: str = "contacts",
    at: datetime | None = None,
    unseen: frozenset[str] = frozenset(),
    **facts: FactValue,
) -> MappedContact:
    ref = RecordRef(system=system, object_type=object_type, id=number)
    named = {"hubspot_id": "hubspot", "salesforce_id": "salesforce"}
    references = tuple(Reference(s, None, str(facts[f])) for f, s in named.items() if f in facts)
    return MappedContact(ref=ref, facts=facts, modified_at=at, unseen=unseen, references=references)


def groups(*contacts: MappedContact) -> list[list[str]]:
    return [[ref.id for ref in group] for group in group_records(contacts).groups]


def test_the_same_address_is_one_person() -> None:
    one = contact("1", email="a@x.com", first_name="Ann")
    assert groups(one, contact("2", email="a@x.com", first_name="ann")) == [["1", "2"]]


def test_a_record_without_a_name_joins_its_address() -> None:
    one = contact("1", email="a@x.com", first_name="Ann")
    assert groups(one, contact("2", email="a@x.com")) == [["1", "2"]]


def test_an_address_shared_by_two_names_joins_nobody() -> None:
    shared = [contact(n, email="a@x.com", first_name=f) for n, f in (("1", "Ann"), ("2", "Bob"))]
    grouping = group_records(shared)
    assert len(grouping.groups) == 2
    assert grouping.ambiguous == {c.ref for c in shared}


def test_a_nameless_record_joins_neither_of_two_names() -> None:
    ann = contact("1", email="a@x.com", first_name="Ann")
    bob = contact("2", email="a@x.com", first_name="Bob")
    assert groups(ann, bob, contact("3", email="a@x.com")) == [["1"], ["2"], ["3"]]


def test_a_family_that_shares_a_phone_stays_apart() -> None:
    ann = contact("1", phone=PHONE, first_name="Ann", last_name="Lee")
    bob = contact("2", phone=PHONE, first_name="Bob", last_name="Lee")
    assert groups(ann, bob) == [["1"], ["2"]]


def test_a_phone_with_the_same_name_joins() -> None:
    one = contact("1", phone=PHONE, first_name="Ann", last_name="Lee")
    two = contact("2", phone=PHONE, first_name="ANN", last_name="Lee", system="salesforce")
    assert groups(one, two) == [["1", "2"]]


def test_a_phone_without_a_full_name_joins_nobody() -> None:
    one = contact("1", phone=PHONE, first_name="Ann")
    assert groups(one, contact("2", phone=PHONE, first_name="Ann")) == [["1"], ["2"]]


@pytest.mark.parametrize("fact", ["email", "phone"])
def test_junior_and_senior_stay_apart(fact: str) -> None:
    shared = {fact: "a@x.com" if fact == "email" else PHONE}
    senior = contact("1", first_name="John", last_name="Lee Sr.", **shared)
    junior = contact("2", first_name="John", last_name="Lee, Jr", **shared)
    assert groups(senior, junior) == [["1"], ["2"]]


def test_a_cross_reference_joins_whatever_the_names() -> None:
    one = contact("h1", first_name="Ann", salesforce_id="00Q1")
    assert groups(one, contact("00Q1", system="salesforce", first_name="Anna")) == [["h1", "00Q1"]]


def test_two_records_that_name_the_same_third_are_one_person() -> None:
    one = contact("1", system="files", hubspot_id="h1")
    assert groups(one, contact("2", system="files", hubspot_id="h1")) == [["1", "2"]]


def test_the_same_id_in_two_tables_is_not_the_same_person() -> None:
    one = contact("7", system="files", object_type="contacts")
    two = contact("7", system="files", object_type="leads")
    assert groups(one, two) == [["7"], ["7"]]


def test_a_reference_to_an_id_of_two_tables_is_ambiguous() -> None:
    both = [contact("7", object_type=kind) for kind in ("contacts", "leads")]
    referring = contact("1", system="files", hubspot_id="7")
    grouping = group_records([*both, referring])
    assert len(grouping.groups) == 3
    assert referring.ref in grouping.ambiguous


def test_a_chain_of_links_is_one_person_in_any_order() -> None:
    chain = [
        contact("1", email="a@x.com", first_name="Ann"),
        contact("2", email="a@x.com", first_name="Ann", last_name="Lee", phone=PHONE),
        contact("3", phone=PHONE, first_name="Ann", last_name="Lee", salesforce_id="00Q1"),
        contact("00Q1", system="salesforce"),
    ]
    assert {group_records(order).groups for order in permutations(chain)} == {
        (tuple(sorted(c.ref for c in chain)),)
    }


ADDRESS_NAMES = [
    ("Bob", "Lee", "Robert", "Lee", True),
    ("R.", "Lee", "Robert", "Lee", True),
    ("Ann", "Lee", "Ann", "Lee-Kumar", True),
    ("Micheal", "Lee", "Michael", "Lee", True),
    ("Ann", "Lee", "Ann", "", True),
    ("Ann", "Lee", "Ann", "Kumar", False),
    ("Ann", "Lee", "Anna", "Lee", True),  # a nickname of each other
    ("John", "Lee", "Joan", "Lee", False),
    ("Mark", "Lee", "Mary", "Lee", False),
    ("John", "Lee", "John", "Lee Jr", False),
]


@pytest.mark.parametrize(("first", "last", "other_first", "other_last", "is_one"), ADDRESS_NAMES)
def test_an_address_joins_names_that_do_not_contradict(
    first: str, last: str, other_first: str, other_last: str, is_one: bool
) -> None:
    one = contact("1", email="a@x.com", first_name=first, last_name=last)
    names = {"first_name": other_first, "last_name": other_last}
    two = contact("2", email="a@x.com", **{fact: v for fact, v in names.items() if v})
    assert (groups(one, two) == [["1", "2"]]) is is_one


def test_an_initial_that_fits_two_names_joins_nobody() -> None:
    named = [
        contact(number, email="a@x.com", first_name=first, last_name="Lee")
        for number, first in (("1", "John"), ("2", "J"), ("3", "Jane"))
    ]
    assert groups(*named) == [["1"], ["2"], ["3"]]


@pytest.mark.parametrize(
    ("mailbox", "is_one"),
    [("ann", True), ("annie77", True), ("a.lee", True), ("alee", True), ("bob.lee", False), ("info", False)],
)  # fmt: skip
def test_a_record_without_a_name_joins_whom_the_mailbox_is_named_after(
    mailbox: str, is_one: bool
) -> None:
    email = f"{mailbox}@x.com"
    named = contact("1", email=email, first_name="Ann", last_name="Lee")
    assert (groups(named, contact("2", email=email)) == [["1", "2"]]) is is_one


PHONE_NAMES = [
    ("Quilla", "Readywise", "Quilal", "Readywise", True),
    ("Quilla", "Readywise", "Quilla", "Reaadywise", True),
    ("Quilla", "Readywise", "Quilal", "Raedywise", True),
    ("Mark", "Lee", "Mary", "Lee", False),
    ("John", "Lee", "Joan", "Lee", False),
    ("Ana", "Lee", "Anna", "Lee", False),
    ("Robert", "Lee", "Bob", "Lee", False),
    ("Quilla", "Readywise", "Quilla", "Readywise Jr", False),
]


@pytest.mark.parametrize(("first", "last", "other_first", "other_last", "is_one"), PHONE_NAMES)
def test_a_phone_forgives_a_slip_of_the_hand_and_nothing_more(
    first: str, last: str, other_first: str, other_last: str, is_one: bool
) -> None:
    one = contact("1", phone=PHONE, first_name=first, last_name=last)
    two = contact("2", phone=PHONE, first_name=other_first, last_name=other_last)
    assert (groups(one, two) == [["1", "2"]]) is is_one


# Survivorship


def test_the_newest_known_value_survives() -> None:
    old = contact("1", at=MAY, city="Boston", payer="blue_cross")
    new = contact("2", at=JUNE, city="Worcester")
    merged = merge_contacts([new, old])
    assert merged.facts == {"city": "Worcester", "payer": "blue_cross"}
    assert (merged.sources["city"], merged.sources["payer"]) == (new.ref, old.ref)


@pytest.mark.parametrize("fact", ["opt_out_all", "opt_out_sms", "email_bounced", "is_test"])
def test_one_opt_out_is_enough(fact: str) -> None:
    old, new = contact("1", at=MAY, **{fact: True}), contact("2", at=JUNE, **{fact: False})
    assert merge_contacts([old, new]).facts[fact] is True


def test_one_refusal_of_consent_is_enough() -> None:
    old, new = contact("1", at=MAY, consent_email=False), contact("2", at=JUNE, consent_email=True)
    assert merge_contacts([old, new]).facts["consent_email"] is False


def test_an_opt_out_that_one_record_hides_stays_unseen() -> None:
    shown = contact("1", opt_out_email=False)
    hidden = contact("2", unseen=frozenset({"opt_out_email"}))
    assert merge_contacts([shown, hidden]).unseen == {"opt_out_email"}


def test_another_fact_that_one_record_shows_is_seen() -> None:
    hidden = contact("2", unseen=frozenset({"city"}))
    assert merge_contacts([contact("1", city="Boston"), hidden]).unseen == frozenset()


def test_records_that_disagree_on_the_service_are_told() -> None:
    one, two = contact("1", service_line="cardiology"), contact("2", service_line="orthopedics")
    assert merge_contacts([one, two]).issues == (Issue("DQ_FACTS_CONFLICT", "service_line"),)


def test_a_bad_value_is_forgotten_when_another_record_has_a_good_one() -> None:
    ref = RecordRef(system="files", object_type="contacts", id="1")
    bad = MappedContact(ref=ref, facts={}, issues=(Issue("DQ_PHONE_INVALID", "phone"),))
    assert merge_contacts([bad, contact("2", phone=PHONE)]).issues == ()
