"""``leadtriage sandbox`` serves until it is interrupted, and says what it needs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from worker.errors import ExitCode
from worker.sample import write_sample

COMMAND = (sys.executable, "-m", "worker", "sandbox", "--port", "0")


def told_by(running: subprocess.Popen[str]) -> dict[str, Any]:
    """Read the JSON that the command prints once it serves."""
    assert running.stdout is not None
    lines = []
    while (line := running.stdout.readline()) != "}\n":
        assert line, "it ended before it told its address"
        lines.append(line)
    found: dict[str, Any] = json.loads("".join([*lines, "}"]))
    return found


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_the_tables_until_it_is_told_to_end(tmp_path: Path, sign: int) -> None:
    write_sample(tmp_path / "base", 50, 1, date(2026, 11, 2))
    command = [*COMMAND, "--data", str(tmp_path / "base"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        told = told_by(running)
        request = urllib.request.Request(
            f"{told['url']}/crm/v3/objects/contacts?limit=100",
            headers={"authorization": f"Bearer {told['token']}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert len(json.load(answer)["results"]) == told["made"]["contacts"] == 50
        assert told["person_token"] not in {"", told["token"]}
        running.send_signal(sign)
        assert running.wait(timeout=20) == 0


def test_the_twin_of_salesforce_says_what_a_worker_needs_to_reach_it() -> None:
    command = [*COMMAND[:4], "salesforce", "--port", "0", "--json", "--feature", "person-accounts"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        told = told_by(running)["variables"]
        form = {
            "grant_type": "client_credentials",
            "client_id": told["LEADTRIAGE_SALESFORCE__CLIENT_ID"],
            "client_secret": told["LEADTRIAGE_SALESFORCE__CLIENT_SECRET"],
        }
        url = told["LEADTRIAGE_SALESFORCE__LOGIN_URL"] + "/services/oauth2/token"
        with urllib.request.urlopen(url, urlencode(form).encode(), timeout=10) as answer:
            session = json.load(answer)
        assert session["instance_url"] == told["LEADTRIAGE_SALESFORCE__INSTANCE_URL"]
        request = urllib.request.Request(
            f"{session['instance_url']}/services/data/v66.0/sobjects/Account/describe",
            headers={"authorization": f"Bearer {session['access_token']}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert "PersonEmail" in {one["name"] for one in json.load(answer)["fields"]}
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == 0


def ended(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command to its end, after some Python."""
    program = f"{before}\nfrom worker.cli.main import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", program, "sandbox", *arguments], capture_output=True, text=True
    )


def test_without_the_extra_it_says_what_to_install() -> None:
    done = ended(before="import sys; sys.modules['starlette'] = None")
    assert done.returncode == ExitCode.CONFIGURATION
    assert 'pip install "leadtriage[sandbox]"' in done.stderr


def test_a_wrong_script_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text('[{"kind": "sulk"}]')
    done = ended("--port", "0", "--script", str(tmp_path / "faults.json"))
    assert done.returncode == ExitCode.CONFIGURATION
    assert "The script faults.json is wrong: Invalid enum value 'sulk'" in done.stderr
    assert "$[0].kind" in done.stderr


def test_an_unknown_twin_is_told_with_those_there_are() -> None:
    done = ended("salesboss")
    assert done.returncode == ExitCode.CONFIGURATION
    assert "Installed: hubspot" in done.stderr
