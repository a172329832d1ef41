"""Compares what is written with what a CRM takes: which fields, how long a text, under which rules."""

from __future__ import annotations

from collections.abc import Iterator

from worker.config.findings import Findings
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.configuration import Configuration
from worker.core.field_map import LISTS, FieldWrite, Managed, ObjectMap, SystemMap, WriteForm
from worker.core.records import FieldDescription, FieldRule, ObjectDescription
from worker.core.setup_records import FieldStanding, FieldState, SetupPlan, WantedField
from worker.core.stage_words import STAGE_FACT
from worker.core.wanted_fields import wanted_fields
from worker.ports import Connector, SetsUp
from worker.steps.setup import plan_setup

_LONG = frozenset({Managed.SUMMARY, Managed.WHY})
_SHORT_FIELD = 4_000
"""A field that holds less may be too short for a text whose length nothing limits."""


def plan_writes(configuration: Configuration, system: SystemMap, connector: Connector) -> SetupPlan:
    """Compare what is written to a CRM with it, as setting up would."""
    return plan_setup(connector, wanted_fields(configuration, system))


def blocked_places(plan: SetupPlan | None) -> frozenset[KeyPath]:
    """Name the places of the map that something blocking is said of."""
    standings = plan.standings if plan is not None else ()
    return frozenset(_place(one.field) for one in standings if one.is_blocking)


def look_at_standings(
    plan: SetupPlan, system: SystemMap, connector: Connector, sheet: Sheet, found: Findings
) -> None:
    """Report what setting up would find: missing, archived and differing fields, and missing choices."""
    tells_of_stages = isinstance(connector, SetsUp)  # else the look at the lists does
    for standing in plan.standings:
        is_of_stages = standing.missing and standing.field.key == STAGE_FACT
        if tells_of_stages or not is_of_stages:
            _report(system.system, standing, sheet, found)
    for finding in plan.findings:
        if finding.is_blocking:
            found.error(sheet.spot("system"), finding.message)


def _place(field: WantedField) -> KeyPath:
    return ("objects", field.object_type, "writes", field.key)


def _report(system: str, standing: FieldStanding, sheet: Sheet, found: Findings) -> None:
    field = standing.field
    spot = sheet.spot(*_place(field))
    make = f"leadtriage setup {system}"
    if standing.is_blocking:
        found.error(spot, standing.says, allowed=standing.allowed, hint=standing.to_do)
    elif standing.state is FieldState.MISSING:
        message = f"the CRM has no field {field.name!r}, which is written."
        found.error(spot, message, hint=f"{make} makes it")
    elif standing.state is FieldState.LACKS_CHOICES:
        count = len(standing.missing)
        message = f"the CRM's list of {field.name!r} lacks {count} of the words that are written."
        found.warning(spot, message, hint=f"they are left out until {make} has added them")
    elif standing.state is FieldState.DIFFERS:
        found.warning(spot, standing.says, allowed=standing.allowed, hint=standing.to_do)


def look_at_values(
    item: ObjectMap,
    description: ObjectDescription,
    sheet: Sheet,
    found: Findings,
    told: frozenset[KeyPath] = frozenset(),
) -> None:
    """Warn of texts that may be longer than their field, and of rules that a write could break."""
    described = {field.name: field for field in description.fields}
    for write in item.writes:
        field = described.get(write.target)
        place: KeyPath = ("objects", item.object_type, "writes", write.managed.value)
        if field is None or place in told:
            continue
        spot = sheet.spot(*place)
        for message, allowed, hint in (*_too_long(write, field), *_rules(write, field)):
            found.warning(spot, message, allowed=allowed, hint=hint)


def _too_long(write: FieldWrite, field: FieldDescription) -> Iterator[tuple[str, str, str]]:
    most = field.max_length
    if most is None:
        return
    allowed = f"at most {most:,} characters"
    if write.max_length is not None and write.max_length > most:
        message = f"{write.max_length:,} characters are more than the field {field.name!r} holds."
        yield message, allowed, f"write `max_length: {most}`"
    is_open = write.max_length is None and _is_long(write)
    if is_open and most < _SHORT_FIELD:
        message = f"the text may be longer than the field {field.name!r} holds."
        yield message, allowed, f"add `max_length: {most}`"


def _is_long(write: FieldWrite) -> bool:
    return write.managed in _LONG or (write.managed in LISTS and write.form is not WriteForm.LIST)


def _rules(write: FieldWrite, field: FieldDescription) -> Iterator[tuple[str, str, str]]:
    for rule in field.rules:
        if _is_kept(write, rule):
            continue
        says = " ".join([rule.name, *rule.arguments])
        message = (
            f"an administrator set the rule {says} on {field.name!r}, which a write could break."
        )
        yield message, "", _advice(rule)


def _is_kept(write: FieldWrite, rule: FieldRule) -> bool:
    most = rule.most_characters
    return most is not None and write.max_length is not None and write.max_length <= most


def _advice(rule: FieldRule) -> str:
    if rule.most_characters is not None:
        return f"add `max_length: {rule.most_characters}`, or take the rule away in the CRM"
    return "take the rule away in the CRM: what breaks it may be rejected"
