"""Deciding one lead: facts in, decision out.

``map_contact → judge → route → decide``. Pure: the instant, the roster and what is remembered of the
lead are arguments, and equal arguments give an equal decision.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from worker.core.admission import admit_lead, hold_back, unasked
from worker.core.assignment import Roster
from worker.core.availability import EMPTY_LISTS, Admission, WaitingLists
from worker.core.follow_up import FollowUp, reason_of
from worker.core.hand_over import HandOver, hand_over, has_accepted
from worker.core.holding import has_hand_off
from worker.core.identity import MergedLead
from worker.core.judgement import TELLING_MOVES, Judgement, LeadSnapshot, judge, merge_lead
from worker.core.lifecycle import HANDED_OFF, PROPOSED
from worker.core.memory import Memory, Refusal
from worker.core.model import Facts
from worker.core.routing import Route
from worker.core.ruleset import Ruleset
from worker.core.sales import (
    given_at,
    refusals_of,
    verdict_at,
    verdict_shown,
    word_to_remember,
)


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision about one lead, complete with its explanation.

    ``is_new`` is false when it only confirms the last decision, ``is_of_lead`` also when it says no more
    than that the clock of the follow-up has moved on. ``wake_at`` is when the clock of its
    follow-up moves on by itself; when the verdict does, ``worker.core.due`` finds out.
    ``admission`` says whether we have time for it, where that was asked.
    """

    id: str
    profile_id: str
    decided_at: datetime
    lead: MergedLead
    judgement: Judgement
    route: Route | None
    reasons: tuple[str, ...]
    is_new: bool
    is_of_lead: bool
    memory: Memory
    admission: Admission | None = None
    wake_at: datetime | None = None

    @property
    def hand_off(self) -> Route | None:
        """The route of a lead that somebody gets; None also for one that routing holds."""
        return self.route if self.route is not None and self.route.hold is None else None


class JudgedLead(msgspec.Struct, frozen=True, kw_only=True):
    """A lead with its verdict, before anybody is given it. Depends on nothing but the lead."""

    snapshot: LeadSnapshot
    lead: MergedLead
    judgement: Judgement


def decide(
    ruleset: Ruleset,
    snapshot: LeadSnapshot,
    roster: Roster,
    now: datetime,
    lists: WaitingLists = EMPTY_LISTS,
) -> Decision:
    """Decide one lead at ``now``: its stage, and if it is qualified its owner and next step."""
    return decide_judged(ruleset, judge_lead(ruleset, snapshot, now), roster, lists)


def judge_lead(ruleset: Ruleset, snapshot: LeadSnapshot, now: datetime) -> JudgedLead:
    """Merge a lead and reach its verdict at ``now``: the part of deciding that asks for no roster."""
    lead = merge_lead(ruleset, snapshot)
    judgement = judge(ruleset, snapshot, lead, now)
    return JudgedLead(snapshot=snapshot, lead=lead, judgement=judgement)


def decide_judged(
    ruleset: Ruleset, judged: JudgedLead, roster: Roster, lists: WaitingLists = EMPTY_LISTS
) -> Decision:
    """Give a judged lead its owner and next step if it is qualified, and conclude."""
    snapshot, lead, judgement = judged.snapshot, judged.lead, judged.judgement
    now, memory = judgement.case.now, snapshot.memory
    admission = admit_lead(ruleset, snapshot, judgement, lists)
    judgement = hold_back(ruleset, judgement, admission)
    refusals = refusals_of(ruleset, memory, lead, now)
    handed = None
    if judgement.is_for_hand_off():
        handed = hand_over(ruleset, snapshot, judgement, refusals, roster)
        refusals = handed.refusals
        if told := unasked(admission):
            handed = handed.with_reasons(told)
    route, follow_up = (handed.route, handed.follow_up) if handed else (None, None)
    signature = _digest(judgement, route, follow_up, ruleset)
    is_new = signature != memory.signature
    is_of_lead = _without_clock(signature) != _without_clock(memory.signature or "")
    decision_id = _decision_id(snapshot, now, signature) if is_new else str(memory.decision_id)
    return Decision(
        id=decision_id,
        profile_id=snapshot.profile_id,
        decided_at=now,
        lead=lead,
        judgement=judgement,
        route=route,
        reasons=_join_reasons(judgement.reasons, _reasons_of(handed, snapshot)),
        is_new=is_new,
        admission=admission,
        is_of_lead=is_of_lead,
        memory=_remember(memory, judgement, handed, refusals, (signature, decision_id), now),
        wake_at=handed.wake_at if handed else None,
    )


def with_decision(roster: Roster, before: Memory, decision: Decision) -> Roster:
    """Move a lead in the roster as a decision moves it; ``before`` is what was remembered of it."""
    route, owner = decision.route, decision.memory.owner
    if route is None or not is_given(before, decision):
        return roster.with_move(before.owner, owner)
    return roster.with_move(before.owner, owner, is_given=True, balances=route.balances)


def is_given(before: Memory, decision: Decision) -> bool:
    """Tell whether a decision gives the lead to somebody who did not have it already."""
    route = decision.route
    if route is None or route.is_kept or route.owner is None:
        return False
    return decision.memory.owner != before.owner


