"""The outbox: what is to be written to the CRMs, and what became of it.

planned → ready → sending → done is the way of an intent; held waits for a person, superseded was
overtaken by a newer decision. Once ``sending`` is committed the CRM may have the write, so only an
outcome, or the proof that it never left (``give_back``), moves the intent on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, update

from worker.core.records import RecordRef, WriteOutcome
from worker.core.testimony import WriteState
from worker.errors import IntegrityError
from worker.ledger.intent_rows import decode_causes, decode_values, from_intent, to_intent
from worker.ledger.matches import matches_text, read_matches
from worker.ledger.rows import CLOSES, PART, Intent, IntentState, Settlement
from worker.ledger.sql import (
    AnyRow,
    AnySelect,
    SqlRow,
    count_pairs,
    insert_rows,
    is_mine,
    is_one_of,
    locked,
)
from worker.ledger.tables import intents, outcomes
from worker.ledger.transaction import Transaction

PAGE = 1_000
OPEN = (IntentState.PLANNED, IntentState.HELD, IntentState.READY)
"""States in which nothing has left yet."""


NOT_SENDING = "An intent was settled that is not being sent. Nothing was settled."


def add_intents(tx: Transaction, rows: Sequence[Intent]) -> None:
    """Add intents. Belongs into the transaction that stores their decisions."""
    insert_rows(tx, intents, [from_intent(tx, row) for row in rows])


def supersede_open(tx: Transaction, profile_ids: Iterable[str]) -> int:
    """Withdraw what these profiles have not begun to send; returns how many intents."""
    theirs = is_one_of(tx, intents.c.profile_id, profile_ids)
    return _move(tx, _is_in(*OPEN), theirs, to=IntentState.SUPERSEDED)


def planned_intents(
    tx: Transaction, run_id: str | None = None, *, held: bool = False
) -> Iterator[Intent]:
    """Walk through the planned intents, oldest first, of one run or of all; or the held ones."""
    conditions = [intents.c.state == (IntentState.HELD if held else IntentState.PLANNED)]
    if run_id is not None:
        conditions.append(intents.c.run_id == run_id)
    query = _select(tx).where(*conditions).limit(PAGE)
    page = tx.connection.execute(query).all()
    while page:
        yield from (to_intent(tx, row) for row in page)
        page = tx.connection.execute(query.where(_is_after(page[-1]))).all()


def planned_causes(tx: Transaction, run_id: str) -> Iterator[dict[str, object]]:
    """Walk through why a run plans its intents, in no order that means anything.

    What only closes is left out: no budget holds it. By id, so that each page is found at once, and
    without the values, which are sealed.
    """
    columns = intents.c
    query = (
        select(columns.id, columns.causes)
        .where(is_mine(tx, intents), _is_in(IntentState.PLANNED), columns.run_id == run_id)
        .where(not_(is_closing()))
        .order_by(columns.id)
        .limit(PAGE)
    )
    page = tx.connection.execute(query).all()
    while page:
        yield from (decode_causes(row.causes) for row in page)
        page = tx.connection.execute(query.where(columns.id > page[-1].id)).all()


def adopt_planned(tx: Transaction, run_id: str) -> int:
    """Make what earlier runs planned and never weighed part of this run's plan; returns how many."""
    statement = (
        update(intents)
        .where(
            is_mine(tx, intents),
            intents.c.state == IntentState.PLANNED,
            intents.c.run_id != run_id,
        )
        .values(run_id=run_id)
    )
    return tx.connection.execute(statement).rowcount


def release(tx: Transaction, run_id: str | None) -> int:
    """Let planned and held intents of one run, or of all, be sent; returns how many."""
    return _move(
        tx, _is_in(IntentState.PLANNED, IntentState.HELD), *_of_run(run_id), to=IntentState.READY
    )


def hold(tx: Transaction, run_id: str, *, lets_closings_through: bool = False) -> int:
    """Keep a run's planned intents until a person releases them; returns how many.

    Parts that only close are left as they are, and all that closes where it is to be sent anyway.
    """
    held = not_(is_closing()) if lets_closings_through else not_(is_part())
    return _move(tx, _is_in(IntentState.PLANNED), held, *_of_run(run_id), to=IntentState.HELD)


