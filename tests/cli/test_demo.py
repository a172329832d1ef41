"""The demonstration: the whole job through HubSpot's client against the twin, and what is left after it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from worker.cli.main import app
from worker.errors import ExitCode

PROGRAM = "from worker.cli.main import main; main()"
FEW = ("--contacts", "120", "--now", "2026-11-02T15:00Z")


def started(*arguments: str, before: str = "", **variables: str) -> subprocess.Popen[str]:
    """Start ``leadtriage`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", f"{before}\n{PROGRAM}", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200", **variables},
    )


def ended(*arguments: str, before: str = "", **variables: str) -> tuple[int, str, str]:
    """Run ``leadtriage`` to its end: exit code and both streams."""
    with started(*arguments, before=before, **variables) as running:
        out, err = running.communicate(timeout=120)
    return running.returncode, out, err


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder in which the demonstration was played, though the environment names an account."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    code, out, err = ended(
        *("demo", str(folder), *FEW, "--json"),
        LEADTRIAGE_HUBSPOT__BASE_URL="https://api.example.org",
        LEADTRIAGE_HUBSPOT__TOKEN_FILE="/nowhere",
    )
    assert (code, err) == (0, "")
    return folder, json.loads(out)


def test_it_makes_plans_writes_and_has_nothing_left_to_do(played: tuple[Path, Any]) -> None:
    _folder, shown = played
    assert set(shown) == {
        "account", "setup", "plan", "sync", "calls", "explained", "sync_again",
    }  # fmt: skip
    assert shown["account"]["made"]["contacts"] == 120
    assert shown["setup"]["is_ready"]
    assert shown["plan"]["steps"]["decide"] == shown["sync"]["steps"]["decide"]
    assert shown["sync"]["writes"] == {"applied": shown["plan"]["steps"]["decide"]["planned"]}
    assert shown["sync_again"]["writes"] == {}
    assert shown["sync_again"]["steps"]["decide"]["looked_at"] == 0
    calls = {one["endpoint"]: (one["calls"], one["fewest"]) for one in shown["calls"]}
    assert calls["GET /crm/v3/objects/contacts"] == (2, 2)
    assert calls["GET /crm/v3/owners"][1] is None


def test_the_account_and_what_was_decided_are_kept(
    played: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _shown = played
    kept = ("--data", str(folder / "data"), "--database", str(folder / "hubspot.db"))
    monkeypatch.setenv("LEADTRIAGE_NOW", FEW[-1])
    with started("sandbox", "hubspot", "--port", "0", *kept, "--json") as serving:
        assert serving.stdout is not None
        told = json.loads("".join(iter(serving.stdout.readline, "}\n")) + "}")
        code, out, _err = ended(
            *("sync", "--config", str(folder), "--json"),
            LEADTRIAGE_HUBSPOT__BASE_URL=told["url"],
            LEADTRIAGE_HUBSPOT__ACCESS_TOKEN=told["token"],
        )
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=20) == 0
    assert not any(told["made"].values())
    assert (code, json.loads(out)["writes"]) == (0, {})


def asked(*arguments: str) -> tuple[int, str]:
    """Run the demonstration in this process: exit code and what it said on stderr."""
    result = CliRunner().invoke(app, ["demo", *arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.stderr


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    code, err = asked(str(tmp_path))
    assert (code, [path.name for path in tmp_path.iterdir()]) == (ExitCode.DATA, ["mine.txt"])
    assert " ".join(err.split()).endswith("is not empty. Remove it, or name another.")


def test_without_the_extra_it_says_what_to_install_and_makes_nothing(tmp_path: Path) -> None:
    missing = "import sys; sys.modules['starlette'] = None"
    code, _out, err = ended("demo", str(tmp_path / "demo"), before=missing)
    assert code == ExitCode.CONFIGURATION
    assert 'pip install "leadtriage[sandbox]"' in err
    assert not (tmp_path / "demo").exists()


def test_a_ledger_of_somebody_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADTRIAGE_LEDGER__URL", f"sqlite:///{tmp_path}/mine.db")
    code, err = asked(str(tmp_path / "demo"))
    assert code == ExitCode.CONFIGURATION
    assert err.startswith("LEADTRIAGE_LEDGER__URL names a ledger of yours.")
    assert list(tmp_path.iterdir()) == []


def test_a_crm_that_refuses_ends_it_and_nothing_serves_any_more(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text('[{"kind": "status", "status": 401, "times": null}]')
    code, err = asked(str(tmp_path / "demo"), *FEW, "--script", str(script))
    assert code == ExitCode.NO_PERMISSION
    assert "pat-na1" not in err
    assert not [thread for thread in threading.enumerate() if thread.name == "twin"]


def test_an_interrupt_ends_it_while_it_waits(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text('[{"kind": "latency", "seconds": 600, "endpoint": "GET *", "times": null}]')
    with started("demo", str(tmp_path / "demo"), *FEW, "--script", str(script)) as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == ExitCode.INTERRUPTED
