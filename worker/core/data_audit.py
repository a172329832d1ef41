"""The audit of a base: what the findings of many leads add up to.

Lead by lead, into counts whose number does not grow with the base. Origins are words of the CRM: a
wrong mapping could make every lead its own, so only so many are told apart, and rare ones never shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from worker.core.model import Facts
from worker.core.policy import Verdict
from worker.core.quality import Dimension, Finding, dimension_of
from worker.core.reasons import Severity

UNCLEAR = "unclear"
"""Leads without a pathway are counted under this."""
MOST_ORIGINS = 2_000
"""So many origins are told apart; further ones are counted for the base, and for no origin."""
FEWEST_OF_ORIGIN = 5
"""An origin of fewer leads may be a person's own words, and is never shown."""
_OPEN = frozenset({Verdict.HOLD.value, Verdict.NOT_READY.value, Verdict.NURTURE.value})


class Cause(NamedTuple):
    """Something to mend: a finding, and the fact it concerns."""

    code: str
    fact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAudit:
    """What an audit of the data counted: leads, those without a fault, and those with each code."""

    id: str
    audited_at: datetime
    config_digest: str
    leads: int
    clean: int
    codes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedLead:
    """What an audit looks at of one lead. ``sources`` names the system a fact comes from."""

    pathway: str | None
    verdict: str | None
    facts: Facts
    findings: tuple[Finding, ...]
    systems: frozenset[str]
    sources: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Tally:
    """The counts of an audit while it goes on; each lead counts once for each key.

    ``used`` names, for each pathway, the facts whose presence is counted. ``unblocks`` counts the
    leads that one cause alone keeps back.
    """

    used: Mapping[str, frozenset[str]]
    leads: int = 0
    clean: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    worst: dict[str, Severity] = field(default_factory=dict)
    dimensions: Counter[Dimension] = field(default_factory=Counter)
    severities: Counter[Severity] = field(default_factory=Counter)
    by_system: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_pathway: Counter[tuple[str, str]] = field(default_factory=Counter)
    systems: Counter[str] = field(default_factory=Counter)
    pathways: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    by_origin: Counter[tuple[str, str]] = field(default_factory=Counter)
    filled: Counter[tuple[str, str]] = field(default_factory=Counter)
    causes: Counter[Cause] = field(default_factory=Counter)
    unblocks: Counter[Cause] = field(default_factory=Counter)

    def add(self, lead: AuditedLead) -> None:
        """Count one lead."""
        pathway = lead.pathway or UNCLEAR
        self.leads += 1
        self.clean += not any(f.severity is not Severity.INFO for f in lead.findings)
        self.pathways[pathway] += 1
        self.systems.update(lead.systems)
        self.filled.update(
            (pathway, fact) for fact in self.used.get(pathway, ()) if fact in lead.facts
        )
        codes = {finding.code for finding in lead.findings}
        self.codes.update(codes)
        self.dimensions.update({finding.dimension for finding in lead.findings})
        self.severities.update({finding.severity for finding in lead.findings})
        self.by_pathway.update((pathway, code) for code in codes)
        self.by_system.update(set(_systems_of(lead)))
        self.causes.update({_cause(finding) for finding in lead.findings})
        self._add_origin(lead, codes)
        if alone := _only_cause(lead):
            self.unblocks[alone] += 1
        for finding in lead.findings:
            self.worst[finding.code] = min(
                self.worst.get(finding.code, finding.severity),
                finding.severity,
                key=_RANK.__getitem__,
            )

    def _add_origin(self, lead: AuditedLead, codes: Iterable[str]) -> None:
        given = lead.facts.get("origin")
        if given is None:
            return
        origin = str(given)
        if origin in self.origins or len(self.origins) < MOST_ORIGINS:
            self.origins[origin] += 1
            self.by_origin.update((origin, code) for code in codes)


_RANK = {severity: place for place, severity in enumerate(Severity)}


def _cause(finding: Finding) -> Cause:
    return Cause(finding.code, finding.fact or "")


