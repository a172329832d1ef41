"""The rotation: everybody gets their share at any time, and nobody a rush, whoever comes and goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.core.rotation import take_turn

NOISE = 1e-6
weight_lists = st.lists(st.integers(1, 12).map(float) | st.floats(0.1, 100), min_size=2, max_size=9)
many = settings(max_examples=150, deadline=None)


def named(weights: Sequence[float]) -> dict[str, float]:
    return {f"m{place}": weight for place, weight in enumerate(weights)}


def give(
    weights: Mapping[str, float], count: int, balances: Mapping[str, float] | None = None
) -> tuple[list[str], dict[str, float]]:
    """Give so many leads to these members; returns who took each, and the balances after."""
    balances, taken = dict(balances or {}), list[str]()
    for _ in range(count):
        chosen, after = take_turn(weights, balances)
        balances |= after
        taken.append(chosen)
    return taken, balances


def ahead(weights: Mapping[str, float], taken: Sequence[str]) -> list[dict[str, float]]:
    """How far each member is ahead of its share after each lead; before the first: not at all."""
    total, got = sum(weights.values()), Counter[str]()
    found = [dict.fromkeys(weights, 0.0)]
    for count, name in enumerate(taken, start=1):
        got[name] += 1
        found.append({who: got[who] - count * w / total for who, w in weights.items()})
    return found


def widest(weights: Mapping[str, float], taken: Sequence[str]) -> float:
    """The most any member is off its share in any window of these turns."""
    steps = ahead(weights, taken)
    return max(
        max(step[who] for step in steps) - min(step[who] for step in steps) for who in weights
    )


@many
@given(weights=weight_lists.map(named))
def test_from_the_start_everybody_is_less_than_a_lead_from_its_share(
    weights: dict[str, float],
) -> None:
    taken, _balances = give(weights, 1000)
    bound = 1 - 1 / (2 * len(weights) - 2)
    assert max(abs(amount) for step in ahead(weights, taken) for amount in step.values()) <= (
        bound + NOISE
    )


@many
@given(weights=weight_lists.map(named))
def test_in_any_window_everybody_is_less_than_two_leads_from_its_share(
    weights: dict[str, float],
) -> None:
    taken, _balances = give(weights, 1000)
    assert widest(weights, taken) < 2


@many
@given(count=st.integers(2, 12))
def test_equal_members_are_less_than_a_lead_apart_in_any_window(count: int) -> None:
    weights = named([1.0] * count)
    taken, _balances = give(weights, 500)
    assert widest(weights, taken) < 1


@many
@given(weights=st.tuples(st.integers(1, 40), st.integers(1, 40)).map(named))
def test_two_members_are_within_a_lead_of_their_shares_in_any_window(
    weights: dict[str, float],
) -> None:
    taken, _balances = give(weights, 500)
    assert widest(weights, taken) <= 1 + NOISE


def test_three_members_of_any_weights_cannot_all_be_within_a_lead_in_every_window() -> None:
    """Weights of 1, 1 and 1 can, and so can 4, 2 and 1; for 3, 2 and 1 no order of turns does."""
    weights = named([3.0, 2.0, 1.0])
    taken, _balances = give(weights, 600)
    assert 1 <= widest(weights, taken) < 2


near_weights = st.lists(st.floats(0.5, 3), min_size=2, max_size=9)


@st.composite
def histories(
    draw: st.DrawFn, lists: st.SearchStrategy[list[float]] = weight_lists
) -> tuple[dict[str, float], list[tuple[frozenset[str], int]]]:
    """Members with weights, and stretches of leads during which only some of them were there."""
    weights = named(draw(lists))
    present = st.frozensets(st.sampled_from(sorted(weights)), min_size=1)
    return weights, draw(st.lists(st.tuples(present, st.integers(1, 60)), min_size=2, max_size=12))


@many
@given(history=histories())
def test_who_is_away_neither_gains_nor_loses(
    history: tuple[dict[str, float], list[tuple[frozenset[str], int]]],
) -> None:
    weights, stretches = history
    balances: dict[str, float] = {}
    for present, count in stretches:
        before = dict(balances)
        there = {who: weights[who] for who in present}
        taken, balances = give(there, count, balances)
        assert set(taken) <= present
        assert {w: b for w, b in balances.items() if w not in present} == {
            w: b for w, b in before.items() if w not in present
        }


@many
@given(history=histories(near_weights))
def test_while_the_same_members_are_there_nobody_gets_a_rush(
    history: tuple[dict[str, float], list[tuple[frozenset[str], int]]],
) -> None:
    """Whoever has come and gone before: a stretch never makes up for more than one lead of each.

    Where one weighs many times what another does, no such bound is known (DECISIONS 58).
    """
    weights, stretches = history
    balances: dict[str, float] = {}
    for present, count in stretches:
        there = {who: weights[who] for who in present}
        taken, balances = give(there, count, balances)
        assert widest(there, taken) < len(weights) + 1


@many
@given(weights=weight_lists.map(named), count=st.integers(0, 300), gone=st.integers(0, 8))
def test_a_member_who_is_removed_leaves_nothing_behind(
    weights: dict[str, float], count: int, gone: int
) -> None:
    _taken, balances = give(weights, count)
    left = {who: w for place, (who, w) in enumerate(weights.items()) if place != gone}
    if len(left) < 2:
        return
    taken, after = give(left, 300, {who: b for who, b in balances.items() if who in left})
    assert widest(left, taken) < 2.5
    kept = sum(b for who, b in balances.items() if who in left)
    assert abs(sum(after[who] for who in left) - kept) < NOISE


@many
@given(weights=weight_lists.map(named), count=st.integers(1, 300), weight=st.floats(0.1, 20))
def test_a_newcomer_starts_even(weights: dict[str, float], count: int, weight: float) -> None:
    """Neither ahead of the others nor behind: its first leads come at the pace of its share."""
    _taken, balances = give(weights, count)
    larger = {**weights, "new": weight}
    taken, _after = give(larger, 300, balances)
    off = [step["new"] for step in ahead(larger, taken)]
    assert max(map(abs, off)) < 2


@many
@example(weights=named([6.0, 12.0, 12.0, 100.0, 51.62689851812085, 99.99999999999999]), count=1)
@given(weights=weight_lists.map(named), count=st.integers(1, 60))
def test_turns_depend_on_the_state_alone(weights: dict[str, float], count: int) -> None:
    """Given away one by one or in batches, with the members in any order, it comes out alike."""
    taken, balances = give(weights, count)
    backwards = dict(reversed(weights.items()))
    first, state = give(backwards, count // 2)
    second, again = give(backwards, count - count // 2, state)
    assert first + second == taken
    assert all(abs(again[who] - balances[who]) < NOISE for who in weights)


def test_equal_members_take_turns_in_one_order() -> None:
    taken, _balances = give(named([1.0, 1.0, 1.0]), 9)
    assert taken == ["m2", "m1", "m0"] * 3
    assert all(before != after for before, after in pairwise(taken))
