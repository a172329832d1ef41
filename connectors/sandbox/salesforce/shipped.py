"""The package for an org that is shipped: in an installed wheel, or in the source tree.

A twin that is filled with people has it deployed, as an org has before a worker is let at it.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from importlib.resources.abc import Traversable

from connectors.sandbox.salesforce.metadata import deploy
from connectors.sandbox.salesforce.org import Org


def shipped_package() -> Traversable:
    """Find the package of the shipped map."""
    inside = files("connectors") / "_deploy" / "salesforce"
    return inside if inside.is_dir() else files("connectors") / ".." / "deploy" / "salesforce"


def deploy_shipped(org: Org) -> tuple[str, ...]:
    """Deploy it, with all its permission sets; gives the fields."""
    with as_file(shipped_package()) as folder:
        return deploy(org, folder)
