"""Why two CRMs disagree on a person: one cause for each record that shows something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.core.field_map import (
    FieldRead,
    FieldWrite,
    Managed,
    ObjectKind,
    ObjectMap,
    Transform,
)
from worker.core.lifecycle import OWNED_BY_PEOPLE, StageMove, Standing
from worker.core.mapping import Issue, MappedContact
from worker.core.model import FactValue, Stage
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.core.stage_rules import Backward, SystemStages
from worker.core.stage_writes import stage_way
from worker.core.testimony import (
    TO_DO,
    About,
    Cause,
    Court,
    Disagreement,
    Person,
    Prospect,
    Witness,
    WriteState,
)
from worker.core.truth import find_disagreements

NOW = datetime(2026, 11, 2, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
FACTS = ("lifecycle_stage", "owner", "opt_out_email", "consent_email")
WRITES = {Managed.STAGE: "stage", Managed.OWNER: "owner", Managed.OPT_OUT_EMAIL: "out"}
REJECTED = WriteState(
    fields=frozenset({"stage", "owner", "out"}),
    state="done",
    run_id="r",
    outcome="rejected",
    code="NO_ACCESS",
    at=NOW,
)


def object_map(*, writes: bool = True, reads: tuple[str, ...] = FACTS) -> ObjectMap:
    return ObjectMap(
        object_type="people",
        kind=ObjectKind.CONTACT,
        id_field="id",
        reads=tuple(FieldRead(fact=f, source=f, transform=Transform.TEXT) for f in reads),
        writes=tuple(FieldWrite(managed=m, target=t) for m, t in WRITES.items() if writes),
    )


def witness(
    system: str, *, at: datetime | None = None, issues: tuple[Issue, ...] = (), **facts: FactValue
) -> Witness:
    ref = RecordRef(system, "people", "1")
    return Witness(
        contact=MappedContact(ref=ref, facts=facts, issues=issues),
        object_map=object_map(),
        stage_set_by_person_at=at,
    )


def stages(one: str, other: str) -> tuple[Witness, Witness]:
    return witness("files", lifecycle_stage=one), witness("other", lifecycle_stage=other)


def court_of(shipped: Ruleset) -> Court:
    return Court(
        lifecycle=shipped.configuration.lifecycle,
        routing=shipped.routing,
        consent={"opt_out_email": ("email",), "consent_email": ("email",)},
    )


@pytest.fixture
def court(shipped: Ruleset) -> Court:
    return court_of(shipped)


def judge(court: Court, person: Person) -> Disagreement:
    (found,) = find_disagreements(court, person)
    return found


def prospect(
    court: Court,
    *witnesses: Witness,
    to: Stage,
    reason: str = "STAGE_ALIGNED",
    on_hold: bool = False,
) -> Prospect:
    """What a run would make of these records, of which the first shows the stage of the lead."""
    stages = {w.ref: w.contact.facts.get("lifecycle_stage") for w in witnesses}
    standing = Standing(
        stage=stages[witnesses[0].ref] and Stage(str(stages[witnesses[0].ref])),
        stages={ref: Stage(str(stage)) if stage else None for ref, stage in stages.items()},
        edits={w.ref: at for w in witnesses if (at := w.stage_set_by_person_at)},
        is_split=True,
    )
    is_hands_off = reason == OWNED_BY_PEOPLE
    move = StageMove(stage=to, reason=reason, is_hands_off=is_hands_off)
    writes = {
        w.ref: frozenset({"stage"})
        for w in witnesses
        if stage_way(court.lifecycle, standing, move, w.ref) is not None
    }
    return Prospect(standing=standing, move=move, is_on_hold=on_hold, writes=writes)


def stage_cause(court: Court, second: Witness, **known: object) -> Cause | None:
    """The cause of a second record that shows lead where mql was decided."""
    first = witness("files", lifecycle_stage="mql")
    person = Person(
        profile_id="p",
        witnesses=(first, second),
        stage="mql",
        prospect=prospect(court, first, second, to=Stage.MQL),
    )
    found = judge(court, replace(person, **known))  # type: ignore[arg-type]  # fields of Person
    assert found.testimonies[0].cause is None
    return found.testimonies[1].cause


LEAD = witness("other", lifecycle_stage="lead")


def test_a_person_in_one_crm_has_nobody_to_disagree(court: Court) -> None:
    first, second = (
        witness("files", lifecycle_stage="lead"),
        witness("files", lifecycle_stage="mql"),
    )
    other = replace(second.contact, ref=RecordRef("files", "people", "2"))
    twice = (first, replace(second, contact=other))
    assert not list(find_disagreements(court, Person(profile_id="p", witnesses=twice)))


def test_those_who_agree_are_not_listed(court: Court) -> None:
    assert not list(
        find_disagreements(court, Person(profile_id="p", witnesses=stages("lead", "lead")))
    )


@pytest.mark.parametrize(
    ("state", "outcome", "cause"),
    [
        ("held", None, Cause.HELD_PLAN),
        ("planned", None, Cause.WAITING),
        ("ready", None, Cause.WAITING),
        ("sending", None, Cause.WAITING),
        ("done", "rejected", Cause.REJECTED),
        ("done", "conflict", Cause.CONFLICT),
        ("done", "applied", Cause.NEVER_WRITTEN),
    ],
)
def test_the_last_write_tells(court: Court, state: str, outcome: str | None, cause: Cause) -> None:
    write = replace(REJECTED, state=state, outcome=outcome)
    assert stage_cause(court, replace(LEAD, writes=(write, REJECTED))) is cause


def test_a_write_of_another_field_tells_nothing(court: Court) -> None:
    other = replace(REJECTED, fields=frozenset({"reasons"}))
    assert stage_cause(court, replace(LEAD, writes=(other,))) is Cause.NEVER_WRITTEN


def test_causes_that_lie_in_the_record(court: Court) -> None:
    hidden = replace(LEAD.contact, facts={}, unseen=frozenset({"lifecycle_stage"}))
    assert stage_cause(court, replace(LEAD, contact=hidden)) is Cause.HIDDEN
    unwritten = replace(LEAD, object_map=object_map(writes=False))
    assert stage_cause(court, unwritten) is Cause.NOT_WRITTEN
    assert stage_cause(court, LEAD, is_linked=False) is Cause.NOT_LINKED
    assert stage_cause(court, LEAD, is_due=True) is Cause.NOT_DECIDED
    person = Person(profile_id="p", witnesses=(LEAD, witness("files")))
    assert [one.shows for one in judge(court, person).testimonies] == ["lead", None]


def test_a_word_that_no_map_names_leaves_the_other_record_alone(court: Court) -> None:
    word = witness("other", issues=(Issue("DQ_VALUE_UNKNOWN", "lifecycle_stage"),))
    first = witness("files", lifecycle_stage="mql")
    found = judge(court, Person(profile_id="p", witnesses=(first, word), stage="mql"))
    assert (found.wanted, [(one.ref, one.shows, one.cause) for one in found.testimonies]) == (
        None,
        [(first.ref, "mql", None), (word.ref, "?", Cause.UNKNOWN_WORD)],
    )


@pytest.mark.parametrize(
    ("rules", "cause"),
    [
        (SystemStages(stages=frozenset()), Cause.NOT_USED),
        (SystemStages(unlisted=frozenset({("people", Stage.LEAD)})), Cause.NOT_IN_CRM),
        (SystemStages(backward=Backward.NEVER), Cause.NO_WAY_BACK),
    ],
)
def test_causes_that_lie_in_the_crm(court: Court, rules: SystemStages, cause: Cause) -> None:
    lifecycle = replace(court.lifecycle, systems={"other": rules})
    pair, ruled = stages("lead", "mql"), replace(court, lifecycle=lifecycle)
    person = Person(
        profile_id="p", witnesses=pair, stage="lead", prospect=prospect(ruled, *pair, to=Stage.LEAD)
    )
    found = judge(ruled, person)
    assert found.testimonies[1].cause is cause


def left_at(court: Court, found: Prospect, *witnesses: Witness) -> Cause | None:
    """The cause of the second record, of a lead that the next run would judge so."""
    told = judge(court, Person(profile_id="p", witnesses=witnesses, prospect=found))
    assert told.testimonies[0].cause is None
    return told.testimonies[1].cause


def test_a_stage_of_people_is_what_is_wanted_and_shown(court: Court) -> None:
    pair = stages("opportunity", "mql")
    found = prospect(court, *pair, to=Stage.OPPORTUNITY, reason=OWNED_BY_PEOPLE)
    assert left_at(court, found, *pair) is Cause.NEVER_WRITTEN
    unmirrored = replace(court, lifecycle=replace(court.lifecycle, mirrored=frozenset()))
    found = prospect(unmirrored, *pair, to=Stage.OPPORTUNITY, reason=OWNED_BY_PEOPLE)
    assert left_at(unmirrored, found, *pair) is Cause.OWNED_BY_PEOPLE


def test_what_people_do_not_agree_on_is_left_to_them(court: Court) -> None:
    pair = stages("customer", "sql")
    found = prospect(court, *pair, to=Stage.CUSTOMER, reason=OWNED_BY_PEOPLE)
    assert left_at(court, found, *pair) is Cause.OWNED_BY_PEOPLE
    later = (pair[0], replace(LEAD, stage_set_by_person_at=NOW))
    found = prospect(court, *later, to=Stage.CUSTOMER, reason=OWNED_BY_PEOPLE)
    assert left_at(court, found, *later) is Cause.SET_BY_PERSON


@pytest.mark.parametrize(
    ("second", "to", "reason", "cause", "at"),
    [
        ("sql", Stage.CUSTOMER, OWNED_BY_PEOPLE, Cause.OWNED_BY_PEOPLE, NOW),
        ("lead", Stage.CUSTOMER, OWNED_BY_PEOPLE, Cause.SET_BY_PERSON, NOW),
        ("recycled", Stage.LEAD, "STAGE_ALIGNED", Cause.NOT_ALLOWED, None),
    ],
)
def test_of_a_stage_it_is_told_what_a_record_shows_and_when_a_person_set_it(
    court: Court, second: str, to: Stage, reason: str, cause: Cause, at: datetime | None
) -> None:
    pair = (
        witness("files", at=NOW - timedelta(hours=1), lifecycle_stage=to.value),
        witness("other", at=NOW, lifecycle_stage=second),
    )
    would = prospect(court, *pair, to=to, reason=reason)
    found = judge(court, Person(profile_id="p", witnesses=pair, prospect=would))
    assert (found.profile_id, found.about, found.wanted) == ("p", About.STAGE, to.value)
    assert [(one.ref, one.shows, one.cause, one.at) for one in found.testimonies] == [
        (pair[0].ref, to.value, None, NOW - timedelta(hours=1)),
        (pair[1].ref, second, cause, at),
    ]


def test_a_move_that_the_table_lacks_is_told(court: Court) -> None:
    pair = stages("lead", "recycled")
    assert left_at(court, prospect(court, *pair, to=Stage.LEAD), *pair) is Cause.NOT_ALLOWED


def test_a_hold_raises_no_record_to_what_sales_works(court: Court) -> None:
    pair = stages("mql", "lead")
    found = prospect(court, *pair, to=Stage.MQL, reason="STAGE_MOVE_NOT_ALLOWED", on_hold=True)
    assert left_at(court, found, *pair) is Cause.ON_HOLD
    free = replace(found, is_on_hold=False)
    assert left_at(court, free, *pair) is Cause.NOT_ALLOWED
    pair = stages("lead", "recycled")
    found = prospect(court, *pair, to=Stage.LEAD, on_hold=True)
    assert left_at(court, found, *pair) is Cause.NOT_ALLOWED


def test_what_a_person_did_just_now_may_still_be_copied(court: Court) -> None:
    edited = witness("files", at=NOW, lifecycle_stage="nurture")
    found = prospect(court, edited, LEAD, to=Stage.NURTURE)
    person = Person(profile_id="p", witnesses=(edited, LEAD), stage="nurture", prospect=found)
    since = replace(court, recent_since=NOW - timedelta(hours=1))
    assert judge(since, person).testimonies[1].cause is Cause.ON_ITS_WAY
    assert judge(court, person).testimonies[1].cause is Cause.NEVER_WRITTEN
    for recent_since, cause in ((NOW, Cause.ON_ITS_WAY), (LATER, Cause.NEVER_WRITTEN)):
        told = judge(replace(court, recent_since=recent_since), person)
        assert told.testimonies[1].cause is cause
    undone = replace(person, prospect=None)
    assert judge(court, undone).testimonies[1].cause is Cause.NOT_DECIDED
    move = StageMove(stage=None, reason="STAGE_SET_BY_PERSON")
    cleared = replace(person, prospect=replace(found, move=move))
    assert judge(court, cleared).testimonies[1].cause is Cause.CLEARED
    changed = replace(person, prospect=replace(found, writes={}))
    assert judge(court, changed).testimonies[1].cause is Cause.CHANGED_THERE


def test_an_owner_without_an_account_is_told(court: Court) -> None:
    pair = (witness("files", owner="own-101"), witness("other", owner="x"))
    person = Person(profile_id="p", witnesses=pair, owner="sched-1", owner_ids=frozenset({"files"}))
    found = judge(court, person)
    assert (found.about, found.wanted) == (About.OWNER, "sched-1")
    assert [one.cause for one in found.testimonies] == [None, Cause.NO_ACCOUNT]
    known = replace(person, owner_ids=frozenset({"files", "other"}))
    assert judge(court, known).testimonies[1].cause is Cause.CHANGED_THERE
    would = Prospect(
        standing=Standing(),
        move=StageMove(stage=Stage.MQL, reason="STAGE_UNCHANGED"),
        owner="sched-1",
        writes={pair[1].ref: frozenset({"owner"})},
    )
    due = replace(known, is_due=True, prospect=would)
    assert judge(court, due).testimonies[1].cause is Cause.NOT_DECIDED


def test_of_an_owner_it_is_told_whom_a_record_shows_and_when_a_person_chose_them(
    court: Court,
) -> None:
    first, second = (
        replace(witness(system, owner=owner), owner_set_by_person_at=NOW)
        for system, owner in (("files", "own-101"), ("other", "x"))
    )
    person = Person(
        profile_id="p",
        witnesses=(first, second),
        owner="sched-1",
        owner_ids=frozenset({"files", "other"}),
    )
    found = judge(court, person)
    assert found.profile_id == "p"
    assert [(one.ref, one.shows, one.cause, one.at) for one in found.testimonies] == [
        (first.ref, "sched-1", None, NOW),
        (second.ref, "other:x", Cause.SET_BY_PERSON, NOW),
    ]
    would = replace(
        prospect(court, first, second, to=Stage.MQL), writes={second.ref: frozenset({"owner"})}
    )
    told = judge(court, replace(person, prospect=would)).testimonies[1]
    assert (told.cause, told.at) == (Cause.NEVER_WRITTEN, None)


@pytest.mark.parametrize(
    ("is_due", "wanted"), [(True, "sched-2"), (False, "sched-1")], ids=["due", "not due"]
)
def test_the_owner_that_is_wanted_is_whom_the_next_run_gives_a_lead_that_is_due(
    court: Court, is_due: bool, wanted: str
) -> None:
    pair = (witness("files", owner="own-101"), witness("other", owner="x"))
    would = replace(prospect(court, *pair, to=Stage.MQL), owner="sched-2")
    person = Person(profile_id="p", witnesses=pair, owner="sched-1", is_due=is_due)
    assert judge(court, person).wanted == "sched-1"
    assert judge(court, replace(person, prospect=would)).wanted == wanted


def test_what_no_write_can_settle_of_owners_and_opt_outs(court: Court) -> None:
    theirs = witness("files", owner="own-101", opt_out_email=True)
    other = witness("other", owner="x")
    hidden = replace(other.contact, facts={}, unseen=frozenset({"owner"}))
    unwritten = replace(other, object_map=object_map(writes=False))

    def told(second: Witness, *, is_linked: bool = True) -> dict[About, Cause | None]:
        pair = (theirs, second)
        person = Person(profile_id="p", witnesses=pair, owner="sched-1", is_linked=is_linked)
        return {one.about: one.testimonies[1].cause for one in find_disagreements(court, person)}

    assert told(replace(other, contact=hidden))[About.OWNER] is Cause.HIDDEN
    assert set(told(unwritten).values()) == {Cause.NOT_WRITTEN}
    assert set(told(other, is_linked=False).values()) == {Cause.NOT_LINKED}


def test_owners_of_a_lead_that_nobody_is_handed_are_left_to_people(court: Court) -> None:
    pair = (witness("files", owner="own-101"), witness("other", owner="x"))
    found = judge(court, Person(profile_id="p", witnesses=pair))
    assert {one.cause for one in found.testimonies} == {Cause.NO_HAND_OFF}


def test_a_write_that_is_over_does_not_hide_what_stands_in_the_way_by_now(court: Court) -> None:
    """An owner was refused once, and the lead is nobody's since; a plan that is held is sent all the same."""
    held = replace(REJECTED, state="held", outcome=None, code=None)
    for write, cause in ((REJECTED, Cause.NO_HAND_OFF), (held, Cause.HELD_PLAN)):
        pair = (witness("files", owner="own-101"), replace(witness("other"), writes=(write,)))
        found = judge(court, Person(profile_id="p", witnesses=pair))
        assert found.testimonies[1].cause is cause
    due = judge(court, Person(profile_id="p", witnesses=pair, is_due=True))
    assert due.testimonies[1].cause is Cause.NO_HAND_OFF


def test_who_stands_for_nobody_is_nobody(court: Court) -> None:
    pair = (witness("files", owner="own-000"), witness("other"))
    assert not list(find_disagreements(court, Person(profile_id="p", witnesses=pair)))
    other = (pair[0], witness("other", owner="x"))
    found = judge(court, Person(profile_id="p", witnesses=other))
    assert [one.shows for one in found.testimonies] == [None, "other:x"]


def test_every_cause_says_what_settles_it() -> None:
    assert set(TO_DO) == set(Cause)
