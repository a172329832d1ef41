"""Drift: a field or most owners that were there at the last run, and are gone.

A renamed column would otherwise read as empty: a refusal forgotten, a customer's stage unknown. The
run stops instead, and says which field to put back or to take out of the map.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from worker.errors import FixDataError
from worker.ledger.settings import load_setting, save_setting
from worker.ledger.transaction import Transaction


def refuse_drift(
    tx: Transaction, system: str, object_type: str, map_digest: str, fields: Iterable[str]
) -> None:
    """Compare the mapped fields that are there now with those of the last pull by the same map.

    Raises:
        FixDataError: one of them is gone.
    """
    text = load_setting(tx, _name(system, object_type))
    known = json.loads(text) if text else {}
    if known.get("map") != map_digest:
        return
    lost = sorted(set(known["fields"]) - set(fields))
    if lost:
        names = ", ".join(repr(name) for name in lost)
        raise FixDataError(
            f"{object_type} of {system} no longer shows {names}, which the last pull read: taken away, or "
            f"hidden from our user. Give it back, or mend systems/{system}.yaml; `leadtriage check --live` "
            "says more. Nothing was changed."
        )


def note_fields(
    tx: Transaction, system: str, object_type: str, map_digest: str, fields: Iterable[str]
) -> None:
    """Remember which mapped fields were there, for the next pull to compare."""
    known = {"map": map_digest, "fields": sorted(fields)}
    save_setting(tx, _name(system, object_type), json.dumps(known))


OWNERS = "active owners"
FEW = 3
"""So many owners may leave between two runs, of however few."""


def refuse_missing_owners(tx: Transaction, active: frozenset[str] | None) -> None:
    """Compare the active owners with those of the last run; ``active`` None: no CRM lists any.

    Raises:
        FixDataError: the list is gone, or more than half of the owners are.
    """
    known = frozenset(json.loads(load_setting(tx, OWNERS) or "[]"))
    lost = known - (active or frozenset())
    if known and (not active or (len(lost) > FEW and len(lost) * 2 > len(known))):
        raise FixDataError(
            f"{len(lost)} of the {len(known)} owners who were active at the last run are gone. "
            "Check the CRM's list of owners; nothing was decided or written."
        )
    save_setting(tx, OWNERS, json.dumps(sorted(active or ())))


def _name(system: str, object_type: str) -> str:
    return f"fields of {system} {object_type}"
