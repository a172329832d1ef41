"""The verdict on one lead at one instant, before anybody is given the lead.

``merge → derive → assess → qualify → move``. Pure: the instant and what is remembered of the lead are
arguments, and equal arguments give an equal judgement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TypeAlias

import msgspec

from worker.core.availability import Openings
from worker.core.case import YES, Case, as_routed, make_case, with_gates, with_records, without
from worker.core.consent import Permissions, allowed_channels, closed_channels
from worker.core.derivation import derive, derive_opening
from worker.core.exclusions import derive_test, unsolicited
from worker.core.identity import MergedLead, merge_contacts
from worker.core.lifecycle import (
    HANDED_OFF,
    NO_EDITS,
    NO_EVIDENCE,
    LifecyclePolicy,
    StageMove,
    Standing,
    move_stage,
)
from worker.core.mapping import Issue, MappedContact
from worker.core.memory import Memory
from worker.core.merged import with_merged
from worker.core.model import Activity, ContactChannel, Stage
from worker.core.organisations import Membership
from worker.core.policy import Verdict
from worker.core.qualification import Qualification, hold_unreachable, qualify
from worker.core.quality import Finding, assess
from worker.core.reasons import Severity
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.core.sales import verdict_after
from worker.core.stage_writes import NOTHING_LEFT, left_standing
from worker.core.standing import Edits, find_standing
from worker.core.stated_timing import derive_timing


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadSnapshot:
    """All that is known of one lead at the time of deciding. ``activities`` are newest first.

    ``shut`` says, by the fact that holds an address, of what somebody who has it as well opted out.
    ``membership`` is None when its organisation is not known, or no rule asks anything of it.
    ``merged`` is what is kept of records that a CRM merged into those of ``contacts``.
    ``openings`` is None where no availability is known at all. ``is_waiting``: it qualified before,
    and waits for an opening; that takes it no further from qualifying than having been handed off.
    ``is_stage_cleared``: the worker emptied the stage of a record, and has yet to fill it again.
    ``issues`` are what is wrong beyond the values themselves: an owner who left, a second record.
    ``stage_edits`` and ``owner_edits`` say when a person gave a record the stage or owner it has.
    ``untouched_owners``, as ``system:owner id``, are those whom a CRM shows as we last left it, and
    ``untouched_stages`` the records that show the stage we left there.
    """

    profile_id: str
    contacts: tuple[MappedContact, ...]
    activities: tuple[Activity, ...] = ()
    memory: Memory = field(default_factory=Memory)
    stage_set_by_person_at: datetime | None = None
    owner_set_by_person_at: datetime | None = None
    shut: Mapping[str, frozenset[str]] = field(default_factory=dict)
    membership: Membership | None = None
    issues: tuple[Issue, ...] = ()
    merged: tuple[MappedContact, ...] = ()
    openings: Openings | None = None
    is_waiting: bool = False
    is_stage_cleared: bool = False
    stage_edits: Edits = field(default_factory=lambda: NO_EDITS)
    owner_edits: Edits = field(default_factory=lambda: NO_EDITS)
    untouched_owners: frozenset[str] = frozenset()
    untouched_stages: frozenset[RecordRef] = frozenset()


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on a lead at one instant, before anybody is given the lead.

    ``held_back`` is the verdict as it would be, were there time for the lead. ``left`` are the records
    to which the stage may not be written, each with the code why. ``closed`` are the channels that
    somebody has closed.
    """

    case: Case
    pathway: str | None
    findings: tuple[Finding, ...]
    permissions: Permissions
    qualification: Qualification | None
    verdict: Verdict
    standing: Standing
    move: StageMove
    reasons: tuple[str, ...]
    left: Mapping[RecordRef, str] = msgspec.field(default_factory=lambda: NOTHING_LEFT)
    track: str | None = None
    topics: tuple[str, ...] = ()
    held_back: Judgement | None = None
    closed: frozenset[ContactChannel] = frozenset()

    @property
    def left_at(self) -> Stage | None:
        """The stage that the first of the records left behind goes on showing."""
        return next((self.standing.stages[ref] for ref in self.left), None)

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
    return move.stage in HANDED_OFF and verdict is not Verdict.HOLD and not move.is_hands_off


Signature: TypeAlias = tuple[str | None, Verdict, Stage | None, str, tuple[str, ...]]


def merge_lead(ruleset: Ruleset, snapshot: LeadSnapshot) -> MergedLead:
    """Merge the records of a lead, and add the facts that follow from what they say."""
    configuration = ruleset.configuration
    lead = merge_contacts(snapshot.contacts, configuration.identity.survivorship)
    if snapshot.merged:
        edited_at = snapshot.stage_set_by_person_at
        lead = with_merged(lead, snapshot.contacts, snapshot.merged, edited_at)
    lead = derive(lead, configuration)
    lead = derive_timing(lead, snapshot.contacts, ruleset.timing)
    if snapshot.openings is not None:
        lead = derive_opening(lead, snapshot.openings)
    return derive_test(lead, snapshot.contacts, configuration.exclusions)


