"""The push step: hold the plan against the guardrails, then drain the outbox in full batches.

A batch is marked as being sent before it is sent and settled after, so that a crash in between
leaves a mark. What carries the mark is read again, never sent again blindly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from worker.core.field_map import OPT_OUTS, ObjectMap
from worker.core.guardrails import Breach, PlannedChange, find_breaches
from worker.core.records import (
    Editor,
    Record,
    RecordRef,
    WriteCommand,
    WriteOutcome,
    WriteResult,
    is_code,
)
from worker.ledger.closings import let_closings_through, let_parts_follow
from worker.ledger.outbox import (
    adopt_planned,
    claim,
    give_back,
    hold,
    planned_causes,
    release,
    sending,
    settle,
)
from worker.ledger.profiles import mark_dirty
from worker.ledger.records import count_profiles, load_records, save_records
from worker.ledger.rows import Intent, Settlement, StoredRecord
from worker.ledger.transaction import Transaction
from worker.ports import Connector
from worker.retry import with_retry
from worker.steps.contact_points import note_contact_points
from worker.steps.editors import ask_editors
from worker.steps.revocations import review_profiles
from worker.steps.sequences import close_steps, is_clear, look_back, whole_id
from worker.steps.work import Work
from worker.steps.written import after_write, fields_of, holds, object_map_of

STEP = "push"


def weigh_plan(
    work: Work, *, is_approved: bool, approved: Collection[str] = ()
) -> tuple[Breach, ...]:
    """Hold the plan against the guardrails: release it to be sent, or hold it and say why.

    Without approval to send, the plan is held in any case, for a person to look at. ``approved`` are
    plans of earlier runs that are about to be sent.

    What an earlier run planned and did not get to send is weighed again as part of this plan. What only
    closes is no part of it: a refusal waits for nobody.
    """
    policy = work.ruleset.configuration.guardrails
    with work.begin() as tx:
        adopt_planned(tx, work.run_id)
        changes = map(_planned_change, planned_causes(tx, work.run_id))
        breaches = find_breaches(changes, count_profiles(tx), policy)
        if breaches or not is_approved:
            work.count(STEP, held=hold(tx, work.run_id, lets_closings_through=is_approved))
        if is_approved:
            closings = let_closings_through(tx, approved)
            work.count(STEP, **({"let_through": closings} if closings else {}))
        if is_approved and not breaches:
            work.count(STEP, released=release(tx, work.run_id))
    return breaches


def _planned_change(causes: Mapping[str, object]) -> PlannedChange:
    def text(name: str) -> str | None:
        value = causes.get(name)
        return str(value) if value is not None else None

    def names(name: str) -> list[str]:
        value = causes.get(name)
        return [str(item) for item in value] if isinstance(value, (list, tuple)) else []

    shared = ("new policy", "qualifying rule", "gate", "routing rule", "pathway")
    reasons = names("reasons")
    return PlannedChange(
        stage=text("stage"),
        owner=text("owner"),
        pathway=text("pathway"),
        fields=frozenset(names("fields")),
        overwrites=frozenset(names("overwrites")),
        causes={
            **{name: value for name in shared if (value := text(name)) is not None},
            **({"reason": reasons[0]} if reasons else {}),
        },
    )


def drain(work: Work) -> None:
    """Send everything that is ready, system by system, in batches as full as the CRM takes."""
    for system, connector in work.connectors.items():
        if not connector.capabilities.can_write:
            continue
        done = 0
        while True:
            with work.begin() as tx:
                batch = claim(tx, system, connector.capabilities.write_batch)
            if not batch:
                break
            _send(work, connector, batch)
            done += len(batch)
            work.on_progress(f"{STEP} {system}", done, None)


def _send(work: Work, connector: Connector, batch: Sequence[Intent]) -> None:
    early = {} if connector.capabilities.has_conditional_write else _stale(work, connector, batch)
    commands = [_command(intent) for intent in batch if intent.id not in early]
    results = {result.command_id: result for result in connector.push(commands)}
    results |= early
    lost = {
        intent.id: WriteResult(command_id=intent.id, outcome=WriteOutcome.UNKNOWN)
        for intent in batch
        if intent.id not in results
    }
    results = look_back(batch, results, partial(_fetch, work, connector))
    store_results(work, connector, batch, {**results, **lost})


def _command(intent: Intent) -> WriteCommand:
    return WriteCommand(
        command_id=intent.id, ref=ref_of(intent), changes=intent.changes, expected=intent.expected
    )


def ref_of(intent: Intent) -> RecordRef:
    """Name the record an intent writes to."""
    return RecordRef(system=intent.system, object_type=intent.object_type, id=intent.record_id)


def _stale(work: Work, connector: Connector, batch: Sequence[Intent]) -> dict[str, WriteResult]:
    """Find, just before sending, the intents whose record is no longer what was decided on."""
    present = _fetch(work, connector, batch)
    results: dict[str, WriteResult] = {}
    for intent in batch:
        record = present.get(ref_of(intent))
        outcome = compare(object_map_of(work, ref_of(intent)), intent, record)
        if outcome is not None:
            results[intent.id] = WriteResult(
                command_id=intent.id, outcome=outcome, code=_CODES.get(outcome)
            )
    return results


def compare(object_map: ObjectMap, intent: Intent, record: Record | None) -> WriteOutcome | None:
    """Say what a record as it is now means for an intent; None: it can be sent."""
    if record is None or record.is_deleted:
        return WriteOutcome.MISSING
    if holds(object_map, record.values, intent.changes):
        return WriteOutcome.UNCHANGED
    is_as_expected = holds(object_map, record.values, intent.expected)
    return None if is_as_expected else WriteOutcome.CONFLICT


_CODES = {
    WriteOutcome.CONFLICT: "WRITE_CONFLICT",
    WriteOutcome.MISSING: "WRITE_MISSING",
    WriteOutcome.REJECTED: "WRITE_REJECTED",
    WriteOutcome.UNKNOWN: "WRITE_UNCERTAIN",
}


def _fetch(work: Work, connector: Connector, batch: Sequence[Intent]) -> dict[RecordRef, Record]:
    """Read the records of a batch as they are now."""
    by_type: dict[str, list[RecordRef]] = {}
    for intent in batch:
        by_type.setdefault(intent.object_type, []).append(ref_of(intent))
    found: dict[RecordRef, Record] = {}
    for refs in by_type.values():
        fields = object_map_of(work, refs[0]).requested_fields()
        call = partial(connector.fetch, tuple(dict.fromkeys(refs)), fields=fields)
        found |= with_retry(call, work.sleep)
    return found


def store_results(
    work: Work,
    connector: Connector,
    batch: Sequence[Intent],
    results: Mapping[str, WriteResult],
) -> None:
    """Settle a batch in one transaction: outcomes, what we now know of the records, new questions.

    Uncertain ones keep their mark and are read again by ``recover``.
    """
    fresh = _look(work, connector, batch, results)
    settled = [i for i in batch if results[i.id].outcome is not WriteOutcome.UNKNOWN]
    with work.settle() as tx:
        settle(tx, [_settlement(work, intent, results[intent.id]) for intent in settled])
        stored = load_records(tx, [ref_of(intent) for intent in settled])
        for intent in settled:
            ref = ref_of(intent)
            if ref in stored:
                outcome = results[intent.id].outcome
                stored[ref] = after_write(work, tx, stored[ref], intent, outcome, fresh.get(ref))
        save_records(tx, list(stored.values()))
        _note_opt_outs(work, tx, settled, stored)
        halfway = close_steps(tx, settled, results)
        refused = [i for i in settled if results[i.id].outcome is WriteOutcome.REJECTED]
        let_parts_follow(tx, [whole_id(intent) for intent in refused])
        again = {i.profile_id for i in settled if _asks_again(results[i.id], fresh.get(ref_of(i)))}
        mark_dirty(tx, sorted(again.union(halfway)))
    outcomes = [results[intent.id].outcome for intent in batch]
    work.count("writes", **{o.value: outcomes.count(o) for o in WriteOutcome if o in outcomes})


def _look(
    work: Work,
    connector: Connector,
    batch: Sequence[Intent],
    results: Mapping[str, WriteResult],
) -> dict[RecordRef, Record]:
    """Read what stands in the way of a write, and ask who else wrote what we were about to write."""
    by = {o: [i for i in batch if results[i.id].outcome is o] for o in WriteOutcome}
    conflicts, same = by[WriteOutcome.CONFLICT], by[WriteOutcome.UNCHANGED]
    found = _fetch(work, connector, conflicts) if conflicts else {}
    same = [i for i in same if ref_of(i) not in found and not is_clear(i)]
    there = [*found.values(), *(Record(ref=ref_of(i), values=i.changes, revision="") for i in same)]
    told = ask_editors(work, connector, there)
    return {one.ref: one for one in told if one.ref in found or one.edits}


def _note_opt_outs(
    work: Work,
    tx: Transaction,
    settled: Sequence[Intent],
    stored: Mapping[RecordRef, StoredRecord],
) -> None:
    """Where an opt-out was written: it closes what shares the address, and may end a revocation."""
    fields = {managed.value for managed in OPT_OUTS}
    wrote = [
        intent
        for intent in settled
        if ref_of(intent) in stored and not fields.isdisjoint(fields_of(intent))
    ]
    if wrote:
        note_contact_points(tx, work.ruleset, [stored[ref_of(intent)] for intent in wrote])
        review_profiles(work, tx, sorted({intent.profile_id for intent in wrote}))


def _asks_again(result: WriteResult, fresh: Record | None) -> bool:
    """Tell whether a lead is to be decided anew: it is not as it was, or a person was faster than we."""
    is_news = fresh is not None and any(e.by is not Editor.WORKER for e in fresh.edits.values())
    return is_news or result.outcome in {WriteOutcome.CONFLICT, WriteOutcome.MISSING}


def _settlement(work: Work, intent: Intent, result: WriteResult) -> Settlement:
    return Settlement(
        intent_id=intent.id,
        outcome=result.outcome,
        code=result.code if result.code and is_code(result.code) else _CODES.get(result.outcome),
        at=work.now,
        run_id=work.run_id,
        matches=result.matches,
    )


def recover(work: Work) -> None:
    """Settle what an earlier run may have sent: read each record again and see what stands there."""
    for system, connector in work.connectors.items():
        while True:
            with work.ledger.read() as tx:
                batch = sending(tx, system, connector.capabilities.write_batch)
            if not batch or not _recover_batch(work, connector, batch):
                break


def _recover_batch(work: Work, connector: Connector, batch: Sequence[Intent]) -> int:
    present = _fetch(work, connector, batch)
    outcomes = {
        one.id: compare(object_map_of(work, ref_of(one)), one, present.get(ref_of(one)))
        for one in batch
    }
    unsent = [name for name, outcome in outcomes.items() if outcome is None]
    results = {
        name: WriteResult(command_id=name, outcome=_landed(outcome), code=_CODES.get(outcome))
        for name, outcome in outcomes.items()
        if outcome is not None
    }
    settled = [intent for intent in batch if intent.id in results]
    if unsent:
        with work.begin() as tx:
            give_back(tx, unsent)
    store_results(work, connector, settled, results)
    work.count("recover", landed=len(settled), sent_again=len(unsent))
    return len(batch)


def _landed(outcome: WriteOutcome) -> WriteOutcome:
    """A record that shows our values after an interrupted send was written by it."""
    return WriteOutcome.APPLIED if outcome is WriteOutcome.UNCHANGED else outcome
