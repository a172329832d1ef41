"""Small, made-up rows for the ledger's tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from worker.core.availability import HeldBy, ListKey, Place
from worker.core.availability_map import Availability
from worker.core.data_audit import StoredAudit
from worker.core.records import RecordRef, WriteOutcome
from worker.ledger.rows import (
    Assignment,
    Intent,
    Member,
    NewDecision,
    QuarantinedRow,
    Revocation,
    Run,
    Settlement,
    StoredActivity,
    StoredProfile,
    StoredRecord,
)

NOW = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ref(record_id: str, object_type: str = "contacts", system: str = "hubspot") -> RecordRef:
    return RecordRef(system=system, object_type=object_type, id=record_id)


def record(record_id: str = "1", **changes: Any) -> StoredRecord:
    plain = StoredRecord(
        ref=ref(record_id),
        profile_id=f"p{record_id}",
        revision="r1",
        values={"email": "ann@example.org", "phone": None},
        mapped='{"email":"ann@example.org"}',
        modified_at=NOW,
        written={"stage": "mql"},
        stage_set_by_person_at=NOW - HOUR,
        owner_set_by_person_at=NOW - 2 * HOUR,
    )
    return replace(plain, **changes)


def activity(activity_id: str = "a1", contact: str = "1", **changes: Any) -> StoredActivity:
    plain = StoredActivity(
        ref=ref(activity_id, "meetings"),
        contact=ref(contact),
        kind="meeting",
        at=NOW,
        revision="r1",
        service_line="cardiology",
        owner="7",
        channel="referral",
        source="web form",
    )
    return msgspec.structs.replace(plain, **changes)


def profile(profile_id: str = "p1", **changes: Any) -> StoredProfile:
    plain = StoredProfile(
        id=profile_id,
        shard=100,
        is_dirty=False,
        due_at=NOW + 24 * HOUR,
        config_digest="c1",
        pathway="patient",
        verdict="qualified",
        stage="mql",
        stage_since=NOW - HOUR,
        owner="kim",
        assigned_at=NOW - HOUR,
        next_step_due_at=NOW + HOUR,
        decision_id="d1",
        memory='{"seen":1}',
    )
    return msgspec.structs.replace(plain, **changes)


def assignment(decision_id: str = "d1", **changes: Any) -> Assignment:
    plain = Assignment(
        decision_id=decision_id,
        profile_id="p1",
        owner="kim",
        team="east",
        reasons=("ROUTE_NO_RULE", "ROUTE_QUEUE"),
        assigned_at=NOW - HOUR,
    )
    return replace(plain, **changes)


def member(profile_id: str = "p1", **changes: Any) -> Member:
    return replace(Member(profile_id=profile_id, organisation="acme", role="buyer"), **changes)


def decision(decision_id: str = "d1", **changes: Any) -> NewDecision:
    plain = NewDecision(
        id=decision_id,
        profile_id="p1",
        run_id="run1",
        decided_at=NOW,
        pathway="patient",
        verdict="qualified",
        stage="mql",
        owner="kim",
        policy_version="3",
        policy_digest="pd",
        config_digest="c1",
        body='{"reasons":["FIT_SERVICE_OFFERED"]}',
        inputs='{"email":"ann@example.org"}',
    )
    return replace(plain, **changes)


def intent(intent_id: str = "i1", **changes: Any) -> Intent:
    plain = Intent(
        id=intent_id,
        run_id="run1",
        decision_id="d1",
        profile_id="p1",
        system="hubspot",
        object_type="contacts",
        record_id="1",
        changes={"stage": "mql", "note": None},
        expected={"stage": "lead", "note": "call Ann"},
        causes={"stage": "mql", "reasons": ["FIT_SERVICE_OFFERED"]},
        created_at=NOW,
    )
    return replace(plain, **changes)


def settlement(intent_id: str = "i1", **changes: Any) -> Settlement:
    plain = Settlement(
        intent_id=intent_id, outcome=WriteOutcome.APPLIED, code=None, at=NOW, run_id="run1"
    )
    return replace(plain, **changes)


def run(run_id: str = "run1", **changes: Any) -> Run:
    return replace(Run(id=run_id, kind="sync", started_at=NOW, now=NOW), **changes)


def quarantined(row: int = 2, **changes: Any) -> QuarantinedRow:
    plain = QuarantinedRow(
        system="files",
        object_type="contacts",
        row=row,
        column="id",
        code="ID_DAMAGED",
        record_id=None,
        run_id="run1",
    )
    return replace(plain, **changes)


def audited(id_: str, **changes: Any) -> StoredAudit:
    plain = StoredAudit(
        id=id_,
        audited_at=NOW,
        config_digest="c1",
        leads=9,
        clean=7,
        codes={"DQ_EMAIL_INVALID": 2},
    )
    return replace(plain, **changes)


def revocation(record_id: str = "1", **changes: Any) -> Revocation:
    plain = Revocation(
        ref=ref(record_id),
        fact="opt_out_email",
        profile_id=f"p{record_id}",
        seen_at=NOW,
        deadline_at=NOW + 240 * HOUR,
    )
    return replace(plain, **changes)


def opening(record_id: str = "o1", **changes: Any) -> Availability:
    plain = Availability(
        ref=ref(record_id, "openings"),
        site="boston",
        service_line="cardiology",
        next_at=NOW + 48 * HOUR,
        open_slots=3,
    )
    return replace(plain, **changes)


def place(profile_id: str = "p1", **changes: Any) -> Place:
    plain = Place(
        profile_id=profile_id,
        key=ListKey("full", "cardiology", "boston"),
        held_by=HeldBy.SLOW,
        qualified_at=NOW,
        score=41.5,
    )
    return replace(plain, **changes)
