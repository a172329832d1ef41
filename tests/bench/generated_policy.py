"""The policy the decision benchmark runs: 40 criteria, 30 facts, as the worker holds it and by hand.

Both forms say the same; ``test_generated_policy.py`` proves it, so that their speeds can be compared.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from worker.config.loader import load_configuration
from worker.core.conditions import (
    ActivityTest,
    AllOf,
    AnyOf,
    Condition,
    CriterionTest,
    FactTest,
    FindingTest,
    NotOf,
    Operator,
    ReachableTest,
)
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import MappedContact
from worker.core.model import Activity, ContactChannel, FactValue, Strength
from worker.core.policy import (
    Criterion,
    CriterionReasons,
    Evidence,
    Family,
    Gate,
    PathwayRule,
    Policy,
    QualifyingRule,
    Verdict,
)
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset, compile_ruleset

NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
KINDS = (
    "appointment_request",
    "inbound_call",
    "consultation_request",
    "insurance_check",
    "email_reply",
    "service_page_view",
    "provider_page_view",
    "location_page_view",
    "webinar_attended",
    "guide_download",
)
WORDS = tuple(f"field_{number}" for number in range(10))
"""Ten choices, ten numbers and ten facts of the model make thirty."""
NUMBERS = tuple(f"number_{number}" for number in range(10))


def _criterion(name: str, family: Family, condition: Condition, points: float = 0.0) -> Criterion:
    code = name.upper()
    half_life = timedelta(days=14) if isinstance(condition, ActivityTest) else None
    return Criterion(
        id=name,
        family=family,
        sentence=name,
        condition=condition,
        reasons=CriterionReasons(
            met=f"BENCH_{code}", not_met=f"BENCH_NOT_{code}", unknown=f"BENCH_UNKNOWN_{code}"
        ),
        points=points,
        half_life=half_life,
        repeat=0.5 if half_life else 0.0,
        own_line=1.25 if half_life else 1.0,
        cap=50.0 if half_life else None,
    )


def _fact(name: str, operator: Operator, operand: str | float | frozenset[str]) -> FactTest:
    return FactTest(fact=name, operator=operator, operand=operand)


def make_policy() -> Policy:
    """Four gates, twenty tests of facts, ten of actions, and six that join others."""
    is_test = FactTest(fact="is_test", operator=Operator.IS, operand=True)
    criteria = [
        _criterion("not_test", Family.DATA, NotOf(item=is_test)),
        _criterion("usable", Family.DATA, FindingTest()),
        _criterion("reachable", Family.CONSENT, ReachableTest(channels=frozenset(ContactChannel))),
        _criterion("line", Family.FIT, _fact("service_line", Operator.IS, "cardiology"), 20),
    ]
    for place, name in enumerate(WORDS):
        test = _fact(name, Operator.IN, frozenset({"yes", f"word_{place}"}))
        criteria.append(_criterion(name, Family.FIT, test, 3))
    for place, name in enumerate(NUMBERS):
        test = _fact(name, Operator.AT_LEAST, float(place))
        criteria.append(_criterion(name, Family.FIT, test, 2))
    for place, kind in enumerate(KINDS):
        seen = ActivityTest(kinds=frozenset({kind}), within=timedelta(days=20 + place))
        criteria.append(_criterion(kind, Family.INTENT, seen, 10))
    for place in range(3):
        pair = (CriterionTest(criterion=KINDS[place]), CriterionTest(criterion=WORDS[place]))
        criteria.append(_criterion(f"both_{place}", Family.TIMING, AllOf(items=pair), 2))
        criteria.append(_criterion(f"either_{place}", Family.TIMING, AnyOf(items=pair), 1))
    return Policy(
        pathway="bench",
        title="Bench",
        version="1",
        digest="bench",
        purpose="care_coordination",
        criteria=tuple(criteria),
        gates=tuple(
            Gate(criterion=name, when_not_met=Verdict.HOLD, when_unknown=Verdict.HOLD)
            for name in ("usable", "reachable")
        ),
        disqualifiers=("not_test",),
        rules=(
            QualifyingRule(id="never", sentence="", all=("line", "both_0", WORDS[9])),
            QualifyingRule(
                id="score",
                sentence="",
                all=("line",),
                total=60.0,
                families={Family.INTENT: 20.0},
                evidence=Evidence(kinds=2, within=timedelta(days=30)),
            ),
        ),
        nurture=("guide_download",),
        family_caps={Family.FIT: 50.0, Family.INTENT: 60.0},
    )


def make_ruleset() -> Ruleset:
    """The shipped configuration with the generated policy in place of its own."""
    shipped = load_configuration(Path("mappings"))
    everyone = FactTest(fact="service_line", operator=Operator.PRESENT, operand=True)
    return compile_ruleset(
        replace(
            shipped,
            pathways=(PathwayRule(pathway="bench", condition=everyone),),
            policies={"bench": make_policy()},
        )
    )


def make_snapshot(number: int = 0) -> LeadSnapshot:
    """One lead with thirty facts and ten activities; ``number`` varies it."""
    facts: dict[str, FactValue] = {
        "first_name": "Ada",
        "last_name": f"Example {'ABCDEFGHIJ'[number % 10]}",
        "email": f"ada{number}@clinic-mail.com",
        "phone": "+16172530123",
        "postal_code": "02114",
        "state": "MA",
        "service_line": "cardiology",
        "consent_email": True,
        "channel": "website_form",
        "language": "en",
    }
    facts |= {name: "yes" if (number + place) % 3 else "no" for place, name in enumerate(WORDS)}
    facts |= {name: float((number + place) % 12) for place, name in enumerate(NUMBERS)}
    ref = RecordRef(system="files", object_type="contacts", id=str(number))
    activities = tuple(
        Activity(
            ref=f"files:activities:{number}-{place}",
            kind=KINDS[(number + place) % 10],
            at=NOW - timedelta(days=2 * place, hours=number % 20 + 1),
            strength=Strength.STRONG if place % 2 else Strength.MEDIUM,
            service_line="cardiology" if place % 2 else None,
        )
        for place in range(10)
    )
    return LeadSnapshot(
        profile_id=str(number),
        contacts=(MappedContact(ref=ref, facts=facts),),
        activities=activities,
    )
