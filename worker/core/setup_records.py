"""Records of a set-up: what a write-back needs a CRM to have, how it stands there, what can be made.

A connector and the worker hand them to each other, so they speak of no vendor: a form is what a
field holds, whatever its CRM calls such a type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from worker.core.records import CheckFinding, FieldForm, Owner


class Choice(NamedTuple):
    """One value of a list, and what people see of it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedField:
    """A field that the map writes. ``key`` is its key there: the managed value; ``separator`` joins a list.

    ``is_ours`` fields hold what the worker alone writes, so that it may make them and add choices. The
    others, such as the stage, belong to people or to the CRM, and are only looked at. ``max_length`` is
    how long a text gets at most; None: nothing limits it.
    """

    object_type: str
    name: str
    key: str
    label: str
    description: str
    form: FieldForm
    choices: tuple[Choice, ...] = ()
    separator: str = ";"
    is_ours: bool = True
    max_length: int | None = None


class FieldState(StrEnum):
    """How a wanted field stands in a CRM."""

    READY = "ready"
    MISSING = "missing"
    LACKS_CHOICES = "lacks choices"
    DIFFERS = "differs"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldStanding:
    """How one wanted field stands. ``says`` is a sentence, ``to_do`` what a person does about it.

    ``missing`` are choices that the CRM's list lacks. ``is_blocking`` says that the worker can neither
    write to the field as it stands nor mend it.
    """

    field: WantedField
    state: FieldState
    missing: tuple[Choice, ...] = ()
    says: str = ""
    allowed: str = ""
    to_do: str = ""
    is_blocking: bool = False

    @property
    def is_lacking(self) -> bool:
        """Whether the CRM lacks the field, or words of it."""
        return self.state in (FieldState.MISSING, FieldState.LACKS_CHOICES)


class SetupAct(StrEnum):
    """What a step of a set-up does. Nothing is ever removed, and no type is changed."""

    ADD_GROUP = "add group"
    ADD_FIELD = "add field"
    ADD_CHOICES = "add choices"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStep:
    """One thing to make; ``choices`` are those to add to a field that is there."""

    act: SetupAct
    object_type: str
    name: str
    label: str
    field: WantedField | None = None
    choices: tuple[Choice, ...] = ()


class Permission(NamedTuple):
    """What our token has to be allowed; ``is_granted`` None: the CRM does not tell."""

    name: str
    needed_for: str
    is_granted: bool | None


class Absence(NamedTuple):
    """Why a field that is read is not shown to us, as a clause, and what a person does about it."""

    says: str
    to_do: str


class AccountFact(NamedTuple):
    """Something worth knowing of an account, such as how many calls it allows."""

    what: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAccount:
    """What a CRM told of itself: who may own records, what our token may do, and its limits."""

    system: str
    owners: tuple[Owner, ...] = ()
    permissions: tuple[Permission, ...] = ()
    facts: tuple[AccountFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPlan:
    """How everything wanted stands, and the steps that would make what is missing, in their order.

    A blocking one of ``findings`` stands in the way of every step.
    """

    standings: tuple[FieldStanding, ...]
    steps: tuple[SetupStep, ...]
    permissions: tuple[Permission, ...] = ()
    findings: tuple[CheckFinding, ...] = ()

    @property
    def mended(self) -> tuple[FieldStanding, ...]:
        """The fields that a step makes, or adds choices to."""
        fields = [step.field for step in self.steps]
        return tuple(one for one in self.standings if one.field in fields)

    @property
    def lacking(self) -> tuple[Permission, ...]:
        """The permissions that the token is known to lack."""
        return tuple(one for one in self.permissions if one.is_granted is False)


class ListTest(StrEnum):
    """How a list that people work from picks its records, by one field."""

    IS = "is"
    """One of the values."""
    HAS = "has"
    """A text that has the value in it."""
    BY_TODAY = "by today"
    """A date that is today or past."""


class ListRule(NamedTuple):
    """One condition of a list; all of them have to hold."""

    field: str
    test: ListTest
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedList:
    """A list of records that people work from. ``is_of_reader``: each sees the own records alone."""

    object_type: str
    name: str
    label: str
    columns: tuple[str, ...]
    rules: tuple[ListRule, ...]
    is_of_reader: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageOrder:
    """What a package has to serve: the fields that are written and read, and the lists, of one system.

    ``reads`` are the fields that are read, by object type; ``objects`` are the connector's own options
    of each object type, and ``options`` those of the system.
    """

    system: str
    fields: tuple[WantedField, ...]
    lists: tuple[WantedList, ...]
    reads: Mapping[str, tuple[str, ...]]
    objects: Mapping[str, Mapping[str, str]]
    options: Mapping[str, str] = field(repr=False)  # may hold a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Files that an administrator deploys to a CRM, by their path, and the commands to type there.

    ``not_held`` are fields that are written and not brought along, as they are the organisation's own.
    """

    files: Mapping[str, str]
    commands: tuple[str, ...]
    not_held: tuple[str, ...] = ()
