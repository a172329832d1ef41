"""The roster: who has how many leads, and the state of each team's rotation.

All of it moves in the transaction that gives a lead away, so that it is undone with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, and_, func, or_, select, true, update

from worker.ledger.sql import (
    AnySelect,
    add_counts,
    count_pairs,
    delete_where,
    is_mine,
    is_one_of,
    take_turns,
    upsert,
)
from worker.ledger.tables import profiles, roster_credits, roster_loads
from worker.ledger.transaction import Transaction

ROSTER_LOCK = 4_027_119_860
"""Any number, the same for every worker: one of them gives leads away at a time."""
_IS_OPEN: ColumnElement[bool] = profiles.c.owner.is_not(None)
"""A lead with an owner is an open hand-off of that owner, also one that is only proposed as sales
qualified: somebody has yet to confirm it. A decision takes the owner off when the lead goes on to
people or back. Spelled as in the partial index, or the databases would not recognise it.
"""


def lock_roster(tx: Transaction) -> None:
    """Have the roster to ourselves until the transaction ends; call before reading it.

    Two workers may decide different leads at the same time. Who takes a lead depends on what the
    other has given away, so from here on they take turns.
    """
    take_turns(tx, ROSTER_LOCK)


def open_by_owner(tx: Transaction) -> dict[str, int]:
    """Read how many open hand-offs each owner has, at the same cost for any number of them."""
    return {owner: count for owner, count in _loads(tx).items() if count > 0}


def move_loads(tx: Transaction, *, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Keep the number of open hand-offs by owner true, as profiles are stored."""
    changes = [
        {"account": tx.account, "owner": owner, "open_count": change}
        for owner in sorted({*before, *after})
        if (change := after.get(owner, 0) - before.get(owner, 0))
    ]
    add_counts(tx, roster_loads, changes)


def repair_loads(tx: Transaction) -> int:
    """Count the open hand-offs again; returns how many owners' numbers were wrong.

    Reads every open hand-off once. For the start of a run: a restored or edited ledger must not
    have a cap exceeded, or a member starved, ever after.
    """
    counted = count_pairs(tx, _count_open(tx))
    kept = _loads(tx)
    wrong = [name for name in sorted({*counted, *kept}) if counted.get(name) != kept.get(name)]
    rows = [{"account": tx.account, "owner": o, "open_count": counted.get(o, 0)} for o in wrong]
    upsert(tx, roster_loads, rows)
    return len(wrong)


def load_credits(tx: Transaction) -> dict[tuple[str, str], float]:
    """Read the turn-taking credit of each member of each team."""
    columns = roster_credits.c
    query = select(columns.team, columns.member, columns.credit).where(is_mine(tx, roster_credits))
    return {(row.team, row.member): row.credit for row in tx.connection.execute(query)}


def save_credits(tx: Transaction, credits_: Mapping[tuple[str, str], float]) -> None:
    """Store credits over what was there; members not named keep theirs."""
    upsert(
        tx,
        roster_credits,
        [
            {"account": tx.account, "team": team, "member": member, "credit": credit}
            for (team, member), credit in sorted(credits_.items())
        ],
    )


def prune_credits(tx: Transaction, keep: Mapping[str, Iterable[str]]) -> int:
    """Forget the credits of whoever is not on these teams, given by their members."""
    columns = roster_credits.c
    stays = [
        and_(columns.team == team, is_one_of(tx, columns.member, members))
        for team, members in sorted(keep.items())
    ]
    return delete_where(tx, roster_credits, ~or_(*stays) if stays else true())


def mark_owners_dirty(tx: Transaction, owners: Iterable[str]) -> int:
    """Have the open hand-offs of these owners decided again; returns how many."""
    statement = (
        update(profiles)
        .where(
            is_mine(tx, profiles),
            ~profiles.c.is_dirty,
            _IS_OPEN,
            is_one_of(tx, profiles.c.owner, owners),
        )
        .values(is_dirty=True)
    )
    return tx.connection.execute(statement).rowcount


def _loads(tx: Transaction) -> dict[str, int]:
    columns = roster_loads.c
    query = (
        select(columns.owner, columns.open_count)
        .where(is_mine(tx, roster_loads), columns.open_count != 0)
        .order_by(columns.owner)
    )
    return count_pairs(tx, query)


def _count_open(tx: Transaction) -> AnySelect:
    return (
        select(profiles.c.owner, func.count())
        .where(is_mine(tx, profiles), _IS_OPEN)
        .group_by(profiles.c.owner)
        .order_by(profiles.c.owner)
    )
