"""The roster may call people by their e-mail and queues by their name, and never guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from worker.core.owner_names import find_named, find_queue_twins, with_named
from worker.core.records import Owner, OwnerKind
from worker.core.routing import RoutingPolicy
from worker.core.ruleset import Ruleset

ANN = Owner(id="005A", email="ann@x.org")
INTAKE = Owner(
    id="00GI", kind=OwnerKind.QUEUE, email="intake@x.org", names=("Intake_Queue", "Intake Queue")
)


def calling(shipped: Ruleset, member: Mapping[str, str], queue: Mapping[str, str]) -> RoutingPolicy:
    """A roster of one member and one queue, called as given."""
    routing = shipped.configuration.routing
    team = routing.teams["scheduling"]
    one = replace(team, members=(replace(team.members[0], owners=member),))
    intake = replace(routing.queues["intake"], owners=queue)
    return replace(routing, teams={"scheduling": one}, queues={"intake": intake})


def ids(policy: RoutingPolicy) -> tuple[Mapping[str, str], Mapping[str, str]]:
    return policy.teams["scheduling"].members[0].owners, policy.queues["intake"].owners


@pytest.mark.parametrize("name", ["Intake_Queue", "intake queue", "INTAKE-QUEUE", "intake@x.org"])
def test_a_person_is_found_by_address_and_a_queue_by_any_of_its_names(
    shipped: Ruleset, name: str
) -> None:
    policy = calling(shipped, {"sf": " Ann@X.org"}, {"sf": name})
    named = find_named(policy, {"sf": [ANN, INTAKE]})
    assert ids(with_named(policy, named, {})) == ({"sf": "005A"}, {"sf": "00GI"})


def test_an_id_is_no_name(shipped: Ruleset) -> None:
    policy = calling(shipped, {"sf": "005A"}, {"sf": "00GI"})
    named = find_named(policy, {"sf": [ANN, INTAKE, Owner(id="x", email="005A")]})
    assert {key for key in named if "005A" in key or "00GI" in key} == set()
    assert ids(with_named(policy, named, {})) == ids(policy)


@pytest.mark.parametrize("form", ["005Rt000001aBcD", "005rt000001abcdIAU", "005Rt000001aBcDIAU"])
def test_an_id_in_another_form_is_the_one_that_is_listed(shipped: Ruleset, form: str) -> None:
    """People copy 15 letters out of an address, and some tools lose the case of 18."""
    listed = {"sf": [Owner(id="005Rt000001aBcDIAU"), replace(INTAKE, id="00GRt000002xYzAMAU")]}
    policy = calling(shipped, {"sf": form}, {"sf": "00GRt000002xYzA"})
    policy = replace(policy, stand_ins={"sf": form}, unassigned=frozenset({f"sf:{form}"}))
    found = with_named(policy, find_named(policy, listed), {})
    assert ids(found) == ({"sf": "005Rt000001aBcDIAU"}, {"sf": "00GRt000002xYzAMAU"})
    assert found.stand_ins == {"sf": "005Rt000001aBcDIAU"}
    assert found.unassigned == {"sf:005Rt000001aBcDIAU"}


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param([Owner(id="z")], id="nobody"),
        pytest.param([ANN, replace(ANN, id="005B")], id="two"),
        pytest.param([replace(ANN, is_active=False)], id="left"),
        pytest.param([replace(ANN, kind=OwnerKind.QUEUE)], id="a queue"),
    ],
)
def test_whom_the_crm_does_not_have_once_is_nobody_and_is_never_written(
    shipped: Ruleset, listed: list[Owner]
) -> None:
    policy = calling(shipped, {"sf": "ann@x.org"}, {"sf": "Elsewhere"})
    assert ids(with_named(policy, find_named(policy, {"sf": listed}), {})) == ({}, {})


def test_who_stands_in_is_looked_up_and_nothing_is_nobody(shipped: Ruleset) -> None:
    policy = replace(calling(shipped, {}, {}), stand_ins={"sf": "ann@x.org", "hub": None})
    listed = {"sf": [ANN, INTAKE], "hub": [ANN]}
    found = with_named(policy, find_named(policy, listed), {})
    assert found.stand_ins == {"sf": "005A", "hub": None}


def test_a_crm_that_lists_nobody_tells_nothing(shipped: Ruleset) -> None:
    policy = calling(shipped, {"sf": "ann@x.org"}, {"sf": "Intake"})
    assert find_named(policy, {"sf": []}) == {}


@pytest.mark.parametrize(
    "there",
    [
        pytest.param(Owner(id="77", email="Intake@x.org"), id="a shared mailbox"),
        pytest.param(Owner(id="77", kind=OwnerKind.QUEUE, names=("intake",)), id="the roster's id"),
        pytest.param(Owner(id="77", kind=OwnerKind.QUEUE, names=("Intake queue",)), id="its name"),
    ],
)
def test_a_queue_is_found_in_another_crm_by_address_or_name(shipped: Ruleset, there: Owner) -> None:
    policy = calling(shipped, {"sf": "005A"}, {"sf": "00GI"})
    listed = {"sf": [ANN, INTAKE], "hub": [there]}
    twins = find_queue_twins(policy, listed)
    assert twins == {"intake": {"hub": "77"}}
    assert ids(with_named(policy, {}, twins))[1] == {"hub": "77", "sf": "00GI"}


def test_a_queue_is_no_colleague_of_the_same_crm_and_nobody_where_there_is_none(
    shipped: Ruleset,
) -> None:
    policy = calling(shipped, {"sf": "005A"}, {"sf": "00GI"})
    there = [Owner(id="77", email=ANN.email)]
    assert find_queue_twins(policy, {"sf": [ANN, INTAKE], "hub": there}) == {}


def test_an_id_that_a_crm_does_not_list_is_left_as_it_is(shipped: Ruleset) -> None:
    policy = calling(shipped, {"sf": "005X"}, {"sf": "00GI"})
    found = find_named(policy, {"sf": [ANN, INTAKE]})
    assert "sf:005X" not in found
    assert ids(with_named(policy, found, {}))[0] == {"sf": "005X"}