def is_closing() -> ColumnElement[bool]:
    """Select what only closes something; causes are JSON without spaces."""
    return intents.c.causes.contains(f'"{CLOSES}":')


def is_part() -> ColumnElement[bool]:
    """Select what closes beside another intent that writes more."""
    return intents.c.causes.contains(f'"{CLOSES}":"{PART}"')


def held_runs(tx: Transaction) -> dict[str, int]:
    """Count the held intents of each run that has any."""
    query = (
        select(intents.c.run_id, func.count())
        .where(is_mine(tx, intents), intents.c.state == IntentState.HELD)
        .group_by(intents.c.run_id)
        .order_by(intents.c.run_id)
    )
    return count_pairs(tx, query)


def claim(tx: Transaction, system: str, limit: int) -> list[Intent]:
    """Take ready intents of one object type of a system, oldest first, and mark them ``sending``.

    Of one type, as those of several share no call. Commit before sending: a crash in between must find
    them marked. One that follows another waits until that one was applied. Those written in two steps come
    last and together: each step is read back, which costs a call for every batch that has one, and the field
    is empty for a short time only.
    """
    ready = _select(tx).where(intents.c.state == IntentState.READY, intents.c.system == system)
    rows: list[AnyRow] = []
    for turn in (_stands_alone(), _may_follow(), _is_followed()):
        query = ready.where(turn)
        oldest = rows[:1] or _take(tx, query, 1)
        if oldest and len(rows) < limit:
            alike = query.where(intents.c.object_type == oldest[0].object_type)
            rows += _take(tx, alike, limit - len(rows))
    ids = is_one_of(tx, intents.c.id, [row.id for row in rows])
    _move(tx, ids, to=IntentState.SENDING)
    return [to_intent(tx, row, state=IntentState.SENDING) for row in rows]


def _take(tx: Transaction, query: AnySelect, limit: int) -> Sequence[AnyRow]:
    """Lock rows that no other worker holds."""
    return tx.connection.execute(locked(tx, query.limit(limit), skips=True)).all()


def sending(tx: Transaction, system: str, limit: int) -> list[Intent]:
    """List intents of a system that may or may not have arrived, oldest first."""
    query = _select(tx).where(intents.c.state == IntentState.SENDING, intents.c.system == system)
    return [to_intent(tx, row) for row in tx.connection.execute(query.limit(limit))]


def give_back(tx: Transaction, ids: Iterable[str]) -> int:
    """Make intents ready again that certainly never left; returns how many."""
    return _move(
        tx, _is_in(IntentState.SENDING), is_one_of(tx, intents.c.id, ids), to=IntentState.READY
    )


def settle(tx: Transaction, settlements: Sequence[Settlement]) -> None:
    """Store the one outcome of each intent and close it.

    Raises:
        IntegrityError: an intent is not being sent, or was settled before.
    """
    ids = [settlement.intent_id for settlement in settlements]
    closed = _move(
        tx, _is_in(IntentState.SENDING), is_one_of(tx, intents.c.id, ids), to=IntentState.DONE
    )
    if closed != len(ids):
        raise IntegrityError(NOT_SENDING)
    insert_rows(tx, outcomes, [_from_settlement(tx, row) for row in settlements])


def drop_followers(tx: Transaction, ids: Iterable[str]) -> int:
    """Withdraw what was to follow these intents and has not begun to be sent; returns how many."""
    theirs = is_one_of(tx, intents.c.follows, ids)
    return _move(tx, _is_in(*OPEN), theirs, to=IntentState.SUPERSEDED)


def find_followed(tx: Transaction, ids: Iterable[str]) -> frozenset[str]:
    """Name those of these intents that another one still waits to follow."""
    query = select(intents.c.follows).where(
        is_mine(tx, intents), _is_in(*OPEN), is_one_of(tx, intents.c.follows, ids)
    )
    return frozenset(tx.connection.execute(query).scalars())


def _stands_alone() -> ColumnElement[bool]:
    return and_(intents.c.follows.is_(None), not_(_is_followed()))


def _may_follow() -> ColumnElement[bool]:
    applied = [WriteOutcome.APPLIED.value, WriteOutcome.UNCHANGED.value]
    return exists().where(
        outcomes.c.account == intents.c.account,
        outcomes.c.intent_id == intents.c.follows,
        outcomes.c.outcome.in_(applied),
    )


