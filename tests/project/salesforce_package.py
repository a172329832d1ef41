"""The package of the shipped map, as it lies in ``deploy/salesforce``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from worker.cli.configure import copy_configuration
from worker.cli.setup_package import package_of
from worker.config.loader import load_configuration
from worker.core.setup_records import Package

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = "deploy/salesforce"


@cache
def shipped() -> Package:
    """Make the package of the shipped map."""
    with TemporaryDirectory() as folder:
        copy_configuration(ROOT / "mappings", Path(folder), "salesforce", dry_run=False)
        return package_of(load_configuration(Path(folder)), "salesforce")


def package() -> Mapping[str, str]:
    """Give every file of it by its path in the project."""
    return {f"{FOLDER}/{name}": text for name, text in shipped().files.items()}
