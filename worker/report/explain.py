"""The explanation of one lead as JSON: the decision that stands, why, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from worker.core.conditions import ActivityTest, Condition, criteria_read, facts_read, walk
from worker.core.counterfactual import SmallestChange
from worker.core.hand_off_texts import HandOffText
from worker.core.plan import RecordPlan
from worker.core.policy import PathwayRule, Policy
from worker.core.reasons import Reason
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.core.testimony import WriteState
from worker.core.trace import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReport:
    """What an explanation is made of. ``body`` is the trace of the decision; ``facts`` what it read.

    ``decision`` holds its id, place in the chain, time and policy; None before the first sync. It
    is the one asked for by its id, which need not be the ``latest_decision``. ``of_others`` says, for
    each action of a colleague that was counted, which records it is told of; ``action_sources`` what
    reported each counted action, where the CRM says so. ``edits`` are the stages and owners that count
    as set by a person. ``hand_off`` is what would be told if the lead were handed off now. ``refused``
    are records whose last write their CRM refused. ``records`` are those that the lead has now.
    """

    reference: str
    profile_id: str
    decision: Mapping[str, Json] | None
    latest_decision: str | None
    body: Mapping[str, Json]
    facts: Mapping[str, Json]
    sources: Mapping[str, Json]
    today: Mapping[str, Json]
    writes: Sequence[RecordPlan]
    smallest: SmallestChange | None
    next_change_at: str | None
    of_others: Mapping[str, Sequence[str]] = field(default_factory=dict)
    action_sources: Mapping[str, str] = field(default_factory=dict)
    hand_off: Sequence[HandOffText] = ()
    refused: Mapping[RecordRef, WriteState] = field(default_factory=dict)
    edits: Sequence[Mapping[str, Json]] = ()
    records: Sequence[str] = ()


def explain_json(ruleset: Ruleset, report: LeadReport) -> dict[str, Json]:
    """Say everything about a lead that the decision rests on, in the order it was looked at."""
    body = report.body
    pathway = body.get("pathway")
    configuration = ruleset.configuration
    policy = configuration.policies.get(str(pathway)) if pathway else None
    reasons = configuration.reasons
    qualification = body.get("qualification")
    found = qualification if isinstance(qualification, Mapping) else {}
    return {
        "ref": report.reference,
        "profile": report.profile_id,
        "records": list(report.records),
        "decision": report.decision,
        "latest_decision": report.latest_decision,
        "pathway": pathway,
        "verdict": body.get("verdict"),
        "reasons": [_reason(str(code), reasons) for code in _list(body.get("reasons"))],
        "facts": _facts(ruleset, report),
        "pathway_rules": [_pathway_rule(rule, report.facts) for rule in configuration.pathways],
        "findings": body.get("findings"),
        "permissions": body.get("permissions"),
        "topics": _topics(ruleset, body.get("topics")),
        "nurture_track": _track(policy, body.get("nurture_track")),
        "passed_over": body.get("passed_over", []),
        "gates": list(_gates(policy, found)) if policy else [],
        "criteria": list(_criteria(policy, found, report.facts)) if policy else [],
        "organisation": list(_of_others(found, report.of_others)),
        "action_sources": dict(sorted(report.action_sources.items())),
        "score": {"total": found.get("total"), "families": found.get("families")},
        "carried_by": found.get("carried_by"),
        "stopped_by": found.get("stopped_by"),
        "stage": body.get("stage"),
        "edits": [dict(edit) for edit in report.edits],
        "availability": body.get("availability"),
        "route": body.get("route"),
        "follow_up": body.get("follow_up"),
        "hand_off": [_hand_off(text) for text in report.hand_off],
        "refused_writes": [_refused(ref, write) for ref, write in sorted(report.refused.items())],
        "would_write": list(_would_write(report.writes)),
        "smallest_change": _smallest(
            configuration.policies.get(str(report.today["pathway"])), report.smallest
        ),
        "today": dict(report.today),
        "changes_by_itself_at": report.next_change_at,
    }


def _track(policy: Policy | None, found: Json) -> Json:
    """The suggested track, with its sentence as long as the policy still has it."""
    if found is None:
        return None
    tracks = policy.tracks if policy else ()
    return {"id": found, "sentence": next((t.sentence for t in tracks if t.id == found), None)}


def _hand_off(text: HandOffText) -> dict[str, Json]:
    return {
        "system": text.system,
        "object_type": text.object_type,
        "field": text.field,
        "text": text.text,
        "length": len(text.text),
        "max_length": text.max_length,
    }


def _refused(ref: RecordRef, write: WriteState) -> dict[str, Json]:
    return {
        "record": str(ref),
        "code": write.code,
        "at": write.at.isoformat() if write.at else None,
        "run": write.run_id,
        "matches": [str(match) for match in write.matches],
    }


def _would_write(writes: Sequence[RecordPlan]) -> Iterator[dict[str, Json]]:
    for plan in writes:
        for name, after in sorted(plan.changes.items()):
            yield {
                "system": plan.ref.system,
                "object_type": plan.ref.object_type,
                "id": plan.ref.id,
                "field": name,
                "before": plan.expected.get(name),
                "after": after,
            }


def _topics(ruleset: Ruleset, found: Json) -> list[dict[str, Json]]:
    """The topics allowed, with their sentences as long as they are still configured."""
    sentences = {topic.id: topic.sentence for topic in ruleset.configuration.consent.topics}
    return [{"id": name, "sentence": sentences.get(str(name))} for name in _list(found)]


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, (list, tuple)) else ()


def _reason(code: str, catalogue: Mapping[str, Reason]) -> dict[str, Json]:
    reason = catalogue.get(code)
    return {"code": code, "sentence": reason.sentence if reason else code}


def _facts(ruleset: Ruleset, report: LeadReport) -> dict[str, Json]:
    specs = ruleset.configuration.facts
    return {
        name: {
            "value": value,
            "from": report.sources.get(name),
            "is_personal": name not in specs or specs[name].is_personal,
        }
        for name, value in sorted(report.facts.items())
    }


def _pathway_rule(rule: PathwayRule, facts: Mapping[str, Json]) -> dict[str, Json]:
    """What a rule looks at to put a lead on its pathway: facts as they are known, and actions."""
    tests = [part for part in walk(rule.condition) if isinstance(part, ActivityTest)]
    return {
        "pathway": rule.pathway,
        "facts": {name: facts.get(name) for name in sorted(facts_read(rule.condition))},
        "actions": sorted({kind for test in tests for kind in test.kinds}),
    }


def _traces(found: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    for item in _list(found.get("criteria")):
        if isinstance(item, Mapping):
            yield item


def _gates(policy: Policy, found: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    truths = {str(trace["id"]): trace["truth"] for trace in _traces(found)}
    for name in policy.disqualifiers:
        truth = truths.get(name)
        yield {
            "criterion": name,
            "truth": truth,
            "passes": truth != "not_met",
            "when_not_met": "disqualified",
        }
    for name in policy.exclusions:
        yield _unwanted(name, truths.get(name), "disqualified")
    for gate in policy.gates:
        truth = truths.get(gate.criterion)
        stops = {"not_met": gate.when_not_met, "unknown": gate.when_unknown}
        yield {
            "criterion": gate.criterion,
            "truth": truth,
            "passes": stops.get(str(truth)) is None,
            "when_not_met": gate.when_not_met,
            "when_unknown": gate.when_unknown,
        }
    for name in policy.holds:
        yield _unwanted(name, truths.get(name), "hold")


def _unwanted(name: str, truth: Json, verdict: str) -> dict[str, Json]:
    """A criterion that stops the lead by being met."""
    return {"criterion": name, "truth": truth, "passes": truth != "met", "when_met": verdict}


def _of_others(
    found: Mapping[str, Json], of_others: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, Json]]:
    """What colleagues did that was counted for the lead, by references only."""
    for trace in _traces(found):
        for action in map(str, _list(trace["evidence"])):
            if action in of_others:
                records = list(of_others[action])
                yield {"criterion": trace["id"], "action": action, "records": records}


def _criteria(
    policy: Policy, found: Mapping[str, Json], facts: Mapping[str, Json]
) -> Iterator[dict[str, Json]]:
    known = {criterion.id: criterion for criterion in policy.criteria}
    conditions = {criterion.id: criterion.condition for criterion in policy.criteria}
    for trace in _traces(found):
        criterion = known.get(str(trace["id"]))
        if criterion is None:
            yield dict(trace)
            continue
        read = facts_of(criterion.condition, conditions)
        yield {
            "id": criterion.id,
            "family": criterion.family.value,
            "sentence": criterion.sentence,
            "truth": trace["truth"],
            "points": trace["points"],
            "facts": {name: facts.get(name) for name in sorted(read)},
            "evidence": trace["evidence"],
        }


def facts_of(condition: Condition, conditions: Mapping[str, Condition]) -> frozenset[str]:
    """Name the facts a condition reads, through the criteria it refers to as well."""
    read = set(facts_read(condition))
    for name in criteria_read(condition):
        if name in conditions:
            read |= facts_of(conditions[name], conditions)
    return frozenset(read)


def _smallest(policy: Policy | None, change: SmallestChange | None) -> Json:
    if change is None or policy is None:
        return None
    sentences = {criterion.id: criterion.sentence for criterion in policy.criteria}
    return {
        "rule": change.rule,
        "criteria": [{"id": name, "sentence": sentences[name]} for name in change.criteria],
        "without": [{"id": name, "sentence": sentences[name]} for name in change.without],
    }
