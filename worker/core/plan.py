"""The write plan: the differences between what a decision wants and what the CRM has.

Only managed fields, only real differences, only fields we can see. The leading fields (stage,
owner, reasons, next step, pathway) cause a write; scores and dates are refreshed along with them,
so that a score fading day by day does not rewrite the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.core.decide import Decision
from worker.core.field_map import (
    LEADING,
    LISTS,
    OPT_OUTS,
    PERMISSIONS,
    FieldWrite,
    Managed,
    ObjectMap,
)
from worker.core.hand_off import summarise
from worker.core.model import RESTRICTIVE_FACTS, Stage
from worker.core.policy import Family
from worker.core.records import RawValue, RawValues, RecordRef
from worker.core.ruleset import Ruleset
from worker.core.transforms import compile_reader

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlan:
    """What is to change on one record, and the values the decision was made on."""

    ref: RecordRef
    changes: RawValues
    expected: RawValues


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
) -> tuple[RecordPlan, ...]:
    """Plan the writes of one decision; empty when the CRM already says so, or must be left alone.

    A decision that only confirms the last one leaves alone what somebody has changed since.
    ``revoked`` are opt-outs that not every record shows yet: they are written wherever the field map
    allows it, also where the stage belongs to people. Nothing here ever takes one back.
    """
    is_hands_off = decision.judgement.move.is_hands_off
    if is_hands_off and not revoked:
        return ()
    wanted = {} if is_hands_off else _wanted(ruleset, decision)
    plans = []
    for ref in sorted(current):
        system = ruleset.configuration.systems.get(ref.system)
        object_map = system.find_object(ref.object_type) if system else None
        if object_map is not None:
            plan = _plan_record(ref, object_map, wanted, current[ref], decision)
            shown = _show_opt_outs(object_map, current[ref].values, revoked) if revoked else {}
            if shown:
                plan = _with_opt_outs(ref, plan, shown, current[ref].values)
            if plan is not None:
                plans.append(plan)
    return tuple(plans)


def _plan_record(
    ref: RecordRef,
    object_map: ObjectMap,
    wanted: Mapping[Managed, str | None],
    record: CurrentRecord,
    decision: Decision,
) -> RecordPlan | None:
    values, written = record.values, record.written
    changes: dict[str, RawValue] = {}
    is_led = False
    for write in object_map.writes:
        if write.target not in values or write.managed not in wanted:
            continue
        is_edited = write.target in written and values[write.target] != written[write.target]
        if is_edited and not decision.is_new:
            continue
        text = wanted[write.managed]
        if write.managed is Managed.OWNER:
            text = decision.route.owners.get(ref.system) if decision.route else None
            if text is None:
                continue
        translated = _translate(write, text)
        if translated is not None and translated != (values[write.target] or ""):
            changes[write.target] = translated or None
            is_led = is_led or write.managed in LEADING or _takes_back(write, values, translated)
    if not is_led:
        return None
    watched = {write.target for write in object_map.writes if write.managed in _WATCHED}
    watched |= {read.source for read in object_map.reads if read.fact in RESTRICTIVE_FACTS}
    expected = {name: values[name] for name in sorted(watched | set(changes)) if name in values}
    return RecordPlan(ref=ref, changes=changes, expected=expected)


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


def _with_opt_outs(
    ref: RecordRef, plan: RecordPlan | None, shown: Mapping[str, RawValue], values: RawValues
) -> RecordPlan:
    """Join opt-outs to what else is planned; alone they depend on nothing but the fields themselves."""
    changes = {**(plan.changes if plan else {}), **shown}
    expected = {**(plan.expected if plan else {}), **{name: values[name] for name in shown}}
    return RecordPlan(ref=ref, changes=changes, expected=dict(sorted(expected.items())))


_WATCHED = frozenset({Managed.STAGE, Managed.OWNER})
"""Must still stand as read even when only other fields change, as must every opt-out: reasons for a
stage that a person has meanwhile changed would be wrong, and so would a hand-off after a refusal."""


def _takes_back(write: FieldWrite, values: RawValues, text: str) -> bool:
    """Tell whether the CRM shows a channel or topic that is allowed no more."""
    if write.managed not in PERMISSIONS:
        return False
    shown = (values[write.target] or "").split(write.separator)
    return not {word.strip() for word in shown} - {""} <= set(text.split(write.separator))


def _translate(write: FieldWrite, text: str | None) -> str | None:
    """Put a value into the CRM's own form; None when the CRM has no word for it."""
    if not text:
        return ""
    if write.managed in LISTS:
        words = [write.values.get(w) if write.values else w for w in text.split(";")]
        return write.separator.join([word for word in words if word][: write.max_items])
    if write.values:
        return write.values.get(text)
    if write.max_length is not None and len(text) > write.max_length:
        return text[: write.max_length - 1].rstrip() + "…"
    return text


def _wanted(ruleset: Ruleset, decision: Decision) -> dict[Managed, str | None]:
    """List the managed values a decision asks for; an absent one is left as it is."""
    judgement, route = decision.judgement, decision.route
    wanted: dict[Managed, str | None] = {
        Managed.REASONS: ";".join(decision.reasons),
        Managed.PATHWAY: judgement.pathway,
        Managed.NURTURE_TRACK: judgement.track,
        Managed.DECISION_ID: decision.id,
        Managed.DECIDED_AT: decision.decided_at.isoformat(timespec="seconds"),
    }
    if judgement.pathway is not None:
        policy = ruleset.policies[judgement.pathway].policy
        wanted[Managed.POLICY_VERSION] = f"{policy.pathway} {policy.version}"
    if judgement.move.stage is not judgement.standing.stage and judgement.move.stage is not None:
        wanted[Managed.STAGE] = judgement.move.stage
    if judgement.qualification is not None:
        families = judgement.qualification.families
        wanted[Managed.SCORE_TOTAL] = _points(judgement.qualification.total)
        wanted[Managed.SCORE_FIT] = _points(families.get(Family.FIT, 0.0))
        wanted[Managed.SCORE_INTENT] = _points(families.get(Family.INTENT, 0.0))
        wanted[Managed.SCORE_TIMING] = _points(families.get(Family.TIMING, 0.0))
    wanted[Managed.NEXT_STEP] = route.next_step.sentence if route else ""
    wanted[Managed.NEXT_STEP_DUE] = route.due_at.isoformat(timespec="seconds") if route else ""
    wanted[Managed.SUMMARY] = summarise(ruleset, decision)
    channels = [p.channel for p in judgement.permissions if p.is_allowed] if route else ()
    wanted[Managed.ALLOWED_CHANNELS] = ";".join(channels)
    wanted[Managed.ALLOWED_TOPICS] = ";".join(judgement.topics if route else ())
    if route is not None and judgement.move.stage is Stage.MQL:
        wanted[Managed.OWNER] = route.owner
    return wanted


def _points(value: float) -> str:
    return str(round(value))
