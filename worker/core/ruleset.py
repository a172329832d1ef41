"""The ruleset: a configuration compiled once, so that deciding a lead interprets nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from worker.core.availability import AvailabilityRule
from worker.core.availability_map import AvailabilityMapper, compile_availability_mapper
from worker.core.compiled_hand_off import CompiledHandOff, compile_hand_off
from worker.core.compiled_policy import CompiledPolicy, compile_policy
from worker.core.configuration import Configuration
from worker.core.consent import ConsentCheck, compile_consent
from worker.core.contact_points import ConsentWatch, watch_of
from worker.core.evaluation import Compiled, compile_condition
from worker.core.field_map import Managed, ObjectKind, ObjectMap
from worker.core.lifecycle import PROPOSED, LifecyclePolicy
from worker.core.mapping import (
    ActivityMapper,
    ContactMapper,
    compile_activity_mapper,
    compile_contact_mapper,
)
from worker.core.model import OPENING_FACTS, Stage
from worker.core.needs import needed_facts
from worker.core.organisation_asks import OrganisationAsks, find_asks
from worker.core.quality import Checks, compile_checks
from worker.core.readers import find_readers
from worker.core.routing import CompiledRouting, compile_routing
from worker.core.stated_timing import StatedTiming, compile_timing
from worker.core.topics import TopicCheck, compile_topics
from worker.core.windows import (
    Windows,
    always_asked,
    compile_windows,
    policy_windows,
    stopped_windows,
)

_M = TypeVar("_M")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledAvailability:
    """The rules of availability, each with its exception; ``windows`` are those of the exceptions.

    ``is_read``: some condition or sentence asks when we next have time.
    """

    rules: tuple[tuple[AvailabilityRule, Compiled | None], ...]
    windows: Windows
    is_read: bool

    @property
    def is_used(self) -> bool:
        return bool(self.rules) or self.is_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Everything ``decide`` needs of a configuration.

    ``owner_writers`` are the systems to which owners are written.
    ``mapped`` are the facts that each system and object type can show; ``governed`` the enabled kinds
    of action that count only by name. ``stage_evidence`` are the rows of the lifecycle that ask for
    evidence, by the stage they lead from.
    """

    configuration: Configuration
    mapped_facts: frozenset[str]
    pathways: tuple[tuple[str, Compiled], ...]
    policies: Mapping[str, CompiledPolicy]
    windows: Mapping[str | None, Windows]
    stopped_windows: Mapping[str, Windows]
    quality: Checks
    consent: ConsentCheck
    topics: TopicCheck
    watch: ConsentWatch
    mapped: Mapping[tuple[str, str], frozenset[str]]
    routing: CompiledRouting
    hand_off: CompiledHandOff
    stage_evidence: Mapping[Stage | None, tuple[tuple[str, Compiled], ...]]
    timing: StatedTiming
    asks: OrganisationAsks | None
    governed: frozenset[str]
    contact_mappers: Mapping[tuple[str, str], ContactMapper]
    activity_mappers: Mapping[tuple[str, str], ActivityMapper]
    availability_mappers: Mapping[tuple[str, str], AvailabilityMapper]
    availability: CompiledAvailability
    owner_writers: frozenset[str]


