"""On whom the CRMs disagree, and why: what each record shows beside what was decided of the person.

Pure: one person's records, decision and writes in, what they disagree about out. Nothing personal is
in it: ids, words for stages, owners, codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from worker.core.field_map import Managed
from worker.core.mapping import MappedContact
from worker.core.model import PERMISSIVE_FACTS, Stage
from worker.core.owner_twins import person_of
from worker.core.records import RecordRef
from worker.core.stage_rules import PLAIN, Backward, way_to
from worker.core.testimony import (
    CLOSED,
    HIDDEN,
    OPEN,
    UNKNOWN,
    About,
    Cause,
    Court,
    Disagreement,
    Person,
    Testimony,
    Witness,
)


def find_disagreements(court: Court, person: Person) -> Iterator[Disagreement]:
    """Yield what the CRMs disagree about, if they do; a person in one CRM has nobody to disagree."""
    if len({one.ref.system for one in person.witnesses}) < 2:
        return
    for found in (_about_stage(court, person), _about_owner(court, person)):
        if found is not None:
            yield found
    yield from _about_consent(court, person)


# --- stage


def _about_stage(court: Court, person: Person) -> Disagreement | None:
    shown = {one.ref: stage_shown(one.contact) for one in person.witnesses}
    if len(set(shown.values())) == 1:
        return None
    people = court.lifecycle.people_own
    owned = [stage for stage in shown.values() if stage in people]
    wanted = max(owned, key=_place) if owned else person.stage
    if UNKNOWN in shown.values():
        wanted = None  # nothing is written until the word has a meaning
    return Disagreement(
        profile_id=person.profile_id,
        about=About.STAGE,
        wanted=wanted,
        testimonies=tuple(
            _testify_stage(
                court,
                person,
                one,
                shown[one.ref],
                wanted,
                is_owned=bool(owned),
                is_unknown=UNKNOWN in shown.values(),
            )
            for one in person.witnesses
        ),
    )


def stage_shown(contact: MappedContact) -> str | None:
    """Say which stage a record shows; None for none, ``?`` for a word that the map does not name."""
    if any(issue.fact == "lifecycle_stage" for issue in contact.issues):
        return UNKNOWN
    value = contact.facts.get("lifecycle_stage")
    return str(value) if value is not None else None


def _place(stage: str | None) -> int:
    return list(Stage).index(Stage(stage)) if stage in set(Stage) else -1


def _testify_stage(
    court: Court,
    person: Person,
    one: Witness,
    shown: str | None,
    wanted: str | None,
    *,
    is_owned: bool,
    is_unknown: bool,
) -> Testimony:
    edited_at = one.stage_set_by_person_at
    if shown == UNKNOWN:
        return Testimony(ref=one.ref, shows=shown, cause=Cause.UNKNOWN_WORD)
    if shown == wanted or is_unknown:
        return Testimony(ref=one.ref, shows=shown, at=edited_at)
    target = one.target(Managed.STAGE)
    if is_owned:
        return Testimony(ref=one.ref, shows=shown, cause=Cause.OWNED_BY_PEOPLE, at=edited_at)
    if person.is_linked and (told := _of_writes(one, target, shown)) is not None:
        return told
    cause = _why_stage(court, person, one, shown, wanted)
    at = edited_at if cause is Cause.SET_BY_PERSON else None
    return Testimony(ref=one.ref, shows=shown, cause=cause, at=at)


def _why_stage(
    court: Court, person: Person, one: Witness, shown: str | None, wanted: str | None
) -> Cause:
    hidden = "lifecycle_stage" in one.contact.unseen
    common = _why_any(person, one, Managed.STAGE, is_hidden=hidden)
    if common is not None:
        return common
    if one.stage_set_by_person_at is not None:
        return Cause.SET_BY_PERSON
    source = Stage(shown) if shown in set(Stage) else None
    if wanted in set(Stage):
        rules = court.lifecycle.systems.get(one.ref.system, PLAIN)
        way = way_to(rules, one.ref.object_type, source, Stage(str(wanted)))
        if way is None:
            return Cause.NOT_IN_CRM
        if way is Backward.NEVER:
            return Cause.NO_WAY_BACK
    return _not_yet(court, person, [w.stage_set_by_person_at for w in person.witnesses])


def _not_yet(court: Court, person: Person, edits: Sequence[datetime | None]) -> Cause:
    """Say why something that nothing stands in the way of has not happened."""
    if person.is_dirty:
        return Cause.NOT_DECIDED
    since = court.recent_since
    is_recent = since is not None and any(at is not None and at >= since for at in edits)
    return Cause.ON_ITS_WAY if is_recent else Cause.NEVER_WRITTEN


def _why_any(person: Person, one: Witness, managed: Managed, *, is_hidden: bool) -> Cause | None:
    """Say what stands in the way of any write to a field."""
    if not person.is_linked:
        return Cause.NOT_LINKED
    if is_hidden:
        return Cause.HIDDEN
    return Cause.NOT_WRITTEN if one.target(managed) is None else None


def _of_writes(one: Witness, target: str | None, shown: str | None) -> Testimony | None:
    """Say what became of the latest write to a field, where that is why it shows something else."""
    for write in one.writes:
        if target not in write.fields:
            continue
        cause = _CAUSES.get(write.outcome or write.state)
        if cause is None:
            return None
        is_held = cause is Cause.HELD_PLAN
        return Testimony(
            ref=one.ref,
            shows=shown,
            cause=cause,
            code=write.code,
            at=write.at,
            plan=write.run_id if is_held else None,
        )
    return None


_CAUSES: Mapping[str, Cause] = {
    "held": Cause.HELD_PLAN,
    "planned": Cause.WAITING,
    "ready": Cause.WAITING,
    "sending": Cause.WAITING,
    "rejected": Cause.REJECTED,
    "conflict": Cause.CONFLICT,
}


# --- owner


def _about_owner(court: Court, person: Person) -> Disagreement | None:
    shown = {one.ref: _owner_of(court, one) for one in person.witnesses}
    if len(set(shown.values())) == 1:
        return None
    if person.owner is None and _is_only_unassigned(shown):
        return None
    return Disagreement(
        profile_id=person.profile_id,
        about=About.OWNER,
        wanted=person.owner,
        testimonies=tuple(
            _testify_owner(court, person, one, shown[one.ref]) for one in person.witnesses
        ),
    )


def _is_only_unassigned(shown: Mapping[RecordRef, str | None]) -> bool:
    """Tell whether nobody at all owns the records."""
    return all(who is None for who in shown.values())


def _owner_of(court: Court, one: Witness) -> str | None:
    """Whom a record shows, in a word that all CRMs share; who stands for nobody is nobody."""
    owner = one.contact.facts.get("owner")
    key = f"{one.ref.system}:{owner}"
    if owner is None or key in court.routing.policy.unassigned:
        return None
    return person_of(court.routing, key)


def _testify_owner(court: Court, person: Person, one: Witness, shown: str | None) -> Testimony:
    edited_at = one.owner_set_by_person_at
    if person.owner is not None and shown == person.owner:
        return Testimony(ref=one.ref, shows=shown, at=edited_at)
    told = _of_writes(one, one.target(Managed.OWNER), shown) if person.is_linked else None
    if told is not None:
        return told
    cause = _why_owner(court, person, one)
    at = edited_at if cause is Cause.SET_BY_PERSON else None
    return Testimony(ref=one.ref, shows=shown, cause=cause, at=at)


def _why_owner(court: Court, person: Person, one: Witness) -> Cause:
    common = _why_any(person, one, Managed.OWNER, is_hidden="owner" in one.contact.unseen)
    if common is not None:
        return common
    if person.owner is None:
        return Cause.NO_HAND_OFF
    if one.owner_set_by_person_at is not None:
        return Cause.SET_BY_PERSON
    if one.ref.system not in person.owner_ids:
        return Cause.NO_ACCOUNT
    return _not_yet(court, person, [w.owner_set_by_person_at for w in person.witnesses])


# --- consent


def _about_consent(court: Court, person: Person) -> Iterator[Disagreement]:
    for fact, channels in court.consent.items():
        shown = {one.ref: _answer(one, fact) for one in person.witnesses}
        if CLOSED in shown.values() and not {OPEN, HIDDEN}.isdisjoint(shown.values()):
            yield Disagreement(
                profile_id=person.profile_id,
                about=About.CONSENT,
                field=fact,
                channels=channels,
                wanted=CLOSED,
                testimonies=tuple(
                    _testify_consent(person, one, fact, shown[one.ref]) for one in person.witnesses
                ),
            )


def _answer(one: Witness, fact: str) -> str | None:
    """Say whether a record closes the channel; None where it was asked for consent and does not say."""
    if fact in one.contact.unseen:
        return HIDDEN
    value = one.contact.facts.get(fact)
    if fact in PERMISSIVE_FACTS:
        return None if value is None else (CLOSED if value is False else OPEN)
    return CLOSED if value is True else OPEN


def _testify_consent(person: Person, one: Witness, fact: str, shown: str | None) -> Testimony:
    if shown in (CLOSED, None):
        return Testimony(ref=one.ref, shows=shown)
    target = one.target(Managed(fact)) if fact in set(Managed) else None
    told = _of_writes(one, target, shown) if person.is_linked and target is not None else None
    return told or Testimony(
        ref=one.ref, shows=shown, cause=_why_consent(person, one, fact, target, shown)
    )


def _why_consent(
    person: Person, one: Witness, fact: str, target: str | None, shown: str | None
) -> Cause:
    if not person.is_linked:
        return Cause.NOT_LINKED
    if shown == HIDDEN:
        return Cause.HIDDEN
    if not one.reads(fact):
        return Cause.NO_FIELD
    if fact in PERMISSIVE_FACTS:
        return Cause.LEFT_TO_PEOPLE
    if target is None:
        return Cause.NOT_WRITTEN
    return Cause.NOT_DECIDED if person.is_dirty else Cause.NEVER_WRITTEN
