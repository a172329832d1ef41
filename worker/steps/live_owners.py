"""Compares the roster with the owners each CRM has now.

A member whose owner is gone is never given a lead, and a queue whose owner is gone cannot hold one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from worker.config.findings import Findings, nearest
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.field_map import Managed, ObjectMap
from worker.core.owner_names import find_named, is_address, with_named
from worker.core.records import ObjectDescription, Owner, OwnerKind
from worker.core.routing import RoutingPolicy

ANOTHER_ID = "take the id from the CRM's own list of owners"


def look_at_owners(
    routing: RoutingPolicy, system: str, owners: Sequence[Owner], sheet: Sheet, findings: Findings
) -> None:
    """Report owners of the roster that a CRM does not have, or has no more.

    ``sheet`` is routing.yaml. A CRM that lists no owners at all tells nothing.
    """
    known = {owner.id: owner for owner in owners}
    if not known:
        return
    ids = find_named(routing, {system: owners})
    for path, what, called in _named(routing, system):
        spot = sheet.spot(*path, "owner", system)
        owner = ids.get(f"{system}:{called}", called)
        found = known.get(owner) if owner is not None else None
        if found is None:
            message, hint = _unknown(system, called, what, known)
            findings.error(spot, message, hint=hint)
        elif not found.is_active:
            message = f"the owner {owner!r} of {system} is inactive, so {what} is given no lead."
            findings.warning(spot, message, hint="write `paused: true`, or take the entry out")
        elif found.kind is OwnerKind.QUEUE and path[0] == "teams":
            message = f"the owner {owner!r} of {system} is a queue there, but {what} is a person."
            findings.warning(spot, message, hint="list it under queues")
    resolved = with_named(routing, ids, {})
    _look_at_unassigned(resolved, system, known, sheet, findings)


def _unknown(system: str, called: str, what: str, known: Mapping[str, Owner]) -> tuple[str, str]:
    """Say that a CRM has nobody who is called so; an address is not repeated."""
    if is_address(called):
        message = (
            f"{system} has not one active account with the e-mail of {what}, who gets no lead."
        )
        return message, "mend the address, or write the id of the account"
    names = [name for owner in known.values() for name in owner.names]
    message = f"{system} has no owner {called!r}, so {what} can be given no lead."
    return message, nearest(called, [*known, *names]) or ANOTHER_ID


def name_queues(routing: RoutingPolicy, system: str, owners: Sequence[Owner]) -> tuple[str, ...]:
    """Name what on the roster is a queue in a CRM."""
    queues = {owner.id for owner in owners if owner.kind is OwnerKind.QUEUE}
    ids = find_named(routing, {system: owners})
    called = ((what, name, f"{system}:{name}") for _path, what, name in _named(routing, system))
    return tuple(what for what, name, key in called if ids.get(key, name) in queues)


def look_at_queues(
    item: ObjectMap,
    description: ObjectDescription,
    queues: Sequence[str],
    sheet: Sheet,
    findings: Findings,
) -> None:
    """Warn of queues where only a person can own; ``sheet`` is the file of the map."""
    if description.takes_queues or not any(one.managed is Managed.OWNER for one in item.writes):
        return
    verb = "is one" if len(queues) == 1 else "are such"
    findings.warning(
        sheet.spot("objects", item.object_type, "writes", "owner"),
        f"a queue cannot own {item.object_type} there, and {', '.join(queues)} {verb}.",
        hint="the write of such an owner is refused; have a person on the roster for them",
    )


def _named(routing: RoutingPolicy, system: str) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield where each owner of a system is written, what it stands for, and its id."""
    for team in routing.teams.values():
        for number, member in enumerate(team.members):
            if system in member.owners:
                path: KeyPath = ("teams", team.id, "members", number)
                yield path, f"the member {member.id!r}", member.owners[system]
    for name, queue in routing.queues.items():
        if system in queue.owners:
            yield ("queues", name), f"the queue {name!r}", queue.owners[system]


def _look_at_unassigned(
    routing: RoutingPolicy,
    system: str,
    known: Mapping[str, Owner],
    sheet: Sheet,
    findings: Findings,
) -> None:
    """Warn of a name for nobody that is nobody's: the real one would then count as a colleague."""
    for key in sorted(routing.unassigned):
        of, _colon, owner = key.partition(":")
        if of == system and owner not in known:
            message = f"{system} has no owner {owner!r}, which is to stand for nobody."
            hint = nearest(owner, known) or ANOTHER_ID
            findings.warning(sheet.spot("unassigned", system), message, hint=hint)
