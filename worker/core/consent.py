"""Consent: which channels may be used for a lead, for which purpose, on what evidence.

Fails closed. No evidence is not consent, an opt-out in any CRM blocks everywhere, and an opt-out
field that the connection cannot see counts as unknown, which blocks and names itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from worker.core.conditions import YES, Case, Compiled, Condition, compile_condition
from worker.core.model import ContactChannel, FactValue


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
