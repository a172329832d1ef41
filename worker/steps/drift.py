"""Drift: a field that was there at the last pull and is gone.

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
            f"{object_type} of {system} no longer has {names}, which the last pull read. Put it "
            f"back, or mend systems/{system}.yaml. Nothing was changed."
        )


def note_fields(
    tx: Transaction, system: str, object_type: str, map_digest: str, fields: Iterable[str]
) -> None:
    """Remember which mapped fields were there, for the next pull to compare."""
    known = {"map": map_digest, "fields": sorted(fields)}
    save_setting(tx, _name(system, object_type), json.dumps(known))


def _name(system: str, object_type: str) -> str:
    return f"fields of {system} {object_type}"
