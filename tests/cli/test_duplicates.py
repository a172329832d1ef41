"""``duplicates`` lists who may be one person, with evidence and without a contact value."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.command import run
from tests.support.organisation import Organisation
from worker.errors import ExitCode

ANNA = {"first_name": "Annabel", "last_name": "Fernwood", "zip": "02114", "state": "MA"}


@pytest.fixture
def base(organisation: Organisation) -> Organisation:
    """Two records that look alike, a sibling, two of one address, and two that are linked."""
    organisation.add_contact("d1", **ANNA, phone="(617) 555-0123")
    organisation.add_contact("d2", **{**ANNA, "first_name": "Anabell"}, phone="(617) 555-0132")
    organisation.add_contact("s1", **{**ANNA, "first_name": "Oskar"}, phone="(617) 555-0123")
    for number, name in (("a1", "Wilma"), ("a2", "Torben")):
        organisation.add_contact(number, first_name=name, last_name="Elm", email="elm@example.org")
    for number in ("l1", "l2"):
        organisation.add_contact(
            number, first_name="Ulla", last_name="Oak", email="ulla@example.org"
        )
    organisation.sync()
    return organisation


def listed(base: Organisation, *words: str) -> dict[str, Any]:
    return run("duplicates", "--json", *words, config=base.folder, now=None).json


def test_the_likely_pair_comes_before_the_household(base: Organisation) -> None:
    first, *others = listed(base)["proposed"]
    assert (first["grade"], sorted(first["records"])) == (
        "likely",
        [["files:contacts:d1"], ["files:contacts:d2"]],
    )
    assert {proposal["grade"] for proposal in others} == {"doubtful"}


def test_evidence_is_given_field_by_field(base: Organisation) -> None:
    evidence = listed(base)["proposed"][0]["evidence"]
    assert {part["field"]: part["likeness"] for part in evidence} == {
        "first_name": "close",
        "last_name": "same",
        "phone": "close",
        "postal_code": "same",
        "state": "same",
    }


def test_no_value_is_shown_unless_asked_for(base: Organisation) -> None:
    for words in ((), ("--json",)):
        shown = run("duplicates", *words, config=base.folder, now=None).stdout.casefold()
        assert not any(value in shown for value in ("annabel", "fernwood", "5550123", "elm@"))


def test_values_are_shown_when_asked_for(base: Organisation) -> None:
    assert "annabel" in run("duplicates", "--show-values", config=base.folder, now=None).stdout


def test_people_read_whole_references_and_the_evidence_below_them(base: Organisation) -> None:
    said = run("duplicates", config=base.folder, now=None).stdout
    found = listed(base)["proposed"][0]
    first, second = (refs[0] for refs in found["records"])
    assert f"likely, in one CRM, weight {found['weight']:g}\n  {first}\n  {second}\n    " in said
    assert "first_name close " in said
    assert "files:contacts:a1, files:contacts:a2\n" in said


def test_an_address_of_two_names_is_listed(base: Organisation) -> None:
    assert listed(base)["ambiguous"] == [["files:contacts:a1", "files:contacts:a2"]]


def test_a_link_is_listed_with_what_made_it(base: Organisation) -> None:
    linked = [(one["records"], one["by"]) for one in listed(base)["linked"]]
    assert linked == [(["files:contacts:l1", "files:contacts:l2"], ["e-mail"])]


def test_the_counts_are_of_all_whatever_the_limit(base: Organisation) -> None:
    found = listed(base, "--limit", "1")
    assert len(found["proposed"]) == 1
    assert sum(found["proposals"].values()) > 1


def test_nothing_is_changed(base: Organisation) -> None:
    before = base.ledger_file.read_bytes()
    listed(base)
    assert base.ledger_file.read_bytes() == before


def test_a_block_that_is_too_large_is_counted(base: Organisation) -> None:
    base.reconfigure("identity.yaml", "largest_block: 100", "largest_block: 2")
    blocks = listed(base)["blocks"]
    assert (blocks["cut"] > 0, blocks["largest"]) == (True, 3)


def test_without_a_ledger_it_says_so(organisation: Organisation) -> None:
    result = run("duplicates", config=organisation.folder, now=None)
    assert result.exit_code == ExitCode.NOT_FOUND
