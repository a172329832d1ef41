"""Field maps: how the fields of one CRM become canonical facts, and which may be written back.

Pure data, built from ``mappings/systems/*.yaml`` by ``worker.config``; applied by
``worker.core.mapping`` (reading) and ``worker.core.plan`` (writing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from worker.core.calendar_words import PLAIN_CALENDAR, CalendarWords
from worker.core.records import Editor


class ObjectKind(StrEnum):
    """What the records of an object type stand for."""

    CONTACT = "contact"
    ACTIVITY = "activity"
    AVAILABILITY = "availability"


class Transform(StrEnum):
    """The named ways to read a CRM's text. There are no expressions in configuration."""

    TEXT = "text"
    ID = "id"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    BOOLEAN = "boolean"
    INVERTED_BOOLEAN = "inverted_boolean"
    TICK = "tick"
    NUMBER = "number"
    DATE = "date"
    INSTANT = "instant"
    CHOICE = "choice"
    CHOICES = "choices"
    POSTAL_CODE = "postal_code"
    STATE = "state"
    NPI = "npi"
    TIMEFRAME = "timeframe"


class Purpose(StrEnum):
    """What a field is read for that no decision may look at."""

    LIFECYCLE = "lifecycle"
    OUTCOMES = "outcomes"


class ReferenceTarget(NamedTuple):
    """Whose ids a field holds: of a system, and there of one object type or (None) of any."""

    system: str
    object_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRead:
    """Fact ``fact`` is read from ``source`` (a CRM field) through ``transform``.

    ``values`` translates the CRM's words, compared without case; ``is_closed`` makes any other word
    a finding instead of a value. ``separator`` splits multi-values. ``purpose`` is what a field says
    it is read for after the decision, ``justification`` why one with a clinical name is read at all.
    ``calendar`` says what words of a timeframe mean; ``said_at`` names the facts, the first known of
    which is when it was stated. ``refers_to`` is the system in which an id names the same person.
    Several reads of one fact say yes where any of them does.
    """

    fact: str
    source: str
    transform: Transform
    values: Mapping[str, str] = field(default_factory=dict)
    is_closed: bool = False
    separator: str = ";"
    region: str = "US"
    calendar: CalendarWords = PLAIN_CALENDAR
    said_at: tuple[str, ...] = ()
    purpose: Purpose | None = None
    justification: str | None = None
    refers_to: ReferenceTarget | None = None


class Managed(StrEnum):
    """What the worker can write. The first group leads; the others follow along with it."""

    STAGE = "lifecycle_stage"
    OWN_STAGE = "own_stage"
    LEAD_STATUS = "lead_status"
    OWNER = "owner"
    REASONS = "reason_codes"
    NEXT_STEP = "next_step"
    PATHWAY = "pathway"
    NURTURE_TRACK = "nurture_track"
    FOLLOW_UP_STATE = "follow_up_state"
    FIRST_FOLLOW_UP = "first_follow_up_at"
    NEXT_STEP_DUE = "next_step_due_at"
    SUMMARY = "hand_off_summary"
    WHY = "why"
    ALLOWED_CHANNELS = "allowed_channels"
    ALLOWED_TOPICS = "allowed_topics"
    SCORE_TOTAL = "score_total"
    SCORE_FIT = "score_fit"
    SCORE_INTENT = "score_intent"
    SCORE_TIMING = "score_timing"
    SCORE_NURTURE = "score_nurture"
    SCORE_CHANNEL = "score_channel"
    SCORE_ACCOUNT = "score_account"
    DECIDED_AT = "decided_at"
    POLICY_VERSION = "policy_version"
    DECISION_ID = "decision_id"
    OPT_OUT_ALL = "opt_out_all"
    OPT_OUT_EMAIL = "opt_out_email"
    OPT_OUT_PHONE = "opt_out_phone"
    OPT_OUT_SMS = "opt_out_sms"
    OPT_OUT_MAIL = "opt_out_mail"


