"""HubSpot as a CRM: opens one account and hands each object type to the module that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from connectors.hubspot import engagements, events, forms, paths
from connectors.hubspot.account import account_facts, look_closer
from connectors.hubspot.additions import describe_additions
from connectors.hubspot.auth import Credentials, FixedToken, OAuth, TokenFile
from connectors.hubspot.budget import Budget
from connectors.hubspot.changes import Course
from connectors.hubspot.contacts import ContactSource
from connectors.hubspot.editors import EditorBook
from connectors.hubspot.engagements import EngagementSource
from connectors.hubspot.events import EventSource
from connectors.hubspot.forms import FormSource
from connectors.hubspot.objects import LIST_PAGE
from connectors.hubspot.options import Setup, check_object, read_setup
from connectors.hubspot.owners import read_owners
from connectors.hubspot.rows import RowPage
from connectors.hubspot.schema import describe_properties
from connectors.hubspot.scopes import compare_scopes, needed_scopes
from connectors.hubspot.setting_up import Workshop
from connectors.hubspot.transport import Account, Sender, Transport, renewal
from connectors.hubspot.writing import WRITE_BATCH, Batch
from connectors.shared.commands import read_only
from connectors.shared.objects import fetch_each, find_object
from worker.core.records import (
    CheckFinding,
    FieldDescription,
    ObjectDescription,
    Owner,
    Page,
    Record,
    RecordRef,
    WriteCommand,
    WriteResult,
)
from worker.core.setup_records import AccountFact, Permission, SetupPlan, SetupStep, WantedField
from worker.errors import FixConfigurationError, LeadtriageError
from worker.ports import (
    Backward,
    Capabilities,
    Clock,
    Connector,
    ConnectorContext,
    ObjectSource,
    ToldEdits,
)

_WRITES = ("contacts",)


class Anything(msgspec.Struct):
    """An answer of which only the arrival matters."""


class Source(Protocol):
    """One object type of the account."""

    def pull(self, fields: Sequence[str], course: Course, since: str | None) -> Iterator[Page]: ...

    def fetch(
        self, refs: Sequence[RecordRef], fields: Sequence[str]
    ) -> Mapping[RecordRef, Record]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An object type with how it is read, HubSpot's name for it, and fields that are our own.

    ``name`` is None where it is none of HubSpot's CRM objects.
    """

    source: Source
    name: str | None
    synthetic: tuple[FieldDescription, ...] = ()


def open_connector(context: ConnectorContext) -> Connector:
    """Open an account, without sending anything.

    Raises ``FixConfigurationError`` for a wrong option.
    """
    setup = read_setup(context)
    for source in context.objects:
        check_object(source, context.system)
    budget = Budget(setup.limits, context.clock, context.sleep)
    budget.zone = setup.zone
    sender = Sender(setup.base_url)
    transport = Transport(
        sender=sender,
        credentials=_credentials(setup, sender, context),
        budget=budget,
        retry=context.retry,
    )
    editors = EditorBook(transport=transport, app=setup.app_id)
    objects = {item.object_type: _open(item, transport, context) for item in context.objects}
    return HubSpotConnector(
        setup=setup,
        transport=transport,
        editors=editors,
        objects=objects,
        clock=context.clock,
    )


def _credentials(setup: Setup, sender: Sender, context: ConnectorContext) -> Credentials:
    if setup.token is not None:
        return FixedToken(setup.token)
    if setup.token_file is not None:
        return TokenFile(setup.token_file)
    assert setup.app is not None
    return OAuth(setup.app, renewal(sender, context.retry), context.clock)


