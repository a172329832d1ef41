"""Records that cross the line between a CRM and the worker.

They hold what a connector and the steps hand each other, in the CRM's own terms: every value is
text or None, because ids, picklist values and multi-values are only safe as the exact text the CRM
gave. Meaning is added later, by ``worker.core.mapping``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

RawValue: TypeAlias = str | None
RawValues: TypeAlias = Mapping[str, RawValue]


class RecordRef(NamedTuple):
    """Names one record of one CRM. ``id`` is opaque text and is never read as a number.

    A tuple, because references are hashed and sorted more often than anything else is done to them.
    """

    system: str
    object_type: str
    id: str

    def __str__(self) -> str:
        return f"{self.system}:{self.object_type}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> RecordRef | None:
        """Read ``system:object_type:id``; None when the text has another shape."""
        parts = text.split(":", 2)
        if len(parts) != 3 or not all(parts):
            return None
        return cls(system=parts[0], object_type=parts[1], id=parts[2])


class Editor(StrEnum):
    """Who changed a field last, where a CRM tells.

    ``automation`` is a workflow, a form or a program; ``sync`` what copies the fields of another CRM, so
    that whoever changed them did it there; ``worker`` is us.
    """

    PERSON = "person"
    AUTOMATION = "automation"
    IMPORT = "import"
    SYNC = "sync"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The last change of one field. ``at`` is None where the CRM does not say when.

    ``who`` is the id of a user or an app, ``via`` the CRM's word for the way it came; never a name. Not
    ``is_exact``: the CRM only tells who changed the record last, in whichever field, or names a user or an
    app that somebody else may share with us.
    """

    by: Editor
    at: datetime | None = None
    who: str | None = None
    via: str | None = None
    is_exact: bool = True


NO_EDITS: Mapping[str, Edit] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One CRM record as read.

    ``values`` has exactly the fields that were asked for: a field that is absent was *not asked
    for or not visible*, a field that is None was asked for and is *empty*. ``revision`` is the
    connector's own version token; equal tokens mean equal content. ``edits`` says of fields who
    changed them last, as far as the connector can tell; it need not tell of any. ``modified_by`` is the
    id of the user who changed the record last, where a CRM says so with each. ``merged_into`` is
    the id of the record that this one went into, or where that is of another object type, as when a
    lead was converted into a contact, its whole reference as text.
    """

    ref: RecordRef
    values: RawValues
    revision: str
    modified_at: datetime | None = None
    is_deleted: bool = False
    merged_into: str | None = None
    edits: Mapping[str, Edit] = field(default_factory=lambda: NO_EDITS)
    modified_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowIssue:
    """A row the connector could not read, or read with a repair. Never carries a value.

    ``row`` is the 1-based line on which the row starts (0: the whole table), ``column`` the header
    it concerns, ``code`` a reason code, ``is_quarantined`` true when the row was left out.
    """

    object_type: str
    row: int
    code: str
    column: str | None = None
    record_id: str | None = None
    is_quarantined: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some records, and the bookmark that may be stored once they are.

    ``outside`` are records that changed, are there, and are none of those that are read: they meet no
    filter, or belong to nobody. Whether they left or never were among them, the worker knows.
    ``bookmark`` is opaque to the worker; None means that this page moves nothing.
    ``is_whole`` is true only on the last page of a pull that went through *every* live record of
    the object type; ``is_complete`` only if none of them had to be left out besides, so that what
    was not seen no longer exists.
    """

    records: tuple[Record, ...]
    outside: tuple[RecordRef, ...] = ()
    bookmark: str | None = None
    issues: tuple[RowIssue, ...] = ()
    is_complete: bool = False
    is_whole: bool = False
    total: int | None = None


class OwnerKind(StrEnum):
    PERSON = "person"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Somebody, or a queue, who can own a record in this CRM. ``email`` joins owners across CRMs.

    ``names`` are what a queue is called; a person is never called by a name.
    """

    id: str
    kind: OwnerKind = OwnerKind.PERSON
    is_active: bool = True
    email: str | None = None
    names: tuple[str, ...] = ()


class Sensitivity(StrEnum):
    """What a CRM itself says of how delicate a field is."""

    NONE = "none"
    SENSITIVE = "sensitive"
    HIGHLY_SENSITIVE = "highly_sensitive"


class FieldForm(StrEnum):
    """What a field holds, whatever its CRM calls such a type."""

    TEXT = "text"
    LONG_TEXT = "long text"
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"
    INSTANT = "date and time"
    DATE = "date"
    YES_NO = "yes or no"


class FieldRule(NamedTuple):
    """A rule that an administrator set on a field's values, by the CRM's name for it.

    ``most_characters`` is set where the rule is about length alone.
    """

    name: str
    arguments: tuple[str, ...] = ()
    most_characters: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDescription:
    """What the CRM says of one field. ``options`` is None when the values are not a closed list.

    ``sensitivity`` is the CRM's own label; ``is_long_text`` marks fields made for free text of many
    lines, as notes are. ``form`` is what the field holds, ``labels`` what people see of its options.
    A connector whose CRM knows none of it leaves them as they are. ``rules`` come only with a close look.
    """

    name: str
    options: tuple[str, ...] | None = None
    is_writable: bool = True
    sensitivity: Sensitivity = Sensitivity.NONE
    is_long_text: bool = False
    max_length: int | None = None
    form: FieldForm | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[FieldRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectDescription:
    """The fields of an object type. ``archived`` names fields put away; only a close look tells.

    ``takes_queues`` says that a queue can own a record of it, where the CRM has queues.
    """

    object_type: str
    fields: tuple[FieldDescription, ...]
    can_add_fields: bool = False
    archived: frozenset[str] = frozenset()
    takes_queues: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """One thing ``Connector.check`` found: a sentence for the operator, and whether it stops a run.

    ``object_type`` is set where it concerns one alone.
    """

    message: str
    is_blocking: bool
    object_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteCommand:
    """Set ``changes`` on one record, provided ``expected`` still stands there.

    None clears a field. ``expected`` holds, for every changed field, the value the decision was
    made on. A connector whose ``capabilities.has_conditional_write`` is true compares them itself.
    """

    command_id: str
    ref: RecordRef
    changes: RawValues
    expected: RawValues = field(default_factory=dict)


_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,59}")


def is_code(text: str) -> bool:
    """Tell whether a text has the shape of a code: what a CRM answered in words may hold a value."""
    return _CODE.fullmatch(text) is not None


class WriteOutcome(StrEnum):
    """What became of one write. ``unknown`` is settled by reading again, never by sending again."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """The outcome of one command, matched by ``command_id``. ``code`` says why, without values.

    ``matches`` are the records that the CRM named as it refused: it holds them for the same as this one.
    """

    command_id: str
    outcome: WriteOutcome
    code: str | None = None
    revision: str | None = None
    matches: tuple[RecordRef, ...] = ()
