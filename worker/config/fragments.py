"""Shared fragments: conditions and criteria that are written once, in ``shared.yaml``, and used by name.

A fragment is read where it stands, so that a mistake in it is reported there, once. What depends on
where it is used (which questions may be asked, what would leak an outcome) is checked at each use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.config.digests import join_digests
from worker.config.yaml_text import Yaml
from worker.core.conditions import Condition
from worker.core.policy import Criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCondition:
    """One condition with a name. ``asks`` are its questions, ``reads`` the facts it looks at.

    ``condition`` is None when it has mistakes. ``digest`` covers the fragments it uses itself.
    """

    condition: Condition | None
    asks: frozenset[str]
    reads: frozenset[str]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCriterion:
    """One criterion with a name; ``criterion`` is None when it has mistakes."""

    criterion: Criterion | None
    reads: frozenset[str]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """All fragments. ``used`` collects the names of those that something uses."""

    conditions: Mapping[str, SharedCondition] = field(default_factory=dict)
    criteria: Mapping[str, SharedCriterion] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


def with_fragments(digest: str, fragments: Mapping[str, str]) -> str:
    """Extend the digest of a text by those of the fragments it uses; without any it stays as it is."""
    return join_digests({"": digest, **fragments}) if fragments else digest


def uses_in(raw: Yaml) -> frozenset[str]:
    """Name the fragments that a condition, as written, uses."""
    names: set[str] = set()
    if isinstance(raw, list):
        names.update(*map(uses_in, raw))
    elif isinstance(raw, dict):
        used = raw.get("use")
        names |= {used} if isinstance(used, str) else set()
        names.update(*map(uses_in, raw.values()))
    return frozenset(names)
