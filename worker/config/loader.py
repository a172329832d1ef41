"""Loads an organisation's configuration, or says everything that is wrong with it.

The words come first (facts, reasons, activities, catalog, field maps), then whatever is written with
them, then the checks that look across files. Every stage goes on past mistakes of the one before,
as far as they leave something to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from worker.config.assembly import build_parts
from worker.config.basics import build_business_days
from worker.config.check_reads import warn_of_unread
from worker.config.cross_checks import check_across
from worker.config.digests import digest_of, join_digests
from worker.config.documents import OrganisationDocument
from worker.config.findings import Findings
from worker.config.folder import NO_FILES, Folder, read_folder
from worker.config.parts import Parts
from worker.config.yaml_text import Sheet
from worker.core.configuration import Configuration
from worker.core.minimum import narrow
from worker.core.routing import RoutingPolicy
from worker.errors import FixConfigurationError, Problem

T = TypeVar("T")

_NOT_DECIDING = frozenset({"guardrails.yaml"})
"""Files no decision depends on: guardrails look at a whole plan, after the decisions are made."""
_REMEMBERED = 8  # configurations: one, which a daemon reads on and on, and what it was edited to


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """All that is wrong with a configuration, and the configuration itself when nothing is."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    configuration: Configuration | None


def load_configuration(folder: Path) -> Configuration:
    """Load a configuration. Raises ``FixConfigurationError`` with every problem it has."""
    report = check_configuration(folder)
    if report.configuration is None:
        raise FixConfigurationError(problems=report.problems)
    return report.configuration


def load_routing(folder: Path, file: Path) -> RoutingPolicy:
    """Load another routing.yaml as if it stood in a configuration folder.

    Raises:
        FixConfigurationError: with every problem the configuration has with it.
    """
    report = check_configuration(folder, instead={"routing.yaml": file})
    if report.configuration is None:
        raise FixConfigurationError(problems=report.problems)
    return report.configuration.routing


def check_configuration(
    folder: Path, today: date | None = None, instead: Mapping[str, Path] = NO_FILES
) -> CheckReport:
    """Check a configuration folder; whatever it holds is reported, and nothing is raised.

    Who is away is looked at only when ``today`` is given. ``instead`` names files elsewhere that are
    read in the place of the folder's own.
    """
    files = read_folder(folder, Findings(), instead)
    if today is None and _is_all_in_sheets(files):
        return _check_once(_Written(sheets=_sheets_of(files), files=files))
    return _check(files, today)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What the files of a folder say: equal to another as long as every file reads the same."""

    sheets: tuple[tuple[str, Sheet], ...]
    files: Folder = field(compare=False)


def _sheets_of(files: Folder) -> tuple[tuple[str, Sheet], ...]:
    return tuple((name, source.sheet) for name, source in files.sources.items())


def _is_all_in_sheets(files: Folder) -> bool:
    """Tell whether nothing but the sheets is looked at: no mistake in reading, no table beside them."""
    organisation = files.get("organisation.yaml", OrganisationDocument)
    is_sound = not files.findings.errors and not files.findings.warnings
    return is_sound and organisation is not None and organisation.document.postal_codes is None


@lru_cache(maxsize=_REMEMBERED)
def _check_once(written: _Written) -> CheckReport:
    """Check what was written once, however often it is read: a daemon reads it for every run."""
    return _check(written.files, None)


def _check(files: Folder, today: date | None) -> CheckReport:
    findings = files.findings
    parts = build_parts(files, findings)
    check_across(files, parts, findings, today)
    # While something is wrong, what reads a fact is not known for sure.
    configuration = None if findings.errors else narrow(_join(files, parts))
    if configuration is not None:
        warn_of_unread(configuration, files, findings)
    return CheckReport(
        problems=tuple(sorted(findings.errors)),
        warnings=tuple(sorted(findings.warnings)),
        configuration=configuration,
    )


def _join(files: Folder, parts: Parts) -> Configuration:
    organisation = _built(files.get("organisation.yaml", OrganisationDocument))
    return Configuration(
        account=organisation.document.account,
        time_zone=_built(parts.words.time_zone),
        facts=_built(parts.words.facts),
        reasons=_built(parts.words.reasons),
        activity_kinds=_built(parts.words.activities),
        systems=dict(parts.systems),
        pathways=parts.pathways,
        policies={policy.pathway: policy for policy in parts.policies.values()},
        quality=_built(parts.quality),
        consent=_built(parts.consent),
        lifecycle=_built(parts.lifecycle),
        routing=_built(parts.routing),
        organisations=_built(parts.organisations),
        guardrails=_built(parts.guardrails),
        identity=_built(parts.identity),
        digest=_digest(files, parts),
        titles=_built(parts.words.titles),
        business_days=build_business_days(organisation.document, _built(parts.words.time_zone)),
        postal_codes=_built(parts.words.postal_codes),
        calendar=parts.words.calendar,
        exclusions=parts.words.exclusions,
        availability=_built(parts.availability),
        hand_off=_built(parts.hand_off),
    )


def _built(part: T | None) -> T:
    """Every part is built once there is no error; None here is a mistake of ours."""
    assert part is not None
    return part


def _digest(files: Folder, parts: Parts) -> str:
    digests = {
        name: digest_of(source.sheet.value)
        for name, source in files.sources.items()
        if name not in _NOT_DECIDING and not name.startswith("systems/")
    }
    digests |= {f"systems/{name}": system.digest for name, system in parts.systems.items()}
    if table := _built(parts.words.postal_codes).digest:
        digests["postal codes"] = table
    return join_digests(digests)
