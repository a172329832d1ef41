"""Worked cases: given what a CRM says of a lead, this is what must be decided, and why.

The cases are YAML, so that whoever knows the business can read and add them. Each has a note that
says what it shows. Expectations were worked out from the policies by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.colleagues import among
from tests.leads import NOW, Row, make_lead, parse_age, ruleset_with, with_enabled
from worker.core.assignment import Roster
from worker.core.availability import Openings, open_at
from worker.core.availability_map import Availability
from worker.core.decide import Decision, decide
from worker.core.memory import Memory
from worker.core.model import Stage
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset

FOLDER = Path(__file__).parent
_GIVEN = {"name", "note", "like", "but", "hidden", "second_row", "activities", "at", "roster"}
_KNOWN = _GIVEN | {
    "colleagues",
    "remembered",
    "stage_set_by_person",
    "configuration",
    "enabled",
    "openings",
    "shut",
    "want",
}
_FACTS = {
    "allowed",
    "evidence",
    "jurisdiction",
    "topics",
    "pathway",
    "verdict",
    "stage",
    "team",
    "owner",
    "next_step",
    "due",
    "first",
}
_WANTED = _FACTS | {"reasons", "findings", "among_first"}


def _load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


BASES: Mapping[str, Mapping[str, str]] = _load(FOLDER / "bases.yaml")


def _cases() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name not in ("bases.yaml", "coverage.yaml", "follow_up.yaml"):
            for case in _load(path):
                yield pytest.param(case, id=f"{path.stem}: {case['name']}")


def _rows(case: Mapping[str, Any]) -> list[Row]:
    hidden = frozenset(case.get("hidden", ()))
    values = {**BASES[case["like"]], **case.get("but", {})}
    rows = [Row(values=values, hidden=hidden)]
    if "second_row" in case:
        rows.append(Row(values=case["second_row"], number="2"))
    return rows


def _memory(case: Mapping[str, Any], now: datetime) -> Memory:
    remembered = case.get("remembered")
    if remembered is None:
        return Memory()
    since = now - parse_age(remembered["since"])
    return Memory(
        stage=Stage(remembered["stage"]),
        stage_since=since,
        owner=remembered.get("owner"),
        assigned_at=since if "owner" in remembered else None,
    )


def _roster(case: Mapping[str, Any]) -> Roster:
    given = case.get("roster", {})
    active = given.get("active")
    return Roster(
        active=frozenset(f"files:{owner}" for owner in active) if active is not None else None,
        open=given.get("open", {}),
        today=given.get("today", {}),
        week=given.get("week", {}),
    )


def _decide(ruleset: Ruleset, case: Mapping[str, Any]) -> Decision:
    now = datetime.fromisoformat(case["at"]).astimezone(UTC) if "at" in case else NOW
    by_person = case.get("stage_set_by_person")
    lead = make_lead(
        ruleset,
        _rows(case),
        case.get("activities", ()),
        now=now,
        memory=_memory(case, now),
        stage_set_by_person_at=now - parse_age(by_person) if by_person else None,
    )
    shut = {name: frozenset(facts) for name, facts in case.get("shut", {}).items()}
    lead = replace(lead, shut=shut)
    if "openings" in case:
        lead = replace(lead, openings=_openings(ruleset, case["openings"], now))
    if "colleagues" in case:
        lead = among(ruleset, lead, list(map(_colleague, case["colleagues"])), now)
    return decide(ruleset, lead, _roster(case), now)


def _openings(ruleset: Ruleset, given: Sequence[Mapping[str, str]], now: datetime) -> Openings:
    """When each site next has time: ``in`` so long, as it was said so long ago (``age``)."""
    rows = [
        Availability(
            ref=RecordRef(system="files", object_type="openings", id=str(number)),
            site=row["site"],
            service_line=row["service_line"],
            next_at=now + parse_age(row["in"]),
            as_of=now - parse_age(row.get("age", "1 hour")),
        )
        for number, row in enumerate(given)
    ]
    return open_at(rows, ruleset.configuration.availability, now)


def _colleague(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Another contact: ``like`` a base ``but`` for some values, or with just these values."""
    base = BASES[given["like"]] if "like" in given else {}
    return {"row": {**base, **given.get("but", {})}, "activities": given.get("activities", ())}


def _found(decision: Decision) -> dict[str, Any]:
    route = decision.route
    return {
        "pathway": decision.judgement.pathway,
        "verdict": decision.judgement.verdict.value,
        "stage": decision.judgement.move.stage,
        "team": route.target if route else None,
        "owner": route.owner if route else None,
        "next_step": route.next_step.id if route else None,
        "due": route.due_at.isoformat() if route else None,
        "first": decision.reasons[0],
        "allowed": [p.channel.value for p in decision.judgement.permissions if p.is_allowed],
        "evidence": [p.evidence for p in decision.judgement.permissions if p.is_allowed],
        "topics": list(decision.judgement.topics),
        "jurisdiction": next((p.jurisdiction for p in decision.judgement.permissions), None),
    }


@pytest.mark.parametrize("case", list(_cases()))
def test_case_is_decided_as_written(case: Mapping[str, Any], shipped: Ruleset) -> None:
    assert set(case) <= _KNOWN
    assert case["note"]
    want = dict(case["want"])
    assert set(want) <= _WANTED
    if "configuration" in case:
        shipped = ruleset_with(FOLDER / "configurations" / case["configuration"])
    if "enabled" in case:
        shipped = with_enabled(shipped, case["enabled"])
    decision = _decide(shipped, case)
    reasons, among_first = want.pop("reasons", {}), want.pop("among_first", {})
    findings = want.pop("findings", {})
    if "due" in want and want["due"] is not None:
        want["due"] = datetime.fromisoformat(want["due"]).astimezone(UTC).isoformat()
    found = _found(decision)
    assert {name: found[name] for name in want} == want, decision.reasons
    assert set(reasons.get("contains", ())) <= set(decision.reasons)
    assert not set(reasons.get("excludes", ())) & set(decision.reasons)
    told = {finding.code for finding in decision.judgement.findings}
    assert set(findings.get("contains", ())) <= told
    assert not set(findings.get("excludes", ())) & told
    for count, codes in among_first.items():
        assert set(codes) <= set(decision.reasons[:count]), decision.reasons
