"""Alarms of routing: leads that wait in a queue, or with nobody, because no member could take them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from worker.core.decide import Decision
from worker.core.next_owner import PASSED_OVER_CODES
from worker.core.routing import Route
from worker.log import get_logger
from worker.steps.work import Work

log = get_logger()
ALARMS = "alarms"
NOBODY = "nobody"
"""Stands in place of the queue for leads that are held."""


def count_alarms(work: Work, decisions: Iterable[Decision]) -> None:
    """Count the leads decided that no member could take, by where they wait and why."""
    routes = (decision.route for decision in decisions)
    found = Counter(key for route in routes if route is not None for key in _alarms(route))
    work.count(ALARMS, **found)


def _alarms(route: Route) -> Iterable[str]:
    """Name where a lead waits, with each team's reason for not taking it."""
    if route.hold is not None:
        return (f"{NOBODY} {route.hold}",)
    if not route.is_waiting:
        return ()
    whys = [code for code in route.reasons if code in PASSED_OVER_CODES]
    return tuple(f"{route.owner} {code}" for code in whys[:1])


def alarms_of(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Sort a run's alarms by queue: how many leads wait there, and why."""
    found: dict[str, dict[str, int]] = {}
    for key, count in sorted(counts.get(ALARMS, {}).items()):
        queue, _space, code = key.partition(" ")
        found.setdefault(queue, {})[code] = count
    return found


def log_alarms(work: Work) -> None:
    """Warn when leads wait with nobody to work them."""
    alarms = work.counts.get(ALARMS)
    if alarms:
        log.warning("leads_wait_for_a_member", count=sum(alarms.values()), counts=dict(alarms))
