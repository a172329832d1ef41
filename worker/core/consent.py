"""Consent: which channels may be used for a lead, for which purpose, on what evidence.

Fails closed. No evidence is not consent, an opt-out in any CRM blocks everywhere, and an opt-out
field that the connection cannot see counts as unknown, which blocks and names itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from worker.core.conditions import YES, Case, Compiled, Condition, compile_condition
from worker.core.model import ContactChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvidence:
    """When ``condition`` holds, there is consent for ``purposes`` (empty: any); ``proof`` names a fact."""

    id: str
    condition: Condition
    purposes: frozenset[str] = frozenset()
    proof: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRule:
    """What a channel needs: an address among ``addresses``, none of ``opt_outs``, some evidence."""

    channel: ContactChannel
    addresses: tuple[str, ...]
    opt_outs: tuple[str, ...]
    evidence: tuple[ConsentEvidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPolicy:
    """``purposes`` are the words that policies and evidence may use."""

    purposes: tuple[str, ...]
    channels: tuple[ChannelRule, ...]
    revocation_deadline_days: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPermission:
    """Whether one channel may be used, the reason code that says why, and what proved it."""

    channel: ContactChannel
    is_allowed: bool
    reason: str
    evidence: str | None = None
    proof: str | None = None


Permissions: TypeAlias = tuple[ChannelPermission, ...]
ConsentCheck: TypeAlias = Callable[[Case, str, frozenset[str]], Permissions]


def compile_consent(policy: ConsentPolicy, mapped_facts: frozenset[str]) -> ConsentCheck:
    """Build the function (case, purpose, unseen facts) → one permission per channel.

    ``mapped_facts`` are the facts that some field map provides: an opt-out nobody maps cannot be
    looked at, and a channel of which no opt-out is mapped at all counts as unseen.
    """
    compiled = tuple(
        (rule, tuple((item, compile_condition(item.condition)) for item in rule.evidence))
        for rule in policy.channels
    )

    def check(case: Case, purpose: str, unseen: frozenset[str]) -> Permissions:
        return tuple(
            _permission(rule, evidence, case, purpose, unseen, mapped_facts)
            for rule, evidence in compiled
        )

    return check


def _permission(
    rule: ChannelRule,
    evidence: tuple[tuple[ConsentEvidence, Compiled], ...],
    case: Case,
    purpose: str,
    unseen: frozenset[str],
    mapped_facts: frozenset[str],
) -> ChannelPermission:
    facts, channel = case.facts, rule.channel
    area = f"CONSENT_{channel.upper()}"

    def refuse(reason: str) -> ChannelPermission:
        return ChannelPermission(channel=channel, is_allowed=False, reason=f"{area}_{reason}")

    if any(facts.get(fact) is True for fact in rule.opt_outs):
        return refuse("OPTED_OUT")
    watched = [fact for fact in rule.opt_outs if fact in mapped_facts]
    if not watched or not unseen.isdisjoint(watched):
        return refuse("UNSEEN")
    if rule.addresses and not any(fact in facts for fact in rule.addresses):
        return refuse("NO_ADDRESS")
    for item, holds in evidence:
        if (not item.purposes or purpose in item.purposes) and holds(case) is YES:
            proof = facts.get(item.proof) if item.proof else None
            return ChannelPermission(
                channel=channel,
                is_allowed=True,
                reason=f"{area}_GRANTED",
                evidence=item.id,
                proof=str(proof) if proof is not None else None,
            )
    return refuse("MISSING")


def allowed_channels(permissions: Permissions) -> frozenset[ContactChannel]:
    """Name the channels that may be used."""
    return frozenset(p.channel for p in permissions if p.is_allowed)
