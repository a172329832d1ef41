"""Derived facts: what follows from the facts of a lead, worked out once before anything is judged.

A derived fact never replaces one that a record gives, and says which facts it follows from. Nothing
here looks at the instant of deciding: the same records always give the same derived facts.
"""

from __future__ import annotations

import msgspec

from worker.core.availability import Openings
from worker.core.configuration import Configuration
from worker.core.identity import MergedLead
from worker.core.model import FactValue
from worker.core.postal_codes import PostalCodes


def derive(lead: MergedLead, configuration: Configuration) -> MergedLead:
    """Add the facts that follow from those the records give."""
    return _derive_state(lead, configuration.postal_codes)


def _derive_state(lead: MergedLead, postal_codes: PostalCodes) -> MergedLead:
    """A postal code lies in one state; a state that is given, and contradicts it, is kept."""
    code = lead.facts.get("postal_code")
    if "state" in lead.facts or not isinstance(code, str):
        return lead
    place = postal_codes.find(code)
    if place is None:
        return lead
    return msgspec.structs.replace(
        lead,
        facts={**lead.facts, "state": place.state},
        unseen=lead.unseen - {"state"},
        derived={**lead.derived, "state": "postal_code"},
    )


def derive_opening(lead: MergedLead, openings: Openings) -> MergedLead:
    """Add when we next have time for the lead, and where, as far as that is known."""
    line, site = lead.facts.get("service_line"), lead.facts.get("site")
    if not isinstance(line, str):
        return lead
    row = openings.find(line, site if isinstance(site, str) else None)
    if row is None:
        return lead
    known: dict[str, FactValue] = {
        "next_available_at": row.next_at,
        "next_available_site": row.site,
    }
    if row.open_slots is not None:
        known["open_slots"] = float(row.open_slots)
    fresh = {name: value for name, value in known.items() if name not in lead.facts}
    derived = dict.fromkeys(fresh, "availability")
    return msgspec.structs.replace(
        lead, facts={**lead.facts, **fresh}, derived={**lead.derived, **derived}
    )