def _open(item: ObjectSource, transport: Transport, context: ConnectorContext) -> Opened:
    name = item.options.get("reads", item.object_type)
    if name == "contacts":
        source = ContactSource(
            transport=transport, system=context.system, object_type=item.object_type
        )
        more = describe_additions(
            _words(item.options.get("subscriptions", "")), _words(item.options.get("lists", ""))
        )
        return Opened(source=source, name=name, synthetic=more)
    if name == forms.NAME:
        submissions = FormSource(
            transport=transport,
            system=context.system,
            object_type=item.object_type,
            only=_words(item.options.get("forms", "")),
            values=_words(item.options.get("values", "")),
        )
        return Opened(source=submissions, name=None, synthetic=submissions.describe())
    if name == events.NAME:
        attendance = EventSource(
            transport=transport, system=context.system, object_type=item.object_type
        )
        return Opened(source=attendance, name=None, synthetic=events.SYNTHETIC)
    activity = EngagementSource(
        transport=transport, system=context.system, object_type=item.object_type, name=name
    )
    return Opened(source=activity, name=name, synthetic=engagements.SYNTHETIC)


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpotConnector:
    """One HubSpot account."""

    setup: Setup = field(repr=False)
    transport: Transport = field(repr=False)
    editors: EditorBook = field(repr=False)
    objects: Mapping[str, Opened]
    clock: Clock

    @property
    def name(self) -> str:
        return self.setup.system

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            write_batch=WRITE_BATCH,
            has_conditional_write=True,
            backward_stage=Backward.CLEAR_FIRST,
        )

    def check(self) -> Sequence[CheckFinding]:
        """Ask for the account, then for one record of each object type, and for the owners.

        The account's details need no scope: a token that cannot read them can read nothing else.
        """
        shut = _finding_of(self._learn_account, None)
        if shut is not None:
            return [shut]
        looks = [(self._look_at(opened), name) for name, opened in self.objects.items()]
        found = [_finding_of(ask, name) for ask, name in (*looks, (self.owners, None))]
        return list(dict.fromkeys(finding for finding in found if finding is not None))

    def describe(self, object_type: str) -> ObjectDescription:
        """List the properties, and the fields of our own, such as an activity's contact."""
        opened = self._object(object_type)
        fields = describe_properties(self.transport, opened.name) if opened.name else ()
        return ObjectDescription(object_type=object_type, fields=(*fields, *opened.synthetic))

    def pull(self, object_type: str, *, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """Yield what changed since the bookmark, or everything."""
        course = Course(
            object_type=object_type,
            now=self.clock(),
            lookback=self.setup.lookback,
            sweep_every=self.setup.sweep_every,
            page=LIST_PAGE,
        )
        return self._object(object_type).source.pull(fields, course, since)

    def fetch(
        self, refs: Sequence[RecordRef], *, fields: Sequence[str]
    ) -> Mapping[RecordRef, Record]:
        """Read these records as they are now, 100 a call."""

        def read(object_type: str, mine: Sequence[RecordRef]) -> Mapping[RecordRef, Record]:
            return self._object(object_type).source.fetch(mine, fields)

        return fetch_each(refs, self.objects, self.name, read)

    def edits(
        self, object_type: str, records: Sequence[Record], *, fields: Sequence[str]
    ) -> ToldEdits:
        """Say who changed these properties last, 50 records a call."""
        name = self._object(object_type).name
        told = self.editors.edits(name, records, fields) if name is not None else ()
        return {record.ref: edits for record, edits in told}

    def owners(self) -> Sequence[Owner]:
        """List all owners, those who left and queues included."""
        return read_owners(self.transport)

    def push(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        """Write contacts, 100 a call; every other object type is only read."""
        mine = [one for one in commands if self._takes(one)]
        wrote = {result.command_id: result for result in self._write(mine)}
        return [wrote.get(one.command_id, read_only(one)) for one in commands]

    def _takes(self, command: WriteCommand) -> bool:
        opened = self.objects.get(command.ref.object_type)
        is_ours = command.ref.system == self.name
        return is_ours and opened is not None and opened.name in _WRITES

    def _write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        if not commands:
            return ()
        return Batch(transport=self.transport, name="contacts").write(commands)

    def look_closer(self, object_type: str) -> ObjectDescription:
        """Describe it with the rules on its values, and with what is archived."""
        description, name = self.describe(object_type), self._object(object_type).name
        return look_closer(self.transport, name, description) if name else description

    def permissions(self, *, writes: bool) -> Sequence[Permission]:
        """Name the scopes that a run needs."""
        needed = needed_scopes(self._more_reads(), writes=writes, sets_up=False)
        return compare_scopes(self.transport, needed)

    def account_facts(self) -> Sequence[AccountFact]:
        """Tell the account's limits, and how much of them is used."""
        return tuple(account_facts(self.transport))

    def plan_setup(self, wanted: Sequence[WantedField]) -> SetupPlan:
        """Compare the properties that are written with the account's, and name what the token lacks."""
        by_type: dict[str, list[WantedField]] = {}
        for field_ in wanted:
            by_type.setdefault(field_.object_type, []).append(field_)
        plans = [self._workshop(name).plan(fields) for name, fields in by_type.items()]
        steps = tuple(step for plan in plans for step in plan.steps)
        needed = needed_scopes(self._more_reads(), writes=bool(wanted), sets_up=True)
        return SetupPlan(
            standings=tuple(one for plan in plans for one in plan.standings),
            steps=steps,
            permissions=compare_scopes(self.transport, needed),
            findings=tuple(one for plan in plans for one in plan.findings),
        )

    def carry_out(self, step: SetupStep) -> None:
        """Make one group or property, or add options to one."""
        self._workshop(step.object_type).carry_out(step)

    def _workshop(self, object_type: str) -> Workshop:
        name = self._object(object_type).name
        if name not in _WRITES:
            raise FixConfigurationError(f"{object_type} of {self.name} cannot be written.")
        return Workshop(transport=self.transport, name=name, object_type=object_type)

    def _more_reads(self) -> Iterator[str]:
        """Name what is read besides contacts and their activities, as the scopes call it."""
        for opened in self.objects.values():
            if isinstance(opened.source, FormSource):
                yield "forms"
            if isinstance(opened.source, EventSource):
                yield "events"
            if opened.name == "contacts":
                yield from {one.name.partition(".")[0] for one in opened.synthetic}

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def _object(self, object_type: str) -> Opened:
        return find_object(self.objects, object_type, self.name)

    def _learn_account(self) -> None:
        account = self.transport.call(paths.ACCOUNT_DETAILS, Account)
        budget = self.transport.budget
        budget.zone = budget.zone or account.zone

    def _look_at(self, opened: Opened) -> Callable[[], object]:
        if opened.name is None:
            is_form = isinstance(opened.source, FormSource)
            endpoint = paths.FORM_LIST if is_form else paths.EVENT_LIST
            return lambda: self.transport.call(endpoint, Anything, query={"limit": 1})
        path = {"object_type": opened.name}
        return lambda: self.transport.call(
            paths.OBJECT_LIST, RowPage, path=path, query={"limit": 1}
        )


def _finding_of(ask: Callable[[], object], object_type: str | None) -> CheckFinding | None:
    try:
        ask()
    except LeadtriageError as error:
        return CheckFinding(message=str(error), is_blocking=True, object_type=object_type)
    return None
