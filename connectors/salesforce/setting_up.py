"""Compares what is written with an org, and says what a person deploys, grants or assigns. Makes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.salesforce.permissions import is_assigned, shown_to_somebody
from connectors.salesforce.picklists import Picklists
from connectors.salesforce.sources import RecordSource
from connectors.salesforce.standing import (
    PERMISSION_SET,
    Present,
    assign_command,
    how_to_deploy,
    is_to_deploy,
    stand,
)
from connectors.salesforce.statuses import read_statuses
from connectors.salesforce.transport import Transport
from worker.core.records import CheckFinding, ObjectDescription
from worker.core.setup_records import (
    FieldStanding,
    FieldState,
    Permission,
    SetupPlan,
    WantedField,
)

_NEEDED_FOR = "seeing and writing the fields of the map"
_STATUS = "Status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyor:
    """Looks at the fields of an org. ``describe`` gives an object type as our user sees it now."""

    system: str
    transport: Transport
    sources: Mapping[str, RecordSource]
    describe: Callable[[str], ObjectDescription]
    picklists: Picklists

    def plan(self, wanted: Sequence[WantedField]) -> SetupPlan:
        """Compare all that is wanted; the plan has no steps, as only people deploy."""
        by_type: dict[str, list[WantedField]] = {}
        for field in wanted:
            by_type.setdefault(field.object_type, []).append(field)
        presents = {name: self._present(name, fields) for name, fields in by_type.items()}
        standings = tuple(stand(field, presents[field.object_type]) for field in wanted)
        permissions = self._permissions(standings)
        missing = [one for one in standings if is_to_deploy(one, presents[one.field.object_type])]
        return SetupPlan(
            standings=standings,
            steps=(),
            permissions=permissions,
            findings=tuple(
                _undeployed(self.system, missing) if missing else _unassigned(permissions)
            ),
        )

    def _present(self, object_type: str, wanted: Iterable[WantedField]) -> Present:
        source = self.sources[object_type]
        fields = {one.name: one for one in self.describe(object_type).fields}
        absent = [field.name for field in wanted if field.name not in fields]
        writes_status = source.name == "Lead" and any(f.name == _STATUS for f in wanted)
        return Present(
            name=source.name,
            fields=fields,
            hidden=shown_to_somebody(self.transport, source.name, absent),
            consent=source.spec.consent,
            converting=(read_statuses(self.transport).converting if writes_status else frozenset()),
            allowed=self._allowed(source),
        )

    def _allowed(self, source: RecordSource) -> dict[str, Mapping[str, frozenset[str]]]:
        kinds = source.book.of(source.name).kinds
        return {one.name: self.picklists.of(source.name, one.record_type_id) for one in kinds}

    def _permissions(self, standings: Iterable[FieldStanding]) -> tuple[Permission, ...]:
        """A set of one's own does as well, so ours is only missed where something is not seen."""
        is_ours = is_assigned(self.transport, PERMISSION_SET)
        sees_all = all(one.state is not FieldState.MISSING for one in standings)
        if sees_all and not is_ours:
            return ()
        return (Permission(PERMISSION_SET, _NEEDED_FOR, is_ours),)


def _undeployed(system: str, missing: Sequence[FieldStanding]) -> Iterable[CheckFinding]:
    lacks = f"{len(missing)} fields of ours are" if len(missing) > 1 else "A field of ours is"
    how = f"{how_to_deploy(system)}, then `{assign_command(PERMISSION_SET)}`"
    message = f"{lacks} not there: {how}."
    yield CheckFinding(message=message, is_blocking=True)


def _unassigned(permissions: Iterable[Permission]) -> Iterable[CheckFinding]:
    if any(one.is_granted is False for one in permissions):
        how = f"`{assign_command(PERMISSION_SET)}`"
        message = f"The permission set {PERMISSION_SET} is not assigned to our user: {how}."
        yield CheckFinding(message=message, is_blocking=True)
