"""What the worker needs from the outside world, as structural Protocols and capability records.

There is no base class to inherit: whatever has these members is a connector. ``tests/contract``
holds the suite that every connector must pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from worker.core.records import (
    CheckFinding,
    Edit,
    ObjectDescription,
    Owner,
    Page,
    Record,
    RecordRef,
    WriteCommand,
    WriteResult,
)
from worker.core.setup_records import (
    Absence,
    AccountFact,
    Package,
    PackageOrder,
    Permission,
    SetupPlan,
    SetupStep,
    WantedField,
)
from worker.core.stage_rules import Backward as Backward  # noqa: PLC0414  # for connectors to name

T = TypeVar("T")
ToldEdits: TypeAlias = Mapping[RecordRef, Mapping[str, Edit]]
"""Who changed fields last, by record and field."""
Clock: TypeAlias = Callable[[], datetime]
"""Gives the present instant, aware and in UTC. The only source of time outside the core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connector can do, so that the steps need not know which CRM it is.

    ``write_batch`` is the most commands one ``push`` accepts. ``has_conditional_write`` means that
    the connector itself refuses a write whose ``expected`` values no longer stand. ``backward_stage``
    is how a stage can be lowered there.
    """

    write_batch: int
    has_conditional_write: bool
    can_write: bool = True
    backward_stage: Backward = Backward.ALLOWED


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSource:
    """How one object type is found and identified in its CRM, from the field map.

    ``options`` are the connector's own keys; the connector checks them when it is opened.
    """

    object_type: str
    id_field: str
    modified_at_field: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """One CRM. Reads are at least once; writes give one result per command and never retry inside."""

    @property
    def name(self) -> str:
        """The system's name in the configuration, as used in every ``RecordRef``."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    def check(self) -> Sequence[CheckFinding]:
        """Say what stands in the way of a run, without changing anything."""
        ...

    def describe(self, object_type: str) -> ObjectDescription:
        """List the fields of an object type as the CRM has them now.

        Labels of sensitivity and fields for long text are passed on as the CRM has them: a run
        reads no such field unless its map allows it by name.
        """
        ...

    def pull(self, object_type: str, *, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """Yield what changed since the bookmark ``since`` (inclusive; None: everything).

        At least once, ties never lost. Raises ``SourceChangedError`` or another ``TryLaterError``
        when reading must start again, ``FixDataError`` when it cannot succeed.
        """
        ...

    def fetch(
        self, refs: Sequence[RecordRef], *, fields: Sequence[str]
    ) -> Mapping[RecordRef, Record]:
        """Read these records as they are now; one that no longer exists is left out."""
        ...

    def owners(self) -> Sequence[Owner]:
        """List all owners, inactive ones included."""
        ...

    def push(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        """Write a batch. One result per command; a record's failure is a result, not an error."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class LooksCloser(Protocol):
    """What a connector can tell besides, for a check: more calls than a run would spend on it."""

    def look_closer(self, object_type: str) -> ObjectDescription:
        """Describe an object type with the rules on its values and what was put away."""
        ...

    def permissions(self, *, writes: bool) -> Sequence[Permission]:
        """Name what our token has to be allowed for a run, and whether it is."""
        ...

    def account_facts(self) -> Sequence[AccountFact]:
        """Tell what is worth knowing of the account: its limits, and how much of them is used."""
        ...


@runtime_checkable
class TellsAbsence(Protocol):
    """What a connector can do besides, whose CRM hides fields as if they were not there."""

    def why_absent(self, object_type: str, fields: Sequence[str]) -> Mapping[str, Absence]:
        """Say why fields are not in a description; one that is left out is not there at all."""
        ...


@runtime_checkable
class SetsUp(Protocol):
    """What a connector can do besides, whose CRM has to have the fields that are written.

    One that can make nothing itself gives a plan without steps, and says in each standing what a
    person deploys.
    """

    def plan_setup(self, wanted: Sequence[WantedField]) -> SetupPlan:
        """Compare the fields that are written with what is there; changes nothing."""
        ...

    def carry_out(self, step: SetupStep) -> None:
        """Take one step of such a plan; one that was taken already changes nothing."""
        ...


@runtime_checkable
class TellsEdits(Protocol):
    """What a connector can tell besides, whose CRM knows who changed a field."""

    def edits(
        self, object_type: str, records: Sequence[Record], *, fields: Sequence[str]
    ) -> ToldEdits:
        """Say who changed these fields of these records last; what the CRM does not tell is left out.

        An edit counts only while the field still has the value that the record shows. Calls that it
        takes are spent on these records alone: it is asked where the answer settles something.
        """
        ...


class Retry(Protocol):
    """Calls, and calls again while that may help. Only for what may be repeated without harm."""

    def __call__(self, call: Callable[[], T], /) -> T: ...


def try_once(call: Callable[[], T], /) -> T:
    """Call and never again: a connector opened without a policy of retry has none."""
    return call()


def system_clock() -> datetime:
    """Give the present instant."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorContext:
    """What a connector is opened with: its name, its folder of reference, options and objects.

    ``options`` may hold secrets. ``sleep`` waits for a vendor's limits, ``retry`` is for single
    requests that read: a connector has no policy of its own.
    """

    system: str
    base_dir: Path
    options: Mapping[str, str] = field(repr=False)
    objects: Sequence[ObjectSource]
    clock: Clock = system_clock
    sleep: Callable[[float], None] = time.sleep
    retry: Retry = try_once


class OpenConnector(Protocol):
    """An entry point of the group ``leadtriage.connectors``.

    Raises ``FixConfigurationError`` with a plain sentence for an unknown or wrong option.
    """

    def __call__(self, context: ConnectorContext) -> Connector: ...


class KnownOptions(Protocol):
    """An entry point of the group ``leadtriage.options``: what a connector can be told.

    Names the options of a system, or of one object type of it. It needs no secret and asks no CRM,
    so that a misspelt option is found before a connector is opened.
    """

    def __call__(self, source: ObjectSource | None = None) -> Collection[str]: ...


class MakePackage(Protocol):
    """An entry point of the group ``leadtriage.packages``, for a CRM whose fields people deploy.

    It needs no account, and says the same of the same order.
    """

    def __call__(self, order: PackageOrder) -> Package: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOrder:
    """What a local twin of a CRM is started with.

    ``data`` is a folder of tables as ``leadtriage sample`` writes them, ``script`` a file of faults,
    ``database`` a file to keep the state in. ``now`` sets the twin's clock, which runs on from there.
    ``index_lag_seconds`` is how long its search stays behind its writes, ``metadata`` a folder of
    definitions of fields that are deployed there, ``features`` what an administrator has switched on: a twin
    refuses what its CRM does not have.
    """

    port: int = 0
    data: Path | None = None
    script: Path | None = None
    database: Path | None = None
    now: datetime | None = None
    seed: int = 1
    has_limits: bool = True
    index_lag_seconds: float | None = None
    metadata: Path | None = None
    features: tuple[str, ...] = ()
    on_progress: Callable[[int], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCount:
    """How often an endpoint of a twin was called. ``fewest`` full answers would have held the same."""

    endpoint: str
    calls: int
    fewest: int | None = None


class RunningSandbox(Protocol):
    """A local twin while it serves."""

    @property
    def url(self) -> str: ...

    @property
    def token(self) -> str:
        """What opens it; opens nothing else."""
        ...

    @property
    def person_token(self) -> str:
        """What opens it as a person who works in the CRM, for trying what happens then."""
        ...

    @property
    def variables(self) -> Mapping[str, str]:
        """What to put into the environment of a worker that is to talk to it."""
        ...

    @property
    def made(self) -> Mapping[str, int]:
        """How many things of each sort it was filled with."""
        ...

    @property
    def left_out(self) -> Mapping[str, int]:
        """By column, how many values of the tables a real account would not hold either."""
        ...

    def count_calls(self) -> Sequence[CallCount]:
        """Count the calls since the last time, by endpoint."""
        ...


OpenSandbox: TypeAlias = Callable[[SandboxOrder], AbstractContextManager[RunningSandbox]]
"""Starts a local twin; it serves until the block ends."""
