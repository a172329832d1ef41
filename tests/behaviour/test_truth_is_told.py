"""What ``truth`` says will settle a disagreement does settle it, and what it says does not, does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.organisation import without_waiting
from tests.support.two_crms import OWNER, STAGE, TwoCrms, two_crms
from worker.core.records import Editor
from worker.core.testimony import About, Cause, Disagreement
from worker.steps.pull import pull
from worker.steps.sync import sync
from worker.steps.truth import Tally, tell_truth


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoCrms]:
    with two_crms(tmp_path_factory.mktemp("two")) as found:
        yield found


def truth(two: TwoCrms) -> list[Disagreement]:
    assert two.app is not None
    with two.app.ledger.read() as tx:
        return list(tell_truth(two.app.looking(), tx, frozenset(About), Tally()))


def causes(two: TwoCrms) -> dict[tuple[str, str], list[Cause]]:
    """The causes of each disagreement, by the person and what it is about."""
    found = {}
    for item in truth(two):
        person = item.testimonies[0].ref.id.partition("-")[2]
        found[person, item.field or item.about.value] = item.causes()
    return found


def only_pulled(two: TwoCrms) -> None:
    """Read both CRMs and break off, as a run that is killed there."""
    assert two.app is not None
    with two.app._leased() as work:
        pull(without_waiting(work))


def disagree(two: TwoCrms) -> None:
    """Have the CRMs disagree on everybody, in ways that a sync settles."""
    for person in ("stage", "theirs", "owner", "opted-out"):
        two.add_ready(person)
    two.settle()
    two.hubspot.tell("stage", {STAGE: "nurture"}, Editor.PERSON)
    two.salesforce.tell("theirs", {STAGE: "customer"}, Editor.PERSON)
    chosen = next(n for n in ("101", "102", "103") if n not in two.owners("owner"))
    two.salesforce.tell("owner", {OWNER: chosen}, Editor.PERSON)
    two.hubspot.tell("opted-out", {"opt_out_phone": "true"}, Editor.PERSON)


ABOUT = (
    ("stage", "stage"),
    ("theirs", "stage"),
    ("owner", "owner"),
    ("opted-out", "opt_out_phone"),
)


def test_what_the_next_sync_is_said_to_write_it_writes(two: TwoCrms) -> None:
    disagree(two)
    only_pulled(two)
    assert causes(two) == {key: [Cause.NOT_DECIDED] for key in ABOUT}
    two.run()
    assert causes(two) == {}
    assert two.run().writes == {}


def test_a_stage_that_a_person_emptied_is_left_to_people(two: TwoCrms) -> None:
    two.add_ready("emptied")
    two.settle()
    two.hubspot.tell("emptied", {STAGE: ""}, Editor.PERSON)
    two.settle()
    assert causes(two) == {("emptied", "stage"): [Cause.CLEARED]}
    assert two.run().writes == {}
    assert causes(two) == {("emptied", "stage"): [Cause.CLEARED]}


def test_what_a_plan_holds_is_settled_by_releasing_it_and_what_closes_by_a_sync(
    two: TwoCrms,
) -> None:
    disagree(two)
    assert two.app is not None
    with two.app._leased() as work:
        sync(without_waiting(work), two.app.clock, pushes=False)
    held = {key: [Cause.HELD_PLAN] for key in ABOUT}
    assert causes(two) == {**held, ("opted-out", "opt_out_phone"): [Cause.WAITING]}
    two.run()
    del held["opted-out", "opt_out_phone"]
    assert causes(two) == held
    two.app.apply(None)
    assert causes(two) == {}


def test_a_rehearsal_holds_nothing(two: TwoCrms) -> None:
    disagree(two)
    assert two.app is not None
    with two.app.rehearsed() as (work, report), work.ledger.read() as tx:
        told = tell_truth(work, tx, frozenset(About), Tally(), rehearsed=report.run_id)
        assert {cause for item in told for cause in item.causes()} == {Cause.WAITING}


def test_records_of_a_lead_on_hold_are_brought_to_one_stage(two: TwoCrms) -> None:
    two.add("held", email="", phone="")
    two.salesforce.tell("held", {STAGE: "subscriber"}, Editor.AUTOMATION)
    two.run()
    assert two.stages("held") == ("lead", "lead")
    assert causes(two) == {}


def test_what_only_people_settle_is_not_said_to_be_written(two: TwoCrms) -> None:
    two.add("both")
    two.add_ready("back")
    two.settle()
    two.hubspot.tell("both", {STAGE: "sql"}, Editor.PERSON)
    two.salesforce.tell("both", {STAGE: "customer"}, Editor.PERSON)
    two.hubspot.tell("back", {"opt_out_phone": "true"}, Editor.PERSON)
    two.settle()
    two.salesforce.tell("back", {"opt_out_phone": ""}, Editor.PERSON)
    two.settle()
    told = {
        ("both", "stage"): [Cause.OWNED_BY_PEOPLE],
        ("back", "opt_out_phone"): [Cause.LET_STAND],
    }
    assert causes(two) == told
    two.wait(days=1)
    two.settle()
    assert causes(two) == told
    two.hubspot.tell("both", {STAGE: "customer"}, Editor.PERSON)
    two.hubspot.tell("back", {"opt_out_phone": ""}, Editor.PERSON)
    two.settle()
    assert causes(two) == {}