def _reasons_of(handed: HandOver | None, snapshot: LeadSnapshot) -> tuple[str, ...]:
    """Say of a hand-off how far its clock is, how its owner was found, and whether a person chose."""
    if handed is None:
        return ()
    route, code = handed.route, reason_of(handed.follow_up)
    is_chosen = route.is_kept and snapshot.owner_set_by_person_at is not None
    chosen = ("OWNER_SET_BY_PERSON",) if is_chosen else ()
    return (*((code,) if code else ()), *route.reasons, *chosen)


def _join_reasons(reasons: tuple[str, ...], of_route: tuple[str, ...]) -> tuple[str, ...]:
    """Put what went wrong in routing behind the first three reasons: a CRM's field cuts the rest."""
    usual = tuple(code for code in of_route if code in _USUAL_ROUTES)
    unusual = (code for code in of_route if code not in _USUAL_ROUTES)
    return tuple(dict.fromkeys([*reasons[:3], *unusual, *reasons[3:], *usual]))


_USUAL_ROUTES = frozenset(
    {
        "ROUTE_TEAM_MEMBER",
        "ROUTE_OWNER_KEPT",
        "ROUTE_ACCOUNT_OWNER",
        "SALES_ACCEPTED",
        "SLA_FOLLOWED_UP",
        "SLA_FOLLOWED_UP_LATE",
    }
)


def _decision_id(snapshot: LeadSnapshot, now: datetime, signature: str) -> str:
    """Name a new decision by its instant, what it says, and the one it follows.

    At one instant a lead may be decided one way, another way, and the first way again.
    """
    text = f"{snapshot.profile_id}|{now.isoformat()}|{signature}|{snapshot.memory.decision_id}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _digest(
    judgement: Judgement, route: Route | None, follow_up: FollowUp | None, ruleset: Ruleset
) -> str:
    """Digest what a decision says. That the stage was reached just now, or before, says nothing."""
    pathway, move = judgement.pathway, judgement.move
    words: list[str | None] = [
        pathway,
        ruleset.policies[pathway].policy.digest if pathway else None,
        judgement.verdict,
        judgement.track,
        move.stage,
        move.reason if move.reason in TELLING_MOVES else None,
        ",".join(sorted([p.channel for p in judgement.permissions if p.is_allowed])),
        ",".join(judgement.topics),
        *((route.owner, route.outside_owner, route.target, route.next_step.id) if route else ()),
        *((route.hold,) if route and route.hold else ()),
    ]
    said = "|".join([*[word or "" for word in words], *judgement.reasons])
    digest = hashlib.blake2b(said.encode(), digest_size=12).hexdigest()
    if follow_up is None:
        return digest
    return f"{digest}{_CLOCK}{follow_up.state}{follow_up.reassignments}"


_CLOCK = "."
"""Parts what a signature says of the lead from what it says of the clock."""


def _without_clock(signature: str) -> str:
    return signature.partition(_CLOCK)[0]


def _remember(
    memory: Memory,
    judgement: Judgement,
    handed: HandOver | None,
    refusals: tuple[Refusal, ...],
    identity: tuple[str, str],
    now: datetime,
) -> Memory:
    stage, route = judgement.move.stage, handed.route if handed else None
    standing = judgement.standing
    is_worked = stage in HANDED_OFF and standing.handed_back is None
    is_same_stage = memory.stage is stage and memory.stage_since is not None
    owner = (route.owner or route.outside_owner) if route else None
    is_same_owner = owner == memory.owner and memory.assigned_at is not None
    facts = judgement.case.facts
    said_at = given_at(facts, memory, now)
    return Memory(
        signature=identity[0],
        decision_id=identity[1],
        verdict=judgement.verdict,
        pathway=judgement.pathway,
        stage=stage,
        stage_since=memory.stage_since if is_same_stage else now,
        owner=owner,
        assigned_at=(memory.assigned_at if is_same_owner else now) if owner else None,
        next_step=route.next_step.id if route and owner else None,
        next_step_due_at=route.due_at if route and owner else None,
        route_reasons=route.reasons if route else (),
        refusals=refusals,
        recycled_at=None if is_worked else standing.recycled_at,
        is_proposal=stage is PROPOSED and not judgement.move.is_hands_off,
        left_at=judgement.left_at,
        is_left=bool(judgement.left),
        follow_up=handed.follow_up if handed else None,
        sales_word=word_to_remember(
            facts,
            memory,
            is_accepted_now=has_accepted(judgement, memory) if handed else standing.is_accepted,
            is_same_hand_off=is_same_owner and has_hand_off(memory),
        ),
        sales_word_at=said_at if said_at != verdict_at(facts) else None,
        taken_from=handed.taken_from if handed and owner else frozenset(),
        verdict_at_hand_off=_verdict_at_hand_off(memory, facts, owner, is_same=is_same_owner),
    )


def _verdict_at_hand_off(
    memory: Memory, facts: Facts, owner: str | None, *, is_same: bool
) -> str | None:
    """What sales had said of the lead when it got its owner; what is known first of one of old."""
    if owner is None:
        return None
    before = memory.verdict_at_hand_off if is_same else None
    return before if before is not None else verdict_shown(facts)