def _systems_of(lead: AuditedLead) -> Iterator[tuple[str, str]]:
    """A finding about a value is the system's that gave it; of what is missing, of all systems."""
    for finding in lead.findings:
        source = lead.sources.get(finding.fact or "")
        for system in (source,) if source is not None else lead.systems:
            yield system, finding.code


def _only_cause(lead: AuditedLead) -> Cause | None:
    """Name what alone keeps a lead back: its only blocking fault, else the only fact it lacks."""
    if lead.verdict not in _OPEN:
        return None
    blocking = [f for f in lead.findings if f.severity is Severity.BLOCK]
    if blocking:
        found = {_cause(finding) for finding in blocking}
    else:
        found = {_cause(f) for f in lead.findings if f.code == "DQ_FIELD_MISSING"}
    return found.pop() if len(found) == 1 else None


class Fill(NamedTuple):
    """How many leads of a pathway have a fact that something of it reads."""

    pathway: str
    fact: str
    filled: int
    leads: int

    @property
    def share(self) -> float:
        return self.filled / self.leads if self.leads else 0.0


class OriginFault(NamedTuple):
    """How many leads of one origin have a finding."""

    origin: str
    code: str
    faulty: int
    leads: int

    @property
    def share(self) -> float:
        return self.faulty / self.leads


class Fix(NamedTuple):
    """One thing to mend, how many leads have it, and how many it alone keeps back."""

    cause: Cause
    leads: int
    unblocks: int
    origin: str | None


def fill_rates(tally: Tally) -> list[Fill]:
    """List the facts that pathways read, the least filled first."""
    found = [
        Fill(pathway, fact, tally.filled[pathway, fact], tally.pathways[pathway])
        for pathway, facts in tally.used.items()
        for fact in facts
        if tally.pathways[pathway]
    ]
    return sorted(found, key=lambda fill: (fill.share, fill.pathway, fill.fact))


def worst_origins(tally: Tally, most: int) -> list[OriginFault]:
    """List where most faults come from; of what only informs nothing is listed."""
    found = [
        OriginFault(origin, code, count, tally.origins[origin])
        for (origin, code), count in tally.by_origin.items()
        if count >= FEWEST_OF_ORIGIN and tally.worst[code] is not Severity.INFO
    ]
    return sorted(found, key=lambda fault: (-fault.faulty, fault.origin, fault.code))[:most]


def first_fixes(tally: Tally, most: int) -> list[Fix]:
    """List what to mend first: what keeps most leads back by itself, then what most leads have."""
    wanted = [
        cause
        for cause in tally.causes
        if tally.unblocks[cause] or tally.worst[cause.code] is not Severity.INFO
    ]
    wanted.sort(key=lambda c: (-tally.unblocks[c], _RANK[tally.worst[c.code]], -tally.causes[c], c))
    return [
        Fix(cause, tally.causes[cause], tally.unblocks[cause], _main_origin(tally, cause.code))
        for cause in wanted[:most]
    ]


def _main_origin(tally: Tally, code: str) -> str | None:
    """Name the origin of most leads with a code, if it is that of at least half of them."""
    counts = {origin: n for (origin, found), n in tally.by_origin.items() if found == code}
    if not counts:
        return None
    origin, count = max(counts.items(), key=lambda item: (item[1], item[0]))
    is_main = count >= FEWEST_OF_ORIGIN and 2 * count >= tally.codes[code]
    return origin if is_main else None


def found_codes(tally: Tally) -> list[str]:
    """List the codes that were found, the worst first, then the most frequent."""
    return sorted(tally.codes, key=lambda c: (_RANK[tally.worst[c]], -tally.codes[c], c))


def over_limit(tally: Tally, limits: Mapping[str, float]) -> tuple[str, ...]:
    """Name the findings that more leads have than the organisation allows."""
    if not tally.leads:
        return ()
    return tuple(
        code for code, limit in sorted(limits.items()) if tally.codes[code] > limit * tally.leads
    )


def dimensions_of(codes: Iterable[str]) -> dict[str, str]:
    """Name the dimension of each code."""
    return {code: dimension_of(code).value for code in codes}
