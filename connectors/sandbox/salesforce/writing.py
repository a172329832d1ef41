"""Writes of one record: checked values, rules, stamps and history.

Everything is checked before anything is stored, so a refusal leaves no trace. A write that changes
nothing still moves the stamps, as Salesforce's does. From Python, pass ``AS_PERSON`` for what somebody
does in the browser: no field is hidden from that user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.derived import derived
from connectors.sandbox.salesforce.errors import Problem, RefusedError, not_found, refusal
from connectors.sandbox.salesforce.fields import Field, ObjectType, Row
from connectors.sandbox.salesforce.guards import guard
from connectors.sandbox.salesforce.history import note_changes
from connectors.sandbox.salesforce.org import Late, Org
from connectors.sandbox.salesforce.people import carry_over
from connectors.sandbox.salesforce.relations import (
    Tie,
    keep_relations,
    people_of,
    refuse_relation,
    tie_of,
)
from connectors.sandbox.salesforce.values import kept

ASSIGNED: Final = frozenset({"Lead", "Case", "Account"})
"""The types on whose writes assignment rules run, unless the header forbids it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes, and how. ``assigns`` is false when ``Sforce-Auto-Assign: FALSE`` was sent.

    ``user`` is whose id the change carries, where it is neither the usual person nor ours.
    """

    is_person: bool = False
    user: str = ""
    assigns: bool = True
    saves_duplicates: bool = False
    late_ms: int = 0
    """How long after its stamp the write becomes visible."""


AS_PERSON: Final = Writer(is_person=True, assigns=False, saves_duplicates=True)
"""Somebody in the browser, whose page has no box ticked that runs assignment rules."""


def create(org: Org, type_: str, given: Mapping[str, Json], writer: Writer = AS_PERSON) -> str:
    """Make a record; gives its id.

    Raises:
        RefusedError: It cannot be made; nothing was.
    """
    object_type = writable(org, type_, writer)
    if not object_type.is_createable:
        raise refusal("INVALID_TYPE_FOR_OPERATION", f"{type_} cannot be created")
    row = _checked(object_type, given, is_new=True)
    _need(object_type, row)
    defaults: Row = {
        one.name: one.default
        for one in object_type.fields.values()
        if one.default is not None and row.get(one.name) is None
    }
    row = {**row, **defaults}
    _own(org, object_type, row, writer)
    refuse_relation(org, object_type.name, row)
    guard(org, object_type, {}, row, saves_duplicates=writer.saves_duplicates)
    _assign(org, object_type, {}, row, writer)
    full = {
        **row,
        **derived(org, org.schema.of(object_type.name), {}, row),
        **stamps_of(org, writer),
    }
    full["Id"] = org.new_id(object_type)
    full |= {"CreatedDate": full["SystemModstamp"], "CreatedById": full["LastModifiedById"]}
    full["IsDeleted"] = 0

    def commit() -> None:
        org.store.insert(object_type.name, [full])
        _carry_on(org, object_type.name, {}, full, writer)

    _commit(org, writer, commit)
    return str(full["Id"])


def update(
    org: Org, type_: str, id_: str, given: Mapping[str, Json], writer: Writer = AS_PERSON
) -> None:
    """Change a record.

    Raises:
        RefusedError: It cannot be changed; nothing was.
    """
    object_type = writable(org, type_, writer)
    before = seen(org, object_type.name, id_, writer)
    if not object_type.is_updateable:
        raise refusal("INVALID_TYPE_FOR_OPERATION", f"{type_} cannot be changed")
    _refuse_converted(org, object_type, before)
    changed = _checked(object_type, given, is_new=False)
    _need_still(object_type, changed)
    after = {**before, **changed}
    guard(org, object_type, before, after, saves_duplicates=writer.saves_duplicates)
    _assign(org, object_type, before, after, writer)
    after |= derived(org, org.schema.of(object_type.name), before, after)
    impose(org, object_type.name, before, after, writer)


def impose(org: Org, type_: str, before: Row, after: Row, writer: Writer = AS_PERSON) -> None:
    """Store a record as Salesforce itself can change it, with stamps and history."""
    id_ = str(before["Id"])
    changed: Row = {name: value for name, value in after.items() if before.get(name) != value}
    changed |= stamps_of(org, writer)

    def commit() -> None:
        note_changes(org, type_, before, changed, str(changed["LastModifiedById"]))
        now = org.store.get(type_, id_) or before
        if int(now["SystemModstamp"] or 0) > int(changed["SystemModstamp"] or 0):
            changed.update({name: now[name] for name in _STAMPS})  # somebody was faster than us
        org.store.change(type_, id_, changed)
        _carry_on(org, type_, before, after, writer)

    _commit(org, writer, commit)


def _carry_on(org: Org, type_: str, before: Row, after: Row, writer: Writer) -> None:
    """Let what goes along with a record follow it."""
    id_ = str(after.get("Id") or before["Id"])
    carry_over(org, type_, id_)
    keep_relations(org, type_, id_, before)
    tie = tie_of(org, type_)
    if tie is not None:
        elect(org, tie, after, writer)


def elect(org: Org, tie: Tie, relation: Row, writer: Writer) -> None:
    """Have an activity name one of its people, as it must while it has any."""
    activity = org.store.get(tie.activity, str(relation[tie.field]))
    if activity is None or activity["IsDeleted"]:
        return
    people = people_of(org, tie, str(activity["Id"]))
    first = people[0] if people else None
    if activity["WhoId"] != first and activity["WhoId"] not in people:
        after: Row = {**activity, "WhoId": first}
        after |= derived(org, org.schema.of(tie.activity), activity, after)
        impose(org, tie.activity, activity, after, writer)


def present(org: Org, type_: str, id_: str) -> Row:
    """Read a record that is not deleted.

    Raises:
        RefusedError: There is none, or it is deleted.
    """
    row = org.store.get(type_, id_)
    if row is None:
        raise not_found()
    if row["IsDeleted"]:
        raise refusal("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return row


def seen(org: Org, type_: str, id_: str, writer: Writer) -> Row:
    """Read a record that is not deleted and that this user sees.

    Raises:
        RefusedError: There is none.
    """
    if not writer.is_person and not org.store.is_shared(id_):
        raise not_found()
    return present(org, type_, id_)


def _commit(org: Org, writer: Writer, commit: Callable[[], None]) -> None:
    if writer.late_ms:
        org.late.append(Late(due=org.clock.now_ms() + writer.late_ms, commit=commit))
    else:
        commit()


def writable(org: Org, type_: str, writer: Writer) -> ObjectType:
    """Find an object type as whoever writes sees it.

    Raises:
        RefusedError: There is none of this name.
    """
    found = org.schema.types.get(type_.lower()) if writer.is_person else org.schema.seen(type_)
    if found is None:
        raise refusal("NOT_FOUND", "The requested resource does not exist", status=404)
    return found


def _checked(object_type: ObjectType, given: Mapping[str, Json], *, is_new: bool) -> Row:
    row: Row = {}
    refused: list[str] = []
    for name, raw in given.items():
        if name.lower() in {"attributes", "id"}:
            continue
        field = object_type.field(name)
        if field is None:
            raise refusal(
                "INVALID_FIELD",
                f"No such column '{name}' on sobject of type {object_type.name}",
            )
        if not (field.is_createable if is_new else field.is_updateable):
            refused.append(field.name)
        else:
            row[field.name] = kept(field, raw)
    if refused:
        message = (
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings "
            "of this field and verify that it is read/write for your profile or permission set."
        )
        code = "INVALID_FIELD_FOR_INSERT_UPDATE"
        raise RefusedError(400, Problem(code=code, message=message, fields=tuple(refused)))
    return row


def _missing(names: list[str]) -> RefusedError:
    message = f"Required fields are missing: [{', '.join(names)}]"
    return RefusedError(
        400, Problem(code="REQUIRED_FIELD_MISSING", message=message, fields=tuple(names))
    )


def _need(object_type: ObjectType, row: Row) -> None:
    needed = [f for f in object_type.fields.values() if f.is_required]
    if object_type.name == "Account" and row.get("LastName") is not None:
        needed = [field for field in needed if field.name != "Name"]
    missing = [field.name for field in needed if row.get(field.name) is None]
    if missing:
        raise _missing(missing)


def _need_still(object_type: ObjectType, changed: Row) -> None:
    """Refuse to empty what must not be; what has a default gets no default later."""
    missing = [
        name
        for name, value in changed.items()
        if value is None and not _field(object_type, name).is_nillable
    ]
    if missing:
        raise _missing(missing)


def _field(object_type: ObjectType, name: str) -> Field:
    return object_type.fields[name.lower()]


def _own(org: Org, object_type: ObjectType, row: Row, writer: Writer) -> None:
    if "ownerid" in object_type.fields and row.get("OwnerId") is None:
        row["OwnerId"] = org.person if writer.is_person else org.integration_user


def _assign(org: Org, object_type: ObjectType, before: Row, after: Row, writer: Writer) -> None:
    """Let the assignment rule take the owner: it runs unless the header says not to."""
    if not writer.assigns or object_type.name not in ASSIGNED:
        return
    for rule in org.rules.assignments:
        if rule.type == object_type.name and rule.applies(before, after):
            after["OwnerId"] = rule.owner_id
            return


_STAMPS: Final = ("LastModifiedDate", "LastModifiedById", "SystemModstamp")


def stamps_of(org: Org, writer: Writer) -> Row:
    """Stamp a write: when, and by whom."""
    now = org.stamp()
    user = writer.user or (org.person if writer.is_person else org.integration_user)
    return {"LastModifiedDate": now, "LastModifiedById": user, "SystemModstamp": now}


def _refuse_converted(org: Org, object_type: ObjectType, before: Row) -> None:
    if object_type.name == "Lead" and before["IsConverted"] and not org.edits_converted:
        raise refusal("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
