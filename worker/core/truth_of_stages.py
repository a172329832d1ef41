"""Why a record shows another stage than its lead has: by the same rules that write stages.

The lead is judged as the next run would judge it, so that what is told is what will be done.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.core.field_map import Managed
from worker.core.lifecycle import HANDED_OFF, OWNED_BY_PEOPLE
from worker.core.mapping import MappedContact
from worker.core.model import Stage
from worker.core.records import RecordRef
from worker.core.stage_rules import PLAIN, Backward, way_to
from worker.core.stage_writes import is_newer_there, is_to_follow, stage_way
from worker.core.testimony import (
    UNKNOWN,
    About,
    Cause,
    Court,
    Disagreement,
    Person,
    Prospect,
    Testimony,
    Witness,
)
from worker.core.unwritten import testify_of_writes, why_closed


def stage_shown(contact: MappedContact) -> str | None:
    """Say which stage a record shows; None for none, ``?`` for a word that the map does not name."""
    if any(issue.fact == "lifecycle_stage" for issue in contact.issues):
        return UNKNOWN
    value = contact.facts.get("lifecycle_stage")
    return str(value) if value is not None else None


def about_stage(court: Court, person: Person) -> Disagreement | None:
    """Say what the CRMs disagree about of a person's stage, if they do."""
    shown = {one.ref: stage_shown(one.contact) for one in person.witnesses}
    if len(set(shown.values())) == 1:
        return None
    wanted = person.stage if person.prospect is None else person.prospect.move.stage
    if UNKNOWN in shown.values():
        wanted = None  # nothing is written until the word has a meaning
    return Disagreement(
        profile_id=person.profile_id,
        about=About.STAGE,
        wanted=wanted,
        testimonies=tuple(_testify(court, person, one, shown, wanted) for one in person.witnesses),
    )


def _testify(
    court: Court,
    person: Person,
    one: Witness,
    shown: Mapping[RecordRef, str | None],
    wanted: str | None,
) -> Testimony:
    here, edited_at = shown[one.ref], one.stage_set_by_person_at
    if here == UNKNOWN:
        return Testimony(ref=one.ref, shows=here, cause=Cause.UNKNOWN_WORD)
    if here == wanted or UNKNOWN in shown.values():
        return Testimony(ref=one.ref, shows=here, at=edited_at)
    cause = _why_not(court, person, one)
    told = testify_of_writes(court, person, one, one.target(Managed.STAGE), here, cause)
    if told is not None:
        return told
    at = edited_at if cause in (Cause.SET_BY_PERSON, Cause.OWNED_BY_PEOPLE) else None
    return Testimony(ref=one.ref, shows=here, cause=cause, at=at)


def _why_not(court: Court, person: Person, one: Witness) -> Cause:
    hidden = "lifecycle_stage" in one.contact.unseen
    closed = why_closed(person, one, Managed.STAGE, is_hidden=hidden)
    if closed is not None:
        return closed
    prospect = person.prospect
    if prospect is None:
        return Cause.NOT_DECIDED
    if prospect.move.stage is None:
        return Cause.CLEARED
    if person.is_to_be_written(one.ref, one.target(Managed.STAGE)):
        return _not_yet(court, person)
    return _why_left(court, prospect, one)


def _not_yet(court: Court, person: Person) -> Cause:
    """Say why something that nothing stands in the way of has not happened."""
    if person.is_due:
        return Cause.NOT_DECIDED
    edits = (one.stage_set_by_person_at for one in person.witnesses)
    since = court.recent_since
    is_recent = since is not None and any(at is not None and at >= since for at in edits)
    return Cause.ON_ITS_WAY if is_recent else Cause.NEVER_WRITTEN


def _why_left(court: Court, prospect: Prospect, one: Witness) -> Cause:
    """Say why a record is left at the stage it shows."""
    policy, standing, move = court.lifecycle, prospect.standing, prospect.move
    target, source = move.stage, standing.stages.get(one.ref)
    assert target is not None
    if stage_way(policy, standing, move, one.ref) is not None:
        return Cause.CHANGED_THERE
    if is_to_follow(policy, standing, move, one.ref):
        return _why_crm(court, one, source, target)
    if target in policy.people_own or source in policy.people_own:
        is_later = is_newer_there(standing, one.ref, target)
        is_theirs = move.reason == OWNED_BY_PEOPLE and source not in policy.people_own
        return Cause.SET_BY_PERSON if is_theirs and is_later else Cause.OWNED_BY_PEOPLE
    if prospect.is_on_hold and target in HANDED_OFF:
        return Cause.ON_HOLD
    return Cause.NOT_ALLOWED


def _why_crm(court: Court, one: Witness, source: Stage | None, target: Stage) -> Cause:
    rules = court.lifecycle.systems.get(one.ref.system, PLAIN)
    way = way_to(rules, one.ref.object_type, source, target)
    if way is Backward.NEVER:
        return Cause.NO_WAY_BACK
    is_unlisted = (one.ref.object_type, target) in rules.unlisted
    return Cause.NOT_IN_CRM if is_unlisted else Cause.NOT_USED
