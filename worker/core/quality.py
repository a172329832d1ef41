"""Data quality: findings about one lead, each with a code, a dimension, a severity and an origin.

The same findings serve as gates for a lead and, counted over the base, as an audit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from worker.core.model import Facts
from worker.core.reasons import Severity


class Dimension(StrEnum):
    COMPLETENESS = "completeness"
    VALIDITY = "validity"
    CONSISTENCY = "consistency"
    UNIQUENESS = "uniqueness"
    TIMELINESS = "timeliness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong with the data of a lead. ``fact`` names what it concerns, never its value."""

    code: str
    fact: str | None
    severity: Severity
    dimension: Dimension
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPolicy:
    """What counts as wrong, and how badly.

    ``severities`` overrides the catalogue per code, ``pathway_severities`` per pathway and code.
    """

    placeholders: frozenset[str] = frozenset()
    disposable_domains: frozenset[str] = frozenset()
    role_addresses: frozenset[str] = frozenset()
    typo_domains: Mapping[str, str] = field(default_factory=dict)
    stale_after: timedelta | None = None
    severities: Mapping[str, Severity] = field(default_factory=dict)
    pathway_severities: Mapping[str, Mapping[str, Severity]] = field(default_factory=dict)
    default_region: str = "US"
