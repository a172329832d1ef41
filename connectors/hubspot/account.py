"""What is worth knowing of an account before a run: its calls, its properties, rules on its values.

Nothing here is needed to read or write. What an account or a token does not tell is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.paths import Endpoint
from connectors.hubspot.schema import list_archived
from connectors.hubspot.transport import Account, Transport
from worker.core.records import FieldRule, ObjectDescription
from worker.core.setup_records import AccountFact
from worker.errors import FixAccessError, FixDataError

T = TypeVar("T")
CONTACTS = "0-1"
_MAX_LENGTH = "MAX_LENGTH"


class Room(NamedTuple):
    """How many custom properties an object type has, and may have."""

    used: int
    limit: int


class _Limit(msgspec.Struct, rename="camel"):
    object_type_id: str
    limit: int
    usage: int


class _Limits(msgspec.Struct, rename="camel"):
    by_object_type: list[_Limit]


class _Usage(msgspec.Struct, rename="camel"):
    usage_limit: int
    current_usage: int
    resets_at: str = ""


class _Usages(msgspec.Struct):
    results: list[_Usage] = []


class _Rule(msgspec.Struct, rename="camel"):
    rule_type: str
    rule_arguments: list[str] = []


class _Ruled(msgspec.Struct, rename="camel"):
    property_name: str
    property_validation_rules: list[_Rule] = []


class _AllRules(msgspec.Struct):
    results: list[_Ruled] = []


def custom_properties(transport: Transport, type_id: str = CONTACTS) -> Room | None:
    """Count the custom properties of an object type; None where the account does not tell."""
    found = _ask(transport, paths.PROPERTY_LIMITS, _Limits)
    mine = (one for one in (found.by_object_type if found else ()) if one.object_type_id == type_id)
    return next((Room(one.usage, one.limit) for one in mine), None)


def look_closer(
    transport: Transport, name: str, description: ObjectDescription
) -> ObjectDescription:
    """Add the rules that an administrator set on values, and the names of archived properties."""
    rules = _rules(transport, name)
    fields = (
        replace(field, rules=rules.get(field.name, field.rules)) for field in description.fields
    )
    archived = list_archived(transport, name)
    return replace(description, fields=tuple(fields), archived=archived)


def account_facts(transport: Transport) -> Iterator[AccountFact]:
    """Tell which account it is, how many calls it allows and has left, and its custom properties."""
    account = transport.call(paths.ACCOUNT_DETAILS, Account)
    yield AccountFact("account", f"{account.portal_id}, its day ends in {account.time_zone}")
    budget = transport.budget
    yield AccountFact("calls at a time", f"{budget.burst} in {budget.span.total_seconds():g} s")
    day = _day(transport)
    if day is not None:
        yield AccountFact("calls a day", day)
    room = custom_properties(transport)
    if room is not None:
        yield AccountFact("custom properties", f"{room.used:,} of {room.limit:,} of contacts")


def _day(transport: Transport) -> str | None:
    """Say how many of the day's calls are left: by the account's count, else by the last headers."""
    found = _ask(transport, paths.DAILY_USAGE, _Usages)
    for one in found.results if found else ():
        left = max(one.usage_limit - one.current_usage, 0)
        return f"{left:,} of {one.usage_limit:,} left{_until(transport, one.resets_at)}"
    limit, left_then = transport.budget.day
    return None if limit is None or left_then is None else f"{left_then:,} of {limit:,} left"


def _until(transport: Transport, text: str) -> str:
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return ""
    return f" until {at.astimezone(transport.budget.zone):%Y-%m-%d %H:%M %Z}"


def _rules(transport: Transport, name: str) -> Mapping[str, tuple[FieldRule, ...]]:
    found = _ask(transport, paths.PROPERTY_RULES, _AllRules, object_type=name)
    return {
        one.property_name: tuple(map(_rule, one.property_validation_rules))
        for one in (found.results if found else ())
    }


def _rule(rule: _Rule) -> FieldRule:
    first = rule.rule_arguments[0] if rule.rule_arguments else ""
    is_length = rule.rule_type == _MAX_LENGTH and first.isdecimal()
    return FieldRule(
        name=rule.rule_type,
        arguments=tuple(rule.rule_arguments),
        most_characters=int(first) if is_length else None,
    )


def _ask(transport: Transport, endpoint: Endpoint, into: type[T], **path: str) -> T | None:
    """Ask for what not every account has, and not every token may see."""
    try:
        return transport.call(endpoint, into, path=path)
    except (FixAccessError, FixDataError):
        return None
