"""Deciding one lead: facts in, decision out.

``map_contact → merge → derive → assess → qualify → route → decide``. Pure: the instant, the roster and what
is remembered of the lead are arguments, and equal arguments give an equal decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TypeAlias

from worker.core.assignment import Roster
from worker.core.case import YES, Case, make_case, with_gates, with_records, without
from worker.core.consent import Permissions, allowed_channels
from worker.core.derivation import derive
from worker.core.exclusions import derive_test, unsolicited
from worker.core.hand_over import hand_over
from worker.core.identity import MergedLead, merge_contacts
from worker.core.lifecycle import StageMove, Standing, move_stage
from worker.core.mapping import Issue, MappedContact
from worker.core.memory import Memory, Refusal, find_refusal
from worker.core.merged import with_merged
from worker.core.model import Activity, ContactChannel, Stage
from worker.core.organisations import Membership
from worker.core.policy import Verdict
from worker.core.qualification import Qualification, hold_unreachable, qualify
from worker.core.quality import Finding, assess
from worker.core.reasons import Severity
from worker.core.routing import Route
from worker.core.ruleset import Ruleset
from worker.core.standing import HANDED_BACK, find_standing
from worker.core.stated_timing import derive_timing


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadSnapshot:
    """All that is known of one lead at the time of deciding. ``activities`` are newest first.

    ``shut`` says, by the fact that holds an address, of what somebody who has it as well opted out.
    ``membership`` is None when its organisation is not known, or no rule asks anything of it.
    ``merged`` is what is kept of records that a CRM merged into those of ``contacts``.
    ``issues`` are what is wrong beyond the values themselves: an owner who left, a second record.
    """

    profile_id: str
    contacts: tuple[MappedContact, ...]
    activities: tuple[Activity, ...] = ()
    memory: Memory = field(default_factory=Memory)
    stage_set_by_person_at: datetime | None = None
    shut: Mapping[str, frozenset[str]] = field(default_factory=dict)
    membership: Membership | None = None
    issues: tuple[Issue, ...] = ()
    merged: tuple[MappedContact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict on a lead at one instant, before anybody is given the lead."""

    case: Case
    pathway: str | None
    findings: tuple[Finding, ...]
    permissions: Permissions
    qualification: Qualification | None
    verdict: Verdict
    standing: Standing
    move: StageMove
    reasons: tuple[str, ...]
    track: str | None = None
    topics: tuple[str, ...] = ()

    def signature(self) -> Signature:
        """What must differ for the decision to be another one. The score alone does not count.

        Of a lead that is left alone, only why; what the policy would say of it changes nothing. Of
        one that is handed off also the channels and topics: who works it relies on them.
        """
        if self.move.is_hands_off:
            return (None, Verdict.HOLD, self.move.stage, self.move.reason, ())
        said = self.reasons if self.track is None else (*self.reasons, self.track)
        if self.is_for_hand_off():
            channels = sorted([p.channel for p in self.permissions if p.is_allowed])
            said = (*said, *channels, *self.topics)
        return (self.pathway, self.verdict, self.move.stage, self.move.reason, said)

    def is_for_hand_off(self) -> bool:
        """Tell whether somebody is to work the lead.

        A lead on hold may still stand at MQL because a person put it there; it is handed to nobody.
        """
        return _is_for_hand_off(self.verdict, self.move)


def _is_for_hand_off(verdict: Verdict, move: StageMove) -> bool:
    return move.stage is Stage.MQL and verdict is not Verdict.HOLD and not move.is_hands_off


