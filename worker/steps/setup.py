"""Sets up a CRM for the write-back: compares, then takes the steps one by one, then compares again.

What was made is told by looking, not by the answers: a step whose answer was lost counts as done if it
is there. Nothing is kept between runs but what the CRM itself has, so a run that was killed is finished
by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from worker.config.findings import in_words, problem_at
from worker.config.yaml_text import Sheet
from worker.core.records import FieldForm, ObjectDescription
from worker.core.setup_records import (
    Choice,
    FieldStanding,
    FieldState,
    SetupPlan,
    SetupStep,
    WantedField,
)
from worker.errors import FixAccessError, FixConfigurationError, Problem
from worker.ports import Connector, SetsUp

_TAKE_ANYTHING = (FieldForm.TEXT, FieldForm.LONG_TEXT)


def plan_setup(connector: Connector, wanted: Sequence[WantedField]) -> SetupPlan:
    """Compare what is written with the CRM.

    A connector that can make nothing needs not compare either: what its CRM says of its fields is
    enough to name what a person has to add.
    """
    if isinstance(connector, SetsUp):
        return connector.plan_setup(wanted)
    object_types = dict.fromkeys(field.object_type for field in wanted)
    shapes = {name: connector.describe(name) for name in object_types}
    standings = tuple(_stand(field, shapes[field.object_type]) for field in wanted)
    return SetupPlan(standings=standings, steps=())


def _stand(field: WantedField, shape: ObjectDescription) -> FieldStanding:
    found = next((one for one in shape.fields if one.name == field.name), None)
    if found is None:
        if shape.can_add_fields:
            return FieldStanding(field=field, state=FieldState.READY)
        says = f"the CRM has no field {field.name!r}, which is written."
        to_do = f"add it to the CRM as {field.form}{_with_values(field.choices)}"
        return _left(field, FieldState.MISSING, says, to_do)
    if not found.is_writable:
        says = f"the field {field.name!r} is read-only in the CRM."
        return _left(field, FieldState.DIFFERS, says, "name another field in the map")
    if found.form is not None and found.form not in (field.form, *_TAKE_ANYTHING):
        says = f"the field {field.name!r} holds {found.form}, and is written as {field.form}."
        return _left(field, FieldState.DIFFERS, says, "name another field in the map")
    known = frozenset(found.options or ())
    missing = tuple(choice for choice in field.choices if known and choice.value not in known)
    if not missing:
        return FieldStanding(field=field, state=FieldState.READY)
    says = f"the CRM's list of {field.name!r} lacks {len(missing)} of the words that are written."
    to_do = f"add them to the list in the CRM{_with_values(missing)}; until then they are left out"
    return _left(field, FieldState.LACKS_CHOICES, says, to_do, missing)


def _left(
    field: WantedField,
    state: FieldState,
    says: str,
    to_do: str,
    missing: tuple[Choice, ...] = (),
) -> FieldStanding:
    """A standing that only a person can mend."""
    return FieldStanding(
        field=field, state=state, missing=missing, says=says, to_do=to_do, is_blocking=True
    )


def _with_values(choices: Sequence[Choice]) -> str:
    return f", with the values {in_words(c.value for c in choices)}" if choices else ""


def refuse_setup(plan: SetupPlan) -> None:
    """Take no step of a plan of which some could not be taken.

    Raises:
        FixAccessError: our token lacks a permission for it.
        FixConfigurationError: something stands in the way of all of it.
    """
    if not plan.steps:
        return
    if plan.lacking:
        names = ", ".join(permission.name for permission in plan.lacking)
        raise FixAccessError(f"The token lacks: {names}. Grant it and run setup again.")
    for finding in plan.findings:
        if finding.is_blocking:
            raise FixConfigurationError(f"{finding.message} Nothing was changed.")


def carry_out(
    connector: Connector, steps: Sequence[SetupStep], on_done: Callable[[SetupStep], None]
) -> None:
    """Take the steps in their order; only a connector that sets up has given any."""
    for step in steps:
        assert isinstance(connector, SetsUp)
        connector.carry_out(step)
        on_done(step)


def problems_of(plan: SetupPlan, sheet: Sheet) -> Iterator[Problem]:
    """Name what a person has to see to, at its line of the map; ``sheet`` is the file of the map."""
    for standing in plan.standings:
        if standing.is_blocking:
            field = standing.field
            yield problem_at(
                sheet.spot("objects", field.object_type, "writes", field.key),
                standing.says,
                allowed=standing.allowed,
                hint=standing.to_do,
            )
    for finding in plan.findings:
        if finding.is_blocking:
            yield problem_at(sheet.spot("system"), finding.message)
