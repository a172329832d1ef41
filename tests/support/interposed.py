"""A connector in front of another, where a test acts just before or after a call goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.files.connector import open_connector
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
from worker.ports import Capabilities, Connector, ConnectorContext, OpenConnector


def _nothing(_call: str) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interposed:
    """Passes every call on. ``before`` and ``after`` are told its name: pull, page, fetch, push …"""

    inner: Connector
    before: Callable[[str], None] = _nothing
    after: Callable[[str], None] = _nothing

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    def check(self) -> Sequence[CheckFinding]:
        return self.inner.check()

    def describe(self, object_type: str) -> ObjectDescription:
        self.before("describe")
        return self.inner.describe(object_type)

    def pull(self, object_type: str, *, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        self.before("pull")
        for page in self.inner.pull(object_type, fields=fields, since=since):
            self.before("page")
            yield page
            self.after("page")

    def fetch(
        self, refs: Sequence[RecordRef], *, fields: Sequence[str]
    ) -> Mapping[RecordRef, Record]:
        self.before("fetch")
        return self.inner.fetch(refs, fields=fields)

    def owners(self) -> Sequence[Owner]:
        self.before("owners")
        return self.inner.owners()

    def push(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        self.before("push")
        results = self.inner.push(commands)
        self.after("push")
        return results

    def close(self) -> None:
        self.inner.close()


def once(call: str, act: Callable[[], None]) -> Callable[[str], None]:
    """Act at the first such call only."""
    left = [act]

    def hook(name: str) -> None:
        if name == call and left:
            left.pop()()

    return hook


def files_with(
    *, before: Callable[[str], None] = _nothing, after: Callable[[str], None] = _nothing
) -> Mapping[str, OpenConnector]:
    """The files connector with a test's hooks, to be opened by its usual name."""

    def opened(context: ConnectorContext) -> Connector:
        return Interposed(inner=open_connector(context), before=before, after=after)

    return {"files": opened}