MANAGED: Mapping[Managed, str] = {
    Managed.STAGE: "the lifecycle stage, where it changes",
    Managed.OWN_STAGE: "the stage in a field of our own, where it changes",
    Managed.LEAD_STATUS: "the stage in the status of the lead, where it changes",
    Managed.OWNER: "the owner of a lead that is handed off; `taken_back: clear` takes our own off again",
    Managed.REASONS: "the reason codes, the most important first",
    Managed.NEXT_STEP: "what to do next, in words; empty where no lead is handed off",
    Managed.PATHWAY: "the pathway",
    Managed.NURTURE_TRACK: "the track that is suggested for a lead in nurture",
    Managed.FOLLOW_UP_STATE: "how far the follow-up is",
    Managed.FIRST_FOLLOW_UP: "when the lead was first followed up",
    Managed.NEXT_STEP_DUE: "when the next step is due; empty where no lead is handed off",
    Managed.SUMMARY: "the text of `hand_off.yaml`; empty where no lead is handed off",
    Managed.WHY: "the reasons as sentences",
    Managed.ALLOWED_CHANNELS: "the channels of the first outreach; empty where no lead is handed off",
    Managed.ALLOWED_TOPICS: "what the first outreach may be about; empty where no lead is handed off",
    Managed.SCORE_TOTAL: "the score, in whole points",
    Managed.SCORE_FIT: "its points of the family `fit`",
    Managed.SCORE_INTENT: "its points of the family `intent`",
    Managed.SCORE_TIMING: "its points of the family `timing`",
    Managed.SCORE_NURTURE: "its points of the family `nurture`",
    Managed.SCORE_CHANNEL: "its points of the family `channel`",
    Managed.SCORE_ACCOUNT: "the points of the account, which are no part of the total",
    Managed.DECIDED_AT: "when it was decided",
    Managed.POLICY_VERSION: "the pathway and the version of its policy",
    Managed.DECISION_ID: "the decision, as `explain` finds it",
    Managed.OPT_OUT_ALL: "yes, where another record of the person says so; never no",
    Managed.OPT_OUT_EMAIL: "likewise",
    Managed.OPT_OUT_PHONE: "likewise",
    Managed.OPT_OUT_SMS: "likewise",
    Managed.OPT_OUT_MAIL: "likewise",
}
"""What each managed field holds, for the documents."""


LEADING = frozenset(
    {
        Managed.STAGE,
        Managed.OWN_STAGE,
        Managed.LEAD_STATUS,
        Managed.OWNER,
        Managed.REASONS,
        Managed.NEXT_STEP,
        Managed.PATHWAY,
        Managed.NURTURE_TRACK,
        Managed.FOLLOW_UP_STATE,
    }
)
"""Only a difference in one of these causes a write; the others are refreshed with it."""


LISTS = frozenset({Managed.REASONS, Managed.ALLOWED_CHANNELS, Managed.ALLOWED_TOPICS})
"""Several words in one field, joined by a separator."""

INSTANTS = frozenset({Managed.NEXT_STEP_DUE, Managed.DECIDED_AT, Managed.FIRST_FOLLOW_UP})
"""Instants, written as such or as the day in a time zone."""

SCORES = frozenset(
    {
        Managed.SCORE_TOTAL,
        Managed.SCORE_FIT,
        Managed.SCORE_INTENT,
        Managed.SCORE_TIMING,
        Managed.SCORE_NURTURE,
        Managed.SCORE_CHANNEL,
        Managed.SCORE_ACCOUNT,
    }
)
"""Whole points."""

PERMISSIONS = frozenset({Managed.ALLOWED_CHANNELS, Managed.ALLOWED_TOPICS})
"""Followers, but for one thing: to take back a permission that the CRM still shows causes a write."""

OPT_OUTS = frozenset(
    {
        Managed.OPT_OUT_ALL,
        Managed.OPT_OUT_EMAIL,
        Managed.OPT_OUT_PHONE,
        Managed.OPT_OUT_SMS,
        Managed.OPT_OUT_MAIL,
    }
)
"""Facts of the same name: the worker writes that they are so, and never that they are not."""


class WriteForm(StrEnum):
    """How a CRM's field takes a list, or an instant.

    ``text`` is a list joined by a separator whose order is kept; ``list`` a field of many choices,
    which shows them in an order of its own; ``json`` a JSON array.
    """

    TEXT = "text"
    LIST = "list"
    JSON = "json"
    DATE = "date"
    DATETIME = "datetime"


