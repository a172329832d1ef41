"""The benchmark compares like with like: both forms of its policy say the same of every lead."""

from __future__ import annotations

from datetime import timedelta

from tests.bench.generated_policy import NOW, make_policy, make_ruleset, make_snapshot
from tests.bench.handwritten_policy import qualify_by_hand
from worker.core.identity import merge_contacts
from worker.core.judgement import judge
from worker.core.policy import Verdict


def test_the_policy_written_by_hand_says_the_same() -> None:
    ruleset = make_ruleset()
    verdicts: set[Verdict] = set()
    for number in range(200):
        lead, now = make_snapshot(number), NOW + timedelta(days=number % 40)
        merged = merge_contacts(lead.contacts)
        found = judge(ruleset, lead, merged, now).qualification
        assert found is not None
        verdict, total = qualify_by_hand(merged.facts, lead.activities, now)
        assert (found.verdict, round(found.total, 9)) == (verdict, round(total, 9))
        verdicts.add(verdict)
    assert verdicts == {Verdict.QUALIFIED, Verdict.NURTURE, Verdict.NOT_READY}


def test_the_policy_has_40_criteria_over_30_facts_and_10_actions() -> None:
    lead = make_snapshot()
    sizes = (len(make_policy().criteria), len(lead.contacts[0].facts), len(lead.activities))
    assert sizes == (40, 30, 10)
