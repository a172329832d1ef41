"""The JSON of ``audit data``: counts and shares, never a value; a promise, described with the commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from worker.core.data_audit import (
    StoredAudit,
    Tally,
    dimensions_of,
    fill_rates,
    first_fixes,
    found_codes,
    over_limit,
    worst_origins,
)
from worker.core.trace import Json

MOST_ORIGINS_SHOWN = 20
MOST_FIXES = 10


def audit_json(
    tally: Tally,
    *,
    previous: StoredAudit | None,
    limits: Mapping[str, float],
    quarantined: int,
    config_digest: str = "",
    most: int = MOST_ORIGINS_SHOWN,
) -> dict[str, Json]:
    """Everything an audit found."""
    over = over_limit(tally, limits)
    return {
        "leads": tally.leads,
        "without_fault": tally.clean,
        "quarantined": quarantined,
        "previous": _previous(previous, config_digest),
        "findings": [
            _finding(tally, code, previous, limits, is_over=code in over)
            for code in found_codes(tally)
        ],
        "dimensions": {d.value: n for d, n in sorted(tally.dimensions.items())},
        "severities": {s.value: n for s, n in sorted(tally.severities.items())},
        "systems": _groups(tally.systems, tally.by_system),
        "pathways": _groups(tally.pathways, tally.by_pathway),
        "origins": [
            {"origin": o.origin, "code": o.code, "leads": o.faulty, "share": round(o.share, 4)}
            for o in worst_origins(tally, most)
        ],
        "fields": [
            {
                "pathway": fill.pathway,
                "fact": fill.fact,
                "filled": fill.filled,
                "leads": fill.leads,
                "share": round(fill.share, 4),
            }
            for fill in fill_rates(tally)
        ],
        "fix_first": [
            {
                "code": fix.cause.code,
                "fact": fix.cause.fact or None,
                "leads": fix.leads,
                "unblocks": fix.unblocks,
                "main_origin": fix.origin,
            }
            for fix in first_fixes(tally, MOST_FIXES)
        ],
        "over_limit": list(over),
    }


def _previous(previous: StoredAudit | None, config_digest: str) -> Json:
    if previous is None:
        return None
    return {
        "audit": previous.id,
        "at": previous.audited_at.isoformat(),
        "leads": previous.leads,
        "without_fault": previous.clean,
        "is_same_configuration": previous.config_digest == config_digest,
    }


def _finding(
    tally: Tally,
    code: str,
    previous: StoredAudit | None,
    limits: Mapping[str, float],
    *,
    is_over: bool,
) -> dict[str, Json]:
    share = tally.codes[code] / tally.leads
    before = None
    if previous is not None and previous.leads:
        before = previous.codes.get(code, 0) / previous.leads
    return {
        "code": code,
        "dimension": dimensions_of([code])[code],
        "severity": tally.worst[code].value,
        "leads": tally.codes[code],
        "share": round(share, 4),
        "share_before": round(before, 4) if before is not None else None,
        "limit": limits.get(code),
        "is_over_limit": is_over,
    }


def _groups(leads: Counter[str], by_group: Counter[tuple[str, str]]) -> dict[str, Json]:
    return {
        name: {
            "leads": count,
            "findings": {c: n for (group, c), n in sorted(by_group.items()) if group == name},
        }
        for name, count in sorted(leads.items())
    }
