"""Copies of the shipped configuration with one mistake each, and the cases that make them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

SHIPPED = Path(__file__).parents[2] / "mappings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A mistake: in ``file``, ``old`` becomes ``new``, and ``says`` is all that is reported."""

    name: str
    file: str
    old: str
    new: str
    says: str


def broken_configurations() -> list[Broken]:
    """Read the cases, which stand beside this module."""
    cases = YAML(typ="safe").load(Path(__file__).with_suffix(".yaml"))["cases"]
    return [Broken(**case) for case in cases]


def copy_shipped(folder: Path) -> Path:
    """Copy the shipped configuration, without what is not read as configuration."""
    left_out = shutil.ignore_patterns("examples", "schemas", "tests", "*.md")
    return Path(shutil.copytree(SHIPPED, folder, ignore=left_out))


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace one piece of text, which must stand there."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds the text this case changes"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
