"""Copies of the shipped configuration with one mistake each, and the cases that make them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

SHIPPED = Path(__file__).parents[2] / "mappings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A mistake: in ``file``, ``old`` becomes ``new``, and ``says`` is all that is reported.

    What only ``warns`` lets the worker run all the same.

    In ``says``, ``{line}`` is the line on which ``new`` begins, ``{line+2}`` two lines below it, and
    ``{at "text"}`` the first line that holds the text, so that a case survives an edit elsewhere.
    """

    name: str
    file: str
    old: str
    new: str
    says: str = ""
    warns: str = ""


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


_LINE = re.compile(r"\{line([+-]\d+)?\}")
_AT = re.compile(r'([\w/]+\.yaml):\{at "(.+?)"\}')
_COUNT = re.compile(r" and \d+ more$", re.MULTILINE)


def expected_report(folder: Path, case: Broken) -> str:
    """Put the line numbers of the broken copy into what a case expects to be reported."""
    text = case.says or case.warns
    before = (SHIPPED / case.file).read_text(encoding="utf-8").partition(case.old)[0]
    line = before.count("\n") + 1
    says = _LINE.sub(lambda found: str(line + int(found[1] or 0)), text)
    return _AT.sub(lambda found: f"{found[1]}:{_line_of(folder / found[1], found[2])}", says)


def _line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").split("\n")
    return next(number for number, held in enumerate(lines, start=1) if text in held)


def without_counts(report: str) -> str:
    """Leave out how many further names a long list has: that changes with every word added."""
    return _COUNT.sub(" and N more", report)
