"""Consent: which channels may be used for a lead, for which purpose, on what evidence.

Fails closed. No evidence is not consent, an opt-out in any CRM blocks everywhere and for whoever
shares the address, an explicit no beats what an action implies, and an opt-out field that the
connection cannot see counts as unknown, which blocks and names itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import msgspec

from worker.core.case import Case
from worker.core.consent_evidence import (
    ConsentEvidence,
    EvidenceCheck,
    Lacking,
    Shown,
    compile_evidence,
)
from worker.core.jurisdictions import Jurisdiction, Places, compile_places, name_of
from worker.core.model import ContactChannel, Facts
from worker.core.phone_numbers import can_be_texted
from worker.core.topics import Topics


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
    """``purposes`` are the words that policies and evidence may use.

    ``outreach_purpose`` is what we write for without being asked: newsletters, campaigns.
    A revocation must be shown everywhere within ``revocation_deadline_days`` business days; from
    ``alarm_before_days`` business days before the deadline on it raises an alarm.
    """

    purposes: tuple[str, ...]
    channels: tuple[ChannelRule, ...]
    revocation_deadline_days: int = 10
    outreach_purpose: str | None = None
    alarm_before_days: int = 3
    jurisdictions: tuple[Jurisdiction, ...] = ()
    topics: Topics = ()


class ChannelPermission(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one channel may be used, the reason code that says why, and what proved it.

    ``given_at`` and ``expires_at`` belong to the evidence: None when its time is not known, or it
    does not age. ``jurisdiction`` names what applied; None when the policy lists none.
    """

    channel: ContactChannel
    is_allowed: bool
    reason: str
    evidence: str | None = None
    proof: str | None = None
    given_at: datetime | None = None
    expires_at: datetime | None = None
    jurisdiction: str | None = None

    @property
    def is_closed(self) -> bool:
        """Whether somebody has closed it, or may have: nothing but that opens it again."""
        return self.reason.removeprefix(f"CONSENT_{self.channel.upper()}_") in _CLOSING


Permissions: TypeAlias = tuple[ChannelPermission, ...]
ConsentCheck: TypeAlias = Callable[[Case, str, frozenset[str]], Permissions]


def compile_consent(policy: ConsentPolicy, mapped_facts: frozenset[str]) -> ConsentCheck:
    """Build the function (case, purpose, unseen facts) → one permission per channel.

    ``mapped_facts`` are the facts that some field map provides: an opt-out nobody maps cannot be
    looked at, and a channel of which no opt-out is mapped at all counts as unseen.
    """
    checks = tuple(_compile_channel(rule, mapped_facts) for rule in policy.channels)
    find_places = compile_places(policy.jurisdictions)

    def check(case: Case, purpose: str, unseen: frozenset[str]) -> Permissions:
        places = find_places(case)
        return tuple([ask(case, purpose, unseen, places) for ask in checks])

    return check


_ChannelCheck: TypeAlias = Callable[[Case, str, frozenset[str], Places], ChannelPermission]


def _compile_channel(rule: ChannelRule, mapped_facts: frozenset[str]) -> _ChannelCheck:
    area = f"CONSENT_{rule.channel.upper()}"
    find_bar = _compile_bar(rule, mapped_facts)
    evidence = tuple((item, compile_evidence(item)) for item in rule.evidence)
    granted, is_text = f"{area}_GRANTED", rule.channel is ContactChannel.SMS
    refusals = {
        reason: ChannelPermission(channel=rule.channel, is_allowed=False, reason=f"{area}_{reason}")
        for reason in REFUSALS
    }

    def ask(case: Case, purpose: str, unseen: frozenset[str], places: Places) -> ChannelPermission:
        bar = find_bar(case, unseen)
        if bar is None:
            item, found = _first_shown(evidence, case, purpose, places)
            if item is not None and is_text and not _has_textable(case.facts, rule.addresses):
                return _refuse(refusals["NO_ADDRESS"], places)
            if item is not None and isinstance(found, Shown):
                return ChannelPermission(
                    channel=rule.channel,
                    is_allowed=True,
                    reason=granted,
                    evidence=item.id,
                    proof=found.proof,
                    given_at=found.at,
                    expires_at=found.until,
                    jurisdiction=name_of(places),
                )
            bar = found.reason if isinstance(found, Lacking) else "MISSING"
        return _refuse(refusals[bar], places)

    return ask


