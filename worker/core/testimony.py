"""What is told of a disagreement between CRMs: what each record shows, why, and what settles it.

Data only; ``worker.core.truth`` finds it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worker.core.field_map import Managed, ObjectMap
from worker.core.lifecycle import LifecyclePolicy, StageMove, Standing
from worker.core.mapping import MappedContact
from worker.core.records import RecordRef
from worker.core.routing import CompiledRouting


class About(StrEnum):
    """What two CRMs can disagree about."""

    STAGE = "stage"
    OWNER = "owner"
    CONSENT = "consent"


CLOSED, OPEN, HIDDEN = "closed", "open", "hidden"
"""What a record says of a channel."""
UNKNOWN = "?"
"""A stage whose word no map names."""


class Cause(StrEnum):
    """Why a record shows something else. Named as it is counted."""

    HELD_PLAN = "held_plan"
    WAITING = "waiting_to_be_sent"
    REJECTED = "write_rejected"
    CONFLICT = "write_conflict"
    OWNED_BY_PEOPLE = "owned_by_people"
    SET_BY_PERSON = "set_by_person"
    CLEARED = "stage_cleared"
    UNKNOWN_WORD = "stage_word_unknown"
    CHANGED_THERE = "changed_there_since"
    NOT_ALLOWED = "stage_move_not_allowed"
    ON_HOLD = "lead_on_hold"
    NOT_IN_CRM = "stage_not_in_crm"
    NOT_USED = "stage_not_used_there"
    NO_WAY_BACK = "stage_cannot_go_back"
    NO_HAND_OFF = "handed_to_nobody"
    NO_ACCOUNT = "owner_unknown_there"
    HIDDEN = "field_hidden"
    LEFT_TO_PEOPLE = "consent_is_left_to_people"
    NO_FIELD = "no_field_there"
    NOT_WRITTEN = "field_is_not_written"
    LET_STAND = "opt_out_let_stand"
    NOT_LINKED = "records_not_linked"
    NOT_DECIDED = "not_decided_yet"
    ON_ITS_WAY = "copy_on_its_way"
    NEVER_WRITTEN = "never_written"


TO_DO: Mapping[Cause, str] = {
    Cause.HELD_PLAN: "release the plan: leadtriage apply",
    Cause.WAITING: "the next sync sends it",
    Cause.REJECTED: "mend there what refuses it, by its code; it is written when the lead is next decided",
    Cause.CONFLICT: "the next sync reads the record again and decides anew",
    Cause.OWNED_BY_PEOPLE: "a stage of people: a person sets it there too, or takes it back. "
    "`mirror` in lifecycle.yaml names those that we show there, where that is a step forward",
    Cause.SET_BY_PERSON: "a person set it there last: people settle it, in one of the CRMs",
    Cause.CLEARED: "a person emptied the stage elsewhere, and we empty none: people set or empty it here",
    Cause.CHANGED_THERE: "somebody changed what we wrote, and it stands until the lead is decided otherwise; "
    "else a person sets it there",
    Cause.UNKNOWN_WORD: "name the word in the map of that CRM, or mend the stage there",
    Cause.NOT_ALLOWED: "a person sets the stage there, or allow the move: `transitions` in lifecycle.yaml",
    Cause.ON_HOLD: "nobody may work the lead now: mend what holds it, as leadtriage explain says",
    Cause.NOT_IN_CRM: "add the stage to the list of that CRM; leadtriage check --live names it",
    Cause.NOT_USED: "that CRM is not given this stage: `stages` or `without` in lifecycle.yaml",
    Cause.NO_WAY_BACK: "a person lowers the stage in that CRM, or allow `backward` in lifecycle.yaml",
    Cause.NO_HAND_OFF: "we hand this lead to nobody: a person sets one owner in both",
    Cause.NO_ACCOUNT: "give the owner an account there, name it in routing.yaml, or set without_account",
    Cause.HIDDEN: "let the connection see the field; leadtriage check --live names it",
    Cause.LEFT_TO_PEOPLE: "ask the person and set it in that CRM; consent is never written by us",
    Cause.NO_FIELD: "map the field in that CRM, or make one; until then the strictest answer holds in both",
    Cause.NOT_WRITTEN: "name the field under `writes` in the map of that CRM, or set it there by hand",
    Cause.LET_STAND: "it was carried when it was said, and taken back here since: a person sets it here too, "
    "or takes it back there; until then the channel is closed",
    Cause.NOT_LINKED: "mend the ids that the records have of each other, or merge them in their CRM",
    Cause.NOT_DECIDED: "the next sync writes it",
    Cause.ON_ITS_WAY: "what copies between the CRMs brings it, or the next decision of the lead",
    Cause.NEVER_WRITTEN: "it is written when the lead is next decided; leadtriage explain says what",
}
"""What settles each cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteState:
    """The latest write of a record: the fields it changes, where it stands, and what became of it.

    ``matches`` are the records that the CRM named as the same when it refused.
    """

    fields: frozenset[str]
    state: str
    run_id: str
    outcome: str | None = None
    code: str | None = None
    at: datetime | None = None
    matches: tuple[RecordRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One record of a person: what it says, and what is known of how it came to say so."""

    contact: MappedContact
    object_map: ObjectMap
    stage_set_by_person_at: datetime | None = None
    owner_set_by_person_at: datetime | None = None
    writes: tuple[WriteState, ...] = ()

    @property
    def ref(self) -> RecordRef:
        return self.contact.ref

    def target(self, managed: Managed) -> str | None:
        """Name the field that holds a managed value in this CRM."""
        found = (write.target for write in self.object_map.writes if write.managed is managed)
        return next(found, None)

    def reads(self, fact: str) -> bool:
        return any(read.fact == fact for read in self.object_map.reads)


NO_FIELDS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What the next run would make of a lead, as things stand. ``writes`` are what it would change."""

    standing: Standing
    move: StageMove
    owner: str | None = None
    is_on_hold: bool = False
    writes: Mapping[RecordRef, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as the ledger knows them: the stage and owner that were decided, and the records.

    ``owner_ids`` are the systems in which the owner has an account, ``revoked`` the opt-outs that are
    still to be shown. ``is_due``: the next run decides the lead, as ``prospect`` says. Not ``is_linked``:
    records that an id calls one person, and that are not held for one.
    """

    profile_id: str
    witnesses: tuple[Witness, ...]
    stage: str | None = None
    owner: str | None = None
    owner_ids: frozenset[str] = frozenset()
    is_due: bool = False
    is_linked: bool = True
    revoked: frozenset[str] = frozenset()
    prospect: Prospect | None = None

    def is_to_be_written(self, ref: RecordRef, target: str | None) -> bool:
        """Tell whether the next decision of the lead writes a field."""
        prospect = self.prospect
        return prospect is not None and target in prospect.writes.get(ref, NO_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """What one record shows, None for nothing; where it differs from what is wanted, why."""

    ref: RecordRef
    shows: str | None
    cause: Cause | None = None
    code: str | None = None
    at: datetime | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """What the records of one person disagree about. ``wanted`` is what was decided, if anything was."""

    profile_id: str
    about: About
    wanted: str | None
    testimonies: tuple[Testimony, ...]
    field: str | None = None
    channels: tuple[str, ...] = ()

    def causes(self) -> list[Cause]:
        """List the causes, each once, in the order of the records."""
        return list(dict.fromkeys(one.cause for one in self.testimonies if one.cause))


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """What disagreements are judged by.

    ``consent`` gives, for each fact that closes channels, which ones. What a person did after
    ``recent_since`` may still be on its way to the other CRM, where something copies it. ``rehearsed`` is
    the plan of a rehearsal that nothing would hold.
    """

    lifecycle: LifecyclePolicy
    routing: CompiledRouting
    consent: Mapping[str, tuple[str, ...]]
    recent_since: datetime | None = None
    rehearsed: str | None = None
