"""A stage that only goes forward is emptied first, then set: in two writes, each looked at again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.behaviour.test_a_human_edit_stands import at_moment, die, watched
from tests.fakes.crm import FakeCrm
from tests.support.fake_organisation import connect, crm_of, move_to_fake
from tests.support.organisation import NOW, Organisation, copied
from worker.steps.sync import RunReport

STAGES = ("Subscriber", "Lead", "Nurture", "Marketing Qualified", "Sales Qualified")
STAGE = "lifecycle_stage"
LATER = NOW + timedelta(hours=1)


@pytest.fixture(
    scope="session", params=[True, False], ids=["conditional writes", "no conditional writes"]
)
def opted_out(
    request: pytest.FixtureRequest,
    qualified_template: Organisation,
    tmp_path_factory: pytest.TempPathFactory,
) -> FakeCrm:
    """A CRM in which q1 was qualified by us, and has opted out since: that takes the stage back."""
    organisation = copied(qualified_template, tmp_path_factory.mktemp("out") / "organisation")
    crm = replace(
        crm_of(organisation.folder, has_conditional_write=request.param), forward_only=STAGES
    )
    move_to_fake(organisation, crm).sync()
    assert stage_of(crm) == "Marketing Qualified"
    crm.advance(60)
    crm.change("contacts", "q1", {"opt_out_all": "true"})
    return crm


@pytest.fixture
def qualified(opted_out: FakeCrm, tmp_path: Path) -> Organisation:
    """The organisation of that CRM, copied for each test."""
    return copied(Organisation(folder=opted_out.path.parent), tmp_path / "organisation")


@pytest.fixture
def crm(opted_out: FakeCrm, qualified: Organisation) -> FakeCrm:
    return replace(opted_out, path=qualified.folder / opted_out.path.name)


def stage_of(crm: FakeCrm) -> str | None:
    values = crm.read("contacts", "q1")
    assert values is not None
    return values[STAGE]


def run(
    qualified: Organisation, crm: FakeCrm, *moment: str, then: Callable[[], None] = die
) -> RunReport:
    tell = at_moment(moment or ("never",), then)
    organisation = Organisation(folder=qualified.folder, connectors=connect(crm, watched(tell)))
    crm.advance(60)
    return organisation.sync(LATER)


def stage_writes(crm: FakeCrm) -> dict[str, int]:
    return {
        value: n
        for (ref, field, value), n in crm.writes().items()
        if field == STAGE and ref.endswith("q1")
    }


def test_it_is_emptied_and_then_set(qualified: Organisation, crm: FakeCrm) -> None:
    report = run(qualified, crm)
    assert (stage_of(crm), report.writes) == ("Lead", {"applied": 2})
    assert stage_writes(crm) == {"Marketing Qualified": 1, "": 1, "Lead": 1}
    assert run(qualified, crm).writes == {}


def test_plainly_written_it_would_stay(qualified: Organisation, crm: FakeCrm) -> None:
    """What the two steps are for: the CRM answers well and changes nothing (fault 57)."""
    qualified.reconfigure(
        "lifecycle.yaml",
        "rejection_cool_down: 90 days",
        "rejection_cool_down: 90 days\nsystems:\n  files: {backward: allowed}",
    )
    run(qualified, crm)
    assert stage_of(crm) == "Marketing Qualified"


def test_by_policy_it_is_left_and_the_decision_says_so(
    qualified: Organisation, crm: FakeCrm
) -> None:
    qualified.reconfigure(
        "lifecycle.yaml",
        "rejection_cool_down: 90 days",
        "rejection_cool_down: 90 days\nsystems:\n  files: {backward: never}",
    )
    run(qualified, crm)
    values = crm.read("contacts", "q1")
    assert values is not None
    assert values[STAGE] == "Marketing Qualified"
    assert "STAGE_BACKWARD_NOT_WRITTEN" in str(values["reason_codes"]).split(";")
    assert run(qualified, crm).writes == {}


CRASHES = {
    "before it is emptied": ("before push",),
    "after it was emptied": ("after push",),
    "before it is set": ("after push", "before push"),
    "after it was set": ("after push", "after push"),
}


@pytest.mark.parametrize("crash", CRASHES)
def test_killed_on_the_way_the_next_run_finishes_it(
    qualified: Organisation, crm: FakeCrm, crash: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(qualified, crm, *CRASHES[crash])
    run(qualified, crm)
    assert stage_of(crm) == "Lead"
    assert stage_writes(crm) == {"Marketing Qualified": 1, "": 1, "Lead": 1}
    assert run(qualified, crm).writes == {}


@pytest.mark.parametrize("crash", ["after it was emptied", "before it is set"])
def test_decided_anew_on_the_way_it_is_still_finished(
    qualified: Organisation, crm: FakeCrm, crash: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(qualified, crm, *CRASHES[crash])
    crm.change("contacts", "q1", {"opt_out_email": "true"})
    run(qualified, crm)
    assert stage_of(crm) == "Lead"


@pytest.mark.parametrize("value", ["Opportunity", "Nurture"])
@pytest.mark.parametrize("step", ["before it is emptied", "before it is set"])
def test_a_persons_edit_between_the_steps_stands(
    qualified: Organisation, crm: FakeCrm, step: str, value: str
) -> None:
    def edit() -> None:
        crm.change("contacts", "q1", {STAGE: value})

    last_look = "before push" if crm.has_conditional_write else "before fetch"
    look = [last_look] if crm.has_conditional_write or step == "before it is emptied" else []
    waits = ["after push", "before fetch", last_look] if step == "before it is set" else look
    report = run(qualified, crm, *waits, then=edit)
    assert report.writes["conflict"] == 1
    assert stage_of(crm) == value
    run(qualified, crm)
    run(qualified, crm)
    assert stage_of(crm) == value


def test_a_person_who_empties_it_first_is_left_alone(qualified: Organisation, crm: FakeCrm) -> None:
    def empty() -> None:
        crm.change("contacts", "q1", {STAGE: None})

    last_look = "before push" if crm.has_conditional_write else "before fetch"
    report = run(qualified, crm, last_look, then=empty)
    assert report.writes == {"conflict": 1}
    run(qualified, crm)
    assert stage_of(crm) is None
