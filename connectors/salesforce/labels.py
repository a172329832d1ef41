"""What an org's administrators say of how delicate its fields are: Data Classification.

A label of sensitivity that Salesforce brings is known (Object Reference, FieldSecurityClassification); one
that an organisation added itself counts as delicate, and so does a category of compliance but for those that
every fact of a person belongs to. Only whoever may view the set-up is told (Tooling API, FieldDefinition).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Final

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.soql import among, select
from connectors.salesforce.transport import Transport
from worker.core.records import Sensitivity
from worker.errors import FixAccessError, FixDataError

_HARMLESS: Final = frozenset({"Public", "Internal", "Confidential"})
"""Confidential is what may be shared under an agreement: by Salesforce's own words no law restricts it."""
_HIGHEST: Final = "MissionCritical"
_OF_ANYBODY: Final = frozenset({"PII", "GDPR", "CCPA", "COPPA", "PersonalInfo"})
"""Categories that any name and address is of; HIPAA and PCI are not among them, nor an own one."""
_FIELDS: Final = (
    "EntityDefinition.QualifiedApiName",
    "QualifiedApiName",
    "SecurityClassification",
    "ComplianceGroup",
)
Labels = Mapping[tuple[str, str], Sensitivity]
"""The delicate fields, by object and name."""


class _Entity(msgspec.Struct, rename="pascal"):
    qualified_api_name: str = ""


class _Definition(msgspec.Struct, rename="pascal"):
    qualified_api_name: str = ""
    entity_definition: _Entity | None = None
    security_classification: str | None = None
    compliance_group: str | None = None


class _Definitions(msgspec.Struct, rename="camel"):
    records: list[_Definition] = []
    next_records_url: str | None = None


_DECODER = msgspec.json.Decoder(_Definitions)


class LabelBook:
    """The labels of an org's fields, asked for once, for all objects together."""

    def __init__(self, transport: Transport, objects: Iterable[str]) -> None:
        self._transport = transport
        self._objects = sorted(set(objects))
        self._lock = Lock()
        self._known: Labels | None = None
        self._is_told = True

    @property
    def is_told(self) -> bool:
        """Whether the org lets us see its labels."""
        self.labels()
        return self._is_told

    def labels(self) -> Labels:
        """Name the delicate fields; none where we may not look."""
        with self._lock:
            if self._known is None:
                self._known = self._ask()
            return self._known

    def _ask(self) -> Labels:
        if not self._objects:
            return {}
        where = (among("EntityDefinition.QualifiedApiName", self._objects),)
        try:
            page = self._transport.query(select("FieldDefinition", _FIELDS, where), _DECODER.decode)
            found = [*page.records]
            while page.next_records_url is not None:
                rest = {"next": page.next_records_url}
                page = self._transport.call(paths.NEXT_PAGE, _DECODER.decode, path=rest)
                found += page.records
        except (FixAccessError, FixDataError):
            self._is_told = False
            return {}
        return {
            (one.entity_definition.qualified_api_name, one.qualified_api_name): degree
            for one in found
            if one.entity_definition is not None
            and (degree := _degree(one)) is not Sensitivity.NONE
        }


def _degree(one: _Definition) -> Sensitivity:
    if one.security_classification == _HIGHEST:
        return Sensitivity.HIGHLY_SENSITIVE
    groups = frozenset((one.compliance_group or "").split(";")) - {""}
    is_labelled = one.security_classification not in (None, "", *_HARMLESS)
    return Sensitivity.SENSITIVE if is_labelled or groups - _OF_ANYBODY else Sensitivity.NONE
