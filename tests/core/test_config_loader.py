"""The shipped configurations load, and say in records what their YAML says in words."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from worker.config.loader import check_configuration, load_configuration
from worker.core.conditions import ActivityTest, FactTest, LineMatch, Operator
from worker.core.configuration import Configuration
from worker.core.field_map import Managed, Transform
from worker.core.model import ContactChannel, Stage, Strength
from worker.core.policy import Family, Verdict
from worker.core.reasons import Severity

SHIPPED = Path(__file__).parents[2] / "mappings"
EDUCATION = SHIPPED / "examples" / "education"


@pytest.fixture(scope="module")
def shipped() -> Configuration:
    return load_configuration(SHIPPED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    left_out = shutil.ignore_patterns("examples", "schemas", "tests", "*.md")
    return Path(shutil.copytree(SHIPPED, tmp_path / "config", ignore=left_out))


def edit(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("folder", [SHIPPED, EDUCATION], ids=["shipped", "education"])
def test_what_ships_has_no_problem_and_no_warning(folder: Path) -> None:
    report = check_configuration(folder)

    assert (report.problems, report.warnings) == ((), ())


def test_the_organisation(shipped: Configuration) -> None:
    assert shipped.account == "example-health"
    assert shipped.time_zone == ZoneInfo("America/New_York")
    assert shipped.quality.default_region == "US"


def test_a_catalog_field_knows_ids_titles_and_synonyms_without_case(shipped: Configuration) -> None:
    contacts = shipped.systems["files"].find_object("contacts")
    assert contacts is not None
    read = next(read for read in contacts.reads if read.fact == "service_line")

    assert read.is_closed
    assert {read.values[word] for word in ("orthopedics", "ortho", "joint replacement")} == {
        "orthopedics"
    }


def test_a_choice_without_a_list_is_open(shipped: Configuration) -> None:
    contacts = shipped.systems["files"].find_object("contacts")
    assert contacts is not None
    read = next(read for read in contacts.reads if read.fact == "outcome")

    assert (read.transform, read.is_closed, read.values) == (Transform.CHOICE, False, {})


def test_a_write_translates_our_words_into_theirs(shipped: Configuration) -> None:
    contacts = shipped.systems["files"].find_object("contacts")
    assert contacts is not None
    write = next(write for write in contacts.writes if write.managed is Managed.STAGE)

    assert write.values["mql"] == "Marketing Qualified"


def test_same_kinds_are_ours_and_one_not_enabled_is_marked(shipped: Configuration) -> None:
    activities = shipped.systems["files"].find_object("activities")
    assert activities is not None
    assert activities.activity is not None
    kinds = activities.activity.kinds

    assert kinds["inbound_call"] == "inbound_call"
    assert set(kinds) == set(shipped.activity_kinds)
    assert not shipped.activity_kinds["condition_page_view"].is_enabled


def test_a_criterion_on_activities(shipped: Configuration) -> None:
    criteria = {criterion.id: criterion for criterion in shipped.policies["patient"].criteria}
    request = criteria["appointment_request"]

    assert request.condition == ActivityTest(
        kinds=frozenset({"appointment_request", "chat_booking"}), within=timedelta(days=30)
    )
    assert (request.points, request.half_life, request.repeat) == (40, timedelta(days=14), 0.25)
    assert (request.own_line, request.cap) == (1.25, 50)


def test_in_catalog_becomes_a_test_of_the_ids(shipped: Configuration) -> None:
    criteria = {criterion.id: criterion for criterion in shipped.policies["b2b"].criteria}
    ids = frozenset({"employer_wellness", "onsite_clinic", "care_navigation"})

    assert criteria["program_stated"].condition == FactTest(
        fact="program_interest", operator=Operator.IN, operand=ids
    )


def test_criteria_stand_behind_those_they_read(folder: Path) -> None:
    text = (folder / "policies" / "patient.yaml").read_text(encoding="utf-8")
    start = text.index("  only_informational:\n")
    end = text.index("  wanted_soon:\n")
    moved = text.replace(text[start:end], "").replace(
        "criteria:\n", "criteria:\n" + text[start:end]
    )
    (folder / "policies" / "patient.yaml").write_text(moved, encoding="utf-8")

    order = [criterion.id for criterion in load_configuration(folder).policies["patient"].criteria]

    assert order.index("only_informational") > order.index("any_real_action")
    assert order.index("only_informational") > order.index("general_reading")


def test_gates_rules_and_keeping(shipped: Configuration) -> None:
    policy = shipped.policies["patient"]
    refusal = next(gate for gate in policy.gates if gate.criterion == "no_refusal")
    score = next(rule for rule in policy.rules if rule.id == "score")

    assert (refusal.when_not_met, refusal.when_unknown) == (Verdict.NURTURE, None)
    assert (score.total, score.families) == (60, {Family.INTENT: 20})
    assert score.evidence is not None
    assert (score.evidence.kinds, score.evidence.strengths) == (
        2,
        frozenset({Strength.STRONG, Strength.MEDIUM}),
    )
    assert policy.keep is not None
    assert (policy.keep.total, policy.keep.unless) == (
        45,
        ("only_informational", "silent", "unsubscribed", "bounced"),
    )


def test_consent_lifecycle_and_quality(shipped: Configuration) -> None:
    email = shipped.consent.channels[0]

    assert (email.channel, email.addresses) == (ContactChannel.EMAIL, ("email",))
    assert email.opt_outs == ("opt_out_all", "opt_out_email", "email_bounced")
    assert shipped.consent.revocation_deadline_days == 10
    assert (None, Stage.MQL) in shipped.lifecycle.transitions
    assert shipped.quality.pathway_severities["referral"]["DQ_NAME_MISSING"] is Severity.INFO


def test_a_calendar_has_hours_and_public_holidays(shipped: Configuration) -> None:
    calendar = shipped.routing.teams["business_development"].calendar

    assert calendar.hours[4] == ((time(9), time(16)),)
    assert 5 not in calendar.hours
    assert date(2026, 12, 25) in calendar.closed
    assert date(2026, 4, 20) in calendar.closed  # Patriots' Day, in Massachusetts alone


def test_a_rule_on_a_pathway_reads_the_fact_pathway(shipped: Configuration) -> None:
    assert shipped.routing.rules[1].condition == FactTest(
        fact="pathway", operator=Operator.IS, operand="patient"
    )


def test_an_activity_of_the_own_service_line(folder: Path) -> None:
    old = "when: {activity: insurance_check, within: 30 days}"
    new = "when: {activity: insurance_check, strength: strong, at_least: 2, service_line: own}"
    edit(folder, "policies/patient.yaml", old, new)

    criteria = load_configuration(folder).policies["patient"].criteria

    assert next(
        item.condition for item in criteria if item.id == "insurance_check"
    ) == ActivityTest(
        kinds=frozenset({"insurance_check"}),
        strengths=frozenset({Strength.STRONG}),
        at_least=2,
        line=LineMatch.OWN,
    )


def test_a_date_for_an_instant_begins_in_the_organisations_zone(folder: Path) -> None:
    old = "{fact: received_at, within_last: 14 days}"
    edit(folder, "policies/referral.yaml", old, "{fact: received_at, at_least: 2026-01-01}")

    criteria = load_configuration(folder).policies["referral"].criteria

    assert next(c.condition for c in criteria if c.id == "new_referral_in_hand") == FactTest(
        fact="received_at",
        operator=Operator.AT_LEAST,
        operand=datetime(2026, 1, 1, 5, tzinfo=UTC),
    )


def test_a_justified_criterion_may_read_what_came_after_the_outcome(folder: Path) -> None:
    old = "    when: {fact: npi, present: true}\n    reasons: {met: FIT_NPI_VALID"
    new = (
        '    when: {fact: sales_verdict, is: accepted}\n    after_outcome: "audit only"\n'
        "    reasons: {met: FIT_NPI_VALID"
    )
    edit(folder, "policies/referral.yaml", old, new)

    assert check_configuration(folder).problems == ()


def test_a_justified_field_may_sound_clinical(folder: Path) -> None:
    old = "{from: origin, as: text}"
    edit(folder, "systems/files.yaml", old, '{from: form_notes, allow_sensitive: "form name only"}')

    assert check_configuration(folder).problems == ()


def test_the_layout_of_a_file_does_not_change_the_digest(
    folder: Path, shipped: Configuration
) -> None:
    path = folder / "quality.yaml"
    path.write_text("# another comment\n\n" + path.read_text(encoding="utf-8") + "\n")

    assert load_configuration(folder).digest == shipped.digest


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("quality.yaml", "730 days", "731 days"),
        ("policies/b2b.yaml", "points: 20", "points: 21"),
        ("catalog.yaml", "title: Heart care", "title: Cardiac care"),
        ("systems/files.yaml", "from: zip", "from: postcode"),
        ("organisation.yaml", "America/New_York", "America/Chicago"),
    ],
)
def test_whatever_a_decision_depends_on_changes_the_digest(
    folder: Path, shipped: Configuration, file: str, old: str, new: str
) -> None:
    edit(folder, file, old, new)

    assert load_configuration(folder).digest != shipped.digest


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("systems/files.yaml", "folder: data", "folder: elsewhere"),
        ("guardrails.yaml", "max_share: 0.45", "max_share: 0.40"),
    ],
)
def test_what_no_decision_depends_on_leaves_the_digest(
    folder: Path, shipped: Configuration, file: str, old: str, new: str
) -> None:
    edit(folder, file, old, new)

    assert load_configuration(folder).digest == shipped.digest


def test_a_policy_has_a_digest_of_its_own(folder: Path, shipped: Configuration) -> None:
    edit(folder, "policies/b2b.yaml", "points: 20", "points: 21")

    changed = load_configuration(folder)

    assert changed.policies["b2b"].digest != shipped.policies["b2b"].digest
    assert changed.policies["patient"].digest == shipped.policies["patient"].digest


def test_the_education_example_maps_the_outcome_for_outcomes_alone() -> None:
    contacts = load_configuration(EDUCATION).systems["files"].find_object("contacts")

    assert contacts is not None
    assert [read.fact for read in contacts.reads if read.source == "Converted"] == ["outcome"]
    assert contacts.modified_at_field is None
