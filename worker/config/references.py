"""Reads which field holds the id of the same person elsewhere: a cross-reference."""

from __future__ import annotations

from worker.config.findings import Findings, Spot
from worker.config.folder import Folder
from worker.config.parts import Parts
from worker.config.system_documents import ReferenceEntry, SystemDocument
from worker.config.vocabulary import check_name
from worker.core.field_map import ObjectKind, ReferenceTarget
from worker.core.model import FactKind, FactSpec

USUAL = {
    "hubspot_id": ReferenceTarget("hubspot"),
    "salesforce_id": ReferenceTarget("salesforce"),
    "salesforce_lead_id": ReferenceTarget("salesforce"),
    "salesforce_contact_id": ReferenceTarget("salesforce"),
}
"""What the standard facts refer to where a map does not say; there need be no such system."""


def read_target(
    spec: FactSpec, entry: ReferenceEntry | None, spot: Spot, findings: Findings
) -> ReferenceTarget | None:
    """Say to which system a field refers, None: to none. Whether it exists is checked later."""
    if entry is None:
        return USUAL.get(spec.name)
    if spec.kind is not FactKind.ID:
        message = f"{spec.name!r} is a {spec.kind} fact, so it cannot name a record."
        findings.error(spot, message, hint="take refers_to out, or use a fact of the kind id")
        return None
    return ReferenceTarget(entry.system, entry.object)


def check_references(files: Folder, parts: Parts, findings: Findings) -> None:
    """Report references to systems, or object types of contacts, that no map describes."""
    for source in files.all_of(SystemDocument):
        for name, item in source.document.objects.items():
            for fact, entry in item.fields.items():
                if entry.refers_to is not None:
                    spot = source.sheet.spot("objects", name, "fields", fact, "refers_to")
                    _check_reference(entry.refers_to, spot, files, parts, findings)


def _check_reference(
    entry: ReferenceEntry, spot: Spot, files: Folder, parts: Parts, findings: Findings
) -> None:
    known = check_name(findings, spot, "system", entry.system, files.systems)
    if not known or entry.object is None or entry.system not in parts.systems:
        return
    objects = parts.systems[entry.system].objects
    contacts = frozenset(o.object_type for o in objects if o.kind is ObjectKind.CONTACT)
    check_name(findings, spot, "contact object", entry.object, contacts)
