"""Who reads what: for every fact, everything in a configuration that looks at it.

The minimum necessary is worked out from this: a field whose fact has no reader here is not asked of
a CRM. So whatever looks at a fact must be named here; a test watches the facts a decision looks at.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from worker.core.conditions import ActivityTest, Condition, LineMatch, facts_read, walk
from worker.core.configuration import Configuration
from worker.core.consent import ChannelRule, ConsentPolicy
from worker.core.field_map import FieldRead, Purpose
from worker.core.follow_up import Doer
from worker.core.identity import CONFLICTING
from worker.core.lifecycle import LifecyclePolicy
from worker.core.model import ACCOUNT_OWNER, PAST_FACTS, RESTRICTIVE_FACTS, SAME_ANSWER
from worker.core.organisation_asks import find_asks
from worker.core.organisations import READ_FOR
from worker.core.policy import Policy
from worker.core.routing import asks_account_owner
from worker.core.traits import LIKENED_FACTS


class Use(StrEnum):
    """What a fact is read for, in the order in which readers are listed."""

    CRITERIA = "criteria"
    PATHWAY = "pathway"
    CONSENT = "consent"
    QUALITY = "quality"
    IDENTITY = "identity"
    LIFECYCLE = "lifecycle"
    ROUTING = "routing"
    HAND_OFF = "hand-off"
    OUTCOMES = "outcomes"
    WRITING = "writing"
    ACTIVITIES = "activities"
    AVAILABILITY = "availability"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One thing that reads a fact: ``what`` names it as its file does, or says what it is."""

    use: Use
    what: str


Readers: TypeAlias = Mapping[str, tuple[Reader, ...]]
"""The readers of each fact that has any."""

BUILT_IN: tuple[tuple[Use, str, tuple[str, ...]], ...] = (
    (Use.QUALITY, "contact points", ("email", "phone")),
    (Use.QUALITY, "names", ("first_name", "last_name")),
    (Use.QUALITY, "ZIP and state agree", ("postal_code", "state")),
    (Use.QUALITY, "dates in the future", tuple(sorted(PAST_FACTS))),
    (Use.QUALITY, "stale records", ("changed_at",)),
    (Use.QUALITY, "origin of a finding", ("origin",)),
    (Use.IDENTITY, "match by e-mail", ("email", "first_name", "last_name")),
    (Use.IDENTITY, "match by phone", ("phone", "first_name", "last_name")),
    (Use.IDENTITY, "newest record", ("changed_at",)),
    (Use.IDENTITY, "likeness for proposals", LIKENED_FACTS),
    (Use.LIFECYCLE, "present stage", ("lifecycle_stage",)),
    (Use.LIFECYCLE, "verdict of sales", ("sales_verdict", "outcome_at")),
    (Use.ROUTING, "present owner", ("owner",)),
    (Use.WRITING, "no write after a refusal", tuple(sorted(RESTRICTIVE_FACTS))),
)
"""What the worker reads without being told to: use, what for, facts."""

WHERE_READ = (
    (Use.QUALITY, "records that disagree", CONFLICTING),
    (Use.QUALITY, "wanted dates long past", ("wanted_date",)),
)
"""What looks at a fact only where something else needs it; alone it is no reason to ask for it."""


def find_readers(configuration: Configuration) -> Readers:
    """List everything that reads each fact, in order and without repetition."""
    found: dict[str, dict[Reader, None]] = {}
    for fact, reader in _all_readers(configuration):
        if fact in configuration.facts:
            found.setdefault(fact, {})[reader] = None
    for fact in tuple(found):
        for source in configuration.facts[fact].follows_from:
            found.setdefault(source, {}).update(found[fact])
    for fact, reader in _said_at(configuration, found):
        found.setdefault(fact, {})[reader] = None
    for fact, reader in _built_in(WHERE_READ):
        if fact in found:
            found[fact][reader] = None
    order = {use: place for place, use in enumerate(Use)}
    return {
        fact: tuple(sorted(readers, key=lambda r: (order[r.use], r.what)))
        for fact, readers in sorted(found.items())
    }


