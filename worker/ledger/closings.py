"""Intents that only close something: they are sent whatever becomes of the plan they belong to.

One that closes *alone* is all there is to write to its record. One that is a *part* lies beside an
intent that writes more: it is wanted only where that one is held or refused, and withdrawn where it is
sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import select, update

from worker.ledger.intent_rows import from_intent, to_intent
from worker.ledger.outbox import is_closing, is_part
from worker.ledger.rows import ALONE, CLOSES, PART, Intent, IntentState
from worker.ledger.sql import is_mine, is_one_of
from worker.ledger.tables import intents
from worker.ledger.transaction import Transaction

PAGE = 1_000
PART_SUFFIX = "c"
"""What the id of a part ends with, behind that of the intent it lies beside."""
FIRST_SUFFIX = "0"
"""Likewise of the first of two steps."""
_OPEN = (IntentState.PLANNED.value, IntentState.HELD.value)


def let_closings_through(tx: Transaction, approved: Collection[str] = ()) -> int:
    """Release what closes, of every plan that is held; withdraw it where all of the plan is sent.

    What is left of a held intent expects the record as it is then. Plans that are ``approved`` are
    sent as a whole. Returns how many were released.
    """
    released = 0
    for page in _pages(tx):
        ready: list[str] = []
        spare: list[str] = []
        for intent in page:
            rest = _rest(tx, intent) if intent.causes[CLOSES] == PART else ()
            is_wanted = intent.causes[CLOSES] == ALONE or any(
                one.run_id not in approved for one in rest
            )
            (ready if is_wanted else spare).append(intent.id)
            if is_wanted:
                for one in rest:
                    _take_out(tx, one, intent)
        _move(tx, ready, IntentState.READY)
        _move(tx, spare, IntentState.SUPERSEDED)
        released += len(ready)
    return released


def let_parts_follow(tx: Transaction, refused: Collection[str]) -> None:
    """Release what closes beside refused intents: it may be the rest that the CRM does not take."""
    theirs = is_one_of(tx, intents.c.id, [f"{one}{PART_SUFFIX}" for one in refused])
    withdrawn = intents.c.state == IntentState.SUPERSEDED.value
    statement = update(intents).where(is_mine(tx, intents), theirs, withdrawn, is_part())
    tx.connection.execute(statement.values(state=IntentState.READY.value))


def _pages(tx: Transaction) -> Iterator[Sequence[Intent]]:
    """Walk through what closes and was not sent; by id, as the pages change on the way."""
    after = ""
    columns = intents.c
    while True:
        query = (
            select(intents)
            .where(is_mine(tx, intents), columns.state.in_(_OPEN), is_closing())
            .where(columns.id > after)
            .order_by(columns.id)
            .limit(PAGE)
        )
        page = [to_intent(tx, row) for row in tx.connection.execute(query)]
        if not page:
            return
        yield page
        after = page[-1].id


def _rest(tx: Transaction, part: Intent) -> list[Intent]:
    """Read the held intent that a part lies beside, which may be in two steps."""
    whole = part.id.removesuffix(PART_SUFFIX)
    query = select(intents).where(
        is_mine(tx, intents),
        is_one_of(tx, intents.c.id, [whole, f"{whole}{FIRST_SUFFIX}"]),
        intents.c.state == IntentState.HELD.value,
    )
    return [to_intent(tx, row) for row in tx.connection.execute(query)]


def _take_out(tx: Transaction, one: Intent, part: Intent) -> None:
    """Leave to an intent what its part does not write, on a record that the part was written to."""
    done = part.changes
    left = {n: v for n, v in one.changes.items() if n not in done or done[n] != v}
    expected = {n: done.get(n, v) for n, v in one.expected.items()}
    row = from_intent(tx, replace(one, changes=left, expected=expected))
    statement = (
        update(intents)
        .where(is_mine(tx, intents), intents.c.id == one.id)
        .values(changes=row["changes"], expected=row["expected"])
    )
    tx.connection.execute(statement)


def _move(tx: Transaction, ids: Sequence[str], to: IntentState) -> None:
    theirs = is_one_of(tx, intents.c.id, ids)
    tx.connection.execute(
        update(intents).where(is_mine(tx, intents), theirs).values(state=to.value)
    )
