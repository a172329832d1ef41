"""The shape of hand_off.yaml, and of what a policy says of its hand-off."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from worker.config.scalars import Count, Document, Flag, Name, Text, plain
from worker.core.hand_off_words import HandOffWords
from worker.core.model import ContactChannel

_PLAIN = HandOffWords()


def _names_of(count: int, what: str) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, list) and len(value) != count:
            raise plain(f"must have {count} names, {what}; it has {len(value)}.")
        return value

    return BeforeValidator(check)


class HandOffWordsEntry(Document):
    """The words of the hand-off; what is left out is said in English."""

    yes: Text = _PLAIN.yes
    no: Text = _PLAIN.no
    either: Text = _PLAIN.either
    date: Text | None = None
    time: Text | None = None
    weekdays: Annotated[list[Text], _names_of(7, "Monday first")] | None = None
    months: Annotated[list[Text], _names_of(12, "January first")] | None = None
    thousands: str = _PLAIN.thousands
    channels: dict[ContactChannel, Text] = Field(default_factory=dict)
    no_channel: Text = _PLAIN.no_channel
    never: Text = _PLAIN.never
    passed: Text | None = None
    not_permitted: Text | None = None
    colleague: Text = _PLAIN.colleague
    colleagues: Text | None = None
    facts: dict[Name, Text] = Field(default_factory=dict)
    reasons: dict[Text, Text] = Field(default_factory=dict)


class HandOffLineEntry(Document):
    text: Text
    else_: Text | None = Field(default=None, alias="else")
    required: Flag = False
    priority: Annotated[Count, Field(ge=1)] | None = None


def _as_line(value: object) -> object:
    """Let a text alone stand for ``{text: ...}``."""
    return {"text": value} if isinstance(value, str) else value


LineEntry = Annotated[
    HandOffLineEntry, BeforeValidator(_as_line, json_schema_input_type=Text | HandOffLineEntry)
]
LinesEntry = Annotated[list[LineEntry], Field(min_length=1)]


class HandOffDocument(Document):
    """hand_off.yaml"""

    words: HandOffWordsEntry = HandOffWordsEntry()
    pathways: dict[Name, LinesEntry] = Field(default_factory=dict)
    default: LinesEntry | None = None


class PolicyHandOffEntry(Document):
    """What a policy hands on: facts, which of them are asked for first, and delicate ones with why."""

    facts: list[Text] = Field(default_factory=list)
    required: list[Text] = Field(default_factory=list)
    allow: dict[Text, Text] = Field(default_factory=dict)


def _as_facts(value: object) -> object:
    """Let a list alone stand for ``{facts: [...]}``."""
    return {"facts": value} if isinstance(value, list) else value


PolicyHandOff = Annotated[
    PolicyHandOffEntry,
    BeforeValidator(_as_facts, json_schema_input_type=list[Text] | PolicyHandOffEntry),
]
