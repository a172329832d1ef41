"""The arrivals of the ledger: who was handed off when, as it was known then. Reads only.

A decision that gives a lead an owner it did not have is an arrival; one after which nobody of ours
has it is a closing. Decisions are read page by page; what is kept is who is open.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from worker.core.assignment import REFUSED
from worker.core.case import Case, make_case, with_gates
from worker.core.conditions import ActivityTest, walk
from worker.core.mapping import facts_from_json
from worker.core.model import ACCOUNT_OWNER, Activity, ContactChannel
from worker.core.reasons import Severity
from worker.core.records import RecordRef
from worker.core.routing import RouteRequest, RoutingPolicy, owners_of
from worker.core.simulation import Arrival, Closing
from worker.ledger.activities import load_activities
from worker.ledger.decisions import count_decisions, decisions_after
from worker.ledger.rows import StoredDecision
from worker.ledger.transaction import Transaction
from worker.steps.snapshots import as_activity
from worker.steps.work import Work

STEP = "simulate"


def past_arrivals(
    work: Work, tx: Transaction, until: datetime, policies: Sequence[RoutingPolicy]
) -> Iterator[Arrival | Closing]:
    """Yield what happened to the roster up to ``until``, in order."""
    total, done, after = count_decisions(tx, until), 0, 0
    asks_actions = any(map(_asks_actions, policies))
    open_: dict[str, str] = {}
    while page := decisions_after(tx, after, until, work.batch):
        handed = [row for row in page if _is_handed_off(row, open_)]
        actions = _actions(work, tx, handed) if asks_actions else {}
        open_now = dict(open_)
        for row in page:
            event = _event(work, row, open_now, actions)
            if event is not None:
                yield event
        open_ = open_now
        after = page[-1].seq
        done += len(page)
        work.on_progress(STEP, done, total)


def _asks_actions(policy: RoutingPolicy) -> bool:
    parts = (part for rule in policy.rules for part in walk(rule.condition))
    return any(isinstance(part, ActivityTest) for part in parts)


def _is_handed_off(row: StoredDecision, open_: Mapping[str, str]) -> bool:
    return row.owner is not None and open_.get(row.profile_id) != row.owner


def _event(
    work: Work, row: StoredDecision, open_: dict[str, str], actions: Mapping[str, Activity]
) -> Arrival | Closing | None:
    """Say what a decision did to the roster; ``open_`` is who has which lead, and is kept up."""
    if _is_handed_off(row, open_):
        body = json.loads(row.body)
        if not body.get("route"):
            return None
        open_[row.profile_id] = str(row.owner)
        return _arrival(work, row, body, actions)
    if row.owner is None and open_.pop(row.profile_id, None) is not None:
        return Closing(key=row.profile_id, at=row.decided_at)
    return None


def _arrival(
    work: Work, row: StoredDecision, body: Mapping[str, Any], actions: Mapping[str, Activity]
) -> Arrival:
    inputs = json.loads(row.inputs) if row.inputs else {}
    route = body["route"]
    refused = (item["candidate"] for item in route["rejected"] if item["reason"] == REFUSED)
    return Arrival(
        key=row.profile_id,
        pathway=row.pathway,
        case=_case(work, row, body, inputs, actions),
        request=RouteRequest(
            present_owners=_present(work, row, route, inputs),
            refused_by=frozenset(refused),
            account_owners=_account_owners(inputs),
        ),
        actual=row.owner,
        was_given=not route["is_kept"],
    )


def _case(
    work: Work,
    row: StoredDecision,
    body: Mapping[str, Any],
    inputs: Mapping[str, Any],
    actions: Mapping[str, Activity],
) -> Case:
    configuration = work.ruleset.configuration
    facts = facts_from_json(inputs.get("facts", {}), configuration.facts)
    named = [actions[ref] for ref in inputs.get("activities", ()) if ref in actions]
    case = make_case(
        {**facts, "pathway": str(row.pathway)},
        named,
        row.decided_at,
        configuration.time_zone,
        governed=work.ruleset.governed,
    )
    allowed = (ContactChannel(p["channel"]) for p in body["permissions"] if p["is_allowed"])
    findings = body["findings"]
    return with_gates(
        case,
        reachable=frozenset(allowed),
        findings=frozenset(finding["code"] for finding in findings),
        has_blocking_finding=any(f["severity"] == Severity.BLOCK.value for f in findings),
    )


def _present(
    work: Work, row: StoredDecision, route: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Mapping[str, str]:
    """The owner the CRM showed then, unless it stood for nobody; surely the one who kept the lead."""
    policy = work.ruleset.configuration.routing
    system, colon, outside = str(row.owner).partition(":")
    if route["is_kept"]:
        kept = {system: outside} if colon else owners_of(policy, row.owner)
        if kept:
            return kept
    shown = _owner_named(inputs, "owner")
    return {} if shown is None or ":".join(shown) in policy.unassigned else {shown[0]: shown[1]}


def _account_owners(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    found = _owner_named(inputs, ACCOUNT_OWNER)
    return () if found is None else (":".join(found),)


def _owner_named(inputs: Mapping[str, Any], fact: str) -> tuple[str, str] | None:
    """Read the owner that a fact named, with the system that said so."""
    owner = inputs.get("facts", {}).get(fact)
    source = RecordRef.parse(inputs.get("sources", {}).get(fact, ""))
    return None if owner is None or source is None else (source.system, str(owner))


def _actions(work: Work, tx: Transaction, rows: Sequence[StoredDecision]) -> dict[str, Activity]:
    """Read the actions these leads had done, as far as the ledger still has them."""
    kinds = work.ruleset.configuration.activity_kinds
    named = {ref for row in rows if row.inputs for ref in json.loads(row.inputs)["activities"]}
    refs = [ref for ref in map(RecordRef.parse, sorted(named)) if ref is not None]
    return {
        str(stored.ref): as_activity(stored, kinds)
        for stored in load_activities(tx, refs)
        if stored.kind in kinds and kinds[stored.kind].is_enabled
    }
