"""The deployment files name commands, settings and files that exist."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from tests.project.sources import ROOT
from worker.cli.main import app
from worker.config.settings import setting_names
from worker.config.settings_sources import variable
from worker.errors import ExitCode

DEPLOY = ROOT / "deploy"
FILES = ("leadtriage.cron", "leadtriage.service", "Dockerfile")
COMMANDS = set(typer.main.get_command(app).commands)


def text_of(name: str) -> str:
    """Read a deployment file."""
    return (DEPLOY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_every_setting_it_names_exists(name: str) -> None:
    named = set(re.findall(r"LEADTRIAGE_[A-Z_]+", text_of(name)))

    assert named <= {variable(setting) for setting in setting_names()}


@pytest.mark.parametrize("name", ["leadtriage.cron", "leadtriage.service"])
def test_every_command_it_names_exists(name: str) -> None:
    named = set(re.findall(r"bin/leadtriage (\w+)", text_of(name)))

    assert named
    assert named <= COMMANDS


def test_the_image_runs_a_command_that_exists() -> None:
    found = re.search(r'^CMD \["(\w+)"\]$', text_of("Dockerfile"), re.MULTILINE)

    assert found is not None
    assert found[1] in COMMANDS


def test_the_image_copies_files_that_exist() -> None:
    lines = [
        shlex.split(line)[1:-1]
        for line in text_of("Dockerfile").splitlines()
        if line.startswith("COPY") and "--from" not in line
    ]
    assert [name for names in lines for name in names if not (ROOT / name).exists()] == []


def test_the_image_does_not_run_as_root() -> None:
    assert re.search(r"^USER leadtriage$", text_of("Dockerfile"), re.MULTILINE)


def test_the_service_is_asked_to_stop_as_the_daemon_expects() -> None:
    assert "KillSignal=SIGTERM" in text_of("leadtriage.service")


def test_the_service_does_not_restart_what_a_person_has_to_mend() -> None:
    prevented = re.search(r"^RestartPreventExitStatus=(.*)$", text_of("leadtriage.service"), re.M)

    assert prevented is not None
    assert prevented[1].split() == [
        str(int(c)) for c in (ExitCode.NO_PERMISSION, ExitCode.CONFIGURATION)
    ]
