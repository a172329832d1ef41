"""What the ledger stores, as frozen records.

They are the vocabulary between the steps and the ledger. JSON that only the core understands
(``mapped``, ``memory``, ``body``, ``inputs``) is opaque text here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from worker.core.copies import PastValue
from worker.core.records import RawValues, RecordRef, WriteOutcome
from worker.errors import RunStatus

NOT_OURS: Final = "\x1a"
"""Equals no value of a CRM: a person's word stays theirs, though we wrote the same before or they go back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """One CRM record as last read. ``written`` holds the managed values we applied last; an empty text is a
    field that we emptied, and are about to fill again, and ``NOT_OURS`` one that a person has filled.

    ``owner_set_by_person_at`` is when a person gave the record the owner that it has now; ``stage_set_by``
    and ``owner_set_by`` say by kind and id who that was, where the CRM tells. ``past`` is what stage and
    owner were before, for as long as a copy of them may still arrive elsewhere.
    """

    ref: RecordRef
    revision: str
    values: RawValues
    mapped: str
    profile_id: str | None = None
    modified_at: datetime | None = None
    is_deleted: bool = False
    merged_into: str | None = None
    written: RawValues = field(default_factory=dict)
    stage_set_by_person_at: datetime | None = None
    owner_set_by_person_at: datetime | None = None
    stage_set_by: str | None = None
    owner_set_by: str | None = None
    past: tuple[PastValue, ...] = ()


class StoredActivity(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, told of one contact; shared activities are one row per contact.

    ``source`` is what reported it, folded.
    """

    ref: RecordRef
    contact: RecordRef
    kind: str
    at: datetime
    revision: str
    service_line: str | None = None
    owner: str | None = None
    channel: str | None = None
    is_excluded: bool = False
    source: str | None = None


class StoredProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One person across all CRMs: the decision that stands, and when to decide again.

    ``owner`` is a roster id; ``memory`` is what the core wants to find again next time.
    """

    id: str
    shard: int
    is_dirty: bool = True
    due_at: datetime | None = None
    config_digest: str | None = None
    pathway: str | None = None
    verdict: str | None = None
    stage: str | None = None
    stage_since: datetime | None = None
    owner: str | None = None
    assigned_at: datetime | None = None
    next_step_due_at: datetime | None = None
    decision_id: str | None = None
    memory: str = "{}"


class Ending(StrEnum):
    """Why a hand-off is over: another has the lead, nobody is to work it, or it exists no more."""

    REASSIGNED = "reassigned"
    LEFT = "left"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One hand-off of a lead to an owner: a member, a queue, or an owner outside the roster.

    Not ``is_given``: the owner had the lead already and keeps it, which uses up nobody's day.
    ``team`` and ``reasons`` are not known of what was handed off before hand-offs were recorded.
    """

    decision_id: str
    profile_id: str
    owner: str
    assigned_at: datetime
    team: str | None = None
    is_given: bool = True
    reasons: tuple[str, ...] = ()
    ended_at: datetime | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The organisation a profile belongs to, by its key, and the part the profile plays in it.

    Not ``is_counted``: staff or a test, whose actions count for nobody.
    """

    profile_id: str
    organisation: str
    role: str | None = None
    is_counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAction:
    """Something that somebody in an organisation did."""

    ref: RecordRef
    kind: str
    at: datetime
    service_line: str | None
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAction:
    """The last that one member of an organisation did, or something dated ahead."""

    profile_id: str
    role: str | None
    ref: RecordRef
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A range of profile hashes, both ends included."""

    low: int
    high: int


WHOLE = Shard(low=0, high=65_535)
"""All profiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelCount:
    """How many profiles stand at one place of the funnel."""

    pathway: str | None
    stage: str | None
    verdict: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Where the next pull starts, and the field map it belongs to."""

    value: str
    map_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """A decision to append.

    ``body`` holds codes, ids and numbers only, because it can never be erased. ``inputs`` is the
    snapshot of personal facts: stored apart, erasable, and bound to the chain by a salted digest.
    """

    id: str
    profile_id: str
    run_id: str
    decided_at: datetime
    pathway: str | None
    verdict: str
    stage: str | None
    owner: str | None
    policy_version: str
    policy_digest: str
    config_digest: str
    body: str
    inputs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision as chained. ``inputs`` is None once the personal facts were erased."""

    seq: int
    id: str
    profile_id: str
    run_id: str
    decided_at: datetime
    pathway: str | None
    verdict: str
    stage: str | None
    owner: str | None
    policy_version: str
    policy_digest: str
    config_digest: str
    body: str
    inputs_digest: str
    prev_hash: str
    hash: str
    inputs: str | None


class IntentState(StrEnum):
    """Where a write intent stands. ``sending`` means that the CRM may have it already."""

    PLANNED = "planned"
    HELD = "held"
    READY = "ready"
    SENDING = "sending"
    DONE = "done"
    SUPERSEDED = "superseded"


CLOSES, ALONE, PART = "closes", "alone", "part"
"""Among the causes of an intent that only closes something: whether it is all there is to write to its
record, or lies beside an intent that writes more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One write that a decision asks for. ``causes`` holds codes and ids only.

    ``follows`` names the intent that must have been applied before this one may be sent.
    """

    id: str
    run_id: str
    decision_id: str
    profile_id: str
    system: str
    object_type: str
    record_id: str
    changes: RawValues
    expected: RawValues
    causes: Mapping[str, object]
    created_at: datetime
    state: IntentState = IntentState.PLANNED
    follows: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of one intent. ``code`` is a reason code, never a message.

    ``matches`` are the records that the CRM named as the same when it refused.
    """

    intent_id: str
    outcome: WriteOutcome
    code: str | None
    at: datetime
    run_id: str
    matches: tuple[RecordRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedWrite:
    """A write that a CRM refused because it holds the record for the same as ``matches``."""

    ref: RecordRef
    matches: tuple[RecordRef, ...]
    code: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the worker. ``now`` is the instant it decided for."""

    id: str
    kind: str
    started_at: datetime
    now: datetime
    status: RunStatus = RunStatus.RUNNING
    ended_at: datetime | None = None
    summary: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRow:
    """A row that could not be read. Never carries a value."""

    system: str
    object_type: str
    row: int
    column: str | None
    code: str
    record_id: str | None
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """An opt-out, or consent taken back: who said what, since when it is known, and until when.

    ``ending`` says how it was settled; None while it is open.
    """

    ref: RecordRef
    fact: str
    profile_id: str
    seen_at: datetime
    deadline_at: datetime
    settled_at: datetime | None = None
    ending: str | None = None