def compile_ruleset(configuration: Configuration) -> Ruleset:
    """Compile a configuration."""
    mapped = mapped_facts(configuration)
    return Ruleset(
        configuration=configuration,
        mapped_facts=mapped,
        pathways=tuple(
            (rule.pathway, compile_condition(rule.condition)) for rule in configuration.pathways
        ),
        policies={name: compile_policy(p) for name, p in configuration.policies.items()},
        windows={
            None: compile_windows(always_asked(configuration)),
            **{
                name: policy_windows(configuration, p) for name, p in configuration.policies.items()
            },
        },
        stopped_windows={
            name: stopped_windows(configuration, p) for name, p in configuration.policies.items()
        },
        quality=compile_checks(
            configuration.quality,
            facts=configuration.facts,
            mapped=mapped & find_readers(configuration).keys(),
            needed={
                name: needed_facts(policy, configuration.facts)
                for name, policy in configuration.policies.items()
            },
            postal_codes=configuration.postal_codes,
        ),
        consent=compile_consent(configuration.consent, mapped),
        topics=compile_topics(configuration.consent.topics, configuration.policies),
        watch=watch_of(configuration.consent, configuration.facts),
        mapped=_each_map(configuration, ObjectKind.CONTACT, _facts_of),
        routing=compile_routing(configuration.routing),
        hand_off=compile_hand_off(configuration),
        stage_evidence=_stage_evidence(configuration.lifecycle),
        timing=compile_timing(configuration, find_readers(configuration)),
        asks=find_asks(configuration),
        governed=_governed(configuration),
        contact_mappers=_each_map(configuration, ObjectKind.CONTACT, compile_contact_mapper),
        activity_mappers=_each_map(configuration, ObjectKind.ACTIVITY, compile_activity_mapper),
        availability_mappers=_each_map(
            configuration,
            ObjectKind.AVAILABILITY,
            partial(compile_availability_mapper, zone=configuration.time_zone),
        ),
        availability=_availability(configuration),
        owner_writers=owner_writers(configuration),
    )


def owner_writers(configuration: Configuration) -> frozenset[str]:
    """Name the systems to which owners are written."""
    return frozenset(
        name
        for name, system in configuration.systems.items()
        for item in system.objects
        if any(write.managed is Managed.OWNER for write in item.writes)
    )


def _availability(configuration: Configuration) -> CompiledAvailability:
    rules = configuration.availability.rules
    exceptions = [rule.never_for for rule in rules if rule.never_for is not None]
    return CompiledAvailability(
        rules=tuple(
            (rule, compile_condition(rule.never_for) if rule.never_for else None) for rule in rules
        ),
        windows=compile_windows(exceptions),
        is_read=not OPENING_FACTS.isdisjoint(find_readers(configuration)),
    )


def _facts_of(item: ObjectMap) -> frozenset[str]:
    return frozenset(read.fact for read in item.reads)


def _each_map(
    configuration: Configuration, kind: ObjectKind, build: Callable[[ObjectMap], _M]
) -> dict[tuple[str, str], _M]:
    """Build something of each object map of one kind, by system and object type."""
    return {place: build(item) for place, item in _objects(configuration, kind)}


def _objects(
    configuration: Configuration, kind: ObjectKind
) -> Iterator[tuple[tuple[str, str], ObjectMap]]:
    for system in configuration.systems.values():
        for item in system.objects:
            if item.kind is kind:
                yield (system.system, item.object_type), item


def _stage_evidence(
    lifecycle: LifecyclePolicy,
) -> Mapping[Stage | None, tuple[tuple[str, Compiled], ...]]:
    """Compile the evidence of the moves from each stage; a proposal is kept up by its own."""
    found: dict[Stage | None, tuple[tuple[str, Compiled], ...]] = {}
    for row in lifecycle.rows():
        if row.condition is None:
            continue
        asked = (row.id, compile_condition(row.condition))
        kept_up = (PROPOSED,) if row.target is PROPOSED else ()
        for stage in (row.source, *kept_up):
            found[stage] = (*found.get(stage, ()), asked)
    return found


def _governed(configuration: Configuration) -> frozenset[str]:
    kinds = configuration.activity_kinds.values()
    return frozenset(kind.name for kind in kinds if kind.is_enabled and kind.is_governed)


def mapped_facts(configuration: Configuration) -> frozenset[str]:
    """Name the facts that some system's field map provides."""
    return frozenset(
        read.fact
        for _place, item in _objects(configuration, ObjectKind.CONTACT)
        for read in item.reads
    )
