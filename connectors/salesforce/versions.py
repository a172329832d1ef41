"""Which versions of the API an org serves: one that was retired answers nothing."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.transport import Transport
from worker.core.records import CheckFinding
from worker.errors import LeadtriageError


class _Version(msgspec.Struct):
    version: str


_VERSIONS = msgspec.json.Decoder(list[_Version])


def read_versions(transport: Transport) -> tuple[str, ...]:
    """List the versions, the oldest first."""
    found = transport.call(paths.VERSIONS, _VERSIONS.decode)
    return tuple(sorted((one.version for one in found), key=float))


def look_at_version(transport: Transport, version: str) -> Iterator[CheckFinding]:
    """Say so when the version that is configured is not served; what stands in the way says itself."""
    try:
        served = read_versions(transport)
    except (LeadtriageError, ValueError):
        return
    if served and version not in served:
        message = (
            f"The org does not serve version {version} of the API, but {served[0]} to {served[-1]}. "
            f"Write `api_version: {served[-1]}` into the options."
        )
        yield CheckFinding(message=message, is_blocking=True)