def _all_readers(configuration: Configuration) -> Iterator[tuple[str, Reader]]:
    yield from _built_in(BUILT_IN)
    for reader, asked in _questions(configuration):
        yield from ((fact, reader) for fact in facts_read(asked))
    for policy in configuration.policies.values():
        yield from _policy_readers(policy)
    for channel in configuration.consent.channels:
        yield from _channel_readers(channel)
    yield from _routing_readers(configuration)
    for rule in configuration.availability.rules:
        yield from _each(("service_line", "site"), Use.AVAILABILITY, f"rule {rule.id}")
    yield from _organisation_readers(configuration)
    for system in configuration.systems.values():
        for item in system.objects:
            yield from _declared(item.reads)


def _built_in(table: Iterable[tuple[Use, str, tuple[str, ...]]]) -> Iterator[tuple[str, Reader]]:
    for use, what, facts in table:
        yield from _each(facts, use, what)


def _each(facts: Iterable[str], use: Use, what: str) -> Iterator[tuple[str, Reader]]:
    reader = Reader(use=use, what=what)
    for fact in facts:
        yield fact, reader


def _policy_readers(policy: Policy) -> Iterator[tuple[str, Reader]]:
    for criterion in policy.criteria:
        if criterion.weighs_lines:
            yield from _each(("service_line",), Use.CRITERIA, f"{policy.pathway}.{criterion.id}")
    yield from _each(policy.hand_off_facts, Use.HAND_OFF, policy.pathway)
    same = (SAME_ANSWER[fact] for fact in policy.hand_off_facts if fact in SAME_ANSWER)
    yield from _each(same, Use.HAND_OFF, f"{policy.pathway} not asked for twice")
    if policy.required_documents:
        yield from _each(("documents",), Use.HAND_OFF, f"{policy.pathway} required documents")


def _channel_readers(rule: ChannelRule) -> Iterator[tuple[str, Reader]]:
    channel = rule.channel.value
    yield from _each(rule.addresses, Use.CONSENT, f"{channel} address")
    yield from _each(rule.opt_outs, Use.CONSENT, f"{channel} opt-out")
    yield from _each(rule.refused_by, Use.CONSENT, f"{channel} refusal")
    for item in rule.evidence:
        if item.proof is not None:
            yield from _each((item.proof,), Use.CONSENT, f"{channel} proof")
        if item.is_dated_by_fact():
            yield from _each((item.given_at,), Use.CONSENT, f"{channel} date")


def _routing_readers(configuration: Configuration) -> Iterator[tuple[str, Reader]]:
    routing = configuration.routing
    for team in routing.teams.values():
        for member in team.members:
            yield from _each(member.skills, Use.ROUTING, f"skills in {team.id}")
    for step in routing.next_steps.values():
        if step.clock is not None:
            yield from _each((step.clock,), Use.ROUTING, f"clock of {step.id}")
    if asks_account_owner(routing):
        yield from _each((ACCOUNT_OWNER,), Use.ROUTING, "owner of the account")
    if routing.follow_up.rejections:
        yield from _each(("verdict_reason",), Use.LIFECYCLE, "what follows a rejection")


def _said_at(configuration: Configuration, found: Container[str]) -> Iterator[tuple[str, Reader]]:
    """When a timeframe was stated is read wherever the timeframe is."""
    for system in configuration.systems.values():
        for item in system.objects:
            for read in item.reads:
                if read.fact in found:
                    reader = Reader(use=Use.CRITERIA, what=f"day of {read.fact}")
                    yield from ((fact, reader) for fact in read.said_at)