REFUSALS = (
    "OPTED_OUT",
    "OPTED_OUT_ELSEWHERE",
    "UNSEEN",
    "REFUSED",
    "NO_ADDRESS",
    "MISSING",
    "NOT_HERE",
    "PLACE_UNKNOWN",
    "UNPROVEN",
    "UNDATED",
    "EXPIRED",
)
"""Why a channel may not be used, as the end of its reason code."""
_CLOSING = frozenset({"OPTED_OUT", "OPTED_OUT_ELSEWHERE", "UNSEEN", "REFUSED"})
"""Those that no evidence outweighs."""


def _refuse(permission: ChannelPermission, places: Places) -> ChannelPermission:
    if not places:
        return permission
    return ChannelPermission(
        channel=permission.channel,
        is_allowed=False,
        reason=permission.reason,
        jurisdiction=name_of(places),
    )


def _compile_bar(  # noqa: C901  # one function, written out, because of what it costs
    rule: ChannelRule, mapped_facts: frozenset[str]
) -> Callable[[Case, frozenset[str]], str | None]:
    """Build the function that says what closes a channel whatever the evidence; None: nothing."""
    addresses, opt_outs, refused_by = rule.addresses, rule.opt_outs, rule.refused_by
    closing = frozenset((*opt_outs, *refused_by))
    watched = frozenset(fact for fact in rule.opt_outs if fact in mapped_facts)

    # Asked of each lead for each channel: any(), or a function for what facts say, makes it a third
    # slower. A missing fact is neither yes nor no.
    def find(case: Case, unseen: frozenset[str]) -> str | None:
        facts = case.facts
        for name in opt_outs:
            if facts.get(name) is True:
                return "OPTED_OUT"
        if case.shut and _is_shut(case.shut, addresses, closing):
            return "OPTED_OUT_ELSEWHERE"
        if not watched or (unseen and not watched.isdisjoint(unseen)):
            return "UNSEEN"
        for name in refused_by:
            if facts.get(name) is False:
                return "REFUSED"
        if addresses and facts.keys().isdisjoint(addresses):
            return "NO_ADDRESS"
        return None

    return find


def _has_textable(facts: Facts, addresses: tuple[str, ...]) -> bool:
    """Tell whether one of these numbers can receive a text; a clear fixed line never can."""
    numbers = [facts[name] for name in addresses if name in facts]
    return not addresses or any(can_be_texted(str(number)) for number in numbers)


def _is_shut(
    shut: Mapping[str, frozenset[str]], addresses: tuple[str, ...], closing: frozenset[str]
) -> bool:
    """Tell whether somebody who has one of these addresses as well opted out of the channel."""
    return any(name in shut and not closing.isdisjoint(shut[name]) for name in addresses)


def _first_shown(
    evidence: tuple[tuple[ConsentEvidence, EvidenceCheck], ...],
    case: Case,
    purpose: str,
    places: Places,
) -> tuple[ConsentEvidence | None, Shown | Lacking | None]:
    """Find the first evidence that counts; else what the first that holds is lacking."""
    lacking: Lacking | None = None
    for item, ask in evidence:
        if item.purposes and purpose not in item.purposes:
            continue
        found = ask(case, places)
        if isinstance(found, Shown):
            return item, found
        lacking = lacking or found
    return None, lacking


def allowed_channels(permissions: Permissions) -> frozenset[ContactChannel]:
    """Name the channels that may be used."""
    return frozenset([p.channel for p in permissions if p.is_allowed])


def closed_channels(permissions: Permissions) -> frozenset[ContactChannel]:
    """Name the channels that somebody has closed."""
    return frozenset([p.channel for p in permissions if p.is_closed])
