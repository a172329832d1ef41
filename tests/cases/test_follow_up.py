"""Worked cases of follow-up: a lead walked through time, with every decision on the way.

Times are those of New York, as its clocks show them. Expectations were worked out by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from tests.walks import Event, Walk
from worker.core.assignment import Roster
from worker.core.decide import Decision
from worker.core.ruleset import Ruleset

FOLDER = Path(__file__).parent
NEW_YORK = ZoneInfo("America/New_York")
_KNOWN = {"name", "note", "like", "but", "asked", "from", "until", "happens", "active", "decided"}


def _load(name: str) -> Any:
    return YAML(typ="safe").load((FOLDER / name).read_text(encoding="utf-8"))


BASES: Mapping[str, Mapping[str, str]] = _load("bases.yaml")


def _at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=NEW_YORK)


def _said(at: datetime | None) -> str | None:
    return at.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M") if at is not None else None


def _event(given: Mapping[str, Any]) -> Event:
    activity = {key: given[key] for key in ("type", "owner_id", "is_automated") if key in given}
    return Event(at=_at(given["at"]), activity=activity, sets=given.get("sets", {}))


def _found(decision: Decision) -> dict[str, Any]:
    route, clock = decision.route, decision.memory.follow_up
    return {
        "at": _said(decision.decided_at),
        "state": clock.state.value if clock else None,
        "owner": (route.owner or route.outside_owner) if route else None,
        "next_step": route.next_step.id if route else None,
        "due": _said(route.due_at) if route else None,
        "verdict": decision.judgement.verdict.value,
        "stage": decision.judgement.move.stage,
    }


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in _load("follow_up.yaml")])
def test_a_hand_off_is_followed_as_written(case: Mapping[str, Any], shipped: Ruleset) -> None:
    assert set(case) <= _KNOWN
    assert case["note"]
    start = _at(case["from"])
    asked = Event(at=_at(case["asked"]["at"]), activity={"type": case["asked"]["type"]})
    active = case.get("active")
    walk = Walk(
        ruleset=shipped,
        values={**BASES[case["like"]], **case.get("but", {})},
        roster=Roster(active=frozenset(f"files:{o}" for o in active) if active else None),
    )
    until = _at(case["until"]) if "until" in case else start + timedelta(days=60)
    events = [asked, *map(_event, case.get("happens", ()))]
    decided = [one for one in walk.along(events, start, until) if one.is_new]
    wanted = [dict(want) for want in case["decided"]]
    codes = [want.pop("reasons", []) for want in wanted]
    found = [_found(decision) for decision in decided]
    shown = [{key: one[key] for key in want} for one, want in zip(found, wanted, strict=False)]
    assert shown == wanted
    assert len(found) == len(wanted), found[len(wanted) :]
    for decision, said in zip(decided, codes, strict=True):
        assert set(said) <= set(decision.reasons), decision.reasons
