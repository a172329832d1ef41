"""What sales said of a lead, read from the CRM: accepted, rejected with a reason, or recycled.

A verdict speaks of the hand-off during which it was given. One that the lead was handed off with speaks
of an earlier one, unless its date says otherwise. Any other speaks of the present one, though nobody
gave it a date, or left that of an earlier one; it then counts as given when it was first seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from worker.core.follow_up import MISSED, AfterRejection
from worker.core.identity import MergedLead
from worker.core.memory import LET_GO, LET_GO_FOR, Memory, Refusal, still_standing, with_refusal
from worker.core.model import Facts, FactValue
from worker.core.policy import Verdict
from worker.core.routing import CompiledRouting, team_key
from worker.core.ruleset import Ruleset

REJECTED = "SALES_REJECTED"
EARLIER = "earlier "
"""Marks an acceptance that was on record before the lead was handed off: it speaks of no hand-off of
ours."""
HANDED_BACK: Mapping[FactValue | None, str] = {
    "rejected": REJECTED,
    "recycled": "SALES_RECYCLED",
}


def said_by_sales(facts: Facts) -> str | None:
    """Put the verdict of sales, its reason and its time into one word that can be compared."""
    verdict = facts.get("sales_verdict")
    if verdict is None:
        return None
    at = verdict_at(facts)
    reason = facts.get("verdict_reason")
    return f"{verdict}|{reason or ''}|{at.isoformat() if at else ''}"


def verdict_at(facts: Facts) -> datetime | None:
    """Say when sales gave its verdict, if the CRM tells."""
    at = facts.get("outcome_at")
    return at if isinstance(at, datetime) else None


def verdict_shown(facts: Facts) -> str:
    """Put the verdict of sales and its reason, without its time, into one word; empty for none."""
    return (said_by_sales(facts) or "").rpartition("|")[0]


def is_given_since(facts: Facts, memory: Memory) -> bool:
    """Tell whether sales changed its verdict during the present hand-off, whatever its date says."""
    before, shown = memory.verdict_at_hand_off, verdict_shown(facts)
    return memory.assigned_at is not None and before is not None and shown not in ("", before)


def given_at(facts: Facts, memory: Memory, now: datetime) -> datetime | None:
    """Say when a verdict was given: as dated, or when first seen if its date cannot be right."""
    at, since = verdict_at(facts), memory.assigned_at
    if memory.sales_word_at is not None and memory.sales_word == said_by_sales(facts):
        return memory.sales_word_at
    is_dated = at is not None and (since is None or at >= since)
    return now if not is_dated and is_given_since(facts, memory) else at


def is_accepted(facts: Facts, memory: Memory) -> bool:
    """Tell whether sales has accepted the present hand-off."""
    if facts.get("sales_verdict") != "accepted":
        return False
    word = said_by_sales(facts)
    if memory.sales_word == f"{EARLIER}{word}":
        return False
    at = verdict_at(facts)
    is_of_hand_off = at is None or memory.assigned_at is None or at >= memory.assigned_at
    return is_of_hand_off or word == memory.sales_word or is_given_since(facts, memory)


def word_to_remember(
    facts: Facts, memory: Memory, *, is_accepted_now: bool, is_same_hand_off: bool
) -> str | None:
    """Say what to remember of a verdict, so that it counts once, and for its hand-off only.

    An acceptance that is found as the lead gets another owner was said before that owner had it.
    """
    word = said_by_sales(facts)
    if facts.get("sales_verdict") != "accepted" or is_accepted_now or word == memory.sales_word:
        return word
    earlier = f"{EARLIER}{word}"
    return None if is_same_hand_off and memory.sales_word != earlier else earlier


def after_rejection(facts: Facts, rejections: Mapping[str, AfterRejection]) -> AfterRejection:
    """Say what follows from a verdict that hands the lead back."""
    reason = facts.get("verdict_reason")
    if facts.get("sales_verdict") != "rejected" or reason is None:
        return AfterRejection.NURTURE
    return rejections.get(str(reason), AfterRejection.NURTURE)


_ENDS: Mapping[AfterRejection, tuple[Verdict, tuple[str, ...]]] = {
    AfterRejection.HOLD: (Verdict.HOLD, ("DQ_REJECTED_BY_SALES",)),
    AfterRejection.DISQUALIFY: (Verdict.DISQUALIFIED, ("DISQUALIFIED_BY_SALES",)),
}
_STAYS_OUT = frozenset({Verdict.HOLD, Verdict.DISQUALIFIED})


def verdict_after(
    verdict: Verdict, said: str, facts: Facts, rejections: Mapping[str, AfterRejection]
) -> tuple[Verdict, tuple[str, ...]]:
    """Say what becomes of a lead that sales handed back, as ``said``, and the codes that say why."""
    if verdict in _STAYS_OUT:
        return verdict, ()
    after = after_rejection(facts, rejections) if said == REJECTED else AfterRejection.NURTURE
    if after in _ENDS:
        ended, codes = _ENDS[after]
        return ended, (*codes, said)
    if verdict is not Verdict.QUALIFIED:
        return verdict, ()
    if after is AfterRejection.NURTURE:
        return Verdict.NURTURE, (said,)
    return verdict, (said,)


def refusals_of(
    ruleset: Ruleset, memory: Memory, lead: MergedLead, now: datetime
) -> tuple[Refusal, ...]:
    """List who may not get the lead again yet, as remembered and as sales says now; oldest first."""
    found = memory.refusals
    if lead.facts.get("sales_verdict") == "rejected":
        found = _with_rejection(ruleset, memory, lead, now)
    if not found:
        return ()
    configuration = ruleset.configuration
    cool_downs = {
        REJECTED: configuration.lifecycle.rejection_cool_down,
        MISSED: configuration.routing.follow_up.cool_down,
        LET_GO: LET_GO_FOR,
    }
    return still_standing(found, cool_downs, now)


def _with_rejection(
    ruleset: Ruleset, memory: Memory, lead: MergedLead, now: datetime
) -> tuple[Refusal, ...]:
    """Add who rejects the lead, if the verdict is news and speaks of the present hand-off."""
    holder = _holder(ruleset.routing, memory, lead)
    if holder is None or said_by_sales(lead.facts) == memory.sales_word:
        return memory.refusals
    at = given_at(lead.facts, memory, now)
    known = max((r.at for r in memory.refusals if r.reason == REJECTED), default=None)
    is_newer = known is None or (at is not None and at > known)
    is_of_hand_off = at is None or memory.assigned_at is None or at >= memory.assigned_at
    if not (is_newer and is_of_hand_off):
        return memory.refusals
    found = with_refusal(memory.refusals, Refusal(by=holder, at=at or now, reason=REJECTED))
    rules = ruleset.configuration.routing.follow_up
    if after_rejection(lead.facts, rules.rejections) is AfterRejection.OTHER_TEAM:
        for team in ruleset.configuration.routing.teams.values():
            if any(member.id == holder for member in team.members):
                refusal = Refusal(by=team_key(team.id), at=at or now, reason=REJECTED)
                found = with_refusal(found, refusal)
    return found


def _holder(routing: CompiledRouting, memory: Memory, lead: MergedLead) -> str | None:
    """Who has the lead: as we gave it, or as the CRM shows it when we see it for the first time."""
    owner = lead.facts.get("owner")
    if memory.owner is not None or memory.decision_id is not None or owner is None:
        return memory.owner
    key = f"{lead.sources['owner'].system}:{owner}"
    return None if key in routing.policy.unassigned else routing.members_by_owner.get(key, key)
