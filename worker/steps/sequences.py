"""Writes in two steps: a field that only goes forward is emptied first, then filled.

Both steps are intents of one plan. The second may be sent once the first was applied, and the CRM
was seen to have taken it; killed in between, the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from worker.core.records import Record, RecordRef, WriteOutcome, WriteResult
from worker.ledger.closings import FIRST_SUFFIX
from worker.ledger.outbox import drop_followers, find_followed
from worker.ledger.rows import Intent
from worker.ledger.transaction import Transaction

TAKEN = frozenset({WriteOutcome.APPLIED, WriteOutcome.UNCHANGED})
_CLEARS = "clears"
_CLEARED = "cleared"


def steps_of(intent: Intent, clears: Sequence[str]) -> tuple[Intent, ...]:
    """Part an intent in two where fields have to be emptied first."""
    if not clears:
        return (intent,)
    nothing = dict.fromkeys(clears)
    first = replace(
        intent, id=f"{intent.id}{FIRST_SUFFIX}", changes=nothing, causes={_CLEARS: list(clears)}
    )
    second = replace(
        intent,
        expected={**intent.expected, **nothing},
        causes={**intent.causes, _CLEARED: list(clears)},
        follows=first.id,
    )
    return (first, second)


def is_clear(intent: Intent) -> bool:
    """Tell whether an intent only empties fields that another one fills."""
    return _CLEARS in intent.causes


def whole_id(intent: Intent) -> str:
    """Give the id of the intent that this one is, or is the first step of."""
    return intent.id.removesuffix(FIRST_SUFFIX) if is_clear(intent) else intent.id


def look_back(
    batch: Sequence[Intent],
    results: Mapping[str, WriteResult],
    fetch: Callable[[Sequence[Intent]], Mapping[RecordRef, Record]],
) -> dict[str, WriteResult]:
    """Read again what was written in steps: a CRM may answer well and change nothing.

    A field that was empty before we emptied it was emptied by somebody else.
    """
    found = dict(results)
    stepped = [i for i in batch if is_clear(i) or i.follows is not None]
    sent = [i for i in stepped if i.id in results and results[i.id].outcome in TAKEN]
    present = fetch(sent) if sent else {}
    for intent in sent:
        ref = RecordRef(intent.system, intent.object_type, intent.record_id)
        outcome = _seen(intent, results[intent.id].outcome, present.get(ref))
        if outcome is WriteOutcome.CONFLICT:
            found[intent.id] = _result(intent, outcome, "WRITE_CONFLICT")
        elif outcome is WriteOutcome.REJECTED:
            found[intent.id] = _result(intent, outcome, "WRITE_NOT_TAKEN")
    return found


def _seen(intent: Intent, outcome: WriteOutcome, record: Record | None) -> WriteOutcome:
    if is_clear(intent) and outcome is WriteOutcome.UNCHANGED:
        return WriteOutcome.CONFLICT
    if record is None:
        return outcome
    for name in _names(intent):
        value = record.values.get(name) or None
        if value != (intent.changes.get(name) or None):
            is_as_before = value == (intent.expected.get(name) or None)
            return WriteOutcome.REJECTED if is_as_before else WriteOutcome.CONFLICT
    return outcome


def _names(intent: Intent) -> list[str]:
    names = intent.causes.get(_CLEARS) or intent.causes.get(_CLEARED)
    return [str(name) for name in names] if isinstance(names, (list, tuple)) else []


def _result(intent: Intent, outcome: WriteOutcome, code: str) -> WriteResult:
    return WriteResult(command_id=intent.id, outcome=outcome, code=code)


def close_steps(
    tx: Transaction, settled: Sequence[Intent], results: Mapping[str, WriteResult]
) -> list[str]:
    """Withdraw what can no longer follow; names the profiles left between two steps."""
    stopped = [i for i in settled if is_clear(i) and results[i.id].outcome not in TAKEN]
    drop_followers(tx, [intent.id for intent in stopped])
    emptied = [i for i in settled if is_clear(i) and results[i.id].outcome in TAKEN]
    followed = find_followed(tx, [intent.id for intent in emptied])
    halfway = [i.profile_id for i in emptied if i.id not in followed]
    unfilled = [i for i in settled if i.follows is not None and results[i.id].outcome not in TAKEN]
    return [*halfway, *(intent.profile_id for intent in unfilled)]
