"""Connectors by name, found through the entry point group ``leadtriage.connectors``.

This is the only way from the worker to a connector, so that ``worker`` never imports one.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import cast

from worker.errors import FixConfigurationError
from worker.ports import OpenConnector

GROUP = "leadtriage.connectors"


def connector_names() -> tuple[str, ...]:
    """List the installed connectors, in alphabetical order."""
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def find_connector(name: str, extra: Mapping[str, OpenConnector] | None = None) -> OpenConnector:
    """Find the opener of a connector; ``extra`` takes precedence over what is installed."""
    if extra and name in extra:
        return extra[name]
    for point in entry_points(group=GROUP):
        if point.name == name:
            return cast(OpenConnector, point.load())
    known = ", ".join(connector_names())
    raise FixConfigurationError(f"No connector is called {name!r}. Installed: {known}.")