Signature: TypeAlias = tuple[str | None, Verdict, Stage | None, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision about one lead, complete with its explanation.

    ``due_at`` is the next instant at which time alone changes the verdict (set by
    ``worker.core.due``). ``is_new`` is false when it only confirms the last decision.
    """

    id: str
    profile_id: str
    decided_at: datetime
    lead: MergedLead
    judgement: Judgement
    route: Route | None
    reasons: tuple[str, ...]
    is_new: bool
    memory: Memory


def merge_lead(ruleset: Ruleset, snapshot: LeadSnapshot) -> MergedLead:
    """Merge the records of a lead, and add the facts that follow from what they say."""
    configuration = ruleset.configuration
    lead = merge_contacts(snapshot.contacts, configuration.identity.survivorship)
    if snapshot.merged:
        edited_at = snapshot.stage_set_by_person_at
        lead = with_merged(lead, snapshot.contacts, snapshot.merged, edited_at)
    lead = derive(lead, configuration)
    lead = derive_timing(lead, snapshot.contacts, ruleset.timing)
    return derive_test(lead, snapshot.contacts, configuration.exclusions)


def judge(ruleset: Ruleset, snapshot: LeadSnapshot, lead: MergedLead, now: datetime) -> Judgement:
    """Reach the verdict at ``now``, without routing."""
    configuration = ruleset.configuration
    case = _make_case(ruleset, snapshot, lead, now)
    pathway = next((name for name, holds in ruleset.pathways if holds(case) is YES), None)
    issues, unseen = (*lead.issues, *snapshot.issues), lead.unseen
    findings = assess(ruleset.quality, lead.facts, issues, pathway=pathway, now=now, unseen=unseen)
    standing = find_standing(
        snapshot.contacts,
        snapshot.memory,
        lead,
        case,
        configuration.lifecycle,
        snapshot.stage_set_by_person_at,
    )
    if pathway is None:
        return _unclear(ruleset, case, findings, standing)
    compiled = ruleset.policies[pathway]
    permissions = ruleset.consent(case, compiled.policy.purpose, unseen)
    case = with_gates(
        _only_solicited(ruleset, case, lead, compiled.policy.purpose, permissions),
        reachable=allowed_channels(permissions),
        findings=frozenset([finding.code for finding in findings]),
        has_blocking_finding=bool(findings) and findings[0].severity is Severity.BLOCK,
    )
    found = qualify(compiled, case, is_qualified_now=standing.stage is Stage.MQL)
    qualification = hold_unreachable(found, case)
    verdict = qualification.verdict
    if verdict is Verdict.QUALIFIED and standing.is_handed_back:
        verdict = Verdict.NURTURE
    move = move_stage(verdict, standing, configuration.lifecycle, now)
    is_nurtured = verdict is Verdict.NURTURE and not move.is_hands_off
    return Judgement(
        case=case,
        pathway=pathway,
        findings=findings,
        permissions=permissions,
        qualification=qualification,
        verdict=verdict,
        standing=standing,
        move=move,
        reasons=_reasons(case, qualification, verdict, findings, permissions, move),
        track=_suggest_track(ruleset, case, lead, permissions, pathway) if is_nurtured else None,
        topics=ruleset.topics(case, pathway) if _is_for_hand_off(verdict, move) else (),
    )


def _suggest_track(
    ruleset: Ruleset, case: Case, lead: MergedLead, permissions: Permissions, pathway: str
) -> str | None:
    """Name what to nurture a lead with; nothing where no channel of outreach is agreed to."""
    compiled = ruleset.policies[pathway]
    if not compiled.tracks:
        return None
    if not _outreach(ruleset, case, lead, compiled.policy.purpose, permissions):
        return None
    return next((name for name, holds in compiled.tracks if holds(case) is YES), None)


def _make_case(ruleset: Ruleset, snapshot: LeadSnapshot, lead: MergedLead, now: datetime) -> Case:
    configuration = ruleset.configuration
    case = make_case(
        lead.facts,
        snapshot.activities,
        now,
        configuration.time_zone,
        snapshot.membership,
        configuration.exclusions,
        lead.derived.get("is_test"),
        ruleset.governed,
    )
    is_single = len(snapshot.contacts) < 2
    if is_single and not snapshot.shut:
        return case
    records = () if is_single else sorted(snapshot.contacts, key=_by_ref)
    return with_records(case, tuple([contact.facts for contact in records]), snapshot.shut)


_by_ref = attrgetter("ref")


def _only_solicited(
    ruleset: Ruleset, case: Case, lead: MergedLead, purpose: str, permissions: Permissions
) -> Case:
    """Leave out answers to outreach the lead did not agree to; consent is settled by then."""
    responses = ruleset.configuration.exclusions.responses
    if responses.keys().isdisjoint(case.by_kind):
        return case
    since = _outreach(ruleset, case, lead, purpose, permissions)
    answers = [answer for kind in responses for answer in case.by_kind.get(kind, ())]
    return without(case, unsolicited(answers, responses, since))


def _outreach(
    ruleset: Ruleset, case: Case, lead: MergedLead, purpose: str, permissions: Permissions
) -> dict[ContactChannel, datetime | None]:
    """The channels we may write by without being asked, with the time of the agreement if known."""
    outreach = ruleset.configuration.consent.outreach_purpose
    if outreach is None:
        return {}
    if outreach != purpose:
        permissions = ruleset.consent(case, outreach, lead.unseen)
    return {p.channel: p.given_at for p in permissions if p.is_allowed}


def _unclear(
    ruleset: Ruleset, case: Case, findings: tuple[Finding, ...], standing: Standing
) -> Judgement:
    lifecycle = ruleset.configuration.lifecycle
    move = move_stage(Verdict.HOLD, standing, lifecycle, case.now)
    told = (move.reason,) if move.reason in _TELLING_MOVES else ()
    blocking = tuple(f.code for f in findings if f.severity is Severity.BLOCK)
    return Judgement(
        case=case,
        pathway=None,
        findings=findings,
        permissions=(),
        qualification=None,
        verdict=Verdict.HOLD,
        standing=standing,
        move=move,
        reasons=tuple(dict.fromkeys((*told, "HOLD_PATHWAY_UNCLEAR", *blocking))),
    )


_TELLING_MOVES = frozenset(
    {
        "STAGE_SET_BY_PERSON",
        "STAGE_MOVE_NOT_ALLOWED",
        "STAGE_DWELL_NOT_OVER",
        "STAGE_UNKNOWN_VALUE",
        "STAGE_OWNED_BY_PEOPLE",
    }
)


def _reasons(
    case: Case,
    qualification: Qualification,
    verdict: Verdict,
    findings: tuple[Finding, ...],
    permissions: Permissions,
    move: StageMove,
) -> tuple[str, ...]:
    """Order the codes, the most important first. A lead that is left alone needs only to say so."""
    if move.is_hands_off:
        return (move.reason,)
    first: list[str] = [move.reason] if move.reason in _TELLING_MOVES else []
    if verdict is not qualification.verdict:
        first.append(HANDED_BACK[case.facts.get("sales_verdict")])
    if qualification.stopped_by is not None or verdict is Verdict.HOLD:
        first += qualification.reasons[:1]
    blocking = [f.code for f in findings if f.severity is Severity.BLOCK]
    refused = [] if case.reachable else [p.reason for p in permissions]
    warnings = [f.code for f in findings if f.severity is Severity.WARN]
    if not (first or blocking or refused or warnings):
        return qualification.reasons
    return tuple(dict.fromkeys([*first, *blocking, *refused, *qualification.reasons, *warnings]))


def decide(ruleset: Ruleset, snapshot: LeadSnapshot, roster: Roster, now: datetime) -> Decision:
    """Decide one lead at ``now``: its stage, and if it is qualified its owner and next step."""
    lead = merge_lead(ruleset, snapshot)
    judgement = judge(ruleset, snapshot, lead, now)
    memory, cool_down = snapshot.memory, ruleset.configuration.lifecycle.rejection_cool_down
    refusal = find_refusal(memory, lead.facts, cool_down, now)
    route = None
    if judgement.is_for_hand_off():
        route = hand_over(
            ruleset,
            judgement.case,
            snapshot.contacts,
            memory,
            roster,
            pathway=judgement.pathway,
            refusal=refusal,
        )
    signature = _digest(judgement, route, ruleset)
    is_new = signature != memory.signature
    decision_id = _decision_id(snapshot, now, signature) if is_new else str(memory.decision_id)
    return Decision(
        id=decision_id,
        profile_id=snapshot.profile_id,
        decided_at=now,
        lead=lead,
        judgement=judgement,
        route=route,
        reasons=_join_reasons(judgement.reasons, route.reasons if route else ()),
        is_new=is_new,
        memory=_remember(memory, judgement, route, refusal, (signature, decision_id), now),
    )


def _join_reasons(reasons: tuple[str, ...], of_route: tuple[str, ...]) -> tuple[str, ...]:
    """Put what went wrong in routing behind the first three reasons: a CRM's field cuts the rest."""
    usual = tuple(code for code in of_route if code in _USUAL_ROUTES)
    unusual = (code for code in of_route if code not in _USUAL_ROUTES)
    return tuple(dict.fromkeys([*reasons[:3], *unusual, *reasons[3:], *usual]))


_USUAL_ROUTES = frozenset({"ROUTE_TEAM_MEMBER", "ROUTE_OWNER_KEPT"})


def _decision_id(snapshot: LeadSnapshot, now: datetime, signature: str) -> str:
    """Name a new decision by its instant, what it says, and the one it follows.

    At one instant a lead may be decided one way, another way, and the first way again.
    """
    text = f"{snapshot.profile_id}|{now.isoformat()}|{signature}|{snapshot.memory.decision_id}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _digest(judgement: Judgement, route: Route | None, ruleset: Ruleset) -> str:
    """Digest what a decision says. That the stage was reached just now, or before, says nothing."""
    pathway, move = judgement.pathway, judgement.move
    words: list[str | None] = [
        pathway,
        ruleset.policies[pathway].policy.digest if pathway else None,
        judgement.verdict,
        judgement.track,
        move.stage,
        move.reason if move.reason in _TELLING_MOVES else None,
        ",".join(sorted([p.channel for p in judgement.permissions if p.is_allowed])),
        ",".join(judgement.topics),
        *((route.owner, route.outside_owner, route.target, route.next_step.id) if route else ()),
    ]
    said = "|".join([*[word or "" for word in words], *judgement.reasons])
    return hashlib.blake2b(said.encode(), digest_size=12).hexdigest()


def _remember(
    memory: Memory,
    judgement: Judgement,
    route: Route | None,
    refusal: Refusal | None,
    identity: tuple[str, str],
    now: datetime,
) -> Memory:
    stage = judgement.move.stage
    is_same_stage = memory.stage is stage and memory.stage_since is not None
    owner = (route.owner or route.outside_owner) if route else None
    is_same_owner = owner == memory.owner and memory.assigned_at is not None
    return Memory(
        signature=identity[0],
        decision_id=identity[1],
        verdict=judgement.verdict,
        pathway=judgement.pathway,
        stage=stage,
        stage_since=memory.stage_since if is_same_stage else now,
        owner=owner,
        assigned_at=(memory.assigned_at if is_same_owner else now) if owner else None,
        next_step=route.next_step.id if route else None,
        next_step_due_at=route.due_at if route else None,
        route_reasons=route.reasons if route else (),
        refused_by=refusal.by if refusal else None,
        refused_at=refusal.at if refusal else None,
    )
