"""The write plan: the differences between what a decision wants and what the CRM has.

Only managed fields, only real differences, only fields we can see. The leading fields (stage,
owner, reasons, next step, pathway) cause a write; scores and dates are refreshed along with them,
so that a score fading day by day does not rewrite the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from worker.core.asked import ask
from worker.core.decide import Decision
from worker.core.field_map import LEADING, OPT_OUTS, PERMISSIONS, FieldWrite, Managed, ObjectMap
from worker.core.model import RESTRICTIVE_FACTS
from worker.core.records import RawValue, RawValues, RecordRef
from worker.core.ruleset import Ruleset
from worker.core.stage_rules import Backward
from worker.core.stage_writes import stage_way
from worker.core.transforms import compile_reader
from worker.core.written_form import SEPARATOR, is_same, split_words, write_out

NOTHING: frozenset[str] = frozenset()
Options = Mapping[tuple[str, str, str], frozenset[str]]
"""What the CRM's own lists hold, by system, object type and field."""
NO_OPTIONS: Options = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlan:
    """What is to change on one record, and the values the decision was made on.

    ``unlisted`` names, for each field, the words left out because the CRM's list does not have them.
    ``clears`` are fields that have to be emptied in a write of their own before all this.
    """

    ref: RecordRef
    changes: RawValues
    expected: RawValues
    unlisted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clears: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentRecord:
    """A record's fields as last read, and the managed values we last wrote to it."""

    values: RawValues
    written: RawValues


def plan_write(
    ruleset: Ruleset,
    decision: Decision,
    current: Mapping[RecordRef, CurrentRecord],
    *,
    revoked: frozenset[str] = NOTHING,
    options: Options = NO_OPTIONS,
) -> tuple[RecordPlan, ...]:
    """Plan the writes of one decision; empty when the CRM already says so, or must be left alone.

    A decision that only confirms the last one, or only says how far the follow-up is, leaves alone what
    somebody has changed since.
    ``revoked`` are opt-outs that not every record shows yet: they are written wherever the field map
    allows it, also where the stage belongs to people. Nothing here ever takes one back. Of a lead that
    is left alone nothing else is written but that a channel we once allowed is allowed no more.
    """
    judgement, lifecycle = decision.judgement, ruleset.configuration.lifecycle
    is_hands_off = judgement.move.is_hands_off
    plans = []
    for ref in sorted(current):
        system = ruleset.configuration.systems.get(ref.system)
        object_map = system.find_object(ref.object_type) if system else None
        if object_map is not None:
            plan = None
            if not is_hands_off:
                plan = _plan_record(ruleset, decision, ref, object_map, current[ref], options)
                way = stage_way(lifecycle, judgement.standing, judgement.move, ref)
                if plan is not None and way is Backward.CLEAR_FIRST:
                    plan = replace(plan, clears=_stage_fields(object_map, plan))
            shown = _show_opt_outs(object_map, current[ref].values, revoked) if revoked else {}
            if is_hands_off:
                shown |= _take_back(object_map, current[ref], decision)
            if shown:
                plan = _with_opt_outs(ref, plan, shown, current[ref].values)
            if plan is not None:
                plans.append(plan)
    return tuple(plans)


def _stage_fields(object_map: ObjectMap, plan: RecordPlan) -> tuple[str, ...]:
    targets = [write.target for write in object_map.writes if write.managed is Managed.STAGE]
    return tuple(name for name in targets if name in plan.changes and plan.expected.get(name))


def _plan_record(
    ruleset: Ruleset,
    decision: Decision,
    ref: RecordRef,
    object_map: ObjectMap,
    record: CurrentRecord,
    options: Options,
) -> RecordPlan | None:
    values = record.values
    changes: dict[str, RawValue] = {}
    unlisted: dict[str, tuple[str, ...]] = {}
    is_led = False
    for write in object_map.writes:
        if not _may_write(write, record, decision):
            continue
        is_ours = _is_ours(write, record)
        text = ask(ruleset, decision, write, ref, is_ours=is_ours)
        if text is None:
            continue
        known = options.get((ref.system, ref.object_type, write.target)) if options else None
        translated, left_out = write_out(write, text, known)
        if left_out:
            unlisted[write.target] = left_out
        if translated is None or is_same(write, values[write.target], translated):
            continue
        changes[write.target] = translated or None
        is_led = is_led or write.managed in LEADING or _takes_back(write, values, translated)
    if not is_led:
        return None
    watched = {write.target for write in object_map.writes if write.managed in _WATCHED}
    watched |= {read.source for read in object_map.reads if read.fact in RESTRICTIVE_FACTS}
    expected = {name: values[name] for name in sorted(watched | set(changes)) if name in values}
    return RecordPlan(ref=ref, changes=changes, expected=expected, unlisted=unlisted)


