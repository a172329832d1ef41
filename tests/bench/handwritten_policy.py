"""The generated policy as a programmer would write it by hand: plain functions, no explanation.

It answers verdict and total only: no findings, no consent trail, no evidence, no reasons.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.bench.generated_policy import KINDS, NUMBERS, WORDS
from worker.core.model import Activity, Facts
from worker.core.policy import Verdict

_HALF_LIFE = timedelta(days=14).total_seconds()
_WORDS = tuple((name, {"yes", f"word_{place}"}) for place, name in enumerate(WORDS))
_NUMBERS = tuple((name, float(place)) for place, name in enumerate(NUMBERS))
_KINDS = tuple((kind, timedelta(days=20 + place)) for place, kind in enumerate(KINDS))


def _fit_points(facts: Facts) -> tuple[float, set[str]]:
    met = {name for name, words in _WORDS if facts.get(name) in words}
    points = 20.0 if facts.get("service_line") == "cardiology" else 0.0
    points += 3.0 * len(met)
    for name, least in _NUMBERS:
        value = facts.get(name)
        if isinstance(value, float) and value >= least:
            points += 2.0
    return min(points, 50.0), met


def _intent_points(
    facts: Facts, activities: tuple[Activity, ...], now: datetime
) -> tuple[float, set[str]]:
    line, total, met = facts.get("service_line"), 0.0, set()
    for kind, within in _KINDS:
        worth = []
        for activity in activities:
            if activity.kind == kind and not activity.is_excluded and activity.at <= now:
                age = now - activity.at
                if age < within:
                    value = 10.0 * 0.5 ** (age.total_seconds() / _HALF_LIFE)
                    worth.append(value * 1.25 if activity.service_line == line else value)
        if worth:
            met.add(kind)
            worth.sort(reverse=True)
            total += min(sum(value * 0.5**rank for rank, value in enumerate(worth)), 50.0)
    return min(total, 60.0), met


def qualify_by_hand(
    facts: Facts, activities: tuple[Activity, ...], now: datetime
) -> tuple[Verdict, float]:
    """Verdict and total of the generated policy."""
    if facts.get("is_test") is True:
        return Verdict.DISQUALIFIED, 0.0
    if facts.get("opt_out_all") or facts.get("opt_out_email") or not facts.get("consent_email"):
        return Verdict.HOLD, 0.0
    fit, words = _fit_points(facts)
    intent, kinds = _intent_points(facts, activities, now)
    timing = 0.0
    for kind, word in zip(KINDS[:3], WORDS[:3], strict=True):
        has_kind, has_word = kind in kinds, word in words
        timing += 2.0 * (has_kind and has_word) + 1.0 * (has_kind or has_word)
    total = fit + intent + timing
    is_line = facts.get("service_line") == "cardiology"
    if is_line and KINDS[0] in kinds and WORDS[0] in words and WORDS[9] in words:
        return Verdict.QUALIFIED, total
    recent = {a.kind for a in activities if timedelta(0) <= now - a.at < timedelta(days=30)}
    if is_line and total >= 60.0 and intent >= 20.0 and len(recent) >= 2:
        return Verdict.QUALIFIED, total
    return (Verdict.NURTURE if "guide_download" in kinds else Verdict.NOT_READY), total