class LineBreak(StrEnum):
    """What stands between the lines of a hand-off: a field of one line shows no line breaks."""

    NEWLINE = "newline"
    SPACE = "space"

    @property
    def text(self) -> str:
        return "\n" if self is LineBreak.NEWLINE else " "


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWrite:
    """Managed value ``managed`` is written to CRM field ``target``.

    ``values`` translates canonical words into the CRM's; a word without a translation is not
    written. ``separator`` joins lists; ``max_length`` cuts text, ``max_items`` lists. For an
    opt-out ``word`` is what the CRM calls yes. ``line_break`` stands between the lines of a hand-off.
    ``form`` None is the usual one; a date is that of ``time_zone``. ``clears_owner`` takes our own
    owner off a lead that is taken back.
    """

    managed: Managed
    target: str
    values: Mapping[str, str] = field(default_factory=dict)
    separator: str = ";"
    max_length: int | None = None
    max_items: int = 10
    word: str | None = None
    line_break: str = " "
    form: WriteForm | None = None
    time_zone: ZoneInfo | None = None
    clears_owner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRead:
    """How an activity record names its contact, time, kind and the rest. Values are CRM fields.

    ``unread`` are mapped columns that nothing looks at, by what they would say. What ``is_optional``
    is passed over, and reported, where the CRM does not let us read it.
    """

    contact: str
    contact_object: str
    at: str
    kind: str
    kinds: Mapping[str, str]
    service_line: str | None = None
    service_lines: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    channel: str | None = None
    source: str | None = None
    excluded: str | None = None
    unread: Mapping[str, str] = field(default_factory=dict)
    is_optional: bool = False
    justification: str | None = None

    def columns(self) -> Mapping[str, str]:
        """Name the CRM fields that are read, by what they say."""
        optional = {
            "service_line": self.service_line,
            "owner": self.owner,
            "channel": self.channel,
            "source": self.source,
            "excluded": self.excluded,
        }
        read = {name: source for name, source in optional.items() if source is not None}
        return {"contact": self.contact, "at": self.at, "kind": self.kind, **read}


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityRead:
    """How a record says when a site next has time for a service line. Values are CRM fields.

    ``sites`` and ``service_lines`` translate the CRM's words, compared without case. ``as_of`` is
    when that was so; left out, it is so whenever the record is read.
    """

    site: str
    sites: Mapping[str, str]
    service_line: str
    service_lines: Mapping[str, str]
    next_available: str
    open_slots: str | None = None
    as_of: str | None = None
    justification: str | None = None

    def columns(self) -> Mapping[str, str]:
        """Name the CRM fields that are read, by what they say."""
        optional = {"open_slots": self.open_slots, "as_of": self.as_of}
        read = {name: source for name, source in optional.items() if source is not None}
        needed = {
            "site": self.site,
            "service_line": self.service_line,
            "next_available": self.next_available,
        }
        return {**needed, **read}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectMap:
    """One object type of one CRM. ``missing`` are words that stand for an empty value.

    ``unread`` are mapped fields whose facts nothing reads: they are never asked for.
    """

    object_type: str
    kind: ObjectKind
    id_field: str
    modified_at_field: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[FieldRead, ...] = ()
    unread: tuple[FieldRead, ...] = ()
    writes: tuple[FieldWrite, ...] = ()
    activity: ActivityRead | None = None
    availability: AvailabilityRead | None = None
    missing: frozenset[str] = frozenset()

    @property
    def code_when_unreadable(self) -> str | None:
        """Give the reason a run reports when it goes on without these records; None: it must not."""
        if self.kind is ObjectKind.AVAILABILITY:
            return "DQ_AVAILABILITY_MISSING"
        is_optional = self.activity is not None and self.activity.is_optional
        return "DQ_SOURCE_SKIPPED" if is_optional else None

    def requested_fields(self) -> tuple[str, ...]:
        """Name the CRM fields a pull asks for: what is read, and what is managed; sorted, once each."""
        names = {read.source for read in self.reads} | {write.target for write in self.writes}
        if self.activity is not None:
            names |= set(self.activity.columns().values())
        if self.availability is not None:
            names |= set(self.availability.columns().values())
        return tuple(sorted(names))

    def read_fields(self) -> frozenset[str]:
        """Name the CRM fields that say something; those that are only written are left out."""
        read = {item.source for item in self.reads}
        return frozenset(self.requested_fields()) - ({w.target for w in self.writes} - read)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMap:
    """One CRM: which connector speaks to it, with which options, and its object types.

    ``integrations`` are users and apps of it that are no people, by their ids, each with what it is.
    """

    system: str
    connector: str
    options: Mapping[str, str] = field(repr=False)  # may hold a secret, set from the environment
    objects: tuple[ObjectMap, ...]
    digest: str

    integrations: Mapping[str, Editor] = field(default_factory=dict)

    def find_object(self, object_type: str) -> ObjectMap | None:
        return next((item for item in self.objects if item.object_type == object_type), None)
