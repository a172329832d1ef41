"""Which types of HubSpot's properties hold which form of field, and what is said of those that do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.hubspot.schema import Property
from worker.core.records import FieldForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """HubSpot's ``type``, and its ``fieldType``: how people see and enter a value."""

    type: str
    field_type: str

    def __str__(self) -> str:
        return f"{self.type}/{self.field_type}"


KINDS: Mapping[FieldForm, Kind] = {
    FieldForm.TEXT: Kind(type="string", field_type="text"),
    FieldForm.LONG_TEXT: Kind(type="string", field_type="textarea"),
    FieldForm.NUMBER: Kind(type="number", field_type="number"),
    FieldForm.CHOICE: Kind(type="enumeration", field_type="select"),
    FieldForm.CHOICES: Kind(type="enumeration", field_type="checkbox"),
    FieldForm.INSTANT: Kind(type="datetime", field_type="date"),
    FieldForm.DATE: Kind(type="date", field_type="date"),
    FieldForm.YES_NO: Kind(type="bool", field_type="booleancheckbox"),
}
"""What is made for each form."""
YES_NO_OPTIONS = (("Yes", "true"), ("No", "false"))
"""HubSpot wants both of a property that is true or false, label first."""


def kind_of(found: Property) -> Kind:
    """Name the type of a property."""
    return Kind(type=found.type, field_type=found.field_type)


def is_fit(found: Property, form: FieldForm) -> bool:
    """Tell whether a property holds this form as it is meant to be held."""
    if form is FieldForm.CHOICES:
        return kind_of(found) == KINDS[form]
    if form is FieldForm.YES_NO and found.type == "enumeration":
        return any(option.value == "true" for option in found.options)
    return found.type == KINDS[form].type


def is_text(found: Property) -> bool:
    """Tell whether a property is text, which takes the words of every other form."""
    return found.type == "string"
