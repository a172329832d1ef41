"""One org of the twin: its data, its clock, and how it is set to behave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec.json import decode, encode

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.fields import ObjectType, RecordType, Row
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.plans import Cursor
from connectors.sandbox.salesforce.rules import Rules
from connectors.sandbox.salesforce.schema import Schema, open_schema
from connectors.sandbox.salesforce.store import Store

SECOND_MS: Final = 1_000
_FEATURES: Final = "features"


@dataclass(slots=True, kw_only=True)
class Late:
    """A transaction that has stamped its rows and commits only at ``due`` (ms)."""

    due: int
    commit: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place to go back to: a savepoint, and how many transactions waited."""

    name: str
    late: int


@dataclass(slots=True, kw_only=True)
class Org:
    """What every endpoint works on.

    ``integration_user`` is whom the sessions of the API belong to, ``person`` who edits in the
    browser. ``edits_converted`` is the permission "View and Edit Converted Leads". Stamps are whole
    seconds, so many records share one. ``edits_inactive_owned`` is the permission "Update Records with
    Inactive Owners".
    """

    store: Store
    clock: SandboxClock
    schema: Schema
    rules: Rules
    integration_user: str = ""
    person: str = ""
    edits_converted: bool = False
    edits_inactive_owned: bool = False
    features: frozenset[Feature] = frozenset()
    org_id: str = made_id("00D", 1)
    late: list[Late] = field(default_factory=list)
    cursors: dict[str, Cursor] = field(default_factory=dict)

    @property
    def has_person_accounts(self) -> bool:
        return Feature.PERSON_ACCOUNTS in self.features

    @property
    def shares_activities(self) -> bool:
        """Tell whether a task or an event can belong to several people."""
        return Feature.SHARED_ACTIVITIES in self.features

    def stamp(self) -> int:
        """Tell the instant as records are stamped: whole seconds, in milliseconds."""
        return self.clock.now_ms() // SECOND_MS * SECOND_MS

    def new_id(self, object_type: ObjectType) -> str:
        """Make an id for a record."""
        return made_id(object_type.prefix, self.store.take(object_type.prefix))

    def mark(self, name: str) -> Mark:
        """Note how everything stands, so that it can be undone."""
        self.store.sql.execute(f"SAVEPOINT {name}")
        return Mark(name=name, late=len(self.late))

    def undo(self, mark: Mark) -> None:
        """Take back what was written since, also what was not committed yet."""
        self.store.sql.execute(f"ROLLBACK TO {mark.name}")
        del self.late[mark.late :]

    def keep(self, mark: Mark) -> None:
        """Let go of a mark."""
        self.store.sql.execute(f"RELEASE {mark.name}")

    def settle(self) -> None:
        """Commit the transactions that were due."""
        now = self.clock.now_ms()
        due = [one for one in self.late if one.due <= now]
        self.late = [one for one in self.late if one.due > now]
        for one in due:
            one.commit()

    def set_record_types(self, type_: str, *kinds: RecordType) -> None:
        """Give an object type its kinds of record, which are records themselves."""
        self.schema.set_record_types(type_, *kinds, at=self.clock.now_ms())
        for kind in kinds:
            name = kind.label or kind.developer_name
            row: Row = {"Id": kind.id, "Name": name, "DeveloperName": kind.developer_name}
            self.put_row(
                "RecordType", {**row, "SobjectType": type_, "IsActive": int(kind.is_active)}
            )

    def put_row(self, type_: str, row: Row) -> str:
        """Store a record as it is given, with an id and stamps where it has none."""
        object_type = self.schema.of(type_)
        now = self.stamp()
        fixed: Row = {
            "Id": row.get("Id") or self.new_id(object_type),
            "CreatedDate": now,
            "CreatedById": self.integration_user,
            "LastModifiedDate": now,
            "LastModifiedById": self.integration_user,
            "SystemModstamp": now,
            "IsDeleted": 0,
        }
        defaults: Row = {
            one.name: one.default for one in object_type.fields.values() if one.default is not None
        }
        full = {**defaults, **fixed, **{name: v for name, v in row.items() if v is not None}}
        self.store.insert(object_type.name, [full])
        return str(full["Id"])


def open_org(path: str, clock: SandboxClock, features: Iterable[Feature] = ()) -> Org:
    """Open an org on a file, or on ``:memory:``, with its standard objects and two users.

    What was switched on in a file stays so.
    """
    store = Store(path)
    kept = decode(store.setting(_FEATURES) or b"[]", type=list[Feature])
    switched_on = frozenset((*features, *kept))
    store.keep_setting(_FEATURES, encode(sorted(switched_on)))
    org = Org(
        store=store,
        clock=clock,
        schema=open_schema(store, switched_on),
        rules=Rules(),
        features=switched_on,
    )
    org.integration_user = _user(org, "Integration", "integration@sandbox.example")
    org.person = _user(org, "Administrator", "admin@sandbox.example")
    if not store.count("LeadStatus"):
        _put_statuses(org)
    return org


def _user(org: Org, last_name: str, username: str) -> str:
    known = next(org.store.find("User", {"Username": username}), None)
    if known is not None:
        return str(known["Id"])
    row: Row = {
        "Username": username,
        "LastName": last_name,
        "Name": last_name,
        "Email": username,
        "IsActive": 1,
        "Id": org.new_id(org.schema.of("User")),
    }
    org.integration_user = org.integration_user or str(row["Id"])
    return org.put_row("User", row)


def _put_statuses(org: Org) -> None:
    for place, option in enumerate(org.schema.of("Lead").fields["status"].options, start=1):
        put_status(org, option.value, place, is_default=option.is_default)


def put_status(org: Org, value: str, place: int, *, is_default: bool = False) -> None:
    """Add a row of LeadStatus; the one of its name that says converted is the converted one."""
    row: Mapping[str, str | int] = {
        "MasterLabel": value,
        "ApiName": value,
        "IsConverted": int(value == "Closed - Converted"),
        "IsDefault": int(is_default),
        "SortOrder": place,
    }
    org.put_row("LeadStatus", dict(row))
