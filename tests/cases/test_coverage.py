"""Every statement of the written method has a worked case, and one that falls short of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

FOLDER = Path(__file__).parent
LEAST_CASES = 150


def _load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@cache
def _names() -> tuple[str, ...]:
    return tuple(
        case["name"]
        for path in sorted(FOLDER.glob("*.yaml"))
        if path.name not in ("bases.yaml", "coverage.yaml")
        for case in _load(path)
    )


def _statements() -> Iterator[Any]:
    for heading, statements in _load(FOLDER / "coverage.yaml").items():
        for statement, cases in statements.items():
            yield pytest.param(cases, id=f"{heading}: {statement}")


@pytest.mark.parametrize("cases", list(_statements()))
def test_a_statement_has_cases_on_both_sides(cases: Mapping[str, list[str]]) -> None:
    assert set(cases) == {"shown", "short"}
    assert all(cases.values())
    assert not set(cases["shown"]) & set(cases["short"])
    assert set(cases["shown"]) | set(cases["short"]) <= set(_names())


def test_names_of_cases_are_told_apart() -> None:
    names = _names()
    assert len(names) == len(set(names)) >= LEAST_CASES
