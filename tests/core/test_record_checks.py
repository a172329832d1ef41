"""Faults of the records a lead is made of: who owns them, and how often one person is there."""

from __future__ import annotations

import pytest

from worker.core.mapping import Issue, MappedContact
from worker.core.record_checks import check_records
from worker.core.records import RecordRef

OWNERS = {"crm:anna": True, "crm:bert": False, "other:carl": True}


def contact(number: str, owner: str | None = None, system: str = "crm") -> MappedContact:
    return MappedContact(
        ref=RecordRef(system=system, object_type="contacts", id=number),
        facts={"owner": owner} if owner is not None else {},
    )


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("anna", ()),
        ("bert", (Issue("DQ_OWNER_INACTIVE", "owner"),)),
        ("carl", (Issue("DQ_OWNER_UNKNOWN", "owner"),)),
        ("nobody", ()),
        (None, ()),
    ],
)
def test_an_owner_is_known_and_active_in_the_crm_of_the_record(
    owner: str | None, expected: tuple[Issue, ...]
) -> None:
    found = check_records([contact("1", owner)], OWNERS, frozenset({"crm:nobody"}))
    assert found == expected


def test_of_owners_that_no_crm_tells_nothing_is_said() -> None:
    assert check_records([contact("1", "carl")], None) == ()


@pytest.mark.parametrize(
    ("systems", "expected"),
    [
        (["crm"], ()),
        (["crm", "other"], ()),
        (["crm", "crm"], (Issue("DQ_DUPLICATE_IN_SYSTEM", "identity"),)),
        (["crm", "other", "other"], (Issue("DQ_DUPLICATE_IN_SYSTEM", "identity"),)),
    ],
)
def test_one_person_in_two_crms_is_no_duplicate_and_twice_in_one_is(
    systems: list[str], expected: tuple[Issue, ...]
) -> None:
    contacts = [contact(str(n), system=system) for n, system in enumerate(systems)]
    assert check_records(contacts, OWNERS) == expected
