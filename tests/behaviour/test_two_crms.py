"""One person in two CRMs: one decision, written to each in its own words; a person's word counts in both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from tests.support.organisation import QUALIFIED
from tests.support.two_crms import OWNER, STAGE, FakeSide, TwoCrms, two_crms
from worker.core.records import Editor, WriteOutcome
from worker.report.explain import explain_json
from worker.report.lead_text import show_explanation
from worker.steps.inspect import report_lead
from worker.steps.pull import pull

HOUR = timedelta(hours=1)
SIDES = ("hubspot", "salesforce")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoCrms]:
    """Shared by the tests of this file: each has people of its own."""
    with two_crms(tmp_path_factory.mktemp("two")) as found:
        yield found


def raw(two: TwoCrms, side: str, person: str) -> dict[str, str | None]:
    """What a CRM holds, in its own words."""
    there = two.sides[side]
    assert isinstance(there, FakeSide)
    return there.crm.read(there.words.contacts, there.id_of(person)) or {}


def test_one_decision_is_written_to_each_in_its_own_words(two: TwoCrms) -> None:
    two.add_ready("own-words")
    two.run()
    hubspot, salesforce = raw(two, "hubspot", "own-words"), raw(two, "salesforce", "own-words")
    assert hubspot["lifecyclestage"] == "marketingqualifiedlead"
    assert salesforce["Status"] == "Marketing Qualified"
    number = str(hubspot["hubspot_owner_id"]).removeprefix("7700")
    assert salesforce["OwnerId"] == f"005Rt0000{number}zz"
    assert hubspot["decision_id"] == salesforce["DecisionId__c"]
    assert hubspot["reason_codes"] == salesforce["ReasonCodes__c"]


def explained(two: TwoCrms, record: str) -> str:
    """What ``explain`` shows of a lead, on a wide screen."""
    assert two.app is not None
    found = explain_json(two.app.ruleset, report_lead(two.app.looking(), record))
    screen = Console(width=500, file=StringIO())
    screen.print(show_explanation(found, ZoneInfo("America/New_York")))
    return screen.file.getvalue()  # type: ignore[attr-defined]  # of StringIO


def test_an_explanation_names_the_records_and_what_would_change_in_each(two: TwoCrms) -> None:
    two.add_ready("both")
    two.run()
    two.hubspot.tell("both", {"opt_out_phone": "true"}, Editor.PERSON)
    assert two.app is not None
    with two.app._leased() as work:
        pull(work)
    said = explained(two, "h-both")
    assert "  records   hubspot:contacts:h-both\n            salesforce:leads:s-both\n" in said
    first, second = said.partition("  in hubspot:contacts:h-both\n")[2].split(
        "  in salesforce:leads:s-both\n"
    )
    assert "    decision_id: " in first
    assert "    DoNotCall: (empty) → true\n" in second
    assert "DoNotCall" not in first


def test_a_hand_off_is_told_of_no_crm_that_lacks_the_person(two: TwoCrms) -> None:
    two.hubspot.add("alone", {**QUALIFIED, STAGE: "lead", "email": "alone@example.org"})
    two.hubspot.act("alone", "appointment_request", two.now - HOUR, "")
    two.run()
    said = explained(two, "h-alone")
    assert "Hand-off in hubspot contacts " in said
    assert "salesforce" not in said
    assert "  records   " not in said


def test_a_second_run_writes_nothing(two: TwoCrms) -> None:
    two.add_ready("quiet")
    two.settle()
    assert two.run().writes == {}
    assert two.written_twice() == []


def test_an_action_in_either_crm_counts_for_the_person(two: TwoCrms) -> None:
    two.add("acts-there")
    two.salesforce.act("acts-there", "appointment_request", two.now - HOUR, "")
    two.run()
    assert two.stages("acts-there") == ("mql", "mql")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("stage", ["nurture", "recycled", "disqualified", "lead"])
def test_a_stage_that_a_person_sets_in_one_stands_in_both(
    two: TwoCrms, side: str, stage: str
) -> None:
    person = f"stage-{side}-{stage}"
    two.add_ready(person)
    two.settle()
    two.sides[side].tell(person, {STAGE: stage}, Editor.PERSON)
    two.settle()
    assert two.stages(person) == (stage, stage)


@pytest.mark.parametrize("side", SIDES)
def test_the_last_of_two_people_who_set_a_stage_has_their_way(two: TwoCrms, side: str) -> None:
    person = f"last-{side}"
    two.add_ready(person)
    two.settle()
    other = next(name for name in SIDES if name != side)
    two.sides[other].tell(person, {STAGE: "recycled"}, Editor.PERSON)
    two.run()
    two.wait(minutes=5)
    two.sides[side].tell(person, {STAGE: "nurture"}, Editor.PERSON)
    two.settle()
    assert two.stages(person) == ("nurture", "nurture")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("stage", ["sql", "opportunity", "customer"])
def test_a_stage_of_people_in_either_is_shown_in_both_and_nothing_else_is_done(
    two: TwoCrms, side: str, stage: str
) -> None:
    person = f"people-{side}-{stage}"
    two.add(person)
    two.settle()
    two.sides[side].tell(person, {STAGE: stage}, Editor.PERSON)
    two.hubspot.act(person, "appointment_request", two.now - HOUR, "")
    two.settle()
    assert two.stages(person) == (stage, stage)
    assert two.owners(person) == ("", "")


@pytest.mark.parametrize("side", SIDES)
def test_people_go_on_and_go_back_with_a_stage_that_we_have_shown_in_the_other(
    two: TwoCrms, side: str
) -> None:
    person = f"goes-on-{side}"
    two.add(person)
    two.settle()
    for stage in ("sql", "customer", "opportunity", "lead"):
        two.sides[side].tell(person, {STAGE: stage}, Editor.PERSON)
        two.settle()
        assert two.stages(person) == (stage, stage)


@pytest.mark.parametrize("side", SIDES)
def test_a_stage_of_people_is_not_shown_over_what_a_person_set_later(
    two: TwoCrms, side: str
) -> None:
    person = f"set-later-{side}"
    two.add(person)
    two.settle()
    two.sides[side].tell(person, {STAGE: "customer"}, Editor.PERSON)
    two.settle()
    other = next(name for name in SIDES if name != side)
    two.sides[other].tell(person, {STAGE: "lead"}, Editor.PERSON)
    two.settle()
    assert two.shown(person, STAGE) == {side: "customer", other: "lead"}
    two.sides[side].tell(person, {STAGE: "opportunity"}, Editor.PERSON)
    two.settle()
    assert two.stages(person) == ("opportunity", "opportunity")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("first", "told"),
    [
        pytest.param(
            ("customer", "opportunity"),
            ("sql", "other recycled", "customer"),
            id="as it was first read",
        ),
        pytest.param(
            ("lead", "disqualified"),
            ("nurture", "other customer", "sql", "other opportunity", "customer"),
            id="as we wrote it once",
        ),
    ],
)
def test_a_person_who_goes_back_to_what_stood_there_is_not_written_over(
    two: TwoCrms, side: str, first: tuple[str, str], told: tuple[str, ...]
) -> None:
    person = f"goes-back-{side}-{first[0]}"
    other = next(name for name in SIDES if name != side)
    two.add(person)
    for name, stage in zip((side, other), first, strict=True):
        two.sides[name].tell(person, {STAGE: stage}, Editor.SYNC)
    two.settle()
    for word in told:
        there = other if word.startswith("other ") else side
        two.sides[there].tell(person, {STAGE: word.removeprefix("other ")}, Editor.PERSON)
        two.settle()
    assert two.shown(person, STAGE)[side] == "customer"


@pytest.mark.parametrize("side", SIDES)
def test_an_owner_whom_a_person_chose_in_one_has_the_lead_in_both(two: TwoCrms, side: str) -> None:
    person = f"owner-{side}"
    two.add_ready(person)
    two.settle()
    chosen = next(n for n in ("101", "102", "103") if n not in two.owners(person))
    two.sides[side].tell(person, {OWNER: chosen}, Editor.PERSON)
    two.settle()
    assert two.owners(person) == (chosen, chosen)
    two.wait(minutes=5)
    back = next(name for name in SIDES if name != side)
    again = next(n for n in ("101", "102", "103") if n != chosen)
    two.sides[back].tell(person, {OWNER: again}, Editor.PERSON)
    two.settle()
    assert two.owners(person) == (again, again)


@pytest.mark.parametrize("side", SIDES)
def test_a_lead_whose_crms_show_different_members_goes_to_one_of_them_for_good(
    two: TwoCrms, side: str
) -> None:
    person = f"split-{side}"
    two.add_ready(person)
    two.sides[side].tell(person, {OWNER: "103"}, Editor.SYNC)
    other = next(name for name in SIDES if name != side)
    two.sides[other].tell(person, {OWNER: "102"}, Editor.SYNC)
    two.settle()
    first = two.owners(person)
    assert len(set(first)) == 1
    two.wait(days=1)
    two.settle()
    assert two.owners(person) == first


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channel", ["email", "phone", "sms", "all"])
def test_an_opt_out_in_either_is_shown_in_both_from_the_next_run(
    two: TwoCrms, side: str, channel: str
) -> None:
    person = f"out-{side}-{channel}"
    two.add_ready(person, consent_phone="true", consent_sms="true")
    two.settle()
    two.sides[side].tell(person, {f"opt_out_{channel}": "true"}, Editor.PERSON)
    two.run()
    assert set(two.shown(person, f"opt_out_{channel}").values()) == {"true"}
    gone = {"email", "phone", "sms"} if channel == "all" else {channel}
    for allowed in two.shown(person, "allowed_channels").values():
        assert gone.isdisjoint(allowed.split(";"))
    two.settle()
    assert two.written_twice() == []


@pytest.mark.parametrize("side", SIDES)
def test_records_that_are_found_to_be_one_person_later_show_what_either_said_before(
    two: TwoCrms, side: str
) -> None:
    person = f"later-{side}"
    two.add(person)
    hubspot, salesforce = two.hubspot, two.salesforce
    assert isinstance(hubspot, FakeSide)
    assert isinstance(salesforce, FakeSide)
    salesforce.tell(person, {"email": f"{person}@work.example.org", "phone": ""}, Editor.PERSON)
    alone = {"HubSpotId__c": None}
    salesforce.crm.change("leads", salesforce.id_of(person), alone, Editor.PERSON)
    hubspot.crm.change("contacts", hubspot.id_of(person), {"salesforceleadid": None}, Editor.PERSON)
    two.sides[side].tell(person, {"opt_out_phone": "true"}, Editor.PERSON)
    two.settle()
    other = next(name for name in SIDES if name != side)
    assert two.shown(person, "opt_out_phone") == {side: "true", other: ""}
    named = {"salesforceleadid": salesforce.id_of(person)}
    hubspot.crm.change("contacts", hubspot.id_of(person), named, Editor.PERSON)
    two.settle()
    assert two.shown(person, "opt_out_phone") == {side: "true", other: "true"}
    two.sides[other].tell(person, {"opt_out_phone": "false"}, Editor.PERSON)
    two.settle()
    assert two.shown(person, "opt_out_phone") == {side: "true", other: "false"}


@pytest.mark.parametrize("side", SIDES)
def test_a_refused_write_to_one_crm_does_not_hold_up_the_other(two: TwoCrms, side: str) -> None:
    person = f"refused-{side}"
    two.add_ready(person)
    there = two.sides[side]
    assert isinstance(there, FakeSide)
    there.crm.script(there.words.contacts, there.id_of(person), WriteOutcome.REJECTED, "NO_ACCESS")
    assert two.run().writes == {"applied": 1, "rejected": 1}
    other = next(name for name in SIDES if name != side)
    assert two.shown(person, STAGE) == {side: "lead", other: "mql"}
    two.wait(days=1)
    two.settle()
    assert two.written_twice() == []


@pytest.mark.parametrize("side", SIDES)
def test_what_closes_is_written_where_the_rest_is_refused(two: TwoCrms, side: str) -> None:
    person = f"refused-rest-{side}"
    two.add_ready(person, consent_phone="true")
    two.settle()
    there = two.sides[side]
    assert isinstance(there, FakeSide)
    there.crm.script(there.words.contacts, there.id_of(person), WriteOutcome.REJECTED, "NO_ACCESS")
    two.hubspot.tell(person, {"opt_out_email": "true"}, Editor.PERSON)
    assert two.run().writes == {"applied": 2, "rejected": 1}
    assert "email" not in there.show(person, "allowed_channels").split(";")
    assert there.show(person, "opt_out_email") == "true"
    assert two.run().writes == {}


@pytest.mark.parametrize("side", SIDES)
def test_a_channel_is_taken_back_from_a_lead_that_is_otherwise_left_alone(
    two: TwoCrms, side: str
) -> None:
    person = f"taken-back-{side}"
    two.add_ready(person, consent_phone="true")
    two.settle()
    assert "email" in two.salesforce.show(person, "allowed_channels")
    two.sides[side].tell(person, {STAGE: "opportunity"}, Editor.PERSON)
    two.settle()
    before = {name: raw(two, name, person) for name in SIDES}
    two.hubspot.tell(person, {"opt_out_email": "true"}, Editor.PERSON)
    two.settle()
    for name, was in before.items():
        changed = {field for field, value in raw(two, name, person).items() if value != was[field]}
        words = two.sides[name]
        assert isinstance(words, FakeSide)
        said = ("allowed_channels", "opt_out_email", "hand_off_summary", "next_step")
        assert changed == {words.words.name(column) for column in said}
        assert "email" not in words.show(person, "allowed_channels").split(";")
