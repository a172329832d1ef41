"""Checks the connector's options and makes tables of them, before any file is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.files.encodings import ENCODINGS
from connectors.files.owners import ActiveWhen, OwnerColumns
from connectors.files.tables import DELIMITERS, Table
from connectors.shared.options import require_known
from worker.errors import FixConfigurationError
from worker.ports import ConnectorContext, ObjectSource

_SYSTEM_OPTIONS = (
    "folder",
    "owners",
    "owner_id",
    "owner_email",
    "owner_active",
    "owner_active_when",
    "owner_kind",
)
_OBJECT_OPTIONS = ("table", "encoding", "delimiter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything the configuration says about one folder of tables."""

    system: str
    folder: Path
    tables: Mapping[str, Table]
    owners: Table
    owner_columns: OwnerColumns


def known_options(source: ObjectSource | None = None) -> tuple[str, ...]:
    """Name the options of a folder of tables, or of one table of it."""
    return _SYSTEM_OPTIONS if source is None else _OBJECT_OPTIONS


def read_setup(context: ConnectorContext) -> Setup:
    """Check all options; raises ``FixConfigurationError`` with what is allowed."""
    options = context.options
    where = f"system {context.system}"
    for key in options:
        require_known(key, allowed=known_options(), what=f"option of {where}")
    if not options.get("folder"):
        raise FixConfigurationError(f"{where} needs the option 'folder': where its tables are.")
    folder = context.base_dir / options["folder"]
    active_when = options.get("owner_active_when", ActiveWhen.YES)
    require_known(active_when, allowed=tuple(ActiveWhen), what=f"owner_active_when of {where}")
    columns = OwnerColumns(
        id=options.get("owner_id", "owner_id"),
        email=options.get("owner_email", "email"),
        active=options.get("owner_active", "active"),
        kind=options.get("owner_kind", "kind"),
        active_when=ActiveWhen(active_when),
    )
    owners = Table(
        object_type="owners",
        folder=folder,
        id_field=columns.id,
        file_name=_file_name(options.get("owners", "owners.csv"), where),
    )
    return Setup(
        system=context.system,
        folder=folder,
        tables={source.object_type: _table(source, folder, where) for source in context.objects},
        owners=owners,
        owner_columns=columns,
    )


def _table(source: ObjectSource, folder: Path, system: str) -> Table:
    options = source.options
    where = f"{source.object_type} of {system}"
    for key in options:
        require_known(key, allowed=known_options(source), what=f"option of {where}")
    encoding = options.get("encoding", "auto").lower()
    require_known(encoding, allowed=ENCODINGS, what=f"encoding of {where}")
    delimiter = options.get("delimiter")
    if delimiter is not None:
        require_known(delimiter, allowed=DELIMITERS, what=f"delimiter of {where}")
    return Table(
        object_type=source.object_type,
        folder=folder,
        id_field=source.id_field,
        modified_at_field=source.modified_at_field,
        file_name=_file_name(options["table"], where) if "table" in options else None,
        encoding=encoding,
        delimiter=delimiter,
    )


def _file_name(name: str, where: str) -> str:
    if name and name not in (".", "..") and Path(name).name == name:
        return name
    raise FixConfigurationError(
        f"{name!r} is no file name for {where}. Give the name of a file in the folder, no path."
    )
