"""Reads what may be asked of a lead's organisation, and how organisations are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from worker.config.activity_tests import report_too_long
from worker.config.condition_words import check_keys, read_duration
from worker.config.documents import OrganisationDocument
from worker.config.findings import Findings
from worker.config.vocabulary import check_fact
from worker.config.yaml_text import KeyPath, Sheet, Yaml
from worker.core.conditions import ColleaguesTest, Whose
from worker.core.exclusions import LOOK_BACK
from worker.core.organisation_asks import MOST_COUNTED
from worker.core.organisations import OrganisationPolicy

if TYPE_CHECKING:
    from worker.config.conditions import ConditionReader


def build_organisation_policy(
    document: OrganisationDocument, sheet: Sheet, findings: Findings
) -> OrganisationPolicy:
    """Build how organisations are told apart; a way that is listed twice is reported."""
    for number, way in enumerate(document.same_organisation_by):
        if way in document.same_organisation_by[:number]:
            spot = sheet.spot("same_organisation_by", number)
            findings.error(spot, f"{way.value!r} is listed twice.")
    return OrganisationPolicy(
        same_by=tuple(document.same_organisation_by),
        public_domains=frozenset(domain.casefold() for domain in document.public_domains),
    )


_ONLY_OF_THE_LEAD = ("after", "touch", "silent_for")
"""Of others only the kinds that are counted are read, so the order of all they did is not known."""


def read_whose(reader: ConditionReader, raw: Mapping[str, Yaml], path: KeyPath) -> Whose | None:
    """Read whose actions count; None when it has mistakes."""
    word, spot = raw.get("of", Whose.LEAD.value), reader.sheet.spot(*path, "of")
    if word not in tuple(Whose):
        reader.findings.error(spot, "'of' must be `organisation`.", allowed="lead, organisation")
        return None
    if word == Whose.LEAD:
        return Whose.LEAD
    if "colleagues" not in reader.kinds:
        message = "what an organisation did can only be asked by a criterion."
        reader.findings.error(spot, message, hint="leave 'of' out: the lead's own actions count")
        return None
    if "within" not in raw:
        message = "'within' is needed where the actions of an organisation are counted."
        reader.findings.error(spot, message, hint="add `within: 180 days`")
        return None
    for key in _ONLY_OF_THE_LEAD:
        if key in raw:
            message = f"{key!r} can only be asked of what the lead did, not of an organisation."
            reader.findings.error(reader.sheet.spot(*path, key), message)
            return None
    least = raw.get("at_least", 1)
    if isinstance(least, int) and least > MOST_COUNTED:
        message = f"no more than {MOST_COUNTED} actions of an organisation are counted."
        reader.findings.error(reader.sheet.spot(*path, "at_least"), message)
        return None
    return Whose.ORGANISATION


def read_colleagues(
    reader: ConditionReader, raw: dict[str, Yaml], path: KeyPath
) -> ColleaguesTest | None:
    """Read ``{colleagues: 2, roles: […], active_within: 60 days}``; None when it has mistakes."""
    keys = ("colleagues", "roles", "active_within")
    if not check_keys(reader.findings, reader.sheet, raw, path, keys):
        return None
    count, spot = raw["colleagues"], reader.sheet.spot(*path, "colleagues")
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_COUNTED:
        message = f"'colleagues' must be a whole number from 1 to {MOST_COUNTED}."
        reader.findings.error(spot, message)
        return None
    if "active_within" not in raw:
        message = "'active_within' is missing: somebody who did nothing is no sign of interest."
        reader.findings.error(spot, message, hint="add `active_within: 60 days`")
        return None
    place = (*path, "active_within")
    within = read_duration(reader.findings, reader.sheet, raw["active_within"], place)
    if within is not None and within > LOOK_BACK:
        report_too_long(reader.findings, reader.sheet.spot(*place), "active_within")
        return None
    roles = _roles(reader, raw, path)
    if within is None or roles is None:
        return None
    return ColleaguesTest(count=count, within=within, roles=frozenset(roles))


def _roles(
    reader: ConditionReader, raw: Mapping[str, Yaml], path: KeyPath
) -> tuple[str, ...] | None:
    """The roles that count; none at all when any role does."""
    if "roles" not in raw:
        return ()
    place = (*path, "roles")
    reader.note_fact("role", place)
    if not check_fact(reader.findings, reader.sheet.spot(*place), "role", reader.words):
        return None
    mapped = reader.words.mapped
    known = mapped.values_of("role") if mapped is not None else None
    return reader.words_of(raw["roles"], place, known, "role") or None
