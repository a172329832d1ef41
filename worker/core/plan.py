"""The write plan: the differences between what a decision wants and what the CRM has.

Only managed fields, only real differences, only fields we can see. The leading fields (stage,
owner, reasons, next step, pathway) cause a write; scores and dates are refreshed along with them,
so that a score fading day by day does not rewrite the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from worker.core.asked import ask
from worker.core.closing import NOTED, close_channels
from worker.core.current import CurrentRecord, is_ours
from worker.core.decide import Decision
from worker.core.field_map import (
    LEADING,
    OPT_OUTS,
    PERMISSIONS,
    FieldRead,
    FieldWrite,
    Managed,
    ObjectMap,
)
from worker.core.model import RESTRICTIVE_FACTS
from worker.core.records import RawValue, RawValues, RecordRef
from worker.core.ruleset import Ruleset
from worker.core.stage_rules import Backward
from worker.core.stage_writes import stage_way
from worker.core.transforms import compile_reader
from worker.core.written_form import is_same, split_words, write_out

NOTHING: frozenset[str] = frozenset()
Options = Mapping[tuple[str, str, str], frozenset[str]]
"""What the CRM's own lists hold, by system, object type and field."""
NO_OPTIONS: Options = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlan:
    """What is to change on one record, and the values the decision was made on.

    ``unlisted`` names, for each field, the words left out because the CRM's list does not have them.
    ``clears`` are fields that have to be emptied in a write of their own before all this. ``closing`` is
    what of it only closes, as it is written where the rest has to wait.
    """

    ref: RecordRef
    changes: RawValues
    expected: RawValues
    unlisted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clears: tuple[str, ...] = ()
    closing: RecordPlan | None = None


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
    is left alone nothing else is written but that a channel is closed, and a stage of people that
    another record of the person has.
    """
    plans = []
    for ref in sorted(current):
        system = ruleset.configuration.systems.get(ref.system)
        object_map = system.find_object(ref.object_type) if system else None
        if object_map is not None:
            plan = _plan_stage(ruleset, decision, ref, object_map, current[ref], options)
            closing = _close(ruleset, decision, object_map, current[ref], revoked)
            if closing:
                said = (
                    closing if decision.judgement.move.is_hands_off else _bare(object_map, closing)
                )
                plan = _with_closing(ref, plan, said, current[ref].values)
                expected = {name: current[ref].values[name] for name in closing}
                part = RecordPlan(ref=ref, changes=closing, expected=expected)
                plan = replace(plan, closing=part)
            if plan is not None:
                plans.append(plan)
    return tuple(plans)


def _plan_stage(
    ruleset: Ruleset,
    decision: Decision,
    ref: RecordRef,
    object_map: ObjectMap,
    record: CurrentRecord,
    options: Options,
) -> RecordPlan | None:
    """Plan all but what closes; of a lead that is left alone, only a stage that people have set."""
    judgement, lifecycle = decision.judgement, ruleset.configuration.lifecycle
    way = stage_way(lifecycle, judgement.standing, judgement.move, ref)
    if judgement.move.is_hands_off:
        if way is None:
            return None
        object_map = replace(
            object_map,
            writes=tuple([w for w in object_map.writes if w.managed is Managed.STAGE]),
        )
    plan = _plan_record(ruleset, decision, ref, object_map, record, options)
    if plan is not None and way is Backward.CLEAR_FIRST:
        plan = replace(plan, clears=_stage_fields(object_map, plan))
    return plan


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
        text = ask(ruleset, decision, write, ref, is_ours=is_ours(write, record))
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
    if decision.judgement.move.is_hands_off:  # what people set elsewhere, and later
        return True
    return is_ours(write, record)


def _is_news(decision: Decision, write: FieldWrite) -> bool:
    """Tell whether a decision has more to say of a field than the last one, which somebody edited."""
    return decision.is_of_lead or (decision.is_new and write.managed in _OF_CLOCK)


_OF_CLOCK = frozenset({Managed.FOLLOW_UP_STATE, Managed.FIRST_FOLLOW_UP})


def _show_opt_outs(
    object_map: ObjectMap, values: RawValues, revoked: frozenset[str]
) -> dict[str, RawValue]:
    """Find the opt-outs that a record does not show and the worker may write there."""
    changes: dict[str, RawValue] = {}
    for write in object_map.writes:
        fact, target = write.managed.value, write.target
        if write.managed not in OPT_OUTS or fact not in revoked or target not in values:
            continue
        if not any(_says_yes(read, values) for read in object_map.reads if read.fact == fact):
            changes[target] = write.word
    return changes


def _says_yes(read: FieldRead, values: RawValues) -> bool:
    text = (values.get(read.source) or "").strip()
    return bool(text) and compile_reader(read)(text).value is True


def _close(
    ruleset: Ruleset,
    decision: Decision,
    object_map: ObjectMap,
    record: CurrentRecord,
    revoked: frozenset[str],
) -> dict[str, RawValue]:
    """Find all that closes: opt-outs to be shown, and channels to be taken back."""
    shown = _show_opt_outs(object_map, record.values, revoked) if revoked else {}
    return {**shown, **close_channels(ruleset, object_map, record, decision)}


def _with_closing(
    ref: RecordRef,
    plan: RecordPlan | None,
    closing: Mapping[str, RawValue],
    values: RawValues,
) -> RecordPlan:
    """Join what closes to what else is planned; alone it depends on nothing but the fields themselves.

    What the plan says itself of such a field goes before.
    """
    planned = plan.changes if plan is not None else {}
    changes = {**closing, **planned}
    expected = {**(plan.expected if plan else {}), **{name: values[name] for name in closing}}
    return RecordPlan(
        ref=ref,
        changes=changes,
        expected=dict(sorted(expected.items())),
        unlisted=plan.unlisted if plan else {},
        clears=plan.clears if plan else (),
    )


def _bare(object_map: ObjectMap, closing: Mapping[str, RawValue]) -> dict[str, RawValue]:
    """Leave out the notes in texts: a lead that is not left alone gets its texts anew."""
    noted = {write.target for write in object_map.writes if write.managed in NOTED}
    return {name: value for name, value in closing.items() if name not in noted}


_WATCHED = frozenset({Managed.STAGE, Managed.OWNER})
"""Must still stand as read even when only other fields change, as must every opt-out: reasons for a
stage that a person has meanwhile changed would be wrong, and so would a hand-off after a refusal."""


def _takes_back(write: FieldWrite, values: RawValues, text: str) -> bool:
    """Tell whether the CRM shows a channel or topic that is allowed no more."""
    if write.managed not in PERMISSIONS:
        return False
    shown = split_words(write, values[write.target] or "")
    return not set(shown) <= set(split_words(write, text))
