"""A person's edit stands, whatever they edit and whenever between our read and our write.

One lead for each managed field, so that every moment is tried with every field. The moments follow
a run from the pull to the answer of the CRM, its recovery after a crash, and a plan held for approval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.crm import FakeCrm
from tests.support.fake_organisation import connect, crm_of, move_to_fake
from tests.support.interposed import Interposed
from tests.support.organisation import (
    NOW,
    Organisation,
    add_qualified,
    copied,
    make_empty,
    without_waiting,
)
from worker.core.records import RawValue, WriteOutcome
from worker.ports import Capabilities, Connector
from worker.steps.sync import RunReport, apply, sync

EDITS: Mapping[str, str] = {
    "lifecycle_stage": "Nurture",
    "owner_id": "own-103",
    "reason_codes": "CALLED_BY_HAND",
    "pathway": "by hand",
    "next_step": "Call after the holidays.",
    "next_step_due_at": "2026-12-28T09:00:00+00:00",
    "hand_off_summary": "Prefers mornings.",
    "allowed_channels": "phone",
    "allowed_topics": "by_hand",
    "score_total": "1",
    "score_fit": "2",
    "score_intent": "3",
    "score_timing": "4",
    "score_account": "5",
    "decided_at": "2020-01-01T00:00:00+00:00",
    "policy_version": "by hand",
    "decision_id": "by hand",
    "nurture_track": "by_hand",
}
"""What a person writes into each managed field; the lead of the same name gets it."""
NOT_PLANNED = frozenset({"nurture_track"})
"""A lead that is handed off gets no nurture track, so there is nothing to be in conflict with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched(Interposed):
    """Tells as well when the worker asks what the connector can do: it does before it claims."""

    @property
    def capabilities(self) -> Capabilities:
        self.before("capabilities")
        return self.inner.capabilities


def at_moment(moment: tuple[str, ...], act: Callable[[], None]) -> Callable[[str], None]:
    """Act once, when the events of a moment have come in this order."""
    left = list(moment)

    def tell(event: str) -> None:
        if left and event == left[0]:
            left.pop(0)
            if not left:
                act()

    return tell


