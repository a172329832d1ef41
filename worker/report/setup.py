"""What ``leadtriage setup`` shows: how each field that is written stands, and what our token may do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType

from worker.core.setup_records import (
    FieldStanding,
    FieldState,
    LiveAccount,
    Permission,
    SetupAct,
    SetupPlan,
    SetupStep,
)
from worker.core.trace import Json
from worker.report.text import plain_table
from worker.report.words import counted

_NOUNS = {SetupAct.ADD_GROUP: "group", SetupAct.ADD_FIELD: "field"}
_GRANTED = {True: "granted", False: "missing", None: "not told"}


def show_setup(system: str, plan: SetupPlan) -> RenderableType:
    """A table of the fields, and one of the permissions."""
    parts: list[RenderableType] = []
    for object_type in dict.fromkeys(one.field.object_type for one in plan.standings):
        table = plain_table(f"{system} {object_type}", "field", "written", "holds", "state")
        table.columns[0].no_wrap = True
        for one in plan.standings:
            if one.field.object_type == object_type:
                table.add_row(one.field.name, one.field.key, _holds(one), _state(one, plan))
        parts += [table, ""]
    if plan.permissions:
        parts += [_permission_table(plan.permissions), ""]
    return Group(*parts)


def show_account(account: LiveAccount) -> RenderableType:
    """What a CRM told of the account, and of what our token may do."""
    table = plain_table(f"{account.system}: the account", "what", "says")
    for what, says in account.facts:
        table.add_row(what, says)
    parts: list[RenderableType] = [table, ""] if account.facts else []
    if account.permissions:
        parts += [_permission_table(account.permissions), ""]
    return Group(*parts)


def account_json(account: LiveAccount) -> dict[str, Json]:
    """The same for machines."""
    return {
        "system": account.system,
        "facts": [{"what": what, "says": says} for what, says in account.facts],
        "permissions": [_permission_json(one) for one in account.permissions],
    }


def _permission_table(permissions: Sequence[Permission]) -> RenderableType:
    table = plain_table("What our login needs", "permission", "for", "")
    for name, needed_for, is_granted in permissions:
        table.add_row(name, needed_for, _GRANTED[is_granted])
    return table


def _holds(standing: FieldStanding) -> str:
    count = len(standing.field.choices)
    return f"{standing.field.form} ({count})" if count else standing.field.form


def _state(standing: FieldStanding, plan: SetupPlan) -> str:
    if standing.is_blocking or (standing.is_lacking and standing not in plan.mended):
        return f"{standing.state}: see below"
    match standing.state:
        case FieldState.MISSING:
            return "to be made"
        case FieldState.LACKS_CHOICES:
            return f"{counted(len(standing.missing), 'value')} to be added"
        case FieldState.DIFFERS:
            return "held as text"
        case _:
            return standing.state.value


def step_in_words(step: SetupStep, *, is_done: bool) -> str:
    """Say what a step did, or would do."""
    if step.act is SetupAct.ADD_CHOICES:
        verb = "Added" if is_done else "Would add"
        return f"{verb} {counted(len(step.choices), 'value')} to {step.name} of {step.object_type}."
    verb = "Made" if is_done else "Would make"
    return f"{verb} the {_NOUNS[step.act]} {step.name} of {step.object_type}."


def setup_json(
    system: str,
    plan: SetupPlan,
    done: Sequence[SetupStep],
    problems: Iterable[Json],
    *,
    is_dry_run: bool,
) -> dict[str, Json]:
    """Everything that is known of the set-up. ``plan`` is how things stood at the start."""
    listed = list(problems)
    return {
        "system": system,
        "is_dry_run": is_dry_run,
        "is_ready": not listed and len(done) == len(plan.steps),
        "fields": [_field_json(one) for one in plan.standings],
        "steps": [_step_json(step, is_done=step in done) for step in plan.steps],
        "permissions": [_permission_json(one) for one in plan.permissions],
        "problems": listed,
    }


def _field_json(standing: FieldStanding) -> dict[str, Json]:
    field = standing.field
    return {
        "object_type": field.object_type,
        "field": field.name,
        "written": field.key,
        "label": field.label,
        "holds": field.form.value,
        "values": [choice.value for choice in field.choices],
        "state": standing.state.value,
        "missing_values": [choice.value for choice in standing.missing],
        "message": standing.says,
        "hint": standing.to_do,
        "is_blocking": standing.is_blocking,
    }


def _step_json(step: SetupStep, *, is_done: bool) -> dict[str, Json]:
    return {
        "act": step.act.value,
        "object_type": step.object_type,
        "name": step.name,
        "values": [choice.value for choice in step.choices],
        "is_done": is_done,
    }


def _permission_json(permission: Permission) -> dict[str, Json]:
    return {
        "name": permission.name,
        "needed_for": permission.needed_for,
        "is_granted": permission.is_granted,
    }
