"""Intents as the database holds them: what they change and expect is sealed."""

from __future__ import annotations

import msgspec

from worker.core.records import RawValues
from worker.ledger.rows import Intent, IntentState
from worker.ledger.sql import AnyRow, SqlRow
from worker.ledger.transaction import Transaction

decode_values = msgspec.json.Decoder(dict[str, str | None]).decode
decode_causes = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


def to_intent(tx: Transaction, row: AnyRow, state: IntentState | None = None) -> Intent:
    """Read an intent."""
    return Intent(
        id=row.id,
        run_id=row.run_id,
        decision_id=row.decision_id,
        profile_id=row.profile_id,
        system=row.system,
        object_type=row.object_type,
        record_id=row.record_id,
        changes=decode_values(tx.codec.decode(row.changes)),
        expected=decode_values(tx.codec.decode(row.expected)),
        causes=decode_causes(row.causes),
        created_at=row.created_at,
        state=state or IntentState(row.state),
        follows=row.follows,
    )


def from_intent(tx: Transaction, intent: Intent) -> SqlRow:
    """Write an intent; what it changes and expects is sealed."""
    return {
        "account": tx.account,
        "id": intent.id,
        "run_id": intent.run_id,
        "decision_id": intent.decision_id,
        "profile_id": intent.profile_id,
        "system": intent.system,
        "object_type": intent.object_type,
        "record_id": intent.record_id,
        "changes": _seal_values(tx, intent.changes),
        "expected": _seal_values(tx, intent.expected),
        "causes": _encode(dict(intent.causes)).decode(),
        "state": intent.state.value,
        "created_at": intent.created_at,
        "follows": intent.follows,
    }


def _seal_values(tx: Transaction, values: RawValues) -> str:
    return tx.codec.encode(_encode(dict(values)).decode())
