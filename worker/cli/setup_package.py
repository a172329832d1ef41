"""What ``setup --package`` does: writes what an administrator deploys, for this organisation's own map."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.cli.options import print_json, show
from worker.config.loader import load_configuration
from worker.config.settings import load_settings, with_overrides
from worker.core.configuration import Configuration
from worker.core.field_map import SystemMap
from worker.core.setup_records import Package
from worker.core.trace import Json
from worker.core.wanted_lists import order_package
from worker.errors import FixConfigurationError, FixDataError
from worker.registry import find_package
from worker.report.words import counted

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Laid:
    """How a folder compares with a package: what is new, equal, different, and no longer part of it."""

    new: tuple[str, ...]
    equal: tuple[str, ...]
    changed: tuple[str, ...]
    left_over: tuple[str, ...]


def write_package(
    system: str, config: Path | None, folder: Path, *, overwrite: bool, dry_run: bool, as_json: bool
) -> None:
    """Write the package of one system's map into a folder, and say how it is deployed.

    Raises:
        FixConfigurationError: there is no such system, or nothing is deployed for its CRM.
        FixDataError: a file there reads otherwise, and may not be overwritten.
    """
    settings = load_settings(config)
    configuration = with_overrides(load_configuration(settings.config), settings)
    package = package_of(configuration, system)
    laid = _compare(package, folder)
    if laid.changed and not (overwrite or dry_run):
        raise FixDataError(_refusal(laid, folder))
    if not dry_run:
        write_files(package.files, (*laid.new, *laid.changed), folder)
    if as_json:
        print_json(_json(system, folder, package, laid, dry_run=dry_run))
        return
    for line in _in_words(folder, package, laid, dry_run=dry_run):
        show(line)


def find_system(configuration: Configuration, system: str) -> SystemMap:
    """Find a system of a configuration by its name."""
    if system not in configuration.systems:
        known = ", ".join(configuration.systems)
        raise FixConfigurationError(f"There is no system {system!r}. There are: {known}.")
    return configuration.systems[system]


def package_of(configuration: Configuration, system: str) -> Package:
    """Make the package of one system's map."""
    found = find_system(configuration, system)
    return find_package(found.connector)(order_package(configuration, found))


def _compare(package: Package, folder: Path) -> _Laid:
    there = {name: _read(folder / name) for name in package.files}
    files = package.files
    metadata = (path.relative_to(folder).as_posix() for path in folder.rglob("*-meta.xml"))
    return _Laid(
        new=tuple(sorted(name for name, text in there.items() if text is None)),
        equal=tuple(sorted(name for name, text in there.items() if text == files[name])),
        changed=tuple(
            sorted(name for name, text in there.items() if text not in (None, files[name]))
        ),
        left_over=tuple(sorted(name for name in metadata if name not in files)),
    )


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def write_files(files: Mapping[str, str], names: Iterable[str], folder: Path) -> None:
    """Write some of the files of a package below a folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(files[name], encoding="utf-8")


def _refusal(laid: _Laid, folder: Path) -> str:
    return (
        f"{counted(len(laid.changed), 'file')} of {folder} would change, such as "
        f"{laid.changed[0]}. Nothing was written: add --overwrite, or name another folder."
    )


def _in_words(folder: Path, package: Package, laid: _Laid, *, dry_run: bool) -> Iterator[str]:
    verb = "Would write" if dry_run else "Wrote"
    count = len(laid.new) + len(laid.changed)
    changed = f", {len(laid.changed)} of them over others" if laid.changed else ""
    yield f"{verb} {counted(count, 'file')} to {folder}{changed}; {len(laid.equal)} were right."
    if laid.left_over:
        yield f"No longer part of it, and still there: {_some(laid.left_over)}."
    if package.not_held:
        yield f"Written as well, and not brought along, as they are yours: {_some(package.not_held)}."
    if dry_run:
        return
    yield "An administrator deploys it:"
    yield f"  cd {shlex.quote(str(folder))}"
    for command in package.commands:
        yield f"  {command}"


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _json(
    system: str, folder: Path, package: Package, laid: _Laid, *, dry_run: bool
) -> dict[str, Json]:
    return {
        "system": system,
        "folder": str(folder),
        "is_dry_run": dry_run,
        "written": [*laid.new, *laid.changed],
        "right": len(laid.equal),
        "left_over": list(laid.left_over),
        "not_held": list(package.not_held),
        "commands": list(package.commands),
    }
