"""The ruleset: a configuration compiled once, so that deciding a lead interprets nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from worker.core.availability import AvailabilityRule
from worker.core.availability_map import AvailabilityMapper, compile_availability_mapper
from worker.core.compiled_hand_off import CompiledHandOff, compile_hand_off
from worker.core.compiled_policy import CompiledPolicy, compile_policy
from worker.core.conditions import (
    ActivityTest,
    ColleaguesTest,
    Condition,
    FactTest,
    Operator,
    Whose,
    criteria_read,
    walk,
)
from worker.core.configuration import Configuration
from worker.core.consent import ConsentCheck, compile_consent
from worker.core.contact_points import ConsentWatch, watch_of
from worker.core.evaluation import Compiled, compile_condition
from worker.core.exclusions import LOOK_BACK
from worker.core.field_map import Managed, ObjectKind, ObjectMap
from worker.core.lifecycle import PROPOSED, LifecyclePolicy
from worker.core.mapping import (
    ActivityMapper,
    ContactMapper,
    compile_activity_mapper,
    compile_contact_mapper,
)
from worker.core.model import OPENING_FACTS, Stage, Strength
from worker.core.needs import needed_facts
from worker.core.organisation_asks import OrganisationAsks, find_asks
from worker.core.policy import Policy
from worker.core.quality import Checks, compile_checks
from worker.core.readers import find_readers
from worker.core.routing import CompiledRouting, compile_routing
from worker.core.stated_timing import StatedTiming, compile_timing
from worker.core.topics import TopicCheck, compile_topics

_M = TypeVar("_M")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionWindows:
    """Windows of actions of one kind, and of any kind that is as strong."""

    by_kind: Mapping[str, frozenset[timedelta]]
    by_strength: Mapping[Strength, frozenset[timedelta]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The lengths of time after which something may begin or stop to count, by what it applies to.

    ``by_kind`` holds windows of activities of one kind, ``by_strength`` those of any kind that is
    as strong; ``organisation`` the same for actions of others in the organisation; ``colleagues``
    how long an action makes a colleague an active one; ``facts`` the tests of dates and instants;
    ``decays`` whether any points fade.
    """

    by_kind: Mapping[str, frozenset[timedelta]]
    by_strength: Mapping[Strength, frozenset[timedelta]]
    organisation: ActionWindows
    colleagues: frozenset[timedelta]
    facts: tuple[FactTest, ...]
    decays: bool


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
            None: _windows(_always_asked(configuration), decays=False),
            **{
                name: _policy_windows(configuration, p)
                for name, p in configuration.policies.items()
            },
        },
        stopped_windows={
            name: _stopped_windows(configuration, p) for name, p in configuration.policies.items()
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
        windows=_windows(exceptions, decays=False),
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


def _always_asked(configuration: Configuration) -> Iterator[Condition]:
    for rule in configuration.pathways:
        yield rule.condition
    for jurisdiction in configuration.consent.jurisdictions:
        yield jurisdiction.condition
    for channel in configuration.consent.channels:
        for item in channel.evidence:
            yield item.condition
            yield from item.ageing()
    yield from (topic.condition for topic in configuration.consent.topics if topic.condition)
    yield from (row.condition for row in configuration.lifecycle.rows() if row.condition)


def _policy_windows(configuration: Configuration, policy: Policy) -> Windows:
    """The windows of a lead to which the whole policy applies."""
    evidence = (
        ActivityTest(within=rule.evidence.within, strengths=rule.evidence.strengths)
        for rule in policy.rules
        if rule.evidence is not None
    )
    decays = any(criterion.half_life is not None for criterion in policy.criteria)
    return _windows((*_always_asked(configuration), *policy.asked(), *evidence), decays=decays)


def _stopped_windows(configuration: Configuration, policy: Policy) -> Windows:
    """The windows of a lead that a gate or disqualifier stops: only those can let it go on."""
    conditions = {criterion.id: criterion.condition for criterion in policy.criteria}
    gates = (gate.criterion for gate in policy.gates)
    waiting = [*policy.disqualifiers, *policy.exclusions, *gates, *policy.holds]
    asked: dict[str, Condition] = {}
    while waiting:
        name = waiting.pop()
        if name not in asked:
            asked[name] = conditions[name]
            waiting += criteria_read(conditions[name])
    return _windows((*_always_asked(configuration), *asked.values()), decays=False)


def _windows(conditions: Iterable[Condition], *, decays: bool) -> Windows:
    parts = [part for condition in conditions for part in walk(condition)]
    actions = [part for part in parts if isinstance(part, ActivityTest)]
    own = _action_windows(actions)
    timed = (p for p in parts if isinstance(p, FactTest) and p.operator in _TIMED)
    return Windows(
        by_kind=own.by_kind,
        by_strength=own.by_strength,
        organisation=_action_windows([p for p in actions if p.of is Whose.ORGANISATION]),
        colleagues=frozenset(part.within for part in parts if isinstance(part, ColleaguesTest)),
        facts=tuple(dict.fromkeys(timed)),
        decays=decays,
    )


def _action_windows(tests: Iterable[ActivityTest]) -> ActionWindows:
    by_kind: dict[str, set[timedelta]] = {}
    by_strength: dict[Strength, set[timedelta]] = {}
    for test in tests:
        lengths = _lengths(test)
        for kind in test.kinds:
            by_kind.setdefault(kind, set()).update(lengths)
        for strength in () if test.kinds else test.strengths or Strength:
            by_strength.setdefault(strength, set()).update(lengths)
        for kind in test.after | test.touch_among:
            by_kind.setdefault(kind, set()).add(LOOK_BACK)
    return ActionWindows(
        by_kind={kind: frozenset(times) for kind, times in by_kind.items()},
        by_strength={strength: frozenset(times) for strength, times in by_strength.items()},
    )


def _lengths(test: ActivityTest) -> frozenset[timedelta]:
    """How long after an action what a test says of it may change."""
    found = {test.within or LOOK_BACK, test.older_than, test.silent_for}
    return frozenset(length for length in found if length is not None)


_TIMED = frozenset(
    {Operator.WITHIN_LAST, Operator.WITHIN_NEXT, Operator.OLDER_THAN, Operator.LATER_THAN}
)
