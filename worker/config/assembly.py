"""Builds all parts of a configuration from its documents, words first."""

from __future__ import annotations

from dataclasses import replace

from worker.config.areas import AreaReader
from worker.config.availability import AvailabilityReader
from worker.config.availability_documents import AvailabilityDocument
from worker.config.basics import (
    build_activities,
    build_facts,
    build_reasons,
    check_organisation,
    find_time_zone,
)
from worker.config.calendars import build_calendar
from worker.config.catalog import (
    build_groups,
    build_lists,
    build_related_lines,
    build_titles,
)
from worker.config.consent import build_consent
from worker.config.documents import (
    ActivitiesDocument,
    CatalogDocument,
    ConsentDocument,
    GuardrailsDocument,
    ModelDocument,
    OrganisationDocument,
    PathwaysDocument,
    QualityDocument,
    ReasonsDocument,
)
from worker.config.exclusions import ExclusionReader
from worker.config.findings import Findings
from worker.config.folder import Folder, Source
from worker.config.governance import (
    Desk,
    build_guardrails,
    build_pathways,
    build_quality,
)
from worker.config.hand_off import HandOffReader
from worker.config.hand_off_documents import HandOffDocument
from worker.config.identity import build_identity
from worker.config.identity_documents import IdentityDocument
from worker.config.joined_maps import join_mapped
from worker.config.lifecycle import LifecycleReader
from worker.config.lifecycle_documents import LifecycleDocument
from worker.config.maps import MapNotes, MapReader
from worker.config.offers import build_offers
from worker.config.organisation_tests import build_organisation_policy
from worker.config.parts import Parts
from worker.config.policies import PolicyReader
from worker.config.policy_documents import PolicyDocument
from worker.config.postal_table import read_postal_codes
from worker.config.routing import RoutingReader
from worker.config.routing_documents import RoutingDocument
from worker.config.shared import SharedReader
from worker.config.shared_documents import SharedDocument
from worker.config.system_documents import SystemDocument
from worker.config.vocabulary import Vocabulary
from worker.config.yaml_text import Sheet

RESERVED_SYSTEMS = frozenset({"config", "ledger", "log", "run"})
"""Names that settings use already, so that no system may have them."""


def build_parts(files: Folder, findings: Findings) -> Parts:
    """Build whatever can be built; every mistake on the way is among the findings."""
    parts = Parts(words=_build_words(files, findings))
    _build_systems(files, parts, findings)
    _build_offers(files, parts, findings)
    _build_shared(files, parts, findings)
    _build_rules(files, parts, findings)
    _build_identity(files, parts, findings)
    _build_policies(files, parts, findings)
    _build_routing(files, parts, findings)
    _build_availability(files, parts, findings)
    _build_hand_off(files, parts, findings)
    return parts


def _build_words(files: Folder, findings: Findings) -> Vocabulary:
    words = Vocabulary(pathways=_pathway_names(files))
    if organisation := files.get("organisation.yaml", OrganisationDocument):
        check_organisation(organisation.document, organisation.sheet, findings)
        spot = organisation.sheet.spot("time_zone")
        zone = find_time_zone(organisation.document.time_zone, spot, findings)
        calendar = build_calendar(organisation.document, organisation.sheet, findings)
        words = replace(words, time_zone=zone, calendar=calendar)
        table = read_postal_codes(files.path, organisation.document, organisation.sheet, findings)
        words = replace(words, postal_codes=table)
    if model := files.get("model.yaml", ModelDocument):
        words = replace(words, facts=build_facts(model.document, model.sheet, findings))
    if reasons := files.get("reasons.yaml", ReasonsDocument):
        words = replace(words, reasons=build_reasons(reasons.document, reasons.sheet, findings))
    if acts := files.get("activities.yaml", ActivitiesDocument):
        kinds = build_activities(acts.document, acts.sheet, words.reasons, findings)
        consent_source = files.get("consent.yaml", ConsentDocument)
        exclusions = ExclusionReader(
            document=acts.document,
            sheet=acts.sheet,
            findings=findings,
            consent=consent_source.document if consent_source else None,
        )
        words = replace(words, activities=kinds, exclusions=exclusions.build())
    if catalog := files.get("catalog.yaml", CatalogDocument):
        reader = AreaReader(
            document=catalog.document,
            sheet=catalog.sheet,
            findings=findings,
            postal_codes=words.postal_codes,
        )
        areas = reader.build()
        lists = build_lists(catalog.document, catalog.sheet, findings)
        titles, groups = build_titles(catalog.document), build_groups(catalog.document)
        related = build_related_lines(catalog.document, catalog.sheet, findings)
        words = replace(words, areas=areas, lists=lists, titles=titles, groups=groups)
        words = replace(words, related_lines=related)
    if consent := files.get("consent.yaml", ConsentDocument):
        words = replace(words, purposes=frozenset(consent.document.purposes))
    return words


