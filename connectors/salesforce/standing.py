"""Says how a wanted field stands in an org, and what a person deploys or grants; pure.

Nothing is made here: the fields of an org are metadata, which people deploy. What an org's answer
does not tell apart, a field that is not there and one that is hidden, is said to be either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Final

from worker.core.records import FieldDescription, FieldForm
from worker.core.setup_records import Choice, FieldStanding, FieldState, WantedField

PERMISSION_SET: Final = "Leadtriage_Integration"
INACTIVE_OWNERS: Final = "Leadtriage_Inactive_Owners"
OURS: Final = "Leadtriage_"
_ANOTHER: Final = "name another field in the map"
_TEXTS: Final = (FieldForm.TEXT, FieldForm.LONG_TEXT)
_KINDS: Final[Mapping[FieldForm, str]] = {
    FieldForm.TEXT: "Text",
    FieldForm.LONG_TEXT: "Long Text Area",
    FieldForm.NUMBER: "Number",
    FieldForm.CHOICE: "Picklist",
    FieldForm.CHOICES: "Picklist (Multi-Select)",
    FieldForm.INSTANT: "Date/Time",
    FieldForm.DATE: "Date",
    FieldForm.YES_NO: "Checkbox",
}
"""What Salesforce calls a field of each form, in Setup."""
_SHORT: Final = 255
_MANY: Final = 8


def deploy_command(folder: str = "force-app") -> str:
    """Write the command by which a person deploys a folder of our package."""
    return f"sf project deploy start --source-dir {folder} --target-org <org>"


def assign_command(name: str) -> str:
    """Write the command by which a person gives a permission set to our user."""
    return f"sf org assign permset --name {name} --on-behalf-of <our user> --target-org <org>"


def how_to_deploy(system: str) -> str:
    """Say how our package comes to an org."""
    return (
        f"write our package by `leadtriage setup {system} --package <folder>`, and run there "
        f"`{deploy_command()}`"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What our user sees of one object. ``hidden`` are the fields known to be there and not shown.

    None: the org does not let us look. ``consent`` are standard fields, which every org has.
    ``converting`` are the statuses of leads that stand for a conversion. ``allowed`` are the choices
    that each record type leaves, by its name and the field.
    """

    name: str
    fields: Mapping[str, FieldDescription]
    hidden: frozenset[str] | None = None
    consent: tuple[str, ...] = ()
    converting: frozenset[str] = frozenset()
    allowed: Mapping[str, Mapping[str, frozenset[str]]] = dataclass_field(default_factory=dict)


def stand(field: WantedField, present: Present) -> FieldStanding:
    """Compare one wanted field with an org."""
    found = present.fields.get(field.name)
    if found is None:
        return _absent(field, present)
    if not found.is_writable:
        says = f"the field {field.name!r} of {present.name} cannot be edited by our user."
        grant = f"grant Edit on {present.name}.{field.name}, as {PERMISSION_SET} does"
        return _differs(field, says, f"{grant}; or {_ANOTHER}, if it is a formula")
    if found.form not in (field.form, None):
        another = _of_another_form(field, found)
        if another is not None:
            return another
    if field.max_length and found.max_length and found.max_length < field.max_length:
        says = (
            f"the field {field.name!r} of {present.name} holds {found.max_length} characters, and up "
            f"to {field.max_length} are written."
        )
        return _differs(field, says, f"make it longer, or write `max_length: {found.max_length}`")
    return _choices_of(field, found, present)


def is_hidden(field: WantedField, present: Present) -> bool:
    """Tell whether a field that our user does not see is there all the same."""
    return field.name in present.consent or field.name in (present.hidden or ())


def is_to_deploy(standing: FieldStanding, present: Present) -> bool:
    """Tell whether a field comes with our package and is not there, as far as is known."""
    field = standing.field
    is_ours = field.name.startswith(OURS)
    return is_ours and field.name not in present.fields and not is_hidden(field, present)


def kind_in_words(field: WantedField) -> str:
    """Name the type that a field is deployed as, with its length."""
    kind = _KINDS[field.form]
    if field.form not in _TEXTS:
        return kind
    if field.max_length is None:
        return f"{kind}({_SHORT})" if field.form is FieldForm.TEXT else kind
    return f"{_KINDS[_TEXTS[field.max_length > _SHORT]]}({field.max_length})"


