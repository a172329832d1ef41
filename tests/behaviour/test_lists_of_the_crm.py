"""A stage whose word the CRM's own list lacks is not written there; all else goes on, and it says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.crm import FakeCrm
from tests.support.fake_organisation import crm_of, move_to_fake
from tests.support.organisation import NOW, Organisation
from worker.config.findings import Findings
from worker.config.folder import read_sheets
from worker.config.loader import check_configuration
from worker.core.records import FieldDescription
from worker.steps.inspect import report_lead
from worker.steps.live_lists import look_at_lists

STAGE = "lifecycle_stage"
WITHOUT = ("Subscriber", "Lead", "Nurture", "Sales Qualified", "Disqualified", "Recycled")
WHOLE = (*WITHOUT, "Marketing Qualified", "Opportunity", "Customer")
MINUTE = timedelta(minutes=1)
KEY = "files contacts lifecycle_stage mql"


@pytest.fixture
def crm(qualified: Organisation) -> FakeCrm:
    return crm_of(qualified.folder)


@pytest.fixture
def organisation(qualified: Organisation, crm: FakeCrm) -> Organisation:
    """q1 qualifies, and the CRM has no word for that."""
    moved = move_to_fake(qualified, crm)
    have(crm, WITHOUT)
    return moved


def have(crm: FakeCrm, options: tuple[str, ...] | None, field: str = STAGE) -> None:
    crm.label("contacts", FieldDescription(name=field, options=options))


def values_of(crm: FakeCrm) -> dict[str, str]:
    values = crm.read("contacts", "q1")
    assert values is not None
    return {name: value or "" for name, value in values.items()}


def reasons_of(crm: FakeCrm) -> list[str]:
    return values_of(crm)["reason_codes"].split(";")


def test_the_stage_is_held_and_all_else_is_written(
    organisation: Organisation, crm: FakeCrm
) -> None:
    report = organisation.sync()
    found = values_of(crm)
    assert report.writes == {"applied": 1}
    assert (found[STAGE], found["owner_id"] != "", found["pathway"]) == ("Lead", True, "patient")
    assert "STAGE_NOT_IN_CRM" in reasons_of(crm)


def test_every_run_says_how_many_leads_are_concerned(organisation: Organisation) -> None:
    assert organisation.sync().unlisted == {KEY: 1}
    assert organisation.sync(NOW + MINUTE).unlisted == {KEY: 1}


def test_the_explanation_names_the_record(organisation: Organisation) -> None:
    organisation.sync()
    with organisation.open(NOW + MINUTE) as app:
        stage = report_lead(app.looking(), "q1").body["stage"]
    assert isinstance(stage, dict)
    assert stage["not_written"] == {"files:contacts:q1": "STAGE_NOT_IN_CRM"}


def test_a_second_run_writes_nothing(organisation: Organisation) -> None:
    organisation.sync()
    assert organisation.sync(NOW + MINUTE).writes == {}
    organisation.tell("UPDATE profiles SET is_dirty = 1")
    assert organisation.sync(NOW + 2 * MINUTE).writes == {}


def test_it_resolves_by_itself_once_the_option_is_back(
    organisation: Organisation, crm: FakeCrm
) -> None:
    organisation.sync()
    owner = values_of(crm)["owner_id"]
    have(crm, WHOLE)
    report = organisation.sync(NOW + 2 * MINUTE)
    assert (values_of(crm)[STAGE], values_of(crm)["owner_id"]) == ("Marketing Qualified", owner)
    assert "STAGE_NOT_IN_CRM" not in reasons_of(crm)
    assert (report.writes, report.unlisted) == ({"applied": 1}, {})
    assert organisation.sync(NOW + 3 * MINUTE).writes == {}


def test_an_option_taken_away_takes_nothing_back(organisation: Organisation, crm: FakeCrm) -> None:
    have(crm, WHOLE)
    organisation.sync()
    have(crm, WITHOUT)
    assert organisation.sync(NOW + 2 * MINUTE).writes == {}
    assert values_of(crm)[STAGE] == "Marketing Qualified"


@pytest.mark.parametrize("options", [None, ()])
def test_no_list_and_an_empty_one_forbid_nothing(
    organisation: Organisation, crm: FakeCrm, options: tuple[str, ...] | None
) -> None:
    have(crm, options)
    assert organisation.sync().unlisted == {}
    assert values_of(crm)[STAGE] == "Marketing Qualified"


def test_a_person_who_moves_it_meanwhile_is_respected(
    organisation: Organisation, crm: FakeCrm
) -> None:
    organisation.sync()
    crm.advance(60)
    crm.change("contacts", "q1", {STAGE: "Nurture"})
    organisation.sync(NOW + MINUTE)
    have(crm, WHOLE)
    organisation.sync(NOW + 2 * MINUTE)
    assert values_of(crm)[STAGE] == "Nurture"
    assert reasons_of(crm)[0] == "STAGE_SET_BY_PERSON"


def test_a_reason_the_list_lacks_is_left_out_alone(
    organisation: Organisation, crm: FakeCrm
) -> None:
    have(crm, WHOLE)
    have(crm, ("FIT_LOCATION_SERVED", "FIT_SERVICE_LINE_MATCH"), "reason_codes")
    assert organisation.sync().writes == {"applied": 1}
    assert reasons_of(crm) == ["FIT_SERVICE_LINE_MATCH", "FIT_LOCATION_SERVED"]
    assert values_of(crm)[STAGE] == "Marketing Qualified"
    assert organisation.sync(NOW + MINUTE).writes == {}


def test_a_crm_that_by_policy_goes_without_a_stage_says_so(
    organisation: Organisation, crm: FakeCrm
) -> None:
    have(crm, None)
    organisation.reconfigure(
        "lifecycle.yaml",
        "rejection_cool_down: 90 days",
        "rejection_cool_down: 90 days\nsystems:\n  files: {stages: [lead, nurture, disqualified]}",
    )
    organisation.sync()
    assert values_of(crm)[STAGE] == "Lead"
    with organisation.open(NOW + MINUTE) as app:
        stage = report_lead(app.looking(), "q1").body["stage"]
    assert isinstance(stage, dict)
    assert (stage["after"], stage["not_written"]) == (
        "mql",
        {"files:contacts:q1": "STAGE_NOT_USED_IN_CRM"},
    )
    assert organisation.sync(NOW + 2 * MINUTE).writes == {}


def test_check_warns_of_stages_that_a_crm_goes_without(organisation: Organisation) -> None:
    organisation.reconfigure(
        "lifecycle.yaml",
        "rejection_cool_down: 90 days",
        "rejection_cool_down: 90 days\nsystems:\n  files: {stages: [lead, nurture, disqualified]}",
    )
    report = check_configuration(organisation.folder, NOW.date())
    text = (organisation.folder / "lifecycle.yaml").read_text(encoding="utf-8")
    line = text[: text.index("files: {stages")].count("\n") + 1
    assert [str(found) for found in report.warnings if found.file == "lifecycle.yaml"] == [
        (
            f"lifecycle.yaml:{line}  systems.files.stages\n"
            "    Leads get the stages subscriber, mql as well, which are not written to this CRM.\n"
            "    hint: its records keep the stage they show (STAGE_NOT_USED_IN_CRM)"
        )
    ]


def looked_at(organisation: Organisation, crm: FakeCrm) -> Findings:
    found = Findings()
    with organisation.open() as app:
        system = app.ruleset.configuration.systems["files"]
        sheet = read_sheets(organisation.folder)["systems/files.yaml"]
        for item in system.objects:
            look_at_lists(item, crm.describe(item.object_type), sheet, found)
    return found


def line_of(organisation: Organisation, begins: str) -> int:
    text = (organisation.folder / "systems" / "files.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.strip().startswith(begins))


def test_check_live_names_the_stages_that_the_crm_lacks(
    organisation: Organisation, crm: FakeCrm
) -> None:
    have(crm, WHOLE[:-1])
    found = looked_at(organisation, crm)
    line = line_of(organisation, "lifecycle_stage:   {to:")
    assert [str(problem) for problem in found.errors] == [
        (
            f"systems/files.yaml:{line}  objects.contacts.writes.lifecycle_stage\n"
            "    The CRM's list of 'lifecycle_stage' has no 'Customer', the word for the stage "
            "'customer'.\n"
            "    allowed: Disqualified, Lead, Marketing Qualified, Nurture, Opportunity, Recycled, "
            "Sales Qualified, Subscriber\n"
            "    hint: add it to the list in the CRM, or mend the word; until then it is not written"
        )
    ]
    assert found.warnings == []


def test_check_live_names_the_stages_that_the_map_does_not(
    organisation: Organisation, crm: FakeCrm
) -> None:
    have(crm, (*WHOLE, "Evangelist", "recycled", "Alumni"))
    found = looked_at(organisation, crm)
    line = line_of(organisation, "lifecycle_stage:   {from:")
    assert found.errors == []
    assert [str(problem) for problem in found.warnings] == [
        (
            f"systems/files.yaml:{line}  objects.contacts.fields.lifecycle_stage\n"
            "    The map has no word for 'Alumni', 'Evangelist', which the CRM's list of "
            "'lifecycle_stage' has.\n"
            "    hint: a lead that stands there is left alone (STAGE_UNKNOWN_VALUE); name its stage"
        )
    ]
