"""What every file owes the reader: a docstring, a modest length, and nothing that gives a place away."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.project.sources import CODE, modules, name_of, parsed, texts

MOST_LINES = 400
HOSTS = ("py" + "pi.org", "python" + "hosted.org", "files.python" + "hosted")
PLACES = re.compile(r"(?<![\w.])/(?:home|root|Users|work|opt|mnt)/[\w.]")


@pytest.mark.parametrize("path", modules(*CODE), ids=name_of)
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(parsed(path))


@pytest.mark.parametrize("path", modules(*CODE), ids=name_of)
def test_every_public_function_says_what_it_does(path: Path) -> None:
    silent = [
        node.name
        for node in parsed(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


@pytest.mark.parametrize("path", modules(*CODE, "tests"), ids=name_of)
def test_no_file_is_longer_than_one_can_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", modules(*CODE), ids=name_of)
def test_no_function_is_longer_than_a_page(path: Path) -> None:
    long = [
        node.name
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 50
    ]
    assert long == []


def test_no_file_names_a_package_registry() -> None:
    assert [name_of(p) for p in texts() if any(h in p.read_text("utf-8") for h in HOSTS)] == []


def test_no_file_names_a_place_on_somebody_s_machine() -> None:
    found = {name_of(p): PLACES.findall(p.read_text("utf-8")) for p in texts()}

    assert {name: places for name, places in found.items() if places} == {}
