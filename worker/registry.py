"""Connectors and local twins by name, found through entry points.

This is the only way from the worker to a connector or a twin, so that ``worker`` never imports one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from worker.errors import FixConfigurationError
from worker.ports import KnownOptions, MakePackage, OpenConnector, OpenSandbox

GROUP = "leadtriage.connectors"
SANDBOXES = "leadtriage.sandboxes"
PACKAGES = "leadtriage.packages"
OPTIONS = "leadtriage.options"


@cache
def _installed(group: str) -> Mapping[str, EntryPoint]:
    """Find the entry points of a group by name, once: it reads a file of every installed package."""
    return {point.name: point for point in entry_points(group=group)}


def connector_names() -> tuple[str, ...]:
    """List the installed connectors, in alphabetical order."""
    return tuple(sorted(_installed(GROUP)))


def find_connector(name: str, extra: Mapping[str, OpenConnector] | None = None) -> OpenConnector:
    """Find the opener of a connector; ``extra`` takes precedence over what is installed."""
    if extra and name in extra:
        return extra[name]
    if name in (points := _installed(GROUP)):
        return cast(OpenConnector, points[name].load())
    known = ", ".join(connector_names())
    raise FixConfigurationError(f"No connector is called {name!r}. Installed: {known}.")


def find_options(connector: str) -> KnownOptions | None:
    """Find what names a connector's options; None where it or its CRM's client is not installed."""
    points = _installed(OPTIONS)
    if connector not in points:
        return None
    try:
        return cast(KnownOptions, points[connector].load())
    except ModuleNotFoundError:
        return None


def sandbox_names() -> tuple[str, ...]:
    """List the installed local twins, in alphabetical order."""
    return tuple(sorted(_installed(SANDBOXES)))


def find_sandbox(name: str) -> OpenSandbox:
    """Find the opener of a local twin; says what to install when its server is missing."""
    points = _installed(SANDBOXES)
    if name not in points:
        known = ", ".join(sorted(points))
        raise FixConfigurationError(f"No twin is called {name!r}. Installed: {known}.")
    try:
        return cast(OpenSandbox, points[name].load())
    except ModuleNotFoundError as error:
        raise FixConfigurationError(
            f"The twin needs {error.name}, which is not installed. "
            'Install it with: pip install "leadtriage[sandbox]"'
        ) from error


def package_names() -> tuple[str, ...]:
    """List the connectors for whose CRM a package can be made, in alphabetical order."""
    return tuple(sorted(_installed(PACKAGES)))


def find_package(connector: str) -> MakePackage:
    """Find what makes the package of a connector's CRM."""
    points = _installed(PACKAGES)
    if connector not in points:
        known = ", ".join(package_names())
        raise FixConfigurationError(
            f"Nothing is deployed for {connector}: `leadtriage setup` makes there what is lacking. "
            f"Packages are made for: {known}."
        )
    return cast(MakePackage, points[connector].load())