def _may_write(write: FieldWrite, record: CurrentRecord, decision: Decision) -> bool:
    """A field that we see, and that nobody has changed since we wrote it, or the case is a new one."""
    if write.target not in record.values:
        return False
    if _is_news(decision, write) or write.target not in record.written:
        return True
    return _is_ours(write, record)


def _is_ours(write: FieldWrite, record: CurrentRecord) -> bool:
    """Tell whether a field holds what we last wrote there."""
    target, written = write.target, record.written
    return target in written and is_same(write, record.values[target], written[target])


def _is_news(decision: Decision, write: FieldWrite) -> bool:
    """Tell whether a decision has more to say of a field than the last one, which somebody edited."""
    return decision.is_of_lead or (decision.is_new and write.managed in _OF_CLOCK)


_OF_CLOCK = frozenset({Managed.FOLLOW_UP_STATE, Managed.FIRST_FOLLOW_UP})


def _show_opt_outs(
    object_map: ObjectMap, values: RawValues, revoked: frozenset[str]
) -> dict[str, RawValue]:
    """Find the opt-outs that a record does not show and the worker may write there."""
    reads = {read.fact: read for read in object_map.reads}
    changes: dict[str, RawValue] = {}
    for write in object_map.writes:
        fact, target = write.managed.value, write.target
        if write.managed not in OPT_OUTS or fact not in revoked or target not in values:
            continue
        text = (values[target] or "").strip()
        if not text or compile_reader(reads[fact])(text).value is not True:
            changes[target] = write.word
    return changes


def _take_back(
    object_map: ObjectMap, record: CurrentRecord, decision: Decision
) -> dict[str, RawValue]:
    """Of a lead that is left alone, take back the channels that we once allowed and allow no more."""
    if decision.judgement.pathway is None:
        return {}
    allowed = [p.channel.value for p in decision.judgement.permissions if p.is_allowed]
    changes: dict[str, RawValue] = {}
    for write in object_map.writes:
        if write.managed is not Managed.ALLOWED_CHANNELS or not record.values.get(write.target):
            continue
        shown = split_words(write, record.values[write.target] or "")
        kept = [one for one in allowed if (write.values.get(one) or one) in shown]
        if len(kept) < len(shown) and _may_take_back(write, record):
            changes[write.target] = write_out(write, SEPARATOR.join(kept)).text or None
    return changes


def _may_take_back(write: FieldWrite, record: CurrentRecord) -> bool:
    """What nobody has changed since we wrote it, and what came with the record from one we wrote to.

    A contact shows what the lead showed that became it, and a merged record what its parts did.
    """
    return write.target not in record.written or _is_ours(write, record)


def _with_opt_outs(
    ref: RecordRef, plan: RecordPlan | None, shown: Mapping[str, RawValue], values: RawValues
) -> RecordPlan:
    """Join opt-outs to what else is planned; alone they depend on nothing but the fields themselves."""
    changes = {**(plan.changes if plan else {}), **shown}
    expected = {**(plan.expected if plan else {}), **{name: values[name] for name in shown}}
    clears = plan.clears if plan else ()
    return RecordPlan(
        ref=ref, changes=changes, expected=dict(sorted(expected.items())), clears=clears
    )


_WATCHED = frozenset({Managed.STAGE, Managed.OWNER})
"""Must still stand as read even when only other fields change, as must every opt-out: reasons for a
stage that a person has meanwhile changed would be wrong, and so would a hand-off after a refusal."""


def _takes_back(write: FieldWrite, values: RawValues, text: str) -> bool:
    """Tell whether the CRM shows a channel or topic that is allowed no more."""
    if write.managed not in PERMISSIONS:
        return False
    shown = split_words(write, values[write.target] or "")
    return not set(shown) <= set(split_words(write, text))