def watched(tell: Callable[[str], None]) -> Callable[[Connector], Connector]:
    def wrap(inner: Connector) -> Connector:
        return Watched(
            inner=inner,
            before=lambda call: tell(f"before {call}"),
            after=lambda call: tell(f"after {call}"),
        )

    return wrap


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An organisation on the fake CRM, and the person who edits one field of each lead."""

    organisation: Organisation
    crm: FakeCrm

    def edit(self) -> None:
        self.crm.advance(60)
        for field, value in EDITS.items():
            self.crm.change("contacts", field, {field: value})

    def run(
        self,
        act: Callable[[Organisation, Callable[[str], None]], RunReport],
        *moment: str,
        then: Callable[[], None] | None = None,
    ) -> RunReport:
        """Run with something done at a moment: by default, the person edits."""
        tell = at_moment(moment, then or self.edit)
        connectors = connect(self.crm, watched(tell))
        return act(Organisation(folder=self.organisation.folder, connectors=connectors), tell)

    def standing(self) -> dict[str, RawValue]:
        """The edited fields as they are now, each of its own lead."""
        found = {}
        for field in EDITS:
            values = self.crm.read("contacts", field)
            assert values is not None
            found[field] = values[field]
        return found

    def run_twice_more(self) -> None:
        self.organisation.sync(NOW + timedelta(hours=1))
        self.crm.advance(60)
        self.organisation.sync(NOW + timedelta(days=1))


def syncing(organisation: Organisation, tell: Callable[[str], None]) -> RunReport:
    with organisation.open(NOW) as app, app._leased() as work:
        told = replace(without_waiting(work), on_progress=lambda name, *_: tell(name))
        return sync(told, app.clock)


def applying(organisation: Organisation, tell: Callable[[str], None]) -> RunReport:
    with organisation.open(NOW) as app, app._leased() as work:
        told = replace(without_waiting(work), on_progress=lambda name, *_: tell(name))
        return apply(told, app.clock, None)


@pytest.fixture(scope="session")
def one_lead_for_each_field(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """An organisation whose leads are in the fake CRM already; copied for each test."""
    organisation = make_empty(tmp_path_factory.mktemp("edits") / "organisation")
    for field in EDITS:
        add_qualified(organisation, field, email=f"{field}@example.org", last_name=field.title())
    return move_to_fake(organisation, crm_of(organisation.folder))


@pytest.fixture(params=[True, False], ids=["conditional writes", "no conditional writes"])
def scene(
    request: pytest.FixtureRequest, one_lead_for_each_field: Organisation, tmp_path: Path
) -> Scene:
    folder = copied(one_lead_for_each_field, tmp_path / "organisation").folder
    crm = replace(crm_of(folder, has_conditional_write=request.param), write_batch=100)
    return Scene(organisation=Organisation(folder=folder, connectors=connect(crm)), crm=crm)


MOMENTS: Mapping[str, tuple[str, ...]] = {
    "after the page of contacts was stored": ("after page",),
    "before the activities are pulled": ("before pull", "before pull"),
    "before deciding": ("before owners",),
    "after deciding": ("before owners", "decide"),
    "after weighing the plan": ("before owners", "before capabilities"),
    "after claiming": ("before owners", "before capabilities", "before capabilities"),
}


DECIDED_BEFORE = [moment for moment in MOMENTS if moment != "after deciding"]


def last_look(crm: FakeCrm) -> str:
    """The call with which the worker, or the CRM itself, looks at a record for the last time."""
    return "before push" if crm.has_conditional_write else "before fetch"


@pytest.mark.parametrize("moment", [*MOMENTS, "at the last look"])
def test_an_edit_in_a_run_is_a_conflict_and_stands(scene: Scene, moment: str) -> None:
    events = MOMENTS.get(moment, ("before owners", last_look(scene.crm)))
    report = scene.run(syncing, *events)
    conflicts = len(EDITS) - len(NOT_PLANNED)
    assert report.writes == {
        WriteOutcome.CONFLICT: conflicts,
        WriteOutcome.APPLIED: len(NOT_PLANNED),
    }
    assert scene.standing() == EDITS
    scene.run_twice_more()
    assert scene.standing() == EDITS


def die() -> None:
    raise KeyboardInterrupt


CRASHES = {
    "before anything left": "before push",
    "after all of it landed": "after push",
}


@pytest.mark.parametrize("crash", CRASHES)
def test_an_edit_after_a_crash_while_sending_stands(scene: Scene, crash: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        scene.run(syncing, CRASHES[crash], then=die)
    scene.edit()
    scene.organisation.sync()
    assert scene.standing() == EDITS
    scene.run_twice_more()
    assert scene.standing() == EDITS


@pytest.mark.parametrize("crash", CRASHES)
@pytest.mark.parametrize(
    "moment", [("before fetch",), ("before fetch", "before describe"), ("before owners",)]
)
def test_an_edit_while_recovering_stands(scene: Scene, crash: str, moment: tuple[str, ...]) -> None:
    with pytest.raises(KeyboardInterrupt):
        scene.run(syncing, CRASHES[crash], then=die)
    scene.run(syncing, *moment)
    assert scene.standing() == EDITS
    scene.run_twice_more()
    assert scene.standing() == EDITS


def test_an_edit_while_the_plan_is_held_stands(scene: Scene) -> None:
    scene.organisation.sync(pushes=False)
    scene.edit()
    scene.run(applying, "never")
    assert scene.standing() == EDITS
    scene.run_twice_more()
    assert scene.standing() == EDITS


@pytest.mark.parametrize("moment", [*DECIDED_BEFORE, "at the last look"])
def test_an_edit_while_an_approved_plan_is_sent_is_a_conflict_and_stands(
    scene: Scene, moment: str
) -> None:
    scene.organisation.sync(pushes=False)
    events = MOMENTS.get(moment, ("before owners", last_look(scene.crm)))
    report = scene.run(applying, *events)
    assert report.writes[WriteOutcome.CONFLICT] == len(EDITS) - len(NOT_PLANNED)
    assert scene.standing() == EDITS
    scene.run_twice_more()
    assert scene.standing() == EDITS


@pytest.mark.parametrize("field", ["lifecycle_stage", "owner_id"])
def test_the_next_decision_says_that_a_person_set_it(scene: Scene, field: str) -> None:
    scene.run(syncing, *MOMENTS["after deciding"])
    scene.run_twice_more()
    values = scene.crm.read("contacts", field)
    assert values is not None
    code = "STAGE_SET_BY_PERSON" if field == "lifecycle_stage" else "OWNER_SET_BY_PERSON"
    assert code in str(values["reason_codes"]).split(";")
