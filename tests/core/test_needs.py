"""What a pathway needs is read off its policy."""

from __future__ import annotations

from tests.leads import shipped_ruleset
from worker.core.needs import needed_facts, used_facts


def test_the_shipped_policies_need_what_their_pages_say() -> None:
    configuration = shipped_ruleset().configuration
    needed = {
        name: needed_facts(policy, configuration.facts)
        for name, policy in configuration.policies.items()
    }
    assert {"service_line", "postal_code"} <= needed["patient"]
    assert {"organisation_size", "program_interest"} <= needed["b2b"]
    assert "organisation" in needed["referral"]


def test_one_of_several_answers_is_used_and_not_needed() -> None:
    """A wanted date, a number of days or an action: any of them says when."""
    configuration = shipped_ruleset().configuration
    policy = configuration.policies["patient"]
    assert "wanted_by" not in needed_facts(policy, configuration.facts)
    assert "wanted_by" in used_facts(policy, configuration.routing)


def test_a_refusal_nobody_made_is_not_missing() -> None:
    configuration = shipped_ruleset().configuration
    for policy in configuration.policies.values():
        assert needed_facts(policy, configuration.facts).isdisjoint({"not_now", "is_test"})


def test_a_routing_rule_for_another_pathway_says_nothing_of_this_one() -> None:
    configuration = shipped_ruleset().configuration
    b2b = configuration.policies["b2b"]
    assert "service_line" not in used_facts(b2b, configuration.routing)


def test_what_a_gate_asks_and_goes_on_without_is_not_needed() -> None:
    """The age band stops a lead only where it is known."""
    configuration = shipped_ruleset().configuration
    policy = configuration.policies["patient"]
    assert "age_band" not in needed_facts(policy, configuration.facts)
    assert "age_band" in used_facts(policy, configuration.routing)
