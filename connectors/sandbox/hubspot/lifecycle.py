"""The forward-only rule of the lifecycle stage.

HubSpot moves a contact only forward. A step back is not refused: the answer is 200 and the old
stage stays. Who means it clears the stage first, in a request of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.sandbox.hubspot.definitions import Definition

STAGE: Final = "lifecyclestage"


def stage_after(definition: Definition, present: str, wanted: str) -> str:
    """Tell which stage a contact has after a write; both values are options of the definition."""
    if not present or not wanted:
        return wanted
    order = {option.value: option.display_order for option in definition.options}
    is_back = order.get(wanted, 0) < order.get(present, 0)
    return present if is_back else wanted


def stamps_of_move(present: str, wanted: str, at: str) -> Mapping[str, str]:
    """Name the dates that HubSpot sets by itself when the stage changes."""
    stamps = {}
    if wanted:
        stamps[f"hs_v2_date_entered_{wanted}"] = at
        stamps[f"hs_lifecyclestage_{wanted}_date"] = at
    if present:
        stamps[f"hs_v2_date_exited_{present}"] = at
    return stamps
