"""Checks of the records a lead is made of, where the fault is in no value: owners and duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from worker.core.mapping import Issue, MappedContact


def check_records(
    contacts: Sequence[MappedContact],
    owners: Mapping[str, bool] | None,
    unassigned: frozenset[str] = frozenset(),
) -> tuple[Issue, ...]:
    """List what is wrong with the records of one person.

    Args:
        owners: every owner as ``system:owner id``, and whether active; None when no CRM tells.
        unassigned: owners that stand for nobody.
    """
    issues: list[Issue] = []
    for contact in contacts if owners is not None else ():
        given = contact.facts.get("owner")
        name = f"{contact.ref.system}:{given}"
        if owners is None or given is None or name in unassigned or owners.get(name):
            continue
        code = "DQ_OWNER_INACTIVE" if name in owners else "DQ_OWNER_UNKNOWN"
        issues.append(Issue(code, "owner"))
    if len(contacts) > 1:
        tables = Counter((c.ref.system, c.ref.object_type) for c in contacts)
        if max(tables.values()) > 1:
            issues.append(Issue("DQ_DUPLICATE_IN_SYSTEM", "identity"))
    return tuple(dict.fromkeys(issues))
