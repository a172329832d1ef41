"""The continuous integration script runs what the README tells people to run."""

from __future__ import annotations

import os
import re

from tests.project.sources import ROOT

SCRIPT = ROOT / ".ci" / "run"


def readme_command() -> str:
    """The command of the README's block on testing."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^(make \w+) +# all tests$", text, re.MULTILINE)
    assert found is not None
    return found[1]


def test_it_runs_the_command_of_the_readme() -> None:
    commands = re.findall(r"^(make \w+)", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)

    assert commands == [readme_command()]


def test_it_can_be_run() -> None:
    assert os.access(SCRIPT, os.X_OK)


def test_it_takes_no_environment_along_that_somebody_made_by_hand() -> None:
    assert "--exclude=./.venv" in SCRIPT.read_text(encoding="utf-8")


def test_the_wheel_and_the_command_bear_the_same_version() -> None:
    from worker import __version__  # noqa: PLC0415 - the only module that knows it

    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in text
