"""The parts of a configuration while it is being built."""

from __future__ import annotations

from dataclasses import dataclass, field

from worker.config.vocabulary import Vocabulary
from worker.core.availability import AvailabilityPolicy
from worker.core.consent import ConsentPolicy
from worker.core.field_map import SystemMap
from worker.core.guardrails import GuardrailPolicy
from worker.core.hand_off_policy import HandOffPolicy
from worker.core.identity import IdentityPolicy
from worker.core.lifecycle import LifecyclePolicy
from worker.core.organisations import OrganisationPolicy
from worker.core.policy import PathwayRule, Policy
from worker.core.quality import QualityPolicy
from worker.core.routing import RoutingPolicy


@dataclass(slots=True, kw_only=True)
class Parts:
    """What could be built so far; None where a file has errors. ``policies`` go by file name."""

    words: Vocabulary
    systems: dict[str, SystemMap] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    pathways: tuple[PathwayRule, ...] = ()
    quality: QualityPolicy | None = None
    consent: ConsentPolicy | None = None
    lifecycle: LifecyclePolicy | None = None
    routing: RoutingPolicy | None = None
    organisations: OrganisationPolicy | None = None
    guardrails: GuardrailPolicy | None = None
    identity: IdentityPolicy | None = None
    availability: AvailabilityPolicy | None = None
    hand_off: HandOffPolicy | None = None
    reads: set[str] = field(default_factory=set)
