"""The rotation: whose turn it is, so that everybody gets their share at any time, and nobody a rush.

This is the chairman assignment of R. Tijdeman (1980). Among those who could have taken the lead, a
balance says how many leads each is owed. Who is owed at least ``1 / (2n - 2)`` of a lead is ready;
of those, the one goes first who would be owed too much the soonest. From the start of a rotation
nobody is ever ``1 - 1 / (2n - 2)`` of a lead away from its share, which is the best there can be.
"""

from __future__ import annotations

from collections.abc import Mapping

PLACES = 9
"""Decimal places of a lead that count; below are the errors of floating point."""


def take_turn(
    weights: Mapping[str, float], balances: Mapping[str, float]
) -> tuple[str, dict[str, float]]:
    """Choose among these members by weight; returns the chosen one and the balances afterwards.

    Only these members' balances move, and their sum stays. Whoever has none yet starts even. What
    they are owed together is shared out before choosing, so that it does not matter what they, or
    somebody who is not on the team any more, got while others could not.
    """
    total = sum(weights.values())
    shares = {name: weight / total for name, weight in weights.items()}
    start = _with_newcomers(weights, balances)
    owed_together = sum(start.values())
    owed = {name: start[name] + (1 - owed_together) * share for name, share in shares.items()}
    chosen = _soonest(owed, shares)
    after = {name: start[name] + share for name, share in shares.items()}
    after[chosen] -= 1
    return chosen, after


def _with_newcomers(
    weights: Mapping[str, float], balances: Mapping[str, float]
) -> dict[str, float]:
    """Give newcomers the balance at which they are neither ahead of the others nor behind."""
    known = {name: balances[name] for name in weights if name in balances}
    held = sum(weights[name] for name in known)
    level = sum(known.values()) / held if held else 0.0
    return {name: known.get(name, weight * level) for name, weight in weights.items()}


def _soonest(owed: Mapping[str, float], shares: Mapping[str, float]) -> str:
    """Choose who would be owed too much the soonest.

    Of equals the one with more weight goes first, then the last by name. What is owed adds up to
    one lead, so somebody is always ready.
    """
    if len(owed) == 1:
        return next(iter(owed))
    least = 1 / (2 * len(owed) - 2)
    ready = [name for name, amount in owed.items() if round(amount - least, PLACES) >= 0]

    def urgency(name: str) -> tuple[float, float, str]:
        turns_left = (1 - least - owed[name]) / shares[name]
        return (-round(turns_left, PLACES), round(shares[name], PLACES), name)

    return max(ready, key=urgency)
