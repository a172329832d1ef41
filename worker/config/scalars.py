"""The kinds of value that documents are made of, each with its own plain message.

A validator here raises ``plain(...)``, whose text reaches the admin as it is; what pydantic would say
by itself is translated by ``worker.config.messages``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StrictFloat,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from worker.config import durations


class Document(BaseModel):
    """A mapping with fixed keys. An unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def plain(message: str, allowed: str = "", hint: str = "") -> PydanticCustomError:
    """Make an error whose message is shown as it stands."""
    context = {"message": message, "allowed": allowed, "hint": hint}
    return PydanticCustomError("plain", "{message}", context)


def _from_text(parse: Callable[[str], object], example: str) -> Callable[[object], object]:
    def read(value: object) -> object:
        if not isinstance(value, str):
            raise plain(f"must be {example}.")
        try:
            return parse(value)
        except ValueError as exc:
            raise plain(str(exc)) from exc

    return read


def _text_schema(example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": example})


def _as_list(value: object) -> object:
    """Let one word stand for a list of one."""
    return [value] if isinstance(value, str) else value


def _as_purposes(value: object) -> object:
    """Let the word `any` stand for every purpose: an empty list limits nothing."""
    return [] if value == "any" else _as_list(value)


def _as_option(value: object) -> object:
    """Connector options are text; numbers and booleans are taken as they are written."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def parse_day(text: str) -> date:
    """Read a date. Raises ``ValueError`` that says what is expected."""
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise ValueError("must be a date such as 2026-05-31.") from exc


def parse_percentage(text: str) -> float:
    """Read a percentage as a share. Raises ``ValueError`` that says what is expected."""
    found = _PERCENTAGE.fullmatch(text)
    if found is None or float(found[1]) > 100:
        raise ValueError("must be a percentage from 0% to 100%, such as 5% or 0.5%.")
    return float(found[1]) / 100


_PERCENTAGE = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%", re.ASCII)

Text: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Id: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Flag: TypeAlias = StrictBool
Count: TypeAlias = Annotated[StrictInt, Field(ge=0)]
Number: TypeAlias = StrictFloat
Share: TypeAlias = Annotated[StrictFloat, Field(gt=0, le=1)]
Words: TypeAlias = Annotated[
    list[Text], BeforeValidator(_as_list, json_schema_input_type=Text | list[Text])
]
Purposes: TypeAlias = Annotated[
    list[Text], BeforeValidator(_as_purposes, json_schema_input_type=Text | list[Text])
]
Option: TypeAlias = Annotated[
    str, BeforeValidator(_as_option, json_schema_input_type=str | int | float | bool)
]

Percentage: TypeAlias = Annotated[
    float,
    BeforeValidator(_from_text(parse_percentage, "a percentage such as 5%")),
    _text_schema("a percentage such as 5%"),
]
Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_from_text(durations.parse_duration, durations.DURATION_EXAMPLE)),
    _text_schema(durations.DURATION_EXAMPLE),
]
WorkingTime: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_from_text(durations.parse_working_time, durations.WORKING_EXAMPLE)),
    _text_schema(durations.WORKING_EXAMPLE),
]
BusinessDays: TypeAlias = Annotated[
    int,
    BeforeValidator(_from_text(durations.parse_business_days, durations.BUSINESS_DAYS_EXAMPLE)),
    _text_schema(durations.BUSINESS_DAYS_EXAMPLE),
]
Day: TypeAlias = Annotated[
    date,
    BeforeValidator(_from_text(parse_day, "a date such as 2026-05-31")),
    _text_schema("a date such as 2026-05-31"),
]
When: TypeAlias = Annotated[JsonValue, WithJsonSchema({"x-condition": True})]
"""A condition; read by ``worker.config.conditions``, which has better messages for it."""