def _organisation_readers(configuration: Configuration) -> Iterator[tuple[str, Reader]]:
    """Organisations are told apart only where some criterion asks something of them."""
    if find_asks(configuration) is not None:
        for way in configuration.organisations.same_by:
            yield from _each(READ_FOR[way], Use.IDENTITY, "same organisation")


def _declared(reads: Iterable[FieldRead]) -> Iterator[tuple[str, Reader]]:
    """A field says itself that it is read for what happens after the decision, or whom it names."""
    for read in reads:
        if read.refers_to is not None:
            yield read.fact, Reader(use=Use.IDENTITY, what="match by cross-reference")
        if read.purpose is not None:
            is_outcome = read.purpose is Purpose.OUTCOMES
            use = Use.OUTCOMES if is_outcome else Use.LIFECYCLE
            yield read.fact, Reader(use=use, what=f"declared for {read.purpose.value}")


def find_line_readers(configuration: Configuration) -> tuple[Reader, ...]:
    """List what reads the service line of activities; of their columns, that one may be idle."""
    weighing = (
        Reader(use=Use.CRITERIA, what=f"{policy.pathway}.{criterion.id}")
        for policy in configuration.policies.values()
        for criterion in policy.criteria
        if criterion.weighs_lines
    )
    asking = (reader for reader, asked in _questions(configuration) if _asks_for_line(asked))
    return tuple(dict.fromkeys((*weighing, *asking)))


def find_doer_readers(configuration: Configuration) -> tuple[Reader, ...]:
    """List what reads who did an activity: follow-up that is somebody's in particular."""
    routing = configuration.routing
    used = {step.follow_up for step in routing.next_steps.values()}
    return tuple(
        Reader(use=Use.ROUTING, what=f"follow-up {name}")
        for name, policy in routing.follow_up.policies.items()
        if name in used and policy.by is not Doer.ANYONE
    )


def _questions(configuration: Configuration) -> Iterator[tuple[Reader, Condition]]:
    """Yield every condition of a configuration with what asks it."""
    for policy in configuration.policies.values():
        yield from _questions_of(policy)
    for step in configuration.pathways:
        yield Reader(use=Use.PATHWAY, what=step.pathway), step.condition
    for use, what, asked in _consent_questions(configuration.consent):
        yield Reader(use=use, what=what), asked
    for line in configuration.availability.rules:
        if line.never_for is not None:
            yield Reader(use=Use.AVAILABILITY, what=f"rule {line.id}"), line.never_for
    for rule in configuration.routing.rules:
        yield Reader(use=Use.ROUTING, what=f"rule {rule.id}"), rule.condition
    yield from _stage_questions(configuration.lifecycle)


def _stage_questions(lifecycle: LifecyclePolicy) -> Iterator[tuple[Reader, Condition]]:
    for row in lifecycle.rows():
        if row.condition is not None:
            yield Reader(use=Use.LIFECYCLE, what=f"evidence of {row.id}"), row.condition


def _consent_questions(consent: ConsentPolicy) -> Iterator[tuple[Use, str, Condition]]:
    for place in consent.jurisdictions:
        yield Use.CONSENT, f"jurisdiction {place.id}", place.condition
    for channel in consent.channels:
        for item in channel.evidence:
            yield Use.CONSENT, f"{channel.channel.value} evidence {item.id}", item.condition
    for topic in consent.topics:
        if topic.condition is not None:
            yield Use.CONSENT, f"topic {topic.id}", topic.condition


def _questions_of(policy: Policy) -> Iterator[tuple[Reader, Condition]]:
    for criterion in policy.criteria:
        what = f"{policy.pathway}.{criterion.id}"
        yield Reader(use=Use.CRITERIA, what=what), criterion.condition
    for track in policy.tracks:
        what = f"{policy.pathway} track {track.id}"
        yield Reader(use=Use.CRITERIA, what=what), track.condition


def _asks_for_line(condition: Condition) -> bool:
    return any(
        isinstance(part, ActivityTest) and part.line is not LineMatch.ANY
        for part in walk(condition)
    )
