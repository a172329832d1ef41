"""On whom the CRMs disagree, and why: what each record shows beside what was decided of the person.

Pure: one person's records, decision and writes in, what they disagree about out. Nothing personal is
in it: ids, words for stages, owners, codes.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.core.field_map import Managed
from worker.core.model import PERMISSIVE_FACTS
from worker.core.owner_twins import person_of
from worker.core.testimony import (
    CLOSED,
    HIDDEN,
    OPEN,
    About,
    Cause,
    Court,
    Disagreement,
    Person,
    Testimony,
    Witness,
)
from worker.core.truth_of_stages import about_stage
from worker.core.unwritten import testify_of_writes, why_closed


def find_disagreements(court: Court, person: Person) -> Iterator[Disagreement]:
    """Yield what the CRMs disagree about, if they do; a person in one CRM has nobody to disagree."""
    if len({one.ref.system for one in person.witnesses}) < 2:
        return
    for found in (about_stage(court, person), _about_owner(court, person)):
        if found is not None:
            yield found
    yield from _about_consent(court, person)


# --- owner


def _about_owner(court: Court, person: Person) -> Disagreement | None:
    shown = {one.ref: _owner_of(court, one) for one in person.witnesses}
    if len(set(shown.values())) == 1:
        return None
    wanted = _owner_wanted(person)
    return Disagreement(
        profile_id=person.profile_id,
        about=About.OWNER,
        wanted=wanted,
        testimonies=tuple(
            _testify_owner(court, person, one, shown[one.ref], wanted) for one in person.witnesses
        ),
    )


def _owner_wanted(person: Person) -> str | None:
    """Say who is to have a lead, in the eyes of the next run where it decides the lead anew."""
    prospect = person.prospect
    return prospect.owner if prospect is not None and person.is_due else person.owner


def _owner_of(court: Court, one: Witness) -> str | None:
    """Whom a record shows, in a word that all CRMs share; who stands for nobody is nobody."""
    owner = one.contact.facts.get("owner")
    key = f"{one.ref.system}:{owner}"
    if owner is None or key in court.routing.policy.unassigned:
        return None
    return person_of(court.routing, key)


def _testify_owner(
    court: Court, person: Person, one: Witness, shown: str | None, wanted: str | None
) -> Testimony:
    edited_at = one.owner_set_by_person_at
    if wanted is not None and shown == wanted:
        return Testimony(ref=one.ref, shows=shown, at=edited_at)
    cause = _why_owner(person, one, wanted)
    told = testify_of_writes(court, person, one, one.target(Managed.OWNER), shown, cause)
    if told is not None:
        return told
    at = edited_at if cause is Cause.SET_BY_PERSON else None
    return Testimony(ref=one.ref, shows=shown, cause=cause, at=at)


def _why_owner(person: Person, one: Witness, wanted: str | None) -> Cause:
    closed = why_closed(person, one, Managed.OWNER, is_hidden="owner" in one.contact.unseen)
    if closed is not None:
        return closed
    if wanted is None:
        return Cause.NO_HAND_OFF
    if person.is_to_be_written(one.ref, one.target(Managed.OWNER)):
        return Cause.NOT_DECIDED if person.is_due else Cause.NEVER_WRITTEN
    if one.ref.system not in person.owner_ids:
        return Cause.NO_ACCOUNT
    return Cause.CHANGED_THERE if one.owner_set_by_person_at is None else Cause.SET_BY_PERSON


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
                    _testify_consent(court, person, one, fact, shown[one.ref])
                    for one in person.witnesses
                ),
            )


def _answer(one: Witness, fact: str) -> str | None:
    """Say whether a record closes the channel; None where it was asked for consent and does not say.

    An opt-out may be read from several fields: one that says so outweighs one that is hidden.
    """
    value = one.contact.facts.get(fact)
    if value is (fact not in PERMISSIVE_FACTS):
        return CLOSED
    if fact in one.contact.unseen:
        return HIDDEN
    return None if value is None and fact in PERMISSIVE_FACTS else OPEN


def _testify_consent(
    court: Court, person: Person, one: Witness, fact: str, shown: str | None
) -> Testimony:
    if shown in (CLOSED, None):
        return Testimony(ref=one.ref, shows=shown)
    target = one.target(Managed(fact)) if fact in set(Managed) else None
    cause = _why_consent(person, one, fact, target, shown)
    told = testify_of_writes(court, person, one, target, shown, cause)
    return told or Testimony(ref=one.ref, shows=shown, cause=cause)


def _why_consent(
    person: Person, one: Witness, fact: str, target: str | None, shown: str | None
) -> Cause:
    if not person.is_linked:
        return Cause.NOT_LINKED
    if shown == HIDDEN and not person.is_to_be_written(one.ref, target):
        return Cause.HIDDEN
    if not one.reads(fact):
        return Cause.NO_FIELD
    if fact in PERMISSIVE_FACTS:
        return Cause.LEFT_TO_PEOPLE
    if target is None:
        return Cause.NOT_WRITTEN
    if fact not in person.revoked:
        return Cause.LET_STAND
    return Cause.NOT_DECIDED if person.is_due else Cause.NEVER_WRITTEN
