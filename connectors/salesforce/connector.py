"""Salesforce as a CRM: opens one org and hands each object type to the module that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.salesforce.absence import why_absent
from connectors.salesforce.account import consent_permissions, read_facts
from connectors.salesforce.auth import Credentials, FixedSession, Login, Session, TokenFile
from connectors.salesforce.budget import Budget
from connectors.salesforce.bulk import BulkReader
from connectors.salesforce.changes import Course
from connectors.salesforce.checking import look_at_files, look_at_login, look_at_org
from connectors.salesforce.conditions import read_conditions
from connectors.salesforce.editors import EditorBook
from connectors.salesforce.labels import LabelBook
from connectors.salesforce.matching import Questions
from connectors.salesforce.options import Setup, check_object, read_setup
from connectors.salesforce.owners import read_owners
from connectors.salesforce.picklists import Picklists
from connectors.salesforce.schema import ShapeBook
from connectors.salesforce.sender import Sender, asking
from connectors.salesforce.setting_up import Surveyor
from connectors.salesforce.sources import RecordSource
from connectors.salesforce.specs import KEYS, SPECS
from connectors.salesforce.statuses import read_statuses
from connectors.salesforce.transport import Transport
from connectors.salesforce.versions import look_at_version
from connectors.salesforce.writing import WRITE_BATCH, Batch, columns
from connectors.shared.commands import read_only, unknown
from connectors.shared.objects import fetch_each, find_object
from worker.core.records import (
    CheckFinding,
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
    Permission,
    SetupPlan,
    SetupStep,
    WantedField,
)
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


def open_connector(context: ConnectorContext) -> Connector:
    """Open an org, without sending anything.

    Raises ``FixConfigurationError`` for a wrong option.
    """
    setup = read_setup(context)
    for source in context.objects:
        check_object(source, context.system)
    sender = Sender(setup.version, setup.page_size)
    transport = Transport(
        sender=sender,
        credentials=_credentials(setup, sender, context),
        budget=Budget(setup.daily_reserve, context.clock),
        retry=context.retry,
    )
    book = ShapeBook(transport)
    names = {_name_of(item): item.object_type for item in context.objects}
    objects = {
        item.object_type: RecordSource(
            transport=transport,
            book=book,
            system=context.system,
            object_type=item.object_type,
            name=_name_of(item),
            spec=SPECS[_name_of(item)],
            who=item.options.get("who"),
            only=read_conditions(item.options.get("only", ""), _where(item, context.system)),
            contacts=names.get("Contact"),
            persons=names.get("Account") if _name_of(item) == "Lead" else None,
            is_person_apart=_name_of(item) == "Contact" and "Account" in names,
        )
        for item in context.objects
    }
    bulk = BulkReader(
        transport=transport,
        clock=context.clock,
        sleep=context.sleep,
        patience=setup.bulk_patience,
    )
    return SalesforceConnector(
        setup=setup,
        transport=transport,
        book=book,
        labels=LabelBook(transport, _described(context.objects)),
        picklists=Picklists(transport),
        objects=objects,
        bulk=bulk,
        editors=EditorBook(transport=transport),
        clock=context.clock,
    )


def _described(objects: Sequence[ObjectSource]) -> Iterator[str]:
    """Name the objects whose fields are read, those of related records included."""
    for item in objects:
        name = _name_of(item)
        yield name
        yield from (one.removeprefix("Person") for one in SPECS[name].related)


def _where(item: ObjectSource, system: str) -> str:
    return f"{item.object_type} of {system}"


def _name_of(item: ObjectSource) -> str:
    return item.options.get("reads", item.object_type)


def _credentials(setup: Setup, sender: Sender, context: ConnectorContext) -> Credentials:
    if setup.flow is not None:
        ask = asking(sender, setup.login_url, context.retry)
        return Login(setup.flow, ask, setup.instance_url)
    assert setup.instance_url is not None  # as its options were checked
    if setup.token is not None:
        return FixedSession(value=Session(token=setup.token, instance_url=setup.instance_url))
    assert setup.token_file is not None
    return TokenFile(setup.token_file, setup.instance_url)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceConnector:
    """One Salesforce org."""

    setup: Setup = field(repr=False)
    transport: Transport = field(repr=False)
    book: ShapeBook = field(repr=False)
    labels: LabelBook = field(repr=False)
    picklists: Picklists = field(repr=False)
    objects: Mapping[str, RecordSource]
    bulk: BulkReader = field(repr=False)
    editors: EditorBook = field(repr=False)
    clock: Clock
    questions: Questions = field(default_factory=Questions, repr=False)

    @property
    def name(self) -> str:
        return self.setup.system

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            write_batch=WRITE_BATCH, has_conditional_write=True, backward_stage=Backward.ALLOWED
        )

    def check(self) -> Sequence[CheckFinding]:
        """Log in; then ask for limits, descriptions and owners, and where that fails, for versions."""
        told = [*look_at_files(self.setup.secret_files), *look_at_login(self.transport)]
        if any(one.is_blocking for one in told):
            return told
        found = look_at_org(self.transport, self.objects.values(), self.labels)
        if any(one.is_blocking for one in found):
            found += look_at_version(self.transport, self.setup.version)
        return [*told, *found]

    def describe(self, object_type: str) -> ObjectDescription:
        """List the fields we may see, with those of related records that can be read along."""
        source = self._object(object_type)
        self.book.begin(object_type)
        self.book.pass_by(object_type)
        shape = source.shape()
        self.picklists.forget()
        fields = self.book.describe(shape, source.spec.related, self.labels.labels())
        if source.name == "Lead":
            open_words = read_statuses(self.transport).open
            fields = tuple(
                replace(one, options=open_words or one.options) if one.name == "Status" else one
                for one in fields
            )
        return ObjectDescription(
            object_type=object_type, fields=fields, takes_queues=shape.takes_queues
        )

    def look_closer(self, object_type: str) -> ObjectDescription:
        """Describe an object type; its description tells all that a check looks at."""
        return self.describe(object_type)

    def why_absent(self, object_type: str, fields: Sequence[str]) -> Mapping[str, Absence]:
        """Say of fields that are not described whether they are hidden, as far as the org tells."""
        return why_absent(self.transport, self._object(object_type), fields)

    def permissions(self, *, writes: bool) -> Sequence[Permission]:  # noqa: ARG002  # as the port has it
        """Say which fields of consent our user sees; what it may write, each field says itself."""
        return consent_permissions(self.objects.values())

    def account_facts(self) -> Sequence[AccountFact]:
        """Tell the versions that are served, and what was used of the day's calls."""
        return tuple(read_facts(self.transport, self.setup.version))

    def plan_setup(self, wanted: Sequence[WantedField]) -> SetupPlan:
        """Compare the fields that are written with the org's, and say what a person deploys."""
        surveyor = Surveyor(
            system=self.name,
            transport=self.transport,
            sources=self.objects,
            describe=self.describe,
            picklists=self.picklists,
        )
        return surveyor.plan(wanted)

    def carry_out(self, step: SetupStep) -> None:
        """Refuse: the fields of an org are deployed by people, so that no plan has a step."""
        raise FixConfigurationError(f"{step.name} of {step.object_type} is for people to deploy.")

    def pull(self, object_type: str, *, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """Yield what changed since the bookmark, or everything."""
        course = Course(
            object_type=object_type,
            now=self.clock(),
            lookback=self.setup.lookback,
            sweep_every=self.setup.sweep_every,
            bulk_threshold=self.setup.bulk_threshold,
            bulk=self.bulk,
        )
        source = self._object(object_type)
        self.book.pass_by(object_type)
        return source.pull(fields, course, since)

    def fetch(
        self, refs: Sequence[RecordRef], *, fields: Sequence[str]
    ) -> Mapping[RecordRef, Record]:
        """Read these records as they are now, 2,000 a call."""

        def read(object_type: str, mine: Sequence[RecordRef]) -> Mapping[RecordRef, Record]:
            return self._object(object_type).fetch(mine, fields)

        return fetch_each(refs, self.objects, self.name, read)

    def edits(
        self, object_type: str, records: Sequence[Record], *, fields: Sequence[str]
    ) -> ToldEdits:
        """Say who changed these fields last: by field history, else who changed the row."""
        told = self.editors.edits(self._object(object_type).name, records, fields)
        return {record.ref: edits for record, edits in told}

    def owners(self) -> Sequence[Owner]:
        """List all owners, those who left and queues included."""
        return read_owners(self.transport)

    def push(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        """Write leads, contacts and person accounts; every other object is only read."""
        by_name: dict[str, list[WriteCommand]] = {}
        for one in commands:
            source = self.objects.get(one.ref.object_type)
            if one.ref.system == self.name and source is not None and source.spec.can_write:
                by_name.setdefault(source.name, []).append(one)
        wrote = self._write_each(by_name)
        taken = {one.command_id for mine in by_name.values() for one in mine}
        return [
            wrote.get(one.command_id) or (unknown if one.command_id in taken else read_only)(one)
            for one in commands
        ]

    def _write_each(self, by_name: Mapping[str, Sequence[WriteCommand]]) -> dict[str, WriteResult]:
        """Write object by object; once one was written, what Salesforce refuses is left unknown."""
        wrote: dict[str, WriteResult] = {}
        for name, mine in by_name.items():
            try:
                results = self._write(name, mine)
            except LeadtriageError:
                if not wrote:
                    raise
                break
            wrote |= {result.command_id: result for result in results}
        return wrote

    def _write(self, name: str, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        has_status = name == "Lead" and any("Status" in one.changes for one in commands)
        converting = read_statuses(self.transport).converting if has_status else frozenset()
        names = {source.name: source.object_type for source in self.objects.values()}
        batch = Batch(
            transport=self.transport,
            shape=self.book.of(name),
            picklists=self.picklists,
            types=self.book.types(name, columns(commands)),
            object_types={key: names.get(name, name) for name, key in KEYS.items()},
            questions=self.questions,
            clock=self.clock,
            converting=converting,
        )
        return batch.write(commands)

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def _object(self, object_type: str) -> RecordSource:
        return find_object(self.objects, object_type, self.name)
