"""Topics: what the first outreach of a hand-off may be about.

A topic is allowed for the purposes it names, where its condition holds and some channel is open.
Not knowing does not open it: nobody writes about what the lead may not have asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from worker.core.case import YES, Case, Truth
from worker.core.conditions import Condition
from worker.core.evaluation import Compiled, compile_condition
from worker.core.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """``sentence`` says in the organisation's words what it is about; None as condition: always."""

    id: str
    purposes: frozenset[str]
    sentence: str
    condition: Condition | None = None


Topics: TypeAlias = tuple[Topic, ...]
TopicCheck: TypeAlias = Callable[[Case, str], tuple[str, ...]]
"""A case whose channels are settled, and its pathway → the ids of the topics allowed."""


def compile_topics(topics: Topics, policies: Mapping[str, Policy]) -> TopicCheck:
    """Compile the topics of each pathway; those allowed are named in the order of writing."""
    compiled = {
        pathway: tuple([(t.id, _compile(t)) for t in topics if policy.purpose in t.purposes])
        for pathway, policy in policies.items()
    }

    def check(case: Case, pathway: str) -> tuple[str, ...]:
        if not case.reachable:
            return ()
        return tuple([name for name, holds in compiled[pathway] if holds(case) is YES])

    return check


def _compile(topic: Topic) -> Compiled:
    return _always if topic.condition is None else compile_condition(topic.condition)


def _always(_case: Case) -> Truth:
    return YES
