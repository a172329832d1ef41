"""The content of a ledger without what differs between two runs of the same work.

Run ids, salts, hashes, tokens, times of the clock, and a file's inode say nothing about the outcome.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

Content: TypeAlias = Mapping[str, list[tuple[object, ...]]]

QUERIES = {
    "activities": "SELECT * FROM activities ORDER BY id, contact_id",
    "assignments": "SELECT * FROM assignments ORDER BY decision_id",
    "availability": "SELECT * FROM availability ORDER BY id",
    "availability_readers": "SELECT * FROM availability_readers ORDER BY profile_id",
    "base_counts": "SELECT * FROM base_counts WHERE profile_count <> 0 ORDER BY 2, 3, 4",
    "bookmarks": "SELECT account, system, object_type, map_digest FROM bookmarks ORDER BY 2, 3",
    "decisions": (
        "SELECT seq, id, profile_id, decided_at, pathway, verdict, stage, owner, policy_version,"
        " policy_digest, config_digest, body FROM decisions ORDER BY seq"
    ),
    "inputs": "SELECT decision_id, inputs FROM decision_inputs ORDER BY decision_id",
    "intents": (
        "SELECT decision_id, profile_id, system, object_type, record_id, changes, expected, causes,"
        " state FROM intents ORDER BY decision_id, record_id, state"
    ),
    "outcomes": (
        "SELECT i.decision_id, i.record_id, o.outcome, o.code, o.at, o.matches FROM outcomes o"
        " JOIN intents i ON i.id = o.intent_id ORDER BY i.decision_id, i.record_id"
    ),
    "match_keys": "SELECT * FROM match_keys ORDER BY match_key, id",
    "members": "SELECT * FROM members ORDER BY profile_id",
    "profiles": "SELECT * FROM profiles ORDER BY id",
    "quarantine": "SELECT system, object_type, position, code, record_id FROM quarantine",
    "records": (
        "SELECT id, profile_id, field_values, mapped, is_deleted, written, stage_set_by_person_at,"
        " owner_set_by_person_at FROM records ORDER BY system, object_type, id"
    ),
    "releases": "SELECT * FROM releases ORDER BY rule, service_line, site, since",
    "roster_loads": "SELECT * FROM roster_loads WHERE open_count <> 0 ORDER BY owner",
    "roster_credits": "SELECT * FROM roster_credits ORDER BY team, member",
    "waiting": "SELECT * FROM waiting ORDER BY profile_id",
    "holders": "SELECT name, holder FROM leases WHERE holder IS NOT NULL",
    "seen": "SELECT system, object_type, id FROM seen",
    "unfinished": "SELECT id FROM runs WHERE status = 'running'",
}


def content_of(path: Path) -> Content:
    """Read everything that two runs of the same work must agree about."""
    with closing(sqlite3.connect(path)) as db:
        return {name: db.execute(query).fetchall() for name, query in QUERIES.items()}


def differences(one: Content, other: Content) -> list[str]:
    """Name the parts in which two ledgers differ."""
    return [name for name in QUERIES if one[name] != other[name]]
