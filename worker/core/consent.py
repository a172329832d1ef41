"""Consent: which channels may be used for a lead, for which purpose, on what evidence.

Fails closed. No evidence is not consent, an opt-out in any CRM blocks everywhere, an explicit no
beats what an action implies, and an opt-out field that the connection cannot see counts as unknown,
which blocks and names itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from worker.core.case import YES, Case
from worker.core.conditions import Condition
from worker.core.evaluation import compile_condition
from worker.core.model import ContactChannel, Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvidence:
    """When ``condition`` holds, there is consent for ``purposes`` (empty: any); ``proof`` names a fact."""

    id: str
    condition: Condition
    purposes: frozenset[str] = frozenset()
    proof: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRule:
    """What a channel needs: an address among ``addresses``, none of ``opt_outs``, some evidence.

    An explicit false of a fact in ``refused_by`` is an answer, and no evidence outweighs it: who
    left the box empty and called us may be called back, who said no may not.
    """

    channel: ContactChannel
    addresses: tuple[str, ...]
    opt_outs: tuple[str, ...]
    evidence: tuple[ConsentEvidence, ...]
    refused_by: tuple[str, ...] = ()


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
    checks = tuple(_compile_channel(rule, mapped_facts) for rule in policy.channels)

    def check(case: Case, purpose: str, unseen: frozenset[str]) -> Permissions:
        return tuple([ask(case, purpose, unseen) for ask in checks])

    return check


_ChannelCheck: TypeAlias = Callable[[Case, str, frozenset[str]], ChannelPermission]


def _compile_channel(rule: ChannelRule, mapped_facts: frozenset[str]) -> _ChannelCheck:
    channel, area = rule.channel, f"CONSENT_{rule.channel.upper()}"
    addresses = rule.addresses
    watched = frozenset(fact for fact in rule.opt_outs if fact in mapped_facts)
    evidence = tuple((item, compile_condition(item.condition)) for item in rule.evidence)
    opted_out, is_unseen, refused, no_address, missing = (
        ChannelPermission(channel=channel, is_allowed=False, reason=f"{area}_{reason}")
        for reason in ("OPTED_OUT", "UNSEEN", "REFUSED", "NO_ADDRESS", "MISSING")
    )

    def ask(case: Case, purpose: str, unseen: frozenset[str]) -> ChannelPermission:
        facts = case.facts
        if _says(facts, rule.opt_outs, answer=True):
            return opted_out
        if not watched or not watched.isdisjoint(unseen):
            return is_unseen
        if _says(facts, rule.refused_by, answer=False):
            return refused
        if addresses and facts.keys().isdisjoint(addresses):
            return no_address
        for item, holds in evidence:
            if (not item.purposes or purpose in item.purposes) and holds(case) is YES:
                return _grant(channel, f"{area}_GRANTED", item, case)
        return missing

    return ask


def _says(facts: Facts, names: tuple[str, ...], *, answer: bool) -> bool:
    """Tell whether one of these facts is exactly this answer; a missing one is neither."""
    return any(facts.get(name) is answer for name in names)


def _grant(
    channel: ContactChannel, reason: str, item: ConsentEvidence, case: Case
) -> ChannelPermission:
    proof = case.facts.get(item.proof) if item.proof else None
    return ChannelPermission(
        channel=channel,
        is_allowed=True,
        reason=reason,
        evidence=item.id,
        proof=str(proof) if proof is not None else None,
    )


def allowed_channels(permissions: Permissions) -> frozenset[ContactChannel]:
    """Name the channels that may be used."""
    return frozenset([p.channel for p in permissions if p.is_allowed])