def judge(ruleset: Ruleset, snapshot: LeadSnapshot, lead: MergedLead, now: datetime) -> Judgement:
    """Reach the verdict at ``now``, without routing."""
    configuration = ruleset.configuration
    case = _make_case(ruleset, snapshot, lead, now)
    pathway = next((name for name, holds in ruleset.pathways if holds(case) is YES), None)
    issues, unseen = (*lead.issues, *snapshot.issues), lead.unseen
    findings = assess(ruleset.quality, lead.facts, issues, pathway=pathway, now=now, unseen=unseen)
    standing = _find_standing(snapshot, lead, case, configuration.lifecycle)
    if pathway is None:
        return _unclear(ruleset, case, findings, standing, unseen)
    compiled = ruleset.policies[pathway]
    permissions = ruleset.consent(case, compiled.policy.purpose, unseen)
    case = with_gates(
        _only_solicited(ruleset, case, lead, compiled.policy.purpose, permissions),
        reachable=allowed_channels(permissions),
        findings=frozenset([finding.code for finding in findings]),
        has_blocking_finding=bool(findings) and findings[0].severity is Severity.BLOCK,
    )
    found = qualify(compiled, case, is_qualified_now=is_qualified(snapshot, standing))
    qualification = hold_unreachable(found, case)
    verdict = qualification.verdict
    of_sales: tuple[str, ...] = ()
    if standing.handed_back is not None:
        rules = configuration.routing.follow_up
        verdict, of_sales = verdict_after(
            verdict, standing.handed_back, case.facts, rules.rejections
        )
    proven = _find_evidence(ruleset, case, standing, pathway)
    move = move_stage(verdict, standing, configuration.lifecycle, now, proven)
    left = left_standing(configuration.lifecycle, standing, move)
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
        reasons=with_left(
            left,
            _reasons(case, qualification, of_sales, findings, permissions, move),
        ),
        left=left,
        track=_suggest_track(ruleset, case, lead, permissions, pathway) if is_nurtured else None,
        topics=ruleset.topics(case, pathway) if _is_for_hand_off(verdict, move) else (),
        closed=closed_channels(permissions),
    )


def _find_standing(
    snapshot: LeadSnapshot, lead: MergedLead, case: Case, policy: LifecyclePolicy
) -> Standing:
    return find_standing(
        snapshot.contacts,
        snapshot.memory,
        lead,
        case,
        policy,
        set_by_person_at=snapshot.stage_set_by_person_at,
        owner_set_by_person_at=snapshot.owner_set_by_person_at,
        is_cleared=snapshot.is_stage_cleared,
        edits=snapshot.stage_edits,
        untouched=snapshot.untouched_stages,
    )


def is_qualified(snapshot: LeadSnapshot, standing: Standing) -> bool:
    """Tell whether a lead qualified before, so that it has to fall further to lose that."""
    return standing.stage in HANDED_OFF or snapshot.is_waiting


def _find_evidence(
    ruleset: Ruleset, case: Case, standing: Standing, pathway: str
) -> frozenset[str]:
    """Name the rows of the lifecycle that there is evidence for, from where the lead stands."""
    rows = ruleset.stage_evidence.get(standing.stage)
    if rows is None:
        return NO_EVIDENCE
    asked = as_routed(case, pathway)
    return frozenset([name for name, holds in rows if holds(asked) is YES])


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
    ruleset: Ruleset,
    case: Case,
    findings: tuple[Finding, ...],
    standing: Standing,
    unseen: frozenset[str],
) -> Judgement:
    """Hold a lead whose pathway is unclear: what closes its channels is known whatever the purpose."""
    lifecycle = ruleset.configuration.lifecycle
    move = move_stage(Verdict.HOLD, standing, lifecycle, case.now)
    told = (move.reason,) if move.reason in TELLING_MOVES else ()
    blocking = tuple(f.code for f in findings if f.severity is Severity.BLOCK)
    left = left_standing(lifecycle, standing, move)
    return Judgement(
        case=case,
        pathway=None,
        findings=findings,
        permissions=(),
        qualification=None,
        verdict=Verdict.HOLD,
        standing=standing,
        move=move,
        reasons=with_left(left, tuple(dict.fromkeys((*told, "HOLD_PATHWAY_UNCLEAR", *blocking)))),
        left=left,
        closed=closed_channels(ruleset.consent(case, NO_PURPOSE, unseen)),
    )


NO_PURPOSE = ""


def with_left(left: Mapping[RecordRef, str], reasons: tuple[str, ...]) -> tuple[str, ...]:
    """Say behind the first reason that a CRM goes on showing another stage; last, if it is so by policy."""
    if not left:
        return reasons
    codes = sorted(set(left.values()))
    usual = [code for code in codes if code == "STAGE_NOT_USED_IN_CRM"]
    unusual = [code for code in codes if code not in usual]
    return (*reasons[:1], *unusual, *reasons[1:], *usual)


TELLING_MOVES = frozenset(
    {
        "STAGE_SET_BY_PERSON",
        "STAGE_PROPOSED_SQL",
        "STAGE_MOVE_NOT_ALLOWED",
        "STAGE_LEFT_TO_PEOPLE",
        "STAGE_EVIDENCE_MISSING",
        "STAGE_DWELL_NOT_OVER",
        "STAGE_UNKNOWN_VALUE",
        "STAGE_OWNED_BY_PEOPLE",
        "SALES_ACCEPTED",
    }
)


def _reasons(
    case: Case,
    qualification: Qualification,
    of_sales: tuple[str, ...],
    findings: tuple[Finding, ...],
    permissions: Permissions,
    move: StageMove,
) -> tuple[str, ...]:
    """Order the codes, the most important first. A lead that is left alone needs only to say so."""
    if move.is_hands_off:
        return (move.reason,)
    first: list[str] = [move.reason] if move.reason in TELLING_MOVES else []
    first += of_sales
    if qualification.stopped_by is not None or qualification.verdict is Verdict.HOLD:
        first += qualification.reasons[:1]
    blocking = [f.code for f in findings if f.severity is Severity.BLOCK]
    refused = [] if case.reachable else [p.reason for p in permissions]
    warnings = [f.code for f in findings if f.severity is Severity.WARN]
    if not (first or blocking or refused or warnings):
        return qualification.reasons
    return tuple(dict.fromkeys([*first, *blocking, *refused, *qualification.reasons, *warnings]))
