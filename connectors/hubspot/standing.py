"""Says how a wanted property stands in an account, and what a person does where we may not; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.hubspot.forms_of_fields import KINDS, is_fit, is_text, kind_of
from connectors.hubspot.schema import Property
from worker.core.records import FieldForm
from worker.core.setup_records import (
    Choice,
    FieldStanding,
    FieldState,
    WantedField,
)

STAGE = "lifecyclestage"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_MANY = 8
_SEPARATOR = ";"
_ANOTHER = "name another property in the map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What an account has of one object type: properties in use, the delicate ones, archived names."""

    properties: Mapping[str, Property]
    delicate: frozenset[str]
    archived: frozenset[str]


def stand(field: WantedField, present: Present) -> FieldStanding:
    """Compare one wanted field with the account."""
    found = present.properties.get(field.name)
    if found is None:
        return _absent(field, present)
    if not found.is_writable:
        what = "is calculated" if found.calculated else "is read-only"
        return _differs(field, f"the property {field.name!r} {what}, so nothing can write it.")
    if field.name in present.delicate:
        says = f"the property {field.name!r} holds sensitive data, which is never written."
        return _differs(field, says)
    if not is_fit(found, field.form):
        return _of_another_type(field, found)
    if field.form is FieldForm.CHOICES and field.separator != _SEPARATOR:
        says = f"HubSpot parts the choices of {field.name!r} by {_SEPARATOR!r} only."
        return _differs(field, says, to_do='write `separator: ";"`, or take it out of the map')
    return _choices_of(field, found)


def _absent(field: WantedField, present: Present) -> FieldStanding:
    if field.name in present.archived:
        return FieldStanding(
            field=field,
            state=FieldState.ARCHIVED,
            says=f"the property {field.name!r} is archived.",
            to_do="restore it under Settings, Properties, Archived properties, or " + _ANOTHER,
            is_blocking=True,
        )
    if field.is_ours and not _NAME.fullmatch(field.name):
        says = f"{field.name!r} cannot be the name of a property."
        allowed = "small letters, digits and _, beginning with a letter, 100 at most"
        return replace(_differs(field, says), state=FieldState.MISSING, allowed=allowed)
    if field.is_ours:
        return FieldStanding(field=field, state=FieldState.MISSING)
    return FieldStanding(
        field=field,
        state=FieldState.MISSING,
        says=f"the account has no property {field.name!r}, which is not ours to make.",
        to_do="mend the name in the map, or make the property in HubSpot",
        is_blocking=True,
    )


def _differs(field: WantedField, says: str, to_do: str = _ANOTHER) -> FieldStanding:
    return FieldStanding(
        field=field, state=FieldState.DIFFERS, says=says, to_do=to_do, is_blocking=True
    )


def _of_another_type(field: WantedField, found: Property) -> FieldStanding:
    """A text takes any word, so it only serves people less well; every other type refuses some."""
    says = (
        f"the property {field.name!r} is of the type {kind_of(found)}, not {KINDS[field.form]}, "
        f"as a {field.form} should be."
    )
    to_do = f"{_ANOTHER}, or delete this one in HubSpot and run setup again"
    if is_text(found):
        says += " It is written as text, which HubSpot cannot filter by value."
        to_do = "leave it, or " + to_do
    return FieldStanding(
        field=field,
        state=FieldState.DIFFERS,
        says=says,
        allowed=str(KINDS[field.form]),
        to_do=to_do,
        is_blocking=not is_text(found),
    )


def _choices_of(field: WantedField, found: Property) -> FieldStanding:
    known = {option.value for option in found.options}
    missing = tuple(choice for choice in field.choices if choice.value not in known)
    if not missing or found.external_options:
        return FieldStanding(field=field, state=FieldState.READY)
    if field.is_ours and found.takes_options:
        return FieldStanding(field=field, state=FieldState.LACKS_CHOICES, missing=missing)
    return FieldStanding(
        field=field,
        state=FieldState.LACKS_CHOICES,
        missing=missing,
        says=f"the list of {field.name!r} has no {_in_words(missing)}.",
        allowed=_other_options(field, found),
        to_do=_by_hand(field, missing),
        is_blocking=True,
    )


def _in_words(choices: Sequence[Choice]) -> str:
    shown = [f"{choice.value!r} ({choice.label})" for choice in choices[:_MANY]]
    left = len(choices) - len(shown)
    return ", ".join([*shown, *([f"and {left} more"] if left else [])])


def _other_options(field: WantedField, found: Property) -> str:
    """Name the options that the map does not: the one that is meant may be among them."""
    named = {choice.value for choice in field.choices}
    others = [o for o in found.options if o.value not in named]
    return ", ".join(f"{option.value} ({option.label})" for option in others[:_MANY])


def _by_hand(field: WantedField, missing: Sequence[Choice]) -> str:
    """Say where a person adds what we may not: HubSpot gives a stage a number for its name."""
    if field.name != STAGE:
        return "add it to the list in HubSpot, or mend the word in the map"
    names = ", ".join(choice.label for choice in missing[:_MANY])
    return (
        f"make the stage ({names}) under Settings, Objects, Contacts, Lifecycle Stage, and put the "
        "number that HubSpot gives it as internal name into the map; or put the name of another "
        "stage there"
    )