def _pathway_names(files: Folder) -> frozenset[str] | None:
    source = files.get("pathways.yaml", PathwaysDocument)
    if source is None:
        return None
    return frozenset(entry.pathway for entry in source.document.pathways)


def _region(files: Folder) -> str:
    source = files.get("organisation.yaml", OrganisationDocument)
    return source.document.default_region if source else "US"


def _build_systems(files: Folder, parts: Parts, findings: Findings) -> None:
    notes = MapNotes()
    for source in files.all_of(SystemDocument):
        name = _system_name(source, findings)
        reader = MapReader(
            sheet=source.sheet,
            findings=findings,
            words=parts.words,
            region=_region(files),
            notes=notes,
        )
        parts.systems[name] = reader.build(name, source.document)
    words = parts.words
    is_known = files.is_whole("systems") and bool(parts.systems)
    if is_known and None not in (words.facts, words.lists, words.activities):
        parts.words = replace(words, mapped=join_mapped(notes, parts.systems))


def _system_name(source: Source[SystemDocument], findings: Findings) -> str:
    """The name of a system is that of its file; the key in the file must agree."""
    name = source.sheet.file.removeprefix("systems/").removesuffix(".yaml")
    written, spot = source.document.system, source.sheet.spot("system")
    if written in RESERVED_SYSTEMS:
        message = f"a system cannot be called {written!r}; settings use the name."
        findings.error(spot, message, hint="choose another name, for it and its file")
    elif written != name:
        message = f"the system is called {written!r}, but its file {name!r}."
        findings.error(spot, message, hint=f"write `system: {name}`, or rename the file")
    return name


def _build_offers(files: Folder, parts: Parts, findings: Findings) -> None:
    """Read the limits of the catalog, which speak of facts and so need to know what is mapped."""
    if catalog := files.get("catalog.yaml", CatalogDocument):
        offers = build_offers(catalog.document, catalog.sheet, parts.words, findings)
        parts.words = replace(parts.words, offers=offers)


def _build_shared(files: Folder, parts: Parts, findings: Findings) -> None:
    """Read the fragments before anything that may use them."""
    if shared := files.get("shared.yaml", SharedDocument):
        reader = SharedReader(sheet=shared.sheet, findings=findings, words=parts.words)
        parts.words = replace(parts.words, shared=reader.build(shared.document))


def _build_rules(files: Folder, parts: Parts, findings: Findings) -> None:
    def desk(sheet: Sheet) -> Desk:
        return Desk(sheet=sheet, findings=findings, words=parts.words, reads=parts.reads)

    if own := files.get("organisation.yaml", OrganisationDocument):
        parts.organisations = build_organisation_policy(own.document, own.sheet, findings)
    if pathways := files.get("pathways.yaml", PathwaysDocument):
        parts.pathways = build_pathways(pathways.document, desk(pathways.sheet))
    if consent := files.get("consent.yaml", ConsentDocument):
        parts.consent = build_consent(consent.document, desk(consent.sheet))
    if quality := files.get("quality.yaml", QualityDocument):
        parts.quality = build_quality(quality.document, _region(files), desk(quality.sheet))
    if lifecycle := files.get("lifecycle.yaml", LifecycleDocument):
        reader = LifecycleReader(
            document=lifecycle.document,
            desk=desk(lifecycle.sheet),
            systems=files.systems,
        )
        parts.lifecycle = reader.build()
    if guardrails := files.get("guardrails.yaml", GuardrailsDocument):
        parts.guardrails = build_guardrails(guardrails.document, desk(guardrails.sheet))


def _build_policies(files: Folder, parts: Parts, findings: Findings) -> None:
    for source in files.all_of(PolicyDocument):
        reader = PolicyReader(
            sheet=source.sheet, findings=findings, words=parts.words, reads=parts.reads
        )
        policy = reader.build(source.document)
        if policy is not None:
            parts.policies[source.sheet.file] = policy


def _build_routing(files: Folder, parts: Parts, findings: Findings) -> None:
    source = files.get("routing.yaml", RoutingDocument)
    if source is None:
        return
    reader = RoutingReader(
        sheet=source.sheet,
        findings=findings,
        words=parts.words,
        systems=files.systems,
        reads=parts.reads,
    )
    parts.routing = reader.build(source.document)


def _build_availability(files: Folder, parts: Parts, findings: Findings) -> None:
    if found := files.get("availability.yaml", AvailabilityDocument):
        reader = AvailabilityReader(
            sheet=found.sheet, findings=findings, words=parts.words, reads=parts.reads
        )
        parts.availability = reader.build(found.document)


def _build_hand_off(files: Folder, parts: Parts, findings: Findings) -> None:
    if found := files.get("hand_off.yaml", HandOffDocument):
        reader = HandOffReader(sheet=found.sheet, findings=findings, words=parts.words)
        parts.hand_off = reader.build(found.document)


def _build_identity(files: Folder, parts: Parts, findings: Findings) -> None:
    if found := files.get("identity.yaml", IdentityDocument):
        parts.identity = build_identity(
            found.document, found.sheet, parts.words, files.systems, findings
        )
