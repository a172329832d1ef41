"""The wheel holds what an installation needs, and nothing of the workshop."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.project.sources import ROOT


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build the wheel from a copy, and list what it holds."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("worker", "connectors", "mappings", "deploy/salesforce"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "state")
        )
    for name in ("pyproject.toml", "README.md", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    [wheel] = (folder / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def below(folder: str, suffix: str) -> set[str]:
    """The files of the source tree that have to be in the wheel."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob(f"*{suffix}")
        if "__pycache__" not in path.parts
    }


def test_it_holds_every_module(names: set[str]) -> None:
    assert below("worker", ".py") | below("connectors", ".py") <= names


def test_it_holds_the_migrations_of_the_ledger(names: set[str]) -> None:
    assert "worker/ledger/migrations/versions/v0001_ledger.py" in names


def test_it_holds_the_default_configuration_and_its_examples(names: set[str]) -> None:
    assert {f"worker/_{name}" for name in below("mappings", ".yaml")} <= names


def test_it_holds_the_package_for_an_org(names: set[str]) -> None:
    files = {name.removeprefix("deploy/") for name in below("deploy/salesforce", "")}
    assert {f"connectors/_deploy/{name}" for name in files if "." in name} <= names


def test_it_declares_the_command_and_the_connectors(names: set[str]) -> None:
    assert any(name.endswith(".dist-info/entry_points.txt") for name in names)


def test_it_holds_no_test_and_no_ledger(names: set[str]) -> None:
    strange = {n for n in names if n.startswith(("tests/", "deploy/")) or n.endswith(".db")}

    assert strange == set()


def test_everything_lies_in_our_two_packages(names: set[str]) -> None:
    assert {Path(n).parts[0] for n in names if ".dist-info" not in n} == {"worker", "connectors"}
