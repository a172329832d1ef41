"""The JSON Schemas beside the YAML files say what the loader accepts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from worker.config.schemas import SCHEMA_NAMES, schema_texts, write_schemas

MAPPINGS = Path(__file__).parents[2] / "mappings"
HINT = "# yaml-language-server: $schema="


@pytest.mark.parametrize("name", sorted(SCHEMA_NAMES))
def test_the_schema_is_fresh(name: str) -> None:
    written = (MAPPINGS / "schemas" / f"{name}.json").read_text(encoding="utf-8")

    assert written == schema_texts()[name], "run make docs"


def test_there_is_no_schema_of_something_that_is_gone() -> None:
    names = {path.stem for path in (MAPPINGS / "schemas").glob("*.json")}

    assert names == set(SCHEMA_NAMES)


def test_writing_gives_one_valid_json_file_for_each_kind(tmp_path: Path) -> None:
    written = write_schemas(tmp_path / "schemas")

    assert [path.stem for path in written] == list(SCHEMA_NAMES)
    assert all(json.loads(path.read_text(encoding="utf-8"))["$schema"] for path in written)


def test_a_condition_may_hold_conditions() -> None:
    condition = json.loads(schema_texts()["policy"])["$defs"]["Condition"]

    assert condition["properties"]["all"]["items"] == {"$ref": "#/$defs/Condition"}


@pytest.mark.parametrize(
    "path", sorted(MAPPINGS.rglob("*.yaml")), ids=lambda path: path.relative_to(MAPPINGS).as_posix()
)
def test_every_shipped_file_points_to_its_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]

    assert first.startswith(HINT)
    assert (path.parent / first.removeprefix(HINT)).resolve().is_file()
