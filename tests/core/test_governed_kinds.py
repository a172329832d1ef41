"""A governed kind of action counts only for who asks for it by its name, and is told to nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.behaviour.broken_configurations import copy_shipped, edit
from tests.leads import NOW, Row, make_lead, shipped_ruleset, with_enabled
from worker.config.loader import check_configuration
from worker.core.assignment import Roster
from worker.core.case import Case, make_case, without
from worker.core.conditions import ActivityTest, ColleaguesTest, Whose
from worker.core.decide import Decision, decide
from worker.core.hand_off import summarise
from worker.core.model import Activity, ContactChannel, Strength
from worker.core.organisation_asks import find_asks, makes_active
from worker.core.organisations import Membership, RollUp
from worker.core.ruleset import Ruleset, compile_ruleset
from worker.core.selection import compile_selection

PAGE, GUIDE = "condition_page_view", "guide_download"
DAY = timedelta(days=1)
ANY = ActivityTest(within=30 * DAY)
AS_STRONG = ActivityTest(strengths=frozenset({Strength.WEAK}))
NAMED = ActivityTest(kinds=frozenset({PAGE, GUIDE}))


def act(ref: str, kind: str, days: int = 1) -> Activity:
    return Activity(ref=ref, kind=kind, at=NOW - days * DAY, strength=Strength.WEAK)


def case_of(own: Sequence[Activity], others: Sequence[Activity] = ()) -> Case:
    place = Membership(member="p1", organisation=RollUp(actions=tuple(others)))
    return make_case({}, own, NOW, ZoneInfo("UTC"), place, governed=frozenset({PAGE}))


def selected(test: ActivityTest, case: Case) -> list[str]:
    return [activity.ref for activity in compile_selection(test)(case)]


@pytest.mark.parametrize("test", [ANY, AS_STRONG], ids=["any", "any so strong"])
def test_any_kind_leaves_it_out(test: ActivityTest) -> None:
    assert selected(test, case_of([act("a", PAGE), act("b", GUIDE, 2)])) == ["b"]


def test_its_name_finds_it() -> None:
    assert selected(NAMED, case_of([act("a", PAGE), act("b", GUIDE, 2)])) == ["a", "b"]


def test_what_others_did_is_told_in_the_same_way() -> None:
    case = case_of([act("a", PAGE)], [act("c", PAGE, 2), act("d", GUIDE, 3)])
    assert selected(replace(ANY, of=Whose.ORGANISATION), case) == ["d"]
    assert selected(replace(NAMED, of=Whose.ORGANISATION), case) == ["a", "c", "d"]


def test_leaving_out_other_actions_keeps_it_where_it_was() -> None:
    case = without(case_of([act("a", PAGE), act("b", GUIDE)]), {"b": "logged_twice"})
    assert (selected(NAMED, case), selected(ANY, case)) == (["a"], [])


# Through the shipped configuration, where the kind is enabled and as strong as can be

PATIENT = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "Orthopedics",
    "consent_email": "yes",
    "lifecycle_stage": "Lead",
}


@pytest.fixture
def enabled() -> Ruleset:
    ruleset = with_enabled(shipped_ruleset(), [PAGE])
    kinds = dict(ruleset.configuration.activity_kinds)
    kinds[PAGE] = replace(kinds[PAGE], strength=Strength.STRONG, is_informational=False)
    return compile_ruleset(replace(ruleset.configuration, activity_kinds=kinds))


def decided(ruleset: Ruleset, *kinds: str, by_person: timedelta | None = None) -> Decision:
    """A patient who did these things, an hour apart, the last of them an hour ago."""
    rows = [
        {"type": kind, "age": f"{len(kinds) - place} hours"} for place, kind in enumerate(kinds)
    ]
    set_at = NOW - by_person if by_person else None
    lead = make_lead(ruleset, [Row(values=PATIENT)], rows, stage_set_by_person_at=set_at)
    return decide(ruleset, lead, Roster(), NOW)


def test_it_is_no_strong_action(enabled: Ruleset) -> None:
    assert decided(enabled, PAGE).judgement.standing.last_strong_at is None
    assert decided(enabled, "inbound_call").judgement.standing.last_strong_at is not None


def test_the_hand_off_does_not_tell_it(enabled: Ruleset) -> None:
    told = summarise(enabled, decided(enabled, "appointment_request", PAGE))
    assert "Last action: asked for an appointment, " in told
    assert "condition" not in told


def test_it_makes_nobody_an_active_colleague(enabled: Ruleset) -> None:
    kinds = enabled.configuration.activity_kinds
    assert makes_active(replace(kinds[PAGE], is_governed=False))
    assert not makes_active(kinds[PAGE])


def asking(ruleset: Ruleset, test: ActivityTest) -> frozenset[str]:
    """The kinds that are gathered of organisations when the patient policy asks this."""
    policy = ruleset.configuration.policies["patient"]
    asked = replace(test, of=Whose.ORGANISATION, within=30 * DAY)
    first = replace(policy.criteria[0], condition=asked)
    only = replace(policy, criteria=(first,), tracks=())
    asks = find_asks(replace(ruleset.configuration, policies={"patient": only}))
    assert asks is not None
    return asks.kinds


def test_it_is_gathered_of_an_organisation_only_by_its_name(enabled: Ruleset) -> None:
    assert PAGE not in asking(enabled, ANY)
    assert GUIDE in asking(enabled, ANY)
    assert PAGE in asking(enabled, NAMED)


def test_colleagues_are_not_active_by_it(enabled: Ruleset) -> None:
    policy = enabled.configuration.policies["patient"]
    test = ColleaguesTest(count=1, within=30 * DAY)
    only = replace(policy, criteria=(replace(policy.criteria[0], condition=test),), tracks=())
    asks = find_asks(replace(enabled.configuration, policies={"patient": only}))
    assert asks is not None
    assert PAGE not in asks.active


def test_as_an_answer_to_outreach_it_needs_consent_like_any_other(enabled: Ruleset) -> None:
    exclusions = enabled.configuration.exclusions
    answers = {**exclusions.responses, PAGE: ContactChannel.SMS}
    configuration = replace(
        enabled.configuration, exclusions=replace(exclusions, responses=answers)
    )
    decision = decided(compile_ruleset(configuration), PAGE)
    assert [p.rule for p in decision.judgement.case.passed_over] == ["no_consent:sms"]
    assert PAGE not in decision.judgement.case.by_kind


WARNING = """\
activities.yaml:{line}  activities.condition_page_view
    The activity 'condition_page_view' is governed and no condition names it.
    hint: set `enabled: false`, or name it: `activity: any` leaves it out"""


def enable(folder: Path) -> int:
    """Enable condition pages; returns the line on which they stand."""
    edit(folder, "activities.yaml", "governed: true, enabled: false", "governed: true")
    lines = (folder / "activities.yaml").read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.startswith(f"  {PAGE}:"))


def test_one_that_no_condition_names_is_warned_of(tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    line = enable(folder)
    report = check_configuration(folder)
    assert list(map(str, report.warnings)) == [WARNING.format(line=line)]
    assert report.configuration is not None


def test_one_that_is_named_is_not_warned_of(tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    enable(folder)
    named = f"activity: [{GUIDE}, {PAGE}, article_view, email_open]"
    edit(folder, "policies/patient.yaml", f"activity: [{GUIDE}, article_view, email_open]", named)
    report = check_configuration(folder)
    assert (report.problems, report.warnings) == ((), ())
