"""How many decisions a second the pure core makes on one core, as ratios to a hand-written policy.

Run with ``python -m tests.bench.bench_decide``. It prints; it never fails because of time.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

from tests.bench.generated_policy import NOW, make_ruleset, make_snapshot
from tests.bench.handwritten_policy import qualify_by_hand
from worker.app import spare_collector
from worker.core.assignment import Roster
from worker.core.decide import decide
from worker.core.due import next_change_at
from worker.core.judgement import judge, merge_lead

LEADS = 500
ROUNDS = 9


def rate(act: Callable[[int], object], *, times: int = LEADS) -> float:
    """Best rate of several rounds, in leads a second of processor time."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = process_time()
        for place in range(times):
            act(place)
        best = min(best, process_time() - began)
    return times / best


def main() -> None:
    spare_collector()
    ruleset, roster = make_ruleset(), Roster()
    leads = [make_snapshot(number) for number in range(LEADS)]
    merged = [merge_lead(ruleset, lead) for lead in leads]
    judged = [judge(ruleset, lead, m, NOW) for lead, m in zip(leads, merged, strict=True)]

    def by_hand(n: int) -> object:
        return qualify_by_hand(merged[n].facts, leads[n].activities, NOW)

    rates = {
        "policy by hand, verdict and total only": rate(by_hand),
        "judge: verdict with full explanation": rate(
            lambda n: judge(ruleset, leads[n], merged[n], NOW)
        ),
        "decide: merge, judge, route, remember": rate(
            lambda n: decide(ruleset, leads[n], roster, NOW)
        ),
        "next_change_at alone": rate(
            lambda n: next_change_at(ruleset, leads[n], merged[n], judged[n])
        ),
    }
    both = 1 / (
        1 / rates["decide: merge, judge, route, remember"] + 1 / rates["next_change_at alone"]
    )
    rates["decide and next_change_at"] = both
    reference = rates["policy by hand, verdict and total only"]
    print("40 criteria, 30 facts, 10 activities, one core")
    for name, value in rates.items():
        print(f"{name:42} {value:12,.0f}/s {value / reference:7.2f} x by hand")


if __name__ == "__main__":
    main()
