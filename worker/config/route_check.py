"""What the checks of routing look at. Data only; the checks stand in ``check_routes`` and beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from worker.config.findings import Findings
from worker.config.vocabulary import Vocabulary
from worker.config.yaml_text import Sheet
from worker.core.routing import RoutingPolicy
from worker.core.teams import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCheck:
    """The routing policy, the sheet it is written in, and where findings go.

    ``today`` is None when a configuration is loaded for a run: what it says must not depend on the
    day. Only ``leadtriage check`` asks who is away just now.
    """

    routing: RoutingPolicy
    sheet: Sheet
    words: Vocabulary
    findings: Findings
    today: date | None = None


def is_working(member: Member) -> bool:
    """Tell whether a member could ever be given a lead."""
    limits = (member.max_open, member.max_per_day, member.max_per_week)
    return not member.is_paused and 0 not in limits