def _is_followed() -> ColumnElement[bool]:
    follower = intents.alias()
    has_follower = exists().where(
        follower.c.account == intents.c.account, follower.c.follows == intents.c.id
    )
    return and_(intents.c.follows.is_(None), has_follower)


def count_by_state(tx: Transaction) -> dict[IntentState, int]:
    """Count intents by state; a state without any is left out."""
    query = (
        select(intents.c.state, func.count())
        .where(is_mine(tx, intents))
        .group_by(intents.c.state)
        .order_by(intents.c.state)
    )
    return {IntentState(state): count for state, count in count_pairs(tx, query).items()}


def outcome_counts(tx: Transaction, run_id: str) -> dict[str, int]:
    """Count the outcomes that one run settled, by outcome."""
    query = (
        select(outcomes.c.outcome, func.count())
        .where(is_mine(tx, outcomes), outcomes.c.run_id == run_id)
        .group_by(outcomes.c.outcome)
        .order_by(outcomes.c.outcome)
    )
    return count_pairs(tx, query)


def outcome_codes(tx: Transaction, run_id: str) -> dict[str, dict[str, int]]:
    """Count the codes of what one run settled, by outcome; an outcome without a code is left out."""
    columns = outcomes.c
    query = (
        select(columns.outcome, columns.code, func.count())
        .where(is_mine(tx, outcomes), columns.run_id == run_id, columns.code.is_not(None))
        .group_by(columns.outcome, columns.code)
        .order_by(columns.outcome, columns.code)
    )
    found: dict[str, dict[str, int]] = {}
    for outcome, code, count in tx.connection.execute(query):
        found.setdefault(outcome, {})[code] = count
    return found


def latest_writes(
    tx: Transaction, profile_ids: Iterable[str]
) -> dict[RecordRef, tuple[WriteState, ...]]:
    """Read the writes of these profiles by record, newest first; what was overtaken is left out."""
    done = outcomes.c
    together = intents.outerjoin(
        outcomes, and_(done.account == intents.c.account, done.intent_id == intents.c.id)
    )
    query = (
        select(intents, done.outcome, done.code, done.at, done.matches)
        .select_from(together)
        .where(
            is_mine(tx, intents),
            is_one_of(tx, intents.c.profile_id, profile_ids),
            intents.c.state != IntentState.SUPERSEDED.value,
        )
        .order_by(intents.c.created_at.desc(), intents.c.id.desc())
    )
    found: dict[RecordRef, list[WriteState]] = {}
    for row in tx.connection.execute(query):
        ref = RecordRef(system=row.system, object_type=row.object_type, id=row.record_id)
        found.setdefault(ref, []).append(
            WriteState(
                fields=frozenset(decode_values(tx.codec.decode(row.changes))),
                state=row.state,
                run_id=row.run_id,
                outcome=row.outcome,
                code=row.code,
                at=row.at,
                matches=read_matches(row.matches),
            )
        )
    return {ref: tuple(writes) for ref, writes in found.items()}


def _select(tx: Transaction) -> AnySelect:
    return select(intents).where(is_mine(tx, intents)).order_by(intents.c.created_at, intents.c.id)


def _is_after(row: AnyRow) -> ColumnElement[bool]:
    return or_(
        intents.c.created_at > row.created_at,
        and_(intents.c.created_at == row.created_at, intents.c.id > row.id),
    )


def _is_in(*states: IntentState) -> ColumnElement[bool]:
    return intents.c.state.in_([state.value for state in states])


def _of_run(run_id: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if run_id is None else (intents.c.run_id == run_id,)


def _move(tx: Transaction, *conditions: ColumnElement[bool], to: IntentState) -> int:
    statement = update(intents).where(is_mine(tx, intents), *conditions).values(state=to.value)
    return tx.connection.execute(statement).rowcount


def _from_settlement(tx: Transaction, settlement: Settlement) -> SqlRow:
    return {
        "account": tx.account,
        "intent_id": settlement.intent_id,
        "outcome": settlement.outcome.value,
        "code": settlement.code,
        "at": settlement.at,
        "run_id": settlement.run_id,
        "matches": matches_text(settlement.matches),
    }
