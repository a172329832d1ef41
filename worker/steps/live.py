"""Compares a configuration with its CRMs as they are now.

The check shows everything that does not fit, each at its line of the map; a pull only refuses what
must not be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from worker.config.findings import Findings
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.configuration import Configuration
from worker.core.field_map import ObjectMap, SystemMap
from worker.core.records import CheckFinding, FieldDescription, ObjectDescription, Owner
from worker.core.refusals import refuse_fields
from worker.core.setup_records import Absence, AccountFact, LiveAccount, Permission
from worker.errors import FixConfigurationError, LeadtriageError
from worker.ports import Connector, LooksCloser, SetsUp, TellsAbsence
from worker.steps.live_fields import absent_fields, look_at_fields
from worker.steps.live_lists import look_at_lists
from worker.steps.live_owners import look_at_owners, look_at_queues, name_queues
from worker.steps.live_writes import (
    blocked_places,
    look_at_standings,
    look_at_values,
    plan_writes,
)

ALLOW = 'take it out of the map, or add `allow_sensitive: "<why it is needed>"`'


def look_live(
    configuration: Configuration,
    system: SystemMap,
    connector: Connector,
    sheets: Mapping[str, Sheet],
    found: Findings,
) -> LiveAccount:
    """Compare everything that is said of one CRM with the CRM."""
    sheet = sheets[f"systems/{system.system}.yaml"]
    said = connector.check()
    shut = _report(system, said, sheet, found)
    permissions: tuple[Permission, ...] = ()
    facts: tuple[AccountFact, ...] = ()
    owners: tuple[Owner, ...] = ()
    try:
        if isinstance(connector, LooksCloser):
            permissions = tuple(connector.permissions(writes=bool(_written(system))))
            _report_permissions(permissions, said, sheet, found)
            facts = tuple(connector.account_facts())
        standings = (
            None if shut & _written(system) else plan_writes(configuration, system, connector)
        )
        told = blocked_places(standings)
        look_at_system(system, connector, sheet, found, left_out=shut, told=told)
        if standings is not None:
            look_at_standings(standings, system, connector, sheet, found)
        owners = tuple(connector.owners())
        look_at_owners(configuration.routing, system.system, owners, sheets["routing.yaml"], found)
        queues = name_queues(configuration.routing, system.system, owners)
        for item in system.objects if queues else ():
            if item.writes and item.object_type not in shut:
                look_at_queues(item, _describe(connector, item.object_type), queues, sheet, found)
    except LeadtriageError:
        if not any(finding.is_blocking for finding in said):
            raise  # else it was reported: what fails after that says nothing new
    return LiveAccount(system=system.system, owners=owners, permissions=permissions, facts=facts)


def look_at_system(
    system: SystemMap,
    connector: Connector,
    sheet: Sheet,
    found: Findings,
    *,
    left_out: frozenset[str] = frozenset(),
    told: frozenset[KeyPath] = frozenset(),
) -> None:
    """Compare each object type with its description; ``sheet`` is the file of the map.

    ``told`` are places of which something blocking is reported anyway.
    """
    for item in system.objects:
        if item.object_type in left_out:
            continue
        description = _describe(connector, item.object_type)
        look_at_fields(item, description, sheet, found, _absences(item, connector, description))
        _refuse(item, description, sheet, found)
        look_at_values(item, description, sheet, found, told)
        tells_of_stages = isinstance(connector, SetsUp)
        look_at_lists(item, description, sheet, found, names_missing=not tells_of_stages)


def _absences(
    item: ObjectMap, connector: Connector, description: ObjectDescription
) -> Mapping[str, Absence]:
    """Ask why fields are not shown, where there are such and the CRM can tell."""
    absent = [name for name in absent_fields(item, description) if name not in description.archived]
    if not (absent and isinstance(connector, TellsAbsence)):
        return {}
    return connector.why_absent(item.object_type, absent)


def _describe(connector: Connector, object_type: str) -> ObjectDescription:
    if isinstance(connector, LooksCloser):
        return connector.look_closer(object_type)
    return connector.describe(object_type)


def _written(system: SystemMap) -> frozenset[str]:
    return frozenset(item.object_type for item in system.objects if item.writes)


def _report(
    system: SystemMap, said: Sequence[CheckFinding], sheet: Sheet, found: Findings
) -> frozenset[str]:
    """Report what the connector found; gives the object types that cannot be looked at."""
    shut: set[str] = set()
    for finding in said:
        item = system.find_object(finding.object_type) if finding.object_type else None
        place = ("objects", item.object_type) if item is not None else ("system",)
        is_optional = item is not None and item.code_when_unreadable is not None
        if finding.is_blocking and item is not None:
            shut.add(item.object_type)
        if finding.is_blocking and not is_optional:
            found.error(sheet.spot(*place), finding.message)
        else:
            hint = "a run goes on without it, and reports it" if is_optional else ""
            found.warning(sheet.spot(*place), finding.message, hint=hint)
    return frozenset(shut)


def _report_permissions(
    permissions: Sequence[Permission], said: Sequence[CheckFinding], sheet: Sheet, found: Findings
) -> None:
    """Report what our token lacks, but for what a refused call has named already."""
    for name, needed_for, is_granted in permissions:
        if is_granted is False and not any(name in finding.message for finding in said):
            message = f"the token lacks {name}, which is needed for {needed_for}."
            found.error(sheet.spot("system"), message, hint="grant it where the token was made")


def _refuse(item: ObjectMap, description: ObjectDescription, sheet: Sheet, found: Findings) -> None:
    for field in refuse_fields(item, description):
        spot = sheet.spot("objects", item.object_type, *field.place)
        found.error(spot, f"the field {field.source!r} is not read: {field.why}.", hint=ALLOW)


def describe_fields(
    system: SystemMap, connector: Connector
) -> Mapping[tuple[str, str, str], FieldDescription]:
    """Collect what a CRM says of its fields, by system, object type and name."""
    return {
        (system.system, item.object_type, field.name): field
        for item in system.objects
        for field in connector.describe(item.object_type).fields
    }


def refuse_delicate(system: str, item: ObjectMap, description: ObjectDescription) -> None:
    """Refuse to read a field that the CRM calls delicate and the map does not allow by name.

    Raises:
        FixConfigurationError: there is one; nothing of the object type has been read.
    """
    for field in refuse_fields(item, description):
        raise FixConfigurationError(
            f"{item.object_type} of {system}: the field {field.source!r} is not read, because "
            f"{field.why}. Take it out of systems/{system}.yaml, or allow it there by name with "
            "`allow_sensitive`; `leadtriage check --live` lists every such field."
        )
