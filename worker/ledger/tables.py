"""The tables of the ledger, for SQLite and PostgreSQL alike.

Every table starts its key with ``account``, so that no query can forget whose rows it reads.
The migrations build the same tables; a test compares the two. Nothing here runs a query.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    text,
)

from worker.ledger.columns import Instant, Text

metadata = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _instant(name: str) -> Column[datetime]:
    return Column(name, Instant, nullable=False)


def _partial(
    name: str, *columns: str, where: str, on_sqlite: str | None = None, is_unique: bool = False
) -> Index:
    return Index(
        name,
        *columns,
        unique=is_unique,
        sqlite_where=text(on_sqlite or where),
        postgresql_where=text(where),
    )


def _ref_keys() -> list[Column[Any]]:
    """The key of a record: id first, so that ``explain 123`` finds it without naming a system."""
    return [_key("account"), _key("id"), _key("system"), _key("object_type")]


settings = Table(
    "settings",
    metadata,
    _key("account"),
    _key("name"),
    _text("value"),
)

records = Table(
    "records",
    metadata,
    *_ref_keys(),
    Column("profile_id", Text),
    _text("revision"),
    _text("field_values"),
    _text("mapped"),
    Column("modified_at", Instant),
    _flag("is_deleted"),
    Column("merged_into", Text),
    _text("written"),
    Column("stage_set_by_person_at", Instant),
    Column("owner_set_by_person_at", Instant),
    Column("past", Text),
    Column("stage_set_by", Text),
    Column("owner_set_by", Text),
    Index("records_profile", "account", "profile_id"),
)

match_keys = Table(
    "match_keys",
    metadata,
    _key("account"),
    _key("match_key"),
    _key("id"),
    _key("system"),
    _key("object_type"),
    Index("match_keys_record", "account", "id"),
    sqlite_with_rowid=False,
)

contact_points = Table(
    "contact_points",
    metadata,
    _key("account"),
    _key("point"),
    _key("id"),
    _key("system"),
    _key("object_type"),
    _text("opt_outs"),
    Index("contact_points_record", "account", "id"),
    _partial("contact_points_closed", "account", "point", where="opt_outs <> ''"),
    sqlite_with_rowid=False,
)

revocations = Table(
    "revocations",
    metadata,
    *_ref_keys(),
    _key("fact"),
    Column("seen_at", Instant, primary_key=True, autoincrement=False),
    _text("profile_id"),
    _instant("deadline_at"),
    Column("settled_at", Instant),
    Column("ending", Text),
    _partial("revocations_open", "account", "deadline_at", where="settled_at IS NULL"),
    _partial("revocations_profile", "account", "profile_id", where="settled_at IS NULL"),
    _partial("revocations_shown", "account", "profile_id", where="ending = 'shown'"),
)

activities = Table(
    "activities",
    metadata,
    *_ref_keys(),
    _key("contact_id"),
    _key("contact_system"),
    _key("contact_object_type"),
    _text("kind"),
    _instant("at"),
    Column("service_line", Text),
    Column("owner", Text),
    Column("channel", Text),
    _flag("is_excluded"),
    _text("revision"),
    Column("source", Text),
    Index("activities_contact", "account", "contact_id", "at"),
)

profiles = Table(
    "profiles",
    metadata,
    _key("account"),
    _key("id"),
    Column("shard", Integer, nullable=False),
    _flag("is_dirty"),
    Column("due_at", Instant),
    Column("config_digest", Text),
    Column("pathway", Text),
    Column("verdict", Text),
    Column("stage", Text),
    Column("stage_since", Instant),
    Column("owner", Text),
    Column("assigned_at", Instant),
    Column("next_step_due_at", Instant),
    Column("decision_id", Text),
    _text("memory"),
    # The partial indexes hold only the few rows a run asks for, whatever the size of the base.
    # SQLite recognises a condition only as it is spelled in the query.
    _partial(
        "profiles_dirty", "account", "id", "shard", where="is_dirty", on_sqlite="is_dirty = 1"
    ),
    _partial("profiles_due", "account", "due_at", where="due_at IS NOT NULL"),
    _partial("profiles_open", "account", "owner", where="owner IS NOT NULL"),
)

members = Table(
    "members",
    metadata,
    _key("account"),
    _key("profile_id"),
    _text("organisation"),
    Column("role", Text),
    _flag("is_counted"),
    Index("members_organisation", "account", "organisation"),
)

base_counts = Table(
    "base_counts",
    metadata,
    _key("account"),
    _key("pathway"),
    _key("stage"),
    _key("verdict"),
    Column("profile_count", BigInteger, nullable=False),
)

roster_credits = Table(
    "roster_credits",
    metadata,
    _key("account"),
    _key("team"),
    _key("member"),
    Column("credit", Float, nullable=False),
)

roster_loads = Table(
    "roster_loads",
    metadata,
    _key("account"),
    _key("owner"),
    Column("open_count", BigInteger, nullable=False),
)

assignments = Table(
    "assignments",
    metadata,
    _key("account"),
    _key("decision_id"),
    _text("profile_id"),
    _text("owner"),
    Column("team", Text),
    _flag("is_given"),
    _text("reasons"),
    _instant("assigned_at"),
    Column("ended_at", Instant),
    Column("ending", Text),
    # The database itself holds a lead to one owner at a time.
    _partial("assignments_open", "account", "profile_id", where="ended_at IS NULL", is_unique=True),
    _partial(
        "assignments_given",
        "account",
        "assigned_at",
        "owner",
        where="is_given",
        on_sqlite="is_given = 1",
    ),
    Index("assignments_profile", "account", "profile_id", "assigned_at"),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    _key("account"),
    _key("system"),
    _key("object_type"),
    _text("value"),
    _text("map_digest"),
)

decisions = Table(
    "decisions",
    metadata,
    _key("account"),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _text("id"),
    _text("profile_id"),
    _text("run_id"),
    _instant("decided_at"),
    Column("pathway", Text),
    _text("verdict"),
    Column("stage", Text),
    Column("owner", Text),
    _text("policy_version"),
    _text("policy_digest"),
    _text("config_digest"),
    _text("body"),
    _text("inputs_digest"),
    _text("prev_hash"),
    _text("hash"),
    Index("decisions_id", "account", "id", unique=True),
    Index("decisions_profile", "account", "profile_id", "seq"),
)

decision_inputs = Table(
    "decision_inputs",
    metadata,
    _key("account"),
    _key("decision_id"),
    _text("salt"),
    _text("inputs"),
)

chain_heads = Table(
    "chain_heads",
    metadata,
    _key("account"),
    Column("seq", BigInteger, nullable=False),
    _text("hash"),
)

intents = Table(
    "intents",
    metadata,
    _key("account"),
    _key("id"),
    _text("run_id"),
    _text("decision_id"),
    _text("profile_id"),
    _text("system"),
    _text("object_type"),
    _text("record_id"),
    _text("changes"),
    _text("expected"),
    _text("causes"),
    _text("state"),
    _instant("created_at"),
    Column("follows", Text),
    Index("intents_state", "account", "state", "system", "created_at", "id"),
    Index("intents_profile", "account", "profile_id", "state"),
    Index("intents_run", "account", "run_id", "state"),
    _partial("intents_follows", "account", "follows", where="follows IS NOT NULL"),
)

outcomes = Table(
    "outcomes",
    metadata,
    _key("account"),
    _key("intent_id"),
    _text("outcome"),
    Column("code", Text),
    _instant("at"),
    _text("run_id"),
    Column("matches", Text),
    ForeignKeyConstraint(
        ["account", "intent_id"], ["intents.account", "intents.id"], name="outcomes_intent"
    ),
    Index("outcomes_run", "account", "run_id", "outcome"),
    _partial("outcomes_matched", "account", "at", where="matches IS NOT NULL"),
)

runs = Table(
    "runs",
    metadata,
    _key("account"),
    _key("id"),
    _text("kind"),
    _text("status"),
    _instant("started_at"),
    Column("ended_at", Instant),
    _instant("decided_for"),
    _text("summary"),
    Index("runs_started", "account", "started_at"),
)

leases = Table(
    "leases",
    metadata,
    _key("account"),
    _key("name"),
    Column("holder", Text),
    Column("token", BigInteger, nullable=False),
    Column("expires_at", Instant),
)

audits = Table(
    "audits",
    metadata,
    _key("account"),
    _key("id"),
    _instant("audited_at"),
    _text("config_digest"),
    Column("lead_count", BigInteger, nullable=False),
    Column("clean_count", BigInteger, nullable=False),
    _text("codes"),
    Index("audits_at", "account", "audited_at"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _key("account"),
    _key("system"),
    _key("object_type"),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("row_number", Integer, nullable=False),
    Column("column_name", Text),
    _text("code"),
    Column("record_id", Text),
    _text("run_id"),
)

seen = Table(
    "seen",
    metadata,
    _key("account"),
    _key("run_id"),
    _key("system"),
    _key("object_type"),
    _key("id"),
    sqlite_with_rowid=False,
)
