"""Admission: between the verdict and the hand-off, whether anybody has time for the lead.

Availability knows rules, openings and lists; this knows the judgement. A lead that was handed off
before is never asked about: nothing is taken back because a calendar filled up.
"""

from __future__ import annotations

import msgspec

from worker.core.availability import Admission, HeldBy, Openings, Request, WaitingLists, admit
from worker.core.case import YES, as_routed
from worker.core.judgement import Judgement, LeadSnapshot
from worker.core.lifecycle import HANDED_OFF, move_stage
from worker.core.memory import Memory
from worker.core.policy import Verdict
from worker.core.ruleset import Ruleset

NO_OPENINGS = Openings()
WAITING, UNKNOWN = "QUALIFIED_WAITING_CAPACITY", "AVAILABILITY_UNKNOWN"


def admit_lead(
    ruleset: Ruleset, snapshot: LeadSnapshot, judgement: Judgement, lists: WaitingLists
) -> Admission | None:
    """Say whether a lead may be handed off now; None where no rule of availability covers it."""
    rules = ruleset.availability.rules
    if not rules or not judgement.is_for_hand_off():
        return None
    if _is_handed_off(judgement, snapshot.memory):
        return None
    case, pathway, found = judgement.case, judgement.pathway, judgement.qualification
    line, site = case.facts.get("service_line"), case.facts.get("site")
    if not isinstance(line, str) or pathway is None:
        return None
    openings = snapshot.openings or NO_OPENINGS
    known = site if isinstance(site, str) else None
    row = openings.find(line, known)
    where = known or (row.site if row is not None else "")
    for rule, is_exempt in rules:
        if not rule.covers(pathway, line, where):
            continue
        if is_exempt is not None and is_exempt(as_routed(case, pathway)) is YES:
            return None
        request = Request(
            profile_id=snapshot.profile_id,
            line=line,
            site=known,
            score=found.total if found is not None else 0.0,
            now=case.now,
            zone=ruleset.configuration.time_zone,
        )
        return admit(rule, request, openings, lists)
    return None


def _is_handed_off(judgement: Judgement, memory: Memory) -> bool:
    """By us, even if the CRM does not show it yet, or by a person."""
    given = memory.stage in HANDED_OFF and memory.owner is not None
    return given or judgement.standing.stage in HANDED_OFF


def hold_back(ruleset: Ruleset, judgement: Judgement, admission: Admission | None) -> Judgement:
    """Turn the verdict on a lead that has to wait into a hold with its reason."""
    if admission is None or admission.held_by is None:
        return judgement
    lifecycle, now = ruleset.configuration.lifecycle, judgement.case.now
    why = (WAITING, UNKNOWN) if admission.held_by is HeldBy.UNKNOWN else (WAITING,)
    return msgspec.structs.replace(
        judgement,
        verdict=Verdict.HOLD,
        move=move_stage(Verdict.HOLD, judgement.standing, lifecycle, now),
        reasons=tuple(dict.fromkeys((*why, *judgement.reasons))),
        topics=(),
        held_back=judgement,
    )


def unasked(admission: Admission | None) -> tuple[str, ...]:
    """Name what was not known when a lead was let go."""
    is_unknown = admission is not None and admission.held_by is None and admission.row is None
    return (UNKNOWN,) if is_unknown else ()
