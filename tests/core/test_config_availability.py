"""Mistakes in availability.yaml, and in the map of its table, each with its exact message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.openings import OBJECT, with_openings
from tests.support.organisation import Organisation, make_empty
from worker.config.loader import check_configuration, load_configuration

ONE = "rules:\n  - id: full\n    {}\n"
HOLD = "hold: {when_wait_longer_than: 21 days, resume_when: 14 days}"


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    return make_empty(tmp_path / "organisation")


def problems(organisation: Organisation) -> str:
    return "\n".join(map(str, check_configuration(organisation.folder).problems))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param(
            "hold: {when_wait_longer_than: 14 days, resume_when: 21 days}",
            "availability.yaml:3  rules[1].hold.resume_when\n"
            "    This is longer than the wait at which it begins.\n"
            "    allowed: the same wait or a shorter one",
            id="it resumes before it begins",
        ),
        pytest.param(
            "service_line: orthopedics",
            "availability.yaml:2  rules[1]\n"
            "    The rule 'full' neither holds nor slows anybody.\n"
            "    hint: give it `hold`, `slow` or both",
            id="it does nothing",
        ),
        pytest.param(
            f"{HOLD}\n    slow: {{when_wait_longer_than: 21 days, at_most: 5, per: day}}",
            "availability.yaml:4  rules[1].slow.when_wait_longer_than\n"
            "    A wait as long as this is held already, so nothing is ever slowed.\n"
            "    hint: slow at a shorter wait than hold",
            id="it holds before it slows",
        ),
        pytest.param(
            f"{HOLD}\n    service_line: ortopedics",
            "availability.yaml:4  rules[1].service_line[1]\n"
            "    Service line 'ortopedics' does not exist.\n"
            "    allowed: behavioral_health, cardiology, orthopedics, physical_therapy, "
            "primary_care, womens_health\n"
            "    hint: did you mean 'orthopedics'?",
            id="a service line nobody has",
        ),
        pytest.param(
            f"{HOLD}\n    pathway: patients",
            "availability.yaml:4  rules[1].pathway[1]\n"
            "    Pathway 'patients' does not exist.\n"
            "    allowed: b2b, patient, referral\n"
            "    hint: did you mean 'patient'?",
            id="a pathway nobody is on",
        ),
        pytest.param(
            f"{HOLD}\n  - id: narrow\n    site: worcester\n    {HOLD}",
            "availability.yaml:4  rules[2]\n"
            "    No lead reaches this rule: 'full' covers all that it does.\n"
            "    hint: put the narrower rule first",
            id="a rule behind a wider one",
        ),
        pytest.param(
            f"{HOLD}\n    never_for: {{fact: wantd_date, within_next: 7 days}}",
            "availability.yaml:4  rules[1].never_for.fact\n"
            "    Fact 'wantd_date' does not exist.\n"
            "    hint: did you mean 'wanted_date'?",
            id="an exception that asks for nothing known",
        ),
    ],
)
def test_a_mistake_in_a_rule_is_named(line: str, says: str, organisation: Organisation) -> None:
    with_openings(organisation, ONE.format(line))

    assert without_facts(problems(organisation)) == says


def without_facts(text: str) -> str:
    """Leave out the list of all facts, which other changes make longer."""
    return "\n".join(line for line in text.splitlines() if "more" not in line)


def test_rules_without_a_table_are_a_mistake(organisation: Organisation) -> None:
    with_openings(organisation, ONE.format(HOLD), "")

    assert problems(organisation) == (
        "availability.yaml:1  rules\n"
        "    No system has an object of kind availability, so nothing is ever known.\n"
        "    hint: map a table of availability in systems/, or take the rules out"
    )


def test_a_condition_that_asks_for_openings_needs_a_table(organisation: Organisation) -> None:
    asks = "rules:\n  - {id: soon, when: {fact: next_available_at, within_next: 14 days}, "
    organisation.reconfigure(
        "routing.yaml", "rules:\n", f"{asks}to: intake, next_step: review_by_hand}}\n"
    )

    assert problems(organisation).splitlines()[1:] == [
        "    No system has an object of kind availability, so 'next_available_at' can never be known.",
        "    hint: map one in systems/, or leave this out",
    ]
    with_openings(organisation, "rules: []\n")
    assert problems(organisation) == ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param(
            "      site: clinic\n",
            "      site: {from: clinic, catalog: places}\n",
            "    Catalog list 'places' does not exist.",
            id="a list nobody wrote",
        ),
        pytest.param(
            "    availability:\n",
            "    activity:\n      contact: {from: a, object: contacts}\n      at: b\n"
            "      kind: c\n      kinds: same\n    availability:\n",
            "    An object of kind availability has no 'activity'.",
            id="an activity beside it",
        ),
        pytest.param(
            OBJECT[OBJECT.index("    availability:") :],
            "",
            "    An object of kind availability needs the key 'availability'.",
            id="no columns",
        ),
        pytest.param(
            "next_available: next_available",
            "next_available: diagnosis",
            "    The field 'diagnosis' looks clinical or like free text, and is not read.",
            id="a clinical column",
        ),
    ],
)
def test_a_mistake_in_the_map_is_named(
    old: str, new: str, says: str, organisation: Organisation
) -> None:
    with_openings(organisation, ONE.format(HOLD), OBJECT.replace(old, new))

    assert says in problems(organisation).splitlines()


def test_the_table_asks_for_its_columns_and_nothing_else(organisation: Organisation) -> None:
    with_openings(organisation, ONE.format(HOLD))

    found = load_configuration(organisation.folder).systems["files"].find_object("openings")

    assert found is not None
    assert found.requested_fields() == ("as_of", "clinic", "next_available", "service", "slots")
