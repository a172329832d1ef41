"""The shape of a field map, ``systems/<system>.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from worker.config.findings import in_words
from worker.config.scalars import Count, Document, Name, Option, Text, plain
from worker.core.field_map import (
    OPT_OUTS,
    LineBreak,
    Managed,
    ObjectKind,
    Purpose,
    Transform,
    WriteForm,
)
from worker.core.model import PERMISSIVE_FACTS, RESTRICTIVE_FACTS
from worker.core.records import Editor


class ReferenceEntry(Document):
    system: Name
    object: Name | None = None


def _as_reference(value: object) -> object:
    """Let the name of a system stand for ``{system: name}``."""
    return {"system": value} if isinstance(value, str) else value


class FieldEntry(Document):
    from_: Text = Field(alias="from")
    or_: list[Text] = Field(default_factory=list, alias="or")
    as_: Transform | None = Field(default=None, alias="as")
    values: dict[str, Text] = Field(default_factory=dict)
    catalog: Text | None = None
    separator: Text = ";"
    said_at: Text | None = None
    refers_to: (
        Annotated[
            ReferenceEntry,
            BeforeValidator(_as_reference, json_schema_input_type=Text | ReferenceEntry),
        ]
        | None
    ) = None
    for_: Purpose | None = Field(default=None, alias="for")
    allow_sensitive: Text | None = None


class WriteEntry(Document):
    to: Text
    values: dict[str, Text] = Field(default_factory=dict)
    separator: Text = ";"
    max_length: Annotated[Count, Field(ge=1)] | None = None
    max_items: Annotated[Count, Field(ge=1)] = 10
    word: Text | None = None
    line_break: LineBreak = LineBreak.SPACE
    as_: WriteForm | None = Field(default=None, alias="as")
    time_zone: Text | None = None
    taken_back: Literal["keep", "clear"] = "keep"


def _refuse_consent(value: object) -> object:
    """Say plainly that what people agreed to, or refused, is never written."""
    if value in PERMISSIVE_FACTS:
        message = "is never written: only people give consent, and only people take it back."
        raise plain(message, hint="of consent, only opt-outs may be written, and only as yes")
    if value in RESTRICTIVE_FACTS and value not in OPT_OUTS:
        raise plain("is never written: it is no opt-out.", in_words(sorted(OPT_OUTS), 40))
    return value


ManagedKey = Annotated[Managed, BeforeValidator(_refuse_consent)]


class ActivityContactEntry(Document):
    from_: Text = Field(alias="from")
    object: Text


def _as_line(value: object) -> object:
    """Let a column name stand for ``{from: column}``."""
    return {"from": value} if isinstance(value, str) else value


def _as_kinds(value: object) -> object:
    """Read ``same``, the one word that may stand for the whole table of kinds, as no table."""
    return {} if value == "same" else value


class WordsEntry(Document):
    """A column whose words are of a list of the catalog, or translated here."""

    from_: Text = Field(alias="from")
    catalog: Text | None = None
    values: dict[str, Text] = Field(default_factory=dict)


class ActivityReadEntry(Document):
    contact: ActivityContactEntry
    at: Text
    kind: Text
    kinds: Annotated[
        dict[str, Text],
        BeforeValidator(_as_kinds, json_schema_input_type=Literal["same"] | dict[str, Text]),
    ]
    service_line: (
        Annotated[
            WordsEntry,
            BeforeValidator(_as_line, json_schema_input_type=Text | WordsEntry),
        ]
        | None
    ) = None
    owner: Text | None = None
    channel: Text | None = None
    source: Text | None = None
    excluded: Text | None = None
    optional: bool = False
    allow_sensitive: Text | None = None


AvailabilityWords = Annotated[
    WordsEntry, BeforeValidator(_as_line, json_schema_input_type=Text | WordsEntry)
]


class AvailabilityReadEntry(Document):
    site: AvailabilityWords
    service_line: AvailabilityWords
    next_available: Text
    open_slots: Text | None = None
    as_of: Text | None = None
    allow_sensitive: Text | None = None


class ObjectEntry(Document):
    kind: ObjectKind
    id: Text
    modified_at: Text | None = None
    options: dict[str, Option] = Field(default_factory=dict)
    missing: list[Text] = Field(default_factory=list)
    fields: dict[str, FieldEntry] = Field(default_factory=dict)
    after_outcome: list[Text] = Field(default_factory=list)
    writes: dict[ManagedKey, WriteEntry] = Field(default_factory=dict)
    activity: ActivityReadEntry | None = None
    availability: AvailabilityReadEntry | None = None


Integration: TypeAlias = Literal[Editor.SYNC, Editor.AUTOMATION, Editor.IMPORT]
"""What a user or an app can be that is no person."""


class SystemDocument(Document):
    """systems/<system>.yaml"""

    system: Name
    connector: Text
    options: dict[str, Option] = Field(default_factory=dict)
    integrations: dict[str, Integration] = Field(default_factory=dict)
    objects: dict[Name, ObjectEntry] = Field(min_length=1)