def _absent(field: WantedField, present: Present) -> FieldStanding:
    place = f"{present.name}.{field.name}"
    if is_hidden(field, present):
        says = (
            f"field-level security hides the field {field.name!r} of {present.name} from our user."
        )
        return _missing(field, says, f"grant Read and Edit on {place}, as {PERMISSION_SET} does")
    says = f"the org has no field {field.name!r} of {present.name}"
    if present.hidden is None:
        says += ", or field-level security hides it from our user"
    if not field.name.endswith("__c"):
        return _missing(field, f"{says}.", f"mend the name, or grant Read and Edit on {place}")
    if field.name.startswith(OURS):
        return _missing(field, f"{says}.", "deploy our package, as said below")
    make = f"make it in Setup, Object Manager, {present.name}; or mend the name in the map"
    return _missing(field, f"{says}.", make)


def _missing(field: WantedField, says: str, to_do: str) -> FieldStanding:
    return FieldStanding(
        field=field,
        state=FieldState.MISSING,
        says=says,
        allowed=kind_in_words(field),
        to_do=to_do,
        is_blocking=True,
    )


def _differs(field: WantedField, says: str, to_do: str, *, allowed: str = "") -> FieldStanding:
    return FieldStanding(
        field=field,
        state=FieldState.DIFFERS,
        says=says,
        allowed=allowed,
        to_do=to_do,
        is_blocking=True,
    )


def _of_another_form(field: WantedField, found: FieldDescription) -> FieldStanding | None:
    """A text takes any word, so it only serves people less well; every other type refuses some."""
    assert found.form is not None
    if found.form in _TEXTS and field.form in _TEXTS:
        return None
    kind = kind_in_words(field)
    says = f"the field {field.name!r} is a {_KINDS[found.form]}, not a {kind}, as it should be."
    if found.form in _TEXTS:
        return FieldStanding(
            field=field,
            state=FieldState.DIFFERS,
            says=f"{says} It is written as text, which people cannot choose from.",
            allowed=kind,
            to_do=f"leave it, or {_ANOTHER}",
        )
    to_do = f"{_ANOTHER}, or delete this one in Setup and deploy ours"
    return _differs(field, says, to_do, allowed=kind)


def _choices_of(field: WantedField, found: FieldDescription, present: Present) -> FieldStanding:
    known = found.options
    missing = tuple(one for one in field.choices if known is not None and one.value not in known)
    if not missing:
        return _allowed_by_types(field, present)
    says = f"the list of {field.name!r} of {present.name} has no {_in_words(missing)}."
    to_do = f"add it in Setup, Object Manager, {present.name}, or mend the word in the map"
    converts = [one.value for one in missing if one.value in present.converting]
    if converts:
        says = (
            f"the status {converts[0]!r} stands for a conversion, and writing it does not convert."
        )
        to_do = "name another status; people convert leads"
    return FieldStanding(
        field=field,
        state=FieldState.LACKS_CHOICES,
        missing=missing,
        says=says,
        allowed=", ".join((known or ())[:_MANY]),
        to_do=to_do,
        is_blocking=True,
    )


def _allowed_by_types(field: WantedField, present: Present) -> FieldStanding:
    """Find the record types that leave a choice out: a record of such a one refuses it."""
    for kind, lists in present.allowed.items():
        allowed = lists.get(field.name)
        missing = tuple(c for c in field.choices if allowed is not None and c.value not in allowed)
        if missing:
            return FieldStanding(
                field=field,
                state=FieldState.LACKS_CHOICES,
                missing=missing,
                says=(
                    f"the record type {kind!r} of {present.name} does not allow {_in_words(missing)} "
                    f"in {field.name!r}."
                ),
                to_do=f"allow it in Setup, Object Manager, {present.name}, Record Types",
                is_blocking=True,
            )
    return FieldStanding(field=field, state=FieldState.READY)


def _in_words(choices: Sequence[Choice]) -> str:
    shown = [f"{choice.value!r}" for choice in choices[:_MANY]]
    left = len(choices) - len(shown)
    return ", ".join([*shown, *([f"and {left} more"] if left else [])])
