"""Owners that the roster calls by something else than their id: by an e-mail, or a queue by its name.

Ids are what a CRM is written; a name is looked up in its list of owners at each run. What is not found
there, or is found twice, is nobody: nothing is written for it, and a check says so. An id in another
form than the CRM lists it, as Salesforce's of 15 letters, stands for the one that is listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from worker.core.case_safe_ids import short_form
from worker.core.owner_twins import Listed
from worker.core.records import Owner, OwnerKind
from worker.core.routing import RoutingPolicy
from worker.core.teams import Queue

Named: TypeAlias = Mapping[str, str | None]
"""The id behind each name of the roster, as ``system:name``; None: that CRM has nobody of that name."""
QueueTwins: TypeAlias = Mapping[str, Mapping[str, str]]
"""Of a queue of the roster, its ids in CRMs for which the roster has none, by system."""


def is_address(text: str) -> bool:
    """Tell whether an owner is called by an e-mail."""
    return "@" in text


def find_named(policy: RoutingPolicy, listed: Listed) -> Named:
    """Look up every owner of the roster that is no id as listed; a CRM that lists nobody tells nothing."""
    ids = {name: {short_form(one.id): one.id for one in owners} for name, owners in listed.items()}
    found: dict[str, str | None] = {}
    for system, text, is_queue in _called(policy):
        if not ids.get(system):
            continue
        listed_as = ids[system].get(short_form(text))
        if listed_as is None and (is_queue or is_address(text)):
            found[f"{system}:{text}"] = _find(text, listed[system], is_queue=is_queue)
        elif listed_as not in (None, text):
            found[f"{system}:{text}"] = listed_as
    return found


def _called(policy: RoutingPolicy) -> Iterator[tuple[str, str, bool]]:
    """Yield each owner that the roster names: its system, what it is called, and whether it is a queue."""
    for team in policy.teams.values():
        for member in team.members:
            yield from ((system, text, False) for system, text in member.owners.items())
    for queue in policy.queues.values():
        yield from ((system, text, True) for system, text in queue.owners.items())
    for system, stand_in in policy.stand_ins.items():
        if stand_in is not None:
            yield system, stand_in, True
    for key in policy.unassigned:
        system, _colon, text = key.partition(":")
        yield system, text, is_address(text)


def _find(text: str, owners: Sequence[Owner], *, is_queue: bool) -> str | None:
    wanted = _folded(text)
    found = [
        owner.id
        for owner in owners
        if owner.is_active
        and (is_queue or owner.kind is OwnerKind.PERSON)
        and wanted in ({_folded(owner.email or "")} | set(map(_folded, owner.names)))
    ]
    return found[0] if len(found) == 1 else None


def _folded(text: str) -> str:
    """Compare as people write: `Intake Queue` is the queue of the developer name `Intake_Queue`."""
    return "_".join(text.strip().casefold().replace("-", " ").replace("_", " ").split())


def find_queue_twins(policy: RoutingPolicy, listed: Listed) -> QueueTwins:
    """Find the queues of the roster in the CRMs for which it has no id: by e-mail, else by name."""
    return {
        queue.id: found
        for queue in policy.queues.values()
        if (found := dict(_twins_of(queue, listed)))
    }


def _twins_of(queue: Queue, listed: Listed) -> Iterator[tuple[str, str]]:
    own = [
        owner
        for system, text in queue.owners.items()
        for owner in listed.get(system, ())
        if owner.id == text
    ]
    called = [one.email for one in own if one.email] + [n for one in own for n in one.names]
    for system in listed.keys() - queue.owners.keys():
        found = (_find(text, listed[system], is_queue=True) for text in (*called, queue.id))
        twin = next((one for one in found if one is not None), None)
        if twin is not None:
            yield system, twin


def with_named(policy: RoutingPolicy, named: Named, queue_twins: QueueTwins) -> RoutingPolicy:
    """Put ids in the place of names; a name behind which there is nobody is taken out."""
    if not (named or queue_twins):
        return policy
    teams = {
        name: replace(
            team,
            members=tuple(replace(m, owners=_ids(m.owners, named)) for m in team.members),
        )
        for name, team in policy.teams.items()
    }
    queues = {
        name: replace(queue, owners={**queue_twins.get(queue.id, {}), **_ids(queue.owners, named)})
        for name, queue in policy.queues.items()
    }
    stand_ins = {
        system: text if text is None else named.get(f"{system}:{text}", text)
        for system, text in policy.stand_ins.items()
    }
    nobody = frozenset(
        key if named.get(key) is None else f"{key.partition(':')[0]}:{named[key]}"
        for key in policy.unassigned
    )
    return replace(policy, teams=teams, queues=queues, stand_ins=stand_ins, unassigned=nobody)


def _ids(owners: Mapping[str, str], named: Named) -> dict[str, str]:
    found = {system: named.get(f"{system}:{text}", text) for system, text in owners.items()}
    return {system: owner for system, owner in found.items() if owner is not None}
