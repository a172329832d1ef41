"""What somebody does concerns everybody in the organisation, from the next run on, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from tests.support.command import run
from tests.support.organisation import NOW, Organisation, make_empty, reasons_of, write_table
from worker.sample.columns import CONTACT_COLUMNS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CONTACT = {
    "consent_email": "true",
    "consent_proof": "form-1",
    "zip": "01608",
    "state": "MA",
    "received_at": "2026-09-01T12:00:00Z",
    "created_at": "2026-09-01T12:00:00Z",
    "updated_at": "2026-09-01T12:00:00Z",
    "lifecycle_stage": "Lead",
}
PRACTICE = {**CONTACT, "organization": "Elm Practice", "npi": "1234567893", "lead_type": "Referral"}
COMPANY = {
    **CONTACT,
    "organization": "North Mills",
    "organization_size": "900",
    "lead_type": "Business",
    "program": "Wellness",
}
ENGAGED, GROUP = "INTENT_PARTNER_ENGAGED", "INTENT_BUYING_GROUP"


def add(
    organisation: Organisation, name: str, base: dict[str, str], domain: str, **but: str
) -> None:
    """A contact called by its id, with an address at a domain."""
    names = {"first_name": name.capitalize(), "last_name": "Haas", "email": f"{name}@{domain}"}
    organisation.add_contact(name, **{**base, **names, **but})


@pytest.fixture
def practice(tmp_path: Path) -> Organisation:
    """Two contacts of one practice and one of another, after a first sync."""
    organisation = make_empty(tmp_path / "organisation")
    add(organisation, "ann", PRACTICE, "elm.example.org")
    add(organisation, "bob", PRACTICE, "elm.example.org")
    add(organisation, "eve", PRACTICE, "oak.example.org", organization="Oak Practice")
    organisation.sync()
    return organisation


def engage(organisation: Organisation, who: str, activity_id: str = "act-1") -> None:
    organisation.add_activity(activity_id, who, "education_session", "2026-11-01T12:00:00Z")


def test_a_partner_action_counts_for_the_whole_practice_at_the_next_run(
    practice: Organisation,
) -> None:
    assert ENGAGED not in reasons_of(practice, "bob")
    engage(practice, "ann")
    practice.sync(NOW + HOUR)
    assert ENGAGED in reasons_of(practice, "ann")
    assert ENGAGED in reasons_of(practice, "bob")
    assert practice.contact("bob")["lifecycle_stage"] == "Nurture"
    assert ENGAGED not in reasons_of(practice, "eve")


def test_only_those_whom_an_action_concerns_are_looked_at(practice: Organisation) -> None:
    engage(practice, "ann")
    assert practice.sync(NOW + HOUR).steps["decide"]["looked_at"] == 2


def test_an_action_no_criterion_asks_of_organisations_concerns_nobody_else(
    practice: Organisation,
) -> None:
    practice.add_activity("act-1", "ann", "email_open", "2026-11-01T12:00:00Z")
    assert practice.sync(NOW + HOUR).steps["decide"]["looked_at"] == 1


def test_a_second_run_has_nothing_to_decide(practice: Organisation) -> None:
    engage(practice, "ann")
    practice.sync(NOW + HOUR)
    report = practice.sync(NOW + 2 * HOUR)
    assert (report.steps["decide"]["looked_at"], report.writes) == (0, {})


def test_it_stops_counting_for_everybody_when_the_window_closes(practice: Organisation) -> None:
    engage(practice, "ann")
    practice.sync(NOW + HOUR)
    due = practice.ask("SELECT due_at FROM profiles WHERE due_at IS NOT NULL")
    (due_at,) = max(due)  # Ann herself is looked at sooner, when she has been silent for long
    assert due_at == 1_809_086_400_000_000  # 180 days after 2026-11-01 12:00, in microseconds
    practice.sync(NOW + 200 * DAY)
    assert ENGAGED not in reasons_of(practice, "bob")


def test_a_deleted_colleague_takes_its_actions_along(practice: Organisation) -> None:
    engage(practice, "ann")
    practice.sync(NOW + HOUR)
    practice.delete("ann")
    practice.sync(NOW + 2 * HOUR)
    assert ENGAGED not in reasons_of(practice, "bob")


def test_a_deleted_action_counts_for_nobody(practice: Organisation) -> None:
    engage(practice, "ann")
    engage(practice, "eve", "act-2")
    practice.sync(NOW + HOUR)
    table = practice.folder / "data" / "activities.csv"
    kept = [row for row in table.read_text().splitlines() if not row.startswith("act-1,")]
    table.write_text("\n".join(kept) + "\n")
    practice.sync(NOW + 2 * HOUR)
    assert ENGAGED not in reasons_of(practice, "bob")
    assert ENGAGED in reasons_of(practice, "eve")


def test_a_colleague_who_opts_out_leaves_what_the_practice_did(practice: Organisation) -> None:
    engage(practice, "ann")
    practice.sync(NOW + HOUR)
    practice.edit("ann", opt_out_all="true")
    practice.sync(NOW + 2 * HOUR)
    assert reasons_of(practice, "ann")[0] == "CONSENT_NONE_REACHABLE"
    assert ENGAGED in reasons_of(practice, "bob")


def test_a_colleague_found_to_be_a_test_counts_no_more(practice: Organisation) -> None:
    engage(practice, "ann")
    practice.sync(NOW + HOUR)
    practice.edit("ann", is_test="true")
    practice.sync(NOW + 2 * HOUR)
    assert ENGAGED not in reasons_of(practice, "bob")


def test_whoever_moves_to_another_practice_takes_its_actions_along(practice: Organisation) -> None:
    engage(practice, "ann")
    practice.sync(NOW + HOUR)
    practice.edit("ann", email="ann@oak.example.org", organization="Oak Practice")
    practice.sync(NOW + 2 * HOUR)
    assert ENGAGED not in reasons_of(practice, "bob")
    assert ENGAGED in reasons_of(practice, "eve")


def test_a_new_colleague_brings_along_what_it_did_before(practice: Organisation) -> None:
    practice.edit("eve", email="", phone="", organization="", npi="")
    engage(practice, "eve")
    practice.sync(NOW + HOUR)
    assert ENGAGED not in reasons_of(practice, "bob")
    practice.edit("eve", email="eve@elm.example.org")
    practice.sync(NOW + 2 * HOUR)
    assert ENGAGED in reasons_of(practice, "bob")


def test_a_changed_way_of_telling_organisations_places_everybody_anew(
    practice: Organisation,
) -> None:
    engage(practice, "ann")
    practice.sync(NOW + HOUR)
    ways = "[organisation_id, email_domain, name_and_place]"
    practice.reconfigure("organisation.yaml", ways, "[organisation_id]")
    practice.sync(NOW + 2 * HOUR)
    assert ENGAGED not in reasons_of(practice, "bob")
    practice.reconfigure("organisation.yaml", "[organisation_id]", ways)
    practice.sync(NOW + 3 * HOUR)
    assert ENGAGED in reasons_of(practice, "bob")


def test_where_no_criterion_asks_nobody_is_placed(practice: Organisation) -> None:
    assert practice.ask("SELECT count(*) FROM members") == [(3,)]
    practice.reconfigure("policies/referral.yaml", "of: organisation, ", "")
    group = "{colleagues: 2, roles: [benefits_director, procurement, executive], active_within: 60 days}"
    practice.reconfigure(
        "policies/b2b.yaml", group, "{activity: webinar_attended, within: 60 days}"
    )
    practice.sync(NOW + HOUR)
    assert practice.ask("SELECT count(*) FROM members") == [(0,)]


def test_an_explanation_names_whose_actions_counted_by_record_only(practice: Organisation) -> None:
    engage(practice, "ann")
    practice.sync(NOW + HOUR)
    found = run("explain", "bob", "--json", config=practice.folder).json
    said = run("explain", "bob", config=practice.folder).stdout
    own = run("explain", "ann", "--json", config=practice.folder).json
    counted = {"action": "files:activities:act-1", "records": ["files:contacts:ann"]}
    assert found["organisation"] == [{"criterion": "partner_engaged", **counted}]
    assert "Actions of colleagues" in said
    assert "files:contacts:ann" in said
    assert "Ann" not in said
    assert own["organisation"] == []


@pytest.fixture
def company(tmp_path: Path) -> Organisation:
    """Three contacts of one company, of whom two were active, after a first sync."""
    organisation = make_empty(tmp_path / "organisation")
    add(organisation, "cas", COMPANY, "mills.example.org", role="HR director")
    add(organisation, "dee", COMPANY, "mills.example.org", role="HR director")
    add(organisation, "fay", COMPANY, "mills.example.org", role="Procurement")
    organisation.add_activity("act-1", "dee", "webinar_attended", "2026-10-25T12:00:00Z")
    organisation.add_activity("act-2", "fay", "webinar_attended", "2026-10-25T12:00:00Z")
    organisation.sync()
    return organisation


def test_two_active_colleagues_are_a_buying_group_for_the_third(company: Organisation) -> None:
    assert GROUP in reasons_of(company, "cas")
    assert GROUP not in reasons_of(company, "dee")


def test_a_colleague_who_leaves_the_decision_breaks_up_the_group(company: Organisation) -> None:
    company.edit("fay", role="Other")
    company.sync(NOW + HOUR)
    assert GROUP not in reasons_of(company, "cas")


def test_whoever_takes_a_lead_over_is_told_of_the_group(company: Organisation) -> None:
    company.add_activity("act-3", "cas", "demo_request", "2026-11-02T12:00:00Z")
    company.sync(NOW + HOUR)
    assert company.contact("cas")["lifecycle_stage"] == "Marketing Qualified"
    assert "2 colleagues active." in company.contact("cas")["hand_off_summary"]


def test_a_buying_group_is_no_part_of_a_contact_s_own_score(company: Organisation) -> None:
    scores = ("score_total", "score_fit", "score_intent", "score_timing")
    within = [company.contact("cas")[name] for name in scores]
    assert company.contact("cas")["score_account"] == "20"
    company.delete("dee", "fay")
    company.sync(NOW + HOUR)
    assert GROUP not in reasons_of(company, "cas")
    assert [company.contact("cas")[name] for name in scores] == within
    assert company.contact("cas")["score_account"] == "0"


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note every statement that is sent to a ledger meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


def test_an_action_in_an_organisation_of_thousands_costs_a_few_queries_for_each_batch(
    tmp_path: Path,
) -> None:
    """The organisation is loaded once in the run, whoever and however many its members are."""
    organisation = make_empty(tmp_path / "organisation")
    rows = [
        {
            **PRACTICE,
            "contact_id": f"c{n}",
            "email": f"c{n}@elm.example.org",
            "first_name": f"Ann{n}",
        }
        for n in range(3000)
    ]
    write_table(organisation.contacts_file, CONTACT_COLUMNS, rows)
    organisation.sync(pushes=False)
    engage(organisation, "c7")
    with statements() as asked:
        report = organisation.sync(NOW + HOUR, pushes=False)
    assert report.steps["decide"]["looked_at"] == 3000
    together = [text for text in asked if "members" in text]
    assert len([text for text in together if "row_number" in text]) == 2
    assert len(together) <= 2 + 3 * (3000 // 500 + 2)
