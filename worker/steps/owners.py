"""Who owns what in the CRMs: asked once in a run, and never the reason why something only read fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from worker.errors import LeadtriageError
from worker.steps.work import Work

Owners: TypeAlias = Mapping[str, bool]
"""Every owner in the CRMs as ``system:owner id``, and whether active."""


def known_owners(work: Work) -> Owners | None:
    """List the owners of the CRMs; None if no CRM tells."""
    owners = {
        f"{system}:{owner.id}": owner.is_active
        for system, connector in work.connectors.items()
        for owner in connector.owners()
    }
    return owners or None


def active_among(owners: Owners | None) -> frozenset[str] | None:
    """Name the owners who are active; None if no CRM tells."""
    if owners is None:
        return None
    return frozenset(name for name, is_active in owners.items() if is_active)


def owners_if_told(work: Work) -> Owners | None:
    """List the owners for a report; None as well when a CRM is away."""
    try:
        return known_owners(work)
    except LeadtriageError:
        return None
