"""What the policies ask of organisations: only that is gathered, and only its change is news.

A configuration that asks nothing costs nothing: no action of a lead then concerns anybody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from worker.core.conditions import ActivityTest, ColleaguesTest, Whose, walk
from worker.core.configuration import Configuration
from worker.core.model import ActivityKind, Strength

MOST_COUNTED = 50
"""So many of the newest actions of each kind, and of the colleagues of each role, are looked at."""
_ACTIVE = frozenset({Strength.STRONG, Strength.MEDIUM})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationAsks:
    """The ``kinds`` of action asked of all members together, and those that make one ``active``.

    ``roles`` are those of the colleagues that are counted, None for any. Nothing older than
    ``within`` is asked for.
    """

    kinds: frozenset[str]
    active: frozenset[str]
    roles: frozenset[str] | None
    within: timedelta

    def counts(self, role: str | None) -> bool:
        """Tell whether a colleague in this role is counted, or might be."""
        return role is None or self.roles is None or role in self.roles

    def concerns(self, kind: str) -> bool:
        """Tell whether an action of this kind may change what is decided about colleagues."""
        return kind in self.kinds or kind in self.active


def find_asks(configuration: Configuration) -> OrganisationAsks | None:
    """Gather what all criteria ask of organisations; None when no criterion does."""
    parts = [
        part
        for policy in configuration.policies.values()
        for condition in policy.asked()
        for part in walk(condition)
    ]
    actions = [p for p in parts if isinstance(p, ActivityTest) and p.of is Whose.ORGANISATION]
    colleagues = [p for p in parts if isinstance(p, ColleaguesTest)]
    if not actions and not colleagues:
        return None
    responses = configuration.exclusions.responses
    kinds = [kind for kind in configuration.activity_kinds.values() if kind.is_enabled]
    return OrganisationAsks(
        kinds=frozenset(k.name for k in kinds if any(_is_asked(k, test) for test in actions)),
        active=frozenset(
            kind.name
            for kind in kinds
            # Whether a colleague agreed to our outreach is not looked up, so answers do not count.
            if colleagues and makes_active(kind) and kind.name not in responses
        ),
        roles=_roles(colleagues),
        within=max([*(p.within for p in actions if p.within), *(p.within for p in colleagues)]),
    )


def makes_active(kind: ActivityKind) -> bool:
    """Tell whether doing this makes a colleague an active one: an opened e-mail does not."""
    says_little = kind.is_informational or kind.is_governed
    return kind.is_by_lead and kind.strength in _ACTIVE and not says_little


def _is_asked(kind: ActivityKind, test: ActivityTest) -> bool:
    named = kind.name in test.kinds if test.kinds else not kind.is_governed
    return named and (not test.strengths or kind.strength in test.strengths)


def _roles(tests: list[ColleaguesTest]) -> frozenset[str] | None:
    if any(not test.roles for test in tests):
        return None
    return frozenset(role for test in tests for role in test.roles)
