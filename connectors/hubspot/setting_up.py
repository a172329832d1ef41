"""Sets up an account: what the write-back needs of properties, how it stands, and one step at a time.

Nothing is removed and no type is changed. Options are only added, and only to a property that the
worker alone writes. Each step is one request, so that a run that was killed has left whole things
behind, and the next one finds what is left to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.account import custom_properties
from connectors.hubspot.faults import error_of
from connectors.hubspot.forms_of_fields import KINDS, YES_NO_OPTIONS
from connectors.hubspot.paths import Endpoint
from connectors.hubspot.schema import Option, Property, list_archived, list_properties
from connectors.hubspot.standing import Present, stand
from connectors.hubspot.transport import Body, Transport
from worker.core.records import CheckFinding
from worker.core.setup_records import (
    Choice,
    FieldStanding,
    FieldState,
    SetupAct,
    SetupPlan,
    SetupStep,
    WantedField,
)

GROUP = "leadtriage"
GROUP_LABEL = "Leadtriage"
_EXISTS = 409


class _Group(msgspec.Struct):
    name: str


class _Groups(msgspec.Struct):
    results: list[_Group]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Makes properties of one object type of HubSpot, which the field map calls ``object_type``."""

    transport: Transport
    name: str
    object_type: str

    def plan(self, wanted: Sequence[WantedField]) -> SetupPlan:
        """Compare what is wanted with what is there, and name the steps; reads only."""
        present = self._present()
        standings = tuple(stand(field, present) for field in wanted)
        steps = tuple(self._step(one) for one in standings if _can_mend(one))
        if any(step.act is SetupAct.ADD_FIELD for step in steps) and not self._has_group():
            group = SetupStep(
                act=SetupAct.ADD_GROUP,
                object_type=self.object_type,
                name=GROUP,
                label=GROUP_LABEL,
            )
            steps = (group, *steps)
        return SetupPlan(standings=standings, steps=steps, findings=self._room(steps))

    def carry_out(self, step: SetupStep) -> None:
        """Take one step; what somebody made meanwhile is left as it is.

        Raises:
            LeadtriageError: named by what to do. Whether a step landed whose answer was lost is seen
                by the next plan.
        """
        if step.act is SetupAct.ADD_GROUP:
            body: Body = {"name": step.name, "label": step.label, "displayOrder": -1}
            self._send(paths.GROUP_CREATE, step, body)
        elif step.act is SetupAct.ADD_FIELD:
            assert step.field is not None
            self._send(paths.PROPERTY_CREATE, step, _definition(step.field))
        else:
            self._add_options(step)

    # --- looking

    def _present(self) -> Present:
        listed = list(list_properties(self.transport, self.name))
        return Present(
            properties={item.name: item for item, _sensitivity in listed},
            delicate=frozenset(i.name for i, sensitivity in listed if sensitivity != "none"),
            archived=list_archived(self.transport, self.name),
        )

    def _has_group(self) -> bool:
        found = self.transport.call(paths.GROUP_LIST, _Groups, path={"object_type": self.name})
        return any(group.name == GROUP for group in found.results)

    def _room(self, steps: Sequence[SetupStep]) -> tuple[CheckFinding, ...]:
        """Say that the account has no room for so many properties; one that tells nothing has."""
        wanted = sum(step.act is SetupAct.ADD_FIELD for step in steps)
        room = custom_properties(self.transport) if wanted else None
        if room is None or room.limit - room.used >= wanted:
            return ()
        message = (
            f"The account has room for {max(room.limit - room.used, 0)} more custom properties of "
            f"{self.name}, and {wanted} are missing. Archive some that nobody uses, or take lines out "
            "of `writes`."
        )
        return (CheckFinding(message=message, is_blocking=True),)

    # --- making

    def _step(self, standing: FieldStanding) -> SetupStep:
        field, is_new = standing.field, standing.state is FieldState.MISSING
        return SetupStep(
            act=SetupAct.ADD_FIELD if is_new else SetupAct.ADD_CHOICES,
            object_type=self.object_type,
            name=field.name,
            label=field.label,
            field=field,
            choices=() if is_new else standing.missing,
        )

    def _add_options(self, step: SetupStep) -> None:
        """Send the whole list as it is now, with what is missing at its end: HubSpot replaces it."""
        path = {"object_type": self.name, "name": step.name}
        there = self.transport.call(paths.PROPERTY_READ, Property, path=path).options
        self._send(paths.PROPERTY_UPDATE, step, {"options": _joined(there, step.choices)})

    def _send(self, endpoint: Endpoint, step: SetupStep, body: Body) -> None:
        path = {"object_type": self.name, "name": step.name}
        answer = self.transport.exchange(endpoint, path=path, body=body)
        if answer.fault is not None and answer.status != _EXISTS:
            operation = f"{endpoint.name}, {step.name}"
            raise error_of(replace(answer.fault, operation=operation))


def _definition(field: WantedField) -> Body:
    """Write the body that makes a property. It is no field of forms: people do not fill it in."""
    kind = KINDS[field.form]
    body: dict[str, object] = {
        "name": field.name,
        "label": field.label,
        "description": field.description,
        "groupName": GROUP,
        "type": kind.type,
        "fieldType": kind.field_type,
        "formField": False,
    }
    choices = [Choice(value, label) for label, value in YES_NO_OPTIONS]
    listed = choices if kind.type == "bool" else field.choices
    if listed:
        body["options"] = _joined((), listed)
    return body


def _joined(there: Sequence[Option], choices: Sequence[Choice]) -> Sequence[Mapping[str, object]]:
    """Put choices behind the options that are there; one that is there already stays as it is."""
    known = {option.value for option in there}
    first = 1 + max((option.display_order for option in there), default=-1)
    fresh = [choice for choice in choices if choice.value not in known]
    added = [
        Option(value=choice.value, label=choice.label, display_order=first + place)
        for place, choice in enumerate(fresh)
    ]
    return [_option_body(option) for option in (*there, *added)]


def _option_body(option: Option) -> Mapping[str, object]:
    body = msgspec.to_builtins(option)
    return {name: value for name, value in body.items() if value is not None}


def _can_mend(standing: FieldStanding) -> bool:
    return standing.is_lacking and not standing.is_blocking
