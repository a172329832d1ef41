"""What a CRM itself labels sensitive, or keeps long free text in, is not read unless allowed by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.crm import FakeCrm
from tests.support.fake_organisation import crm_of, move_to_fake
from tests.support.organisation import Organisation, add_qualified, make_empty
from worker.config.findings import Findings
from worker.config.folder import read_sheets
from worker.core.records import FieldDescription, Sensitivity
from worker.errors import FixConfigurationError
from worker.steps.live import look_at_system

LABELS = [
    (Sensitivity.SENSITIVE, False, "the CRM labels it sensitive"),
    (Sensitivity.HIGHLY_SENSITIVE, True, "the CRM labels it highly sensitive"),
    (Sensitivity.NONE, True, "the CRM keeps long free text in it"),
]
ALLOWED = ("{from: site, as", '{from: site, allow_sensitive: "the next free appointment", as')
ALLOWED_IN_WORDS = (
    "hand_off: {facts: [service_line, site,",
    'hand_off: {allow: {site: "the next free appointment"}, facts: [service_line, site,',
)


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    return crm_of(tmp_path / "organisation")


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    made = make_empty(tmp_path / "organisation")
    add_qualified(made, site="boston_main")
    return made


def look(organisation: Organisation, crm: FakeCrm) -> list[str]:
    with organisation.open() as app:
        system = app.ruleset.configuration.systems["files"]
    sheet = read_sheets(organisation.folder)["systems/files.yaml"]
    found = Findings()
    look_at_system(system, crm, sheet, found)
    return [str(problem) for problem in found.errors]


@pytest.mark.parametrize(("label", "is_long_text", "why"), LABELS)
def test_a_run_stops_before_it_reads_a_field_with_a_label(
    organisation: Organisation,
    crm: FakeCrm,
    label: Sensitivity,
    is_long_text: bool,
    why: str,
) -> None:
    moved = move_to_fake(organisation, crm)
    field = FieldDescription(name="site", sensitivity=label, is_long_text=is_long_text)
    crm.label("contacts", field)
    with pytest.raises(FixConfigurationError, match=f"field 'site' is not read, because {why}"):
        moved.sync()
    assert moved.ask("SELECT count(*) FROM records") == [(0,)]


def test_a_field_allowed_by_name_is_read(organisation: Organisation, crm: FakeCrm) -> None:
    moved = move_to_fake(organisation, crm)
    crm.label("contacts", FieldDescription(name="site", sensitivity=Sensitivity.SENSITIVE))
    moved.reconfigure("systems/files.yaml", *ALLOWED)
    moved.reconfigure("policies/patient.yaml", *ALLOWED_IN_WORDS)
    assert moved.sync().writes == {"applied": 1}


def test_a_field_that_is_only_written_may_hold_long_text(
    organisation: Organisation, crm: FakeCrm
) -> None:
    moved = move_to_fake(organisation, crm)
    crm.label("contacts", FieldDescription(name="hand_off_summary", is_long_text=True))
    assert moved.sync().writes == {"applied": 1}


def test_a_column_of_activities_is_judged_too(organisation: Organisation, crm: FakeCrm) -> None:
    moved = move_to_fake(organisation, crm)
    crm.label(
        "activities",
        FieldDescription(name="service_line", sensitivity=Sensitivity.HIGHLY_SENSITIVE),
    )
    with pytest.raises(
        FixConfigurationError, match="activities of files: the field 'service_line'"
    ):
        moved.sync()


def test_the_check_names_the_line_of_the_map(organisation: Organisation, crm: FakeCrm) -> None:
    moved = move_to_fake(organisation, crm)
    crm.label("contacts", FieldDescription(name="site", sensitivity=Sensitivity.SENSITIVE))
    text = (organisation.folder / "systems" / "files.yaml").read_text(encoding="utf-8")
    line = text[: text.index("{from: site")].count("\n") + 1
    (problem,) = look(moved, crm)
    assert problem == (
        f"systems/files.yaml:{line}  objects.contacts.fields.site.from\n"
        "    The field 'site' is not read: the CRM labels it sensitive.\n"
        '    hint: take it out of the map, or add `allow_sensitive: "<why it is needed>"`'
    )
