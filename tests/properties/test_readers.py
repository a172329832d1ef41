"""The list of readers is complete: a decision looks at no fact, and depends on none, that is not on it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.leads import NOW, shipped_ruleset
from tests.properties.lead_strategies import asking_leads, leads, ready_leads
from tests.properties.watched_facts import Watched
from worker.core.assignment import Roster
from worker.core.conditions import FindingTest
from worker.core.configuration import Configuration
from worker.core.decide import decide
from worker.core.hand_off import summarise
from worker.core.identity import match_keys
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import MappedContact
from worker.core.policy import Policy
from worker.core.readers import find_readers
from worker.core.ruleset import Ruleset, compile_ruleset
from worker.core.trace import decision_body

quick = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[phase for phase in Phase if phase is not Phase.shrink],
)
"""Not shrunk: a whole configuration is drawn, and making it small takes longer than reading it."""


def without(lead: LeadSnapshot, kept: Collection[str]) -> LeadSnapshot:
    """The lead as it is where only these facts are read; its issues are of them already."""
    contacts = tuple(
        replace(
            contact,
            facts={name: value for name, value in contact.facts.items() if name in kept},
            issues=contact.issues,
            unseen=contact.unseen & frozenset(kept),
        )
        for contact in lead.contacts
    )
    return replace(lead, contacts=contacts)


def with_issues_of(lead: LeadSnapshot, read: Collection[str]) -> LeadSnapshot:
    """The lead as it can be: what is not read is not mapped, and mapping is what finds issues."""
    contacts = tuple(
        replace(contact, issues=tuple(i for i in contact.issues if i.fact in read))
        for contact in lead.contacts
    )
    return replace(lead, contacts=contacts)


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """The shipped configuration, where some criteria read nothing, and with less of everything else."""
    shipped = shipped_ruleset().configuration

    def some_of(items: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(item for item in items if draw(st.integers(0, 3)))

    def thinned(policy: Policy) -> Policy:
        return replace(
            policy,
            criteria=tuple(
                replace(c, own_line=1.0, condition=FindingTest()) if draw(st.booleans()) else c
                for c in policy.criteria
            ),
            hand_off_facts=some_of(policy.hand_off_facts),
            required_documents=some_of(policy.required_documents),
        )

    return replace(
        shipped,
        policies={name: thinned(policy) for name, policy in shipped.policies.items()},
        routing=replace(shipped.routing, rules=some_of(shipped.routing.rules)),
        consent=replace(shipped.consent, channels=some_of(shipped.consent.channels)),
    )


def decided(ruleset: Ruleset, lead: LeadSnapshot) -> tuple[object, ...]:
    """All that is decided; which records said something at all is left out."""
    decision = decide(ruleset, lead, Roster(), NOW)
    body = json.loads(decision_body(ruleset, decision))
    del body["records"]
    return decision.reasons, decision.memory, body, summarise(ruleset, decision)


@quick
@given(
    lead=leads() | ready_leads() | asking_leads(),
    configuration=st.builds(lambda: shipped_ruleset().configuration) | configurations(),
)
def test_a_decision_looks_at_no_fact_without_a_reader(
    lead: LeadSnapshot, configuration: Configuration
) -> None:
    first = with_issues_of(lead, find_readers(configuration)).contacts[0]
    facts = Watched(first.facts)
    contact = MappedContact(ref=first.ref, facts=facts, issues=first.issues, unseen=first.unseen)
    ruleset = compile_ruleset(configuration)
    decided(ruleset, replace(lead, contacts=(contact,)))
    match_keys(contact)
    known = facts.seen & set(configuration.facts)
    assert "email" in known
    assert known <= set(find_readers(configuration)), "name it in worker/core/readers.py"


@quick
@given(lead=leads() | ready_leads() | asking_leads(), configuration=configurations())
def test_a_fact_without_a_reader_changes_no_decision(
    lead: LeadSnapshot, configuration: Configuration
) -> None:
    ruleset = compile_ruleset(configuration)
    kept = find_readers(configuration)
    lead = with_issues_of(lead, kept)
    fewer = without(lead, kept)
    assert decided(ruleset, fewer) == decided(ruleset, lead)
