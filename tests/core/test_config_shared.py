"""Fragments: written once, used by name, and part of the digest of whatever uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviour.broken_configurations import copy_shipped, edit
from worker.config.loader import check_configuration, load_configuration
from worker.core.conditions import AllOf, FactTest, Operator
from worker.core.configuration import Configuration

DECIDERS = FactTest(
    fact="role",
    operator=Operator.IN,
    operand=frozenset({"benefits_director", "procurement", "executive"}),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_shipped(tmp_path / "config")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return load_configuration(copy_shipped(tmp_path_factory.mktemp("shared") / "config"))


def condition_of(configuration: Configuration, pathway: str, criterion: str) -> object:
    criteria = configuration.policies[pathway].criteria
    return next(item.condition for item in criteria if item.id == criterion)


def test_a_shared_condition_stands_wherever_it_is_named(shipped: Configuration) -> None:
    assert condition_of(shipped, "b2b", "decision_role") == DECIDERS
    b2b = next(rule for rule in shipped.pathways if rule.pathway == "b2b")
    assert DECIDERS in b2b.condition.items  # type: ignore[union-attr]  # the shipped rule is an `any`


def test_shared_criteria_come_before_the_own_ones_in_the_order_named(
    shipped: Configuration,
) -> None:
    names = [criterion.id for criterion in shipped.policies["patient"].criteria]
    assert names[:7] == [
        "not_test",
        "data_usable",
        "reachable",
        "no_refusal",
        "unsubscribed",
        "bounced",
        "service_line_offered",
    ]


def test_a_fragment_may_use_another(folder: Path) -> None:
    old = "conditions:\n"
    edit(
        folder,
        "shared.yaml",
        old,
        "conditions:\n  known_decider: {all: [{use: in_decision_group}, {fact: email, present: true}]}\n",
    )
    edit(folder, "policies/b2b.yaml", "{use: in_decision_group}", "{use: known_decider}")

    found = condition_of(load_configuration(folder), "b2b", "decision_role")

    present = FactTest(fact="email", operator=Operator.PRESENT, operand=True)
    assert found == AllOf(items=(DECIDERS, present))


def test_the_digest_of_a_policy_covers_the_fragments_it_uses_and_no_others(
    folder: Path, shipped: Configuration
) -> None:
    edit(folder, "shared.yaml", "in_group: roles.decision", "in: [procurement]")

    changed = load_configuration(folder)

    before = {name: policy.digest for name, policy in shipped.policies.items()}
    after = {name: policy.digest for name, policy in changed.policies.items()}
    assert {name for name in before if before[name] != after[name]} == {"b2b"}
    assert changed.digest != shipped.digest


def test_the_digest_covers_a_fragment_used_through_another(folder: Path) -> None:
    edit(
        folder,
        "shared.yaml",
        "conditions:\n",
        "conditions:\n  d: {not: {use: in_decision_group}}\n",
    )
    edit(folder, "policies/referral.yaml", "{fact: channel, is: partner_link}", "{use: d}")
    before = load_configuration(folder).policies["referral"].digest
    edit(folder, "shared.yaml", "in_group: roles.decision", "in: [procurement]")

    assert load_configuration(folder).policies["referral"].digest != before


def test_the_digest_covers_the_shared_criteria(folder: Path, shipped: Configuration) -> None:
    edit(folder, "shared.yaml", 'not said "not now".', 'not said "later".')

    changed = load_configuration(folder).policies

    assert changed["patient"].digest != shipped.policies["patient"].digest
    assert changed["referral"].digest == shipped.policies["referral"].digest


def test_a_fragment_nothing_uses_is_a_warning(folder: Path) -> None:
    edit(folder, "shared.yaml", "conditions:\n", "conditions:\n  old: {fact: is_test, is: true}\n")

    report = check_configuration(folder)

    assert [str(warning) for warning in report.warnings] == [
        "shared.yaml:4  conditions.old\n    Nothing uses the fragment 'old'.\n    hint: take it out"
    ]
    assert report.configuration is not None


def test_facts_that_only_an_unused_fragment_reads_are_not_read(folder: Path) -> None:
    edit(
        folder,
        "systems/files.yaml",
        "{from: origin, as: text}",
        "{from: origin, as: text}\n      job_title: {from: job_title, as: text}",
    )
    edit(
        folder,
        "shared.yaml",
        "conditions:\n",
        "conditions:\n  titled: {fact: job_title, present: true}\n",
    )

    messages = [warning.message for warning in check_configuration(folder).warnings]

    assert messages == [
        "Nothing uses the fragment 'titled'.",
        "The fact 'job_title' is mapped, but nothing reads it, so it is not asked for.",
    ]
