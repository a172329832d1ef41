"""Owners of two CRMs are told to be one person by the e-mail of their accounts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from worker.core.owner_twins import (
    Listed,
    Unmatched,
    find_closed,
    find_twins,
    find_unmatched,
    person_of,
    with_twins,
)
from worker.core.records import Owner, OwnerKind
from worker.core.routing import RoutingPolicy, compile_routing
from worker.core.ruleset import Ruleset

WRITERS = frozenset({"files", "other"})


def one_member(shipped: Ruleset) -> RoutingPolicy:
    routing = shipped.configuration.routing
    team = routing.teams["scheduling"]
    return replace(routing, teams={"scheduling": replace(team, members=team.members[:1])})


def owners(*accounts: tuple[str, str | None]) -> list[Owner]:
    return [Owner(id=one, email=email) for one, email in accounts]


def test_a_member_gets_the_id_of_the_account_with_the_same_address(shipped: Ruleset) -> None:
    listed = {
        "files": owners(("own-101", "Ann@x.org ")),
        "other": owners(("7", "ann@x.org"), ("8", "bob@x.org")),
    }
    policy = with_twins(one_member(shipped), find_twins(listed))
    assert policy.teams["scheduling"].members[0].owners == {"files": "own-101", "other": "7"}
    assert list(find_unmatched(one_member(shipped), listed, WRITERS)) == []


def test_an_id_that_the_roster_names_comes_before_the_address(shipped: Ruleset) -> None:
    policy = one_member(shipped)
    twins = {"files:own-101": {"files": "wrong", "other": "7"}}
    named = with_twins(policy, twins).teams["scheduling"].members[0].owners
    assert named == {"files": "own-101", "other": "7"}


def test_an_address_of_several_accounts_tells_nobody_apart(shipped: Ruleset) -> None:
    both = owners(("7", "ann@x.org"), ("8", "ann@x.org"))
    listed = {"files": owners(("own-101", "ann@x.org")), "other": both}
    assert "files:own-101" not in find_twins(listed)
    assert list(find_unmatched(one_member(shipped), listed, WRITERS)) == [
        Unmatched(member="sched-1", system="other", email_of="files:own-101", accounts=("7", "8"))
    ]


def test_queues_and_those_who_left_are_nobodys_account(shipped: Ruleset) -> None:
    others = [
        Owner(id="7", email="ann@x.org", is_active=False),
        Owner(id="8", email="ann@x.org", kind=OwnerKind.QUEUE),
    ]
    listed = {"files": owners(("own-101", "ann@x.org")), "other": others}
    assert find_twins(listed) == {}
    (found,) = find_unmatched(one_member(shipped), listed, WRITERS)
    assert found.accounts == ()


def test_nothing_is_said_of_who_has_accounts_in_a_crm_that_does_not_tell(shipped: Ruleset) -> None:
    listed: Listed = {"other": owners(("7", "ann@x.org"))}
    assert list(find_unmatched(one_member(shipped), listed, WRITERS)) == []


def test_without_an_address_nothing_can_be_looked_for(shipped: Ruleset) -> None:
    listed = {"files": owners(("own-101", None)), "other": owners(("7", "ann@x.org"))}
    (found,) = find_unmatched(one_member(shipped), listed, WRITERS)
    assert found.email_of is None


def test_who_stands_for_nobody_in_one_crm_does_so_in_the_other(shipped: Ruleset) -> None:
    listed = {
        "files": owners(("own-000", "sync@x.org")),
        "other": owners(("7", "sync@x.org"), ("8", "bob@x.org")),
    }
    assert with_twins(one_member(shipped), find_twins(listed)).unassigned == {
        "files:own-000",
        "other:7",
    }


def account(id_: str, email: str, *, is_active: bool) -> Owner:
    return Owner(id=id_, email=email, is_active=is_active)


BOTH_LEFT: Listed = {
    "files": [account("own-101", "ann@x.org", is_active=False)],
    "other": [account("7", "Ann@x.org", is_active=False)],
}
ONE_LEFT: Listed = {**BOTH_LEFT, "files": [account("own-101", "ann@x.org", is_active=True)]}
NOT_ON_THE_ROSTER: Listed = {
    "files": [account("5", "eve@x.org", is_active=True)],
    "other": [
        account("6", "eve@x.org", is_active=True),
        account("9", "eve@x.org", is_active=False),
    ],
}


@pytest.mark.parametrize(
    ("listed", "keys", "person"),
    [
        (BOTH_LEFT, ("files:own-101", "other:7"), "sched-1"),
        (ONE_LEFT, ("files:own-101", "other:7"), "sched-1"),
        (NOT_ON_THE_ROSTER, ("files:5", "other:6", "other:9"), "files:5"),
    ],
)
def test_who_left_is_one_person_in_every_crm_and_is_written_in_none(
    shipped: Ruleset, listed: Listed, keys: tuple[str, ...], person: str
) -> None:
    policy = with_twins(one_member(shipped), find_twins(listed), find_closed(listed))
    assert {person_of(compile_routing(policy), key) for key in keys} == {person}
    assert policy.teams["scheduling"].members[0].owners == {"files": "own-101"}
    assert policy.unassigned == one_member(shipped).unassigned


def test_a_closed_account_with_an_address_of_two_open_ones_is_nobodys() -> None:
    open_ones = [account(one, "ann@x.org", is_active=True) for one in ("7", "8")]
    assert find_closed({"other": [*open_ones, account("9", "ann@x.org", is_active=False)]}) == {}


def test_an_address_that_tells_nobody_apart_hides_no_other() -> None:
    open_ones = [account(one, "ann@x.org", is_active=True) for one in ("7", "8")]
    left = [account("9", "ann@x.org", is_active=False), account("5", "bob@x.org", is_active=False)]
    there = [account("6", "bob@x.org", is_active=False)]
    same = ["files:6", "other:5"]
    assert find_closed({"other": [*open_ones, *left], "files": there}) == {
        "other:5": same,
        "files:6": same,
    }
    assert find_closed({"other": [account("5", "bob@x.org", is_active=False)]}) == {}


def test_accounts_without_an_address_are_nobodys() -> None:
    for one, other in ((None, None), (" ", None)):
        assert find_twins({"files": owners(("1", one)), "other": owners(("2", other))}) == {}


def test_a_roster_and_a_queue_say_who_an_owner_is_before_any_other_account(
    shipped: Ruleset,
) -> None:
    policy = with_twins(one_member(shipped), {}, {"files:own-101": ["files:5"]})
    assert person_of(compile_routing(policy), "files:own-101") == "sched-1"
    (queue,) = policy.queues.values()
    assert person_of(compile_routing(policy), f"files:{queue.owners['files']}") == queue.id


def test_a_member_of_several_teams_is_named_once_and_in_the_order_of_the_crms(
    shipped: Ruleset,
) -> None:
    routing = shipped.configuration.routing
    team = routing.teams["scheduling"]
    first, second = (
        replace(one, owners=ids)
        for one, ids in zip(
            team.members[:2], ({"silent": "3"}, {"files": "own-102", "silent": "4"}), strict=True
        )
    )
    teams = {
        name: replace(team, id=name, members=members)
        for name, members in (("a", (first, second)), ("b", (second,)))
    }
    listed = {
        "files": owners(("own-102", "bob@x.org")),
        "other": owners(("8", " Bob@x.org")),
        "third": owners(("1", "bob@x.org"), ("2", "bob@x.org")),
    }
    writers = frozenset({"files", "other", "third", "sixth"})
    found = list(find_unmatched(replace(routing, teams=teams), listed, writers))
    assert found == [
        Unmatched(member=second.id, system=system, email_of="other:8", accounts=accounts)
        for system, accounts in (("sixth", ()), ("third", ("1", "2")))
    ]


def test_a_closed_account_of_who_stands_for_nobody_does_so_too(shipped: Ruleset) -> None:
    listed: Listed = {
        "files": [account("own-000", "sync@x.org", is_active=True)],
        "other": [account("7", "sync@x.org", is_active=False)],
    }
    policy = with_twins(one_member(shipped), find_twins(listed), find_closed(listed))
    assert policy.unassigned == {"files:own-000", "other:7"}
