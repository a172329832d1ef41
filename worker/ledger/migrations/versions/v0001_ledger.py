"""Create the ledger.

Revision ID: 0001
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKeyConstraint, Integer, text
from sqlalchemy import Text as PlainText

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")

NO_WAY_BACK = (
    "The first schema of the ledger cannot be downgraded: that would delete every decision. "
    "Restore a backup instead."
)


def upgrade() -> None:
    """Create every table, then forbid changing decisions."""
    _create_pulled()
    _create_profiles()
    _create_decisions()
    _create_outbox()
    _create_operations()
    _forbid_changes()


def downgrade() -> None:
    """Refuse: there is nothing before this."""
    raise RuntimeError(NO_WAY_BACK)


def _key(*names: str, **others: Any) -> list[Column[Any]]:
    texts: list[Column[Any]] = [Column(name, Text, primary_key=True) for name in names]
    numbers = [
        Column(name, kind, primary_key=True, autoincrement=False) for name, kind in others.items()
    ]
    return [*texts, *numbers]


def _need(kind: Any, *names: str) -> list[Column[Any]]:
    return [Column(name, kind, nullable=False) for name in names]


def _may(kind: Any, *names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


def _partial_index(
    name: str, table: str, columns: list[str], where: str, on_sqlite: str | None = None
) -> None:
    op.create_index(
        name,
        table,
        columns,
        sqlite_where=text(on_sqlite or where),
        postgresql_where=text(where),
    )


def _create_pulled() -> None:
    op.create_table("settings", *_key("account", "name"), *_need(Text, "value"))
    op.create_table(
        "bookmarks",
        *_key("account", "system", "object_type"),
        *_need(Text, "value", "map_digest"),
    )
    op.create_table(
        "records",
        *_key("account", "id", "system", "object_type"),
        *_may(Text, "profile_id"),
        *_need(Text, "revision", "field_values", "mapped"),
        *_may(BigInteger, "modified_at"),
        *_need(Boolean, "is_deleted"),
        *_may(Text, "merged_into"),
        *_need(Text, "written"),
        *_may(BigInteger, "stage_set_by_person_at"),
    )
    op.create_index("records_profile", "records", ["account", "profile_id"])
    op.create_table(
        "match_keys",
        *_key("account", "match_key", "id", "system", "object_type"),
        sqlite_with_rowid=False,
    )
    op.create_index("match_keys_record", "match_keys", ["account", "id"])
    op.create_table(
        "activities",
        *_key("account", "id", "system", "object_type"),
        *_key("contact_id", "contact_system", "contact_object_type"),
        *_need(Text, "kind"),
        *_need(BigInteger, "at"),
        *_may(Text, "service_line", "owner", "channel"),
        *_need(Boolean, "is_excluded"),
        *_need(Text, "revision"),
    )
    op.create_index("activities_contact", "activities", ["account", "contact_id", "at"])


def _create_profiles() -> None:
    op.create_table(
        "profiles",
        *_key("account", "id"),
        *_need(Integer, "shard"),
        *_need(Boolean, "is_dirty"),
        *_may(BigInteger, "due_at"),
        *_may(Text, "config_digest", "pathway", "verdict", "stage"),
        *_may(BigInteger, "stage_since"),
        *_may(Text, "owner"),
        *_may(BigInteger, "assigned_at", "next_step_due_at"),
        *_may(Text, "decision_id"),
        *_need(Text, "memory"),
    )
    _partial_index(
        "profiles_dirty", "profiles", ["account", "id", "shard"], "is_dirty", "is_dirty = 1"
    )
    _partial_index("profiles_due", "profiles", ["account", "due_at"], "due_at IS NOT NULL")
    _partial_index(
        "profiles_open", "profiles", ["account", "owner"], "stage = 'mql' AND owner IS NOT NULL"
    )
    _partial_index(
        "profiles_assigned", "profiles", ["account", "assigned_at"], "assigned_at IS NOT NULL"
    )
    op.create_table(
        "base_counts",
        *_key("account", "pathway", "stage", "verdict"),
        *_need(BigInteger, "profile_count"),
    )
    op.create_table("roster_credits", *_key("account", "team", "member"), *_need(Float, "credit"))


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        *_key("account", seq=BigInteger),
        *_need(Text, "id", "profile_id", "run_id"),
        *_need(BigInteger, "decided_at"),
        *_may(Text, "pathway"),
        *_need(Text, "verdict"),
        *_may(Text, "stage", "owner"),
        *_need(Text, "policy_version", "policy_digest", "config_digest", "body"),
        *_need(Text, "inputs_digest", "prev_hash", "hash"),
    )
    op.create_index("decisions_id", "decisions", ["account", "id"], unique=True)
    op.create_index("decisions_profile", "decisions", ["account", "profile_id", "seq"])
    op.create_table(
        "decision_inputs", *_key("account", "decision_id"), *_need(Text, "salt", "inputs")
    )
    op.create_table(
        "chain_heads", *_key("account"), *_need(BigInteger, "seq"), *_need(Text, "hash")
    )


def _create_outbox() -> None:
    op.create_table(
        "intents",
        *_key("account", "id"),
        *_need(Text, "run_id", "decision_id", "profile_id", "system", "object_type", "record_id"),
        *_need(Text, "changes", "expected", "causes", "state"),
        *_need(BigInteger, "created_at"),
    )
    op.create_index("intents_state", "intents", ["account", "state", "system", "created_at", "id"])
    op.create_index("intents_profile", "intents", ["account", "profile_id", "state"])
    op.create_index("intents_run", "intents", ["account", "run_id", "state"])
    op.create_table(
        "outcomes",
        *_key("account", "intent_id"),
        *_need(Text, "outcome"),
        *_may(Text, "code"),
        *_need(BigInteger, "at"),
        *_need(Text, "run_id"),
        ForeignKeyConstraint(
            ["account", "intent_id"], ["intents.account", "intents.id"], name="outcomes_intent"
        ),
    )
    op.create_index("outcomes_run", "outcomes", ["account", "run_id", "outcome"])


def _create_operations() -> None:
    op.create_table(
        "runs",
        *_key("account", "id"),
        *_need(Text, "kind", "status"),
        *_need(BigInteger, "started_at"),
        *_may(BigInteger, "ended_at"),
        *_need(BigInteger, "decided_for"),
        *_need(Text, "summary"),
    )
    op.create_index("runs_started", "runs", ["account", "started_at"])
    op.create_table(
        "leases",
        *_key("account", "name"),
        *_may(Text, "holder"),
        *_need(BigInteger, "token"),
        *_may(BigInteger, "expires_at"),
    )
    op.create_table(
        "quarantine",
        *_key("account", "system", "object_type", position=Integer),
        *_need(Integer, "row_number"),
        *_may(Text, "column_name"),
        *_need(Text, "code"),
        *_may(Text, "record_id"),
        *_need(Text, "run_id"),
    )
    op.create_table(
        "seen",
        *_key("account", "run_id", "system", "object_type", "id"),
        sqlite_with_rowid=False,
    )


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER decisions_no_{verb.lower()} BEFORE {verb} ON decisions "
                "BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION decisions_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'decisions are append-only' USING ERRCODE = '23000'; END $$"
    )
    op.execute(
        "CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions "
        "FOR EACH STATEMENT EXECUTE FUNCTION decisions_append_only()"
    )
