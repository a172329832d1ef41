"""The ruleset: a configuration compiled once, so that deciding a lead interprets nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from worker.core.compiled_policy import CompiledPolicy, compile_policy
from worker.core.conditions import (
    ActivityTest,
    Condition,
    FactTest,
    Operator,
    walk,
)
from worker.core.configuration import Configuration
from worker.core.consent import ConsentCheck, compile_consent
from worker.core.evaluation import Compiled, compile_condition
from worker.core.field_map import ObjectKind, ObjectMap
from worker.core.mapping import (
    ActivityMapper,
    ContactMapper,
    compile_activity_mapper,
    compile_contact_mapper,
)
from worker.core.policy import Policy
from worker.core.routing import CompiledRouting, compile_routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The lengths of time after which something may stop counting, by what it applies to.

    ``by_kind`` holds windows of activities of one kind, ``any_kind`` those of all; ``facts`` the
    tests of dates and instants; ``decays`` whether any points fade.
    """

    by_kind: Mapping[str, frozenset[timedelta]]
    any_kind: frozenset[timedelta]
    facts: tuple[FactTest, ...]
    decays: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Everything ``decide`` needs of a configuration."""

    configuration: Configuration
    mapped_facts: frozenset[str]
    pathways: tuple[tuple[str, Compiled], ...]
    policies: Mapping[str, CompiledPolicy]
    windows: Mapping[str | None, Windows]
    thresholds: Mapping[str, float]
    consent: ConsentCheck
    routing: CompiledRouting
    contact_mappers: Mapping[tuple[str, str], ContactMapper]
    activity_mappers: Mapping[tuple[str, str], ActivityMapper]


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
            None: _windows(configuration, None),
            **{name: _windows(configuration, p) for name, p in configuration.policies.items()},
        },
        thresholds={name: lowest_threshold(p) for name, p in configuration.policies.items()},
        consent=compile_consent(configuration.consent, mapped),
        routing=compile_routing(configuration.routing),
        contact_mappers={
            place: compile_contact_mapper(item)
            for place, item in _objects(configuration, ObjectKind.CONTACT)
        },
        activity_mappers={
            place: compile_activity_mapper(item)
            for place, item in _objects(configuration, ObjectKind.ACTIVITY)
        },
    )


def _objects(
    configuration: Configuration, kind: ObjectKind
) -> Iterator[tuple[tuple[str, str], ObjectMap]]:
    for system in configuration.systems.values():
        for item in system.objects:
            if item.kind is kind:
                yield (system.system, item.object_type), item


def mapped_facts(configuration: Configuration) -> frozenset[str]:
    """Name the facts that some system's field map provides."""
    return frozenset(
        read.fact
        for _place, item in _objects(configuration, ObjectKind.CONTACT)
        for read in item.reads
    )


def lowest_threshold(policy: Policy) -> float:
    """The lowest total or family score that any rule of the policy, or keeping a lead, asks for."""
    totals = [rule.total for rule in policy.rules if rule.total is not None]
    families = [least for rule in policy.rules for least in rule.families.values()]
    keep = [policy.keep.total, *policy.keep.families.values()] if policy.keep else []
    return min([*totals, *families, *keep], default=float("inf"))


def _conditions(configuration: Configuration, policy: Policy | None) -> Iterator[Condition]:
    for rule in configuration.pathways:
        yield rule.condition
    for channel in configuration.consent.channels:
        for item in channel.evidence:
            yield item.condition
    if policy is not None:
        for criterion in policy.criteria:
            yield criterion.condition
        for rule_ in policy.rules:
            if rule_.evidence is not None:
                yield ActivityTest(within=rule_.evidence.within)


def _windows(configuration: Configuration, policy: Policy | None) -> Windows:
    by_kind: dict[str, set[timedelta]] = {}
    any_kind: set[timedelta] = set()
    facts: dict[FactTest, None] = {}
    for condition in _conditions(configuration, policy):
        for part in walk(condition):
            if isinstance(part, ActivityTest) and part.within is not None:
                if not part.kinds:
                    any_kind.add(part.within)
                for kind in part.kinds:
                    by_kind.setdefault(kind, set()).add(part.within)
            elif isinstance(part, FactTest) and part.operator in _TIMED:
                facts[part] = None
    criteria = policy.criteria if policy else ()
    return Windows(
        by_kind={kind: frozenset(times) for kind, times in by_kind.items()},
        any_kind=frozenset(any_kind),
        facts=tuple(facts),
        decays=any(criterion.half_life is not None for criterion in criteria),
    )


_TIMED = frozenset({Operator.WITHIN_LAST, Operator.WITHIN_NEXT})
