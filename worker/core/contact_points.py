"""Contact points: the addresses and numbers of a record, as keys that nobody can read.

An opt-out holds for the address it was given for, whoever else has it: a family that shares a number,
a duplicate that nothing links, a row of another CRM. Records meet here by the point alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worker.core.consent import ConsentPolicy
from worker.core.model import FactKind, Facts, FactSpec

_POINT_KINDS = frozenset({FactKind.EMAIL, FactKind.PHONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWatch:
    """Which facts hold addresses (with their kind), which opt out of something, which refuse it.

    ``digest`` changes when any of them does: what was noted under another one must be noted anew.
    """

    points: Mapping[str, FactKind]
    opt_outs: frozenset[str]
    refusals: frozenset[str]
    digest: str


def watch_of(policy: ConsentPolicy, specs: Mapping[str, FactSpec]) -> ConsentWatch:
    """Find what has to be watched for a consent policy."""
    named = {fact for rule in policy.channels for fact in rule.addresses} | {"email", "phone"}
    points = {
        fact: specs[fact].kind
        for fact in sorted(named)
        if fact in specs and specs[fact].kind in _POINT_KINDS
    }
    opt_outs = frozenset(fact for rule in policy.channels for fact in rule.opt_outs)
    refusals = frozenset(fact for rule in policy.channels for fact in rule.refused_by)
    words = [*(f"{fact}={kind}" for fact, kind in points.items()), "|", *sorted(opt_outs)]
    return ConsentWatch(
        points=points,
        opt_outs=opt_outs,
        refusals=refusals,
        digest=hashlib.blake2b(" ".join(words).encode(), digest_size=12).hexdigest(),
    )


def points_of(facts: Facts, watch: ConsentWatch) -> dict[str, str]:
    """Give the key of each address a record has, by the fact that holds it."""
    return {
        fact: kind[0] + _hash(f"{kind}:{facts[fact]}")
        for fact, kind in watch.points.items()
        if fact in facts
    }


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def opted_out_of(facts: Facts, watch: ConsentWatch) -> frozenset[str]:
    """Name the opt-outs that a record says."""
    return frozenset(fact for fact in watch.opt_outs if facts.get(fact) is True)


def shut_by(
    closed: Mapping[str, frozenset[str]], records: Iterable[Facts], watch: ConsentWatch
) -> dict[str, frozenset[str]]:
    """Say, by the fact that holds an address, of what anybody who has one of them opted out.

    ``closed`` gives the opt-outs of each point. A person with two addresses is closed at both: the
    worker does not say which of them is to be used.
    """
    shut: dict[str, frozenset[str]] = {}
    for facts in records:
        for fact, point in points_of(facts, watch).items():
            if closed.get(point):
                shut[fact] = shut.get(fact, frozenset()) | closed[point]
    return shut
