"""The push step: hold the plan against the guardrails, then drain the outbox in full batches.

A batch is marked as being sent before it is sent and settled after, so that a crash in between
leaves a mark. What carries the mark is read again, never sent again blindly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from worker.core.copies import PastValue, with_past
from worker.core.field_map import OPT_OUTS, Managed, ObjectMap
from worker.core.guardrails import Breach, PlannedChange, find_breaches
from worker.core.records import (
    RawValues,
    Record,
    RecordRef,
    WriteCommand,
    WriteOutcome,
    WriteResult,
    is_code,
)
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
from worker.steps.absorb import remapped
from worker.steps.contact_points import note_contact_points
from worker.steps.copies import copies_within, find_copied
from worker.steps.edits import NO_FIELDS, with_edits_of_conflict
from worker.steps.revocations import review_profiles
from worker.steps.sequences import close_steps, is_clear, look_back
from worker.steps.work import Work

STEP = "push"


def weigh_plan(work: Work, *, is_approved: bool) -> tuple[Breach, ...]:
    """Hold the plan against the guardrails: release it to be sent, or hold it and say why.

    Without approval to send, the plan is held in any case, for a person to look at.

    What an earlier run planned and did not get to send is weighed again as part of this plan.
    """
    policy = work.ruleset.configuration.guardrails
    with work.begin() as tx:
        adopt_planned(tx, work.run_id)
        changes = map(_planned_change, planned_causes(tx, work.run_id))
        breaches = find_breaches(changes, count_profiles(tx), policy)
        if breaches or not is_approved:
            work.count(STEP, held=hold(tx, work.run_id))
        else:
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
        outcome = compare(intent, record)
        if outcome is not None:
            results[intent.id] = WriteResult(
                command_id=intent.id, outcome=outcome, code=_CODES.get(outcome)
            )
    return results


def compare(intent: Intent, record: Record | None) -> WriteOutcome | None:
    """Say what a record as it is now means for an intent; None: it can be sent."""
    if record is None or record.is_deleted:
        return WriteOutcome.MISSING
    if _holds(record.values, intent.changes):
        return WriteOutcome.UNCHANGED
    return None if _holds(record.values, intent.expected) else WriteOutcome.CONFLICT


def _holds(values: RawValues, wanted: RawValues) -> bool:
    return all((values.get(name) or None) == (value or None) for name, value in wanted.items())


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
        fields = _object_map(work, refs[0]).requested_fields()
        call = partial(connector.fetch, tuple(dict.fromkeys(refs)), fields=fields)
        found |= with_retry(call, work.sleep)
    return found


def _object_map(work: Work, ref: RecordRef) -> ObjectMap:
    found = work.ruleset.configuration.systems[ref.system].find_object(ref.object_type)
    assert found is not None
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
    conflicts = [i for i in batch if results[i.id].outcome is WriteOutcome.CONFLICT]
    fresh = _fetch(work, connector, conflicts) if conflicts else {}
    settled = [i for i in batch if results[i.id].outcome is not WriteOutcome.UNKNOWN]
    with work.settle() as tx:
        settle(tx, [_settlement(work, intent, results[intent.id]) for intent in settled])
        stored = load_records(tx, [ref_of(intent) for intent in settled])
        for intent in settled:
            ref = ref_of(intent)
            if ref in stored:
                outcome, now_there = results[intent.id].outcome, fresh.get(ref)
                copied = _copied(work, tx, stored[ref], now_there)
                stored[ref] = _after(work, stored[ref], intent, outcome, now_there, copied)
        save_records(tx, list(stored.values()))
        _note_opt_outs(work, tx, settled, stored)
        halfway = close_steps(tx, settled, results)
        again = {i.profile_id for i in settled if _asks_again(results[i.id])}
        mark_dirty(tx, sorted(again.union(halfway)))
    outcomes = [results[intent.id].outcome for intent in batch]
    work.count("writes", **{o.value: outcomes.count(o) for o in WriteOutcome if o in outcomes})


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
        if ref_of(intent) in stored and not fields.isdisjoint(_fields(intent))
    ]
    if wrote:
        note_contact_points(tx, work.ruleset, [stored[ref_of(intent)] for intent in wrote])
        review_profiles(work, tx, sorted({intent.profile_id for intent in wrote}))


def _fields(intent: Intent) -> list[str]:
    found = intent.causes.get("fields")
    return [str(item) for item in found] if isinstance(found, (list, tuple)) else []


def _asks_again(result: WriteResult) -> bool:
    return result.outcome in {WriteOutcome.CONFLICT, WriteOutcome.MISSING}


def _settlement(work: Work, intent: Intent, result: WriteResult) -> Settlement:
    return Settlement(
        intent_id=intent.id,
        outcome=result.outcome,
        code=result.code if result.code and is_code(result.code) else _CODES.get(result.outcome),
        at=work.now,
        run_id=work.run_id,
        matches=result.matches,
    )


def _after(
    work: Work,
    record: StoredRecord,
    intent: Intent,
    outcome: WriteOutcome,
    fresh: Record | None,
    copied: frozenset[str],
) -> StoredRecord:
    """What the ledger knows of a record after a write: what stands there, and what of it is ours."""
    match outcome:
        case WriteOutcome.APPLIED | WriteOutcome.UNCHANGED:
            is_given = Managed.OWNER in _fields(intent)
            ours = dict.fromkeys(intent.changes, "") if is_clear(intent) else intent.changes
            written = replace(
                record,
                values={**record.values, **intent.changes},
                written={**record.written, **ours},
                owner_set_by_person_at=None if is_given else record.owner_set_by_person_at,
                past=_past(work, record, intent),
            )
            return _remapped(work, written)
        case WriteOutcome.MISSING:
            return replace(record, is_deleted=True)
        case WriteOutcome.CONFLICT if fresh is not None:
            return _after_conflict(work, record, intent, fresh, copied)
        case _:
            return record


def _copied(
    work: Work, tx: Transaction, record: StoredRecord, fresh: Record | None
) -> frozenset[str]:
    """Name what something else has copied over before a write of ours arrived."""
    if fresh is None:
        return NO_FIELDS
    found = find_copied(work, tx, _object_map(work, record.ref), [fresh], {record.ref: record})
    return found.get(record.ref, NO_FIELDS)


def _past(work: Work, record: StoredRecord, intent: Intent) -> tuple[PastValue, ...]:
    """Keep what we wrote over, for as long as a copy of it may still arrive elsewhere."""
    within = copies_within(work, intent.system)
    if within is None:
        return record.past
    values = {**record.values, **intent.changes}
    object_map = _object_map(work, record.ref)
    oldest_at = work.now - within
    return with_past(record.past, object_map, record.values, values, oldest_at, work.now)


def _after_conflict(
    work: Work, record: StoredRecord, intent: Intent, fresh: Record, copied: frozenset[str]
) -> StoredRecord:
    """Remember what was ours, so that the next pull takes what a person wrote for theirs.

    What stands there as we would have written it is ours: a send that was cut off may have landed.
    The rest is left to the pull, which also asks anew who this person is; no revision is kept, so
    that it reads the record again whatever the CRM says of it.
    """
    sought = {} if is_clear(intent) else intent.changes
    landed = {n: text for n, text in sought.items() if _holds(fresh.values, {n: text})}
    base = {**record.written, **intent.expected, **landed}
    base |= {n: text for n, text in record.written.items() if text == "" and not base[n]}
    base |= {n: fresh.values.get(n) for n in copied}
    noted = with_edits_of_conflict(_object_map(work, record.ref), fresh, base, record, work.now)
    values = {**record.values, **landed}
    return _remapped(work, replace(noted, values=values, revision="", written=base))


def _remapped(work: Work, record: StoredRecord) -> StoredRecord:
    """Map the record again from the values it has now."""
    map_contact = work.ruleset.contact_mappers[record.ref.system, record.ref.object_type]
    return remapped(map_contact, record)


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
    outcomes = {intent.id: compare(intent, present.get(ref_of(intent))) for intent in batch}
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
