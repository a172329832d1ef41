"""The demonstration: the whole job through the vendors' clients against both twins."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from worker.cli.main import app
from worker.cli.sandbox import PORTS
from worker.errors import ExitCode
from worker.ports import SandboxOrder
from worker.registry import find_sandbox

PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from worker.cli.main import main; main()"
)
"""As a terminal starts it: what a shell starts in the background is deaf to interrupts, and so are its
children."""
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


ELSEWHERE = {
    "LEADTRIAGE_HUBSPOT__BASE_URL": "https://api.example.org",
    "LEADTRIAGE_HUBSPOT__TOKEN_FILE": "/nowhere",
    "LEADTRIAGE_SALESFORCE__INSTANCE_URL": "https://org.my.salesforce.com",
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder in which the demonstration was played, though the environment names accounts."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    ended = CliRunner().invoke(app, ["demo", str(folder), *FEW, "--json"], env=ELSEWHERE)
    assert (ended.exit_code, ended.stderr) == (0, "")
    return folder, json.loads(ended.stdout)


def test_it_makes_plans_writes_and_has_nothing_left_to_do(played: tuple[Path, Any]) -> None:
    folder, shown = played
    assert set(shown) == {
        "accounts", "setup", "plan", "truth_before", "sync", "truth_after", "calls", "explained",
        "sync_again", "next",
    }  # fmt: skip
    assert set(shown["accounts"]) == set(shown["setup"]) == {"hubspot", "salesforce"}
    assert all(one["is_ready"] for one in shown["setup"].values())
    assert shown["plan"]["steps"]["decide"] == shown["sync"]["steps"]["decide"]
    assert shown["sync"]["writes"] == {"applied": shown["plan"]["steps"]["decide"]["planned"]}
    assert shown["sync_again"]["writes"] == {}
    assert shown["sync_again"]["steps"]["decide"]["decided"] == 0
    kept = {path.name for path in (folder / "reports").iterdir()}
    assert {"sync.txt", "truth-before.txt", "truth-after.txt", "calls.txt"} <= kept
    assert (folder / "deploy/salesforce/sfdx-project.json").is_file()
    calls = {one["endpoint"]: (one["calls"], one["fewest"]) for one in shown["calls"]}
    assert calls["GET /crm/v3/objects/contacts"] == (2, 2)
    assert calls["PATCH /composite/sobjects"][0] == 2


def test_the_crms_disagree_before_and_agree_after_but_for_what_needs_a_person(
    played: tuple[Path, Any],
) -> None:
    _folder, shown = played
    before, after = shown["truth_before"], shown["truth_after"]
    assert before["in_several_crms"] == after["in_several_crms"] > 20
    assert all(before["read_at"].values())
    assert before["about"]["stage"] > after["about"].get("stage", 0)
    assert {"held_plan", "waiting_to_be_sent", "not_decided_yet"}.isdisjoint(after["causes"])
    mql = next(line for line in after["funnel"] if line["stage"] == "mql")
    assert mql["disputed"] == 0


def served(lines: Sequence[str], stack: ExitStack) -> dict[str, str]:
    """Serve what the lines say to serve, each at a port of its own; where it is, by where they say."""
    places: dict[str, str] = {}
    for line in lines:
        words = shlex.split(line)
        if words[:2] != ["leadtriage", "sandbox"]:
            continue
        flags = dict(zip(words[3::2], words[4::2], strict=True))
        order = SandboxOrder(
            data=Path(flags["--data"]),
            database=Path(flags["--database"]),
            metadata=Path(flags["--metadata"]) if "--metadata" in flags else None,
            now=datetime.fromisoformat(FEW[-1]),
            has_limits=False,
        )
        running = stack.enter_context(find_sandbox(words[2])(order))
        assert not any(running.made.values())
        places[f"http://127.0.0.1:{PORTS[words[2]]}"] = running.url
    return places


def variables(lines: Sequence[str], places: Mapping[str, str]) -> dict[str, str]:
    """Read what the lines export, with the twins where they really are."""
    words = [word for line in lines if line.strip().startswith("export") for word in line.split()]
    found = dict(word.split("=", 1) for word in words if "=" in word)
    return {name: places.get(value, value) for name, value in found.items()}


RIGHT = [
    "objects.contacts.fields.lifecycle_stage",
    "teams.business_development.members[2].owner",
]
"""HubSpot has two stages that the map leaves to people, and one member has no account in Salesforce."""


def test_what_it_says_to_type_next_works_on_what_was_kept(played: tuple[Path, Any]) -> None:
    folder, shown = played
    lines = "\n".join(shown["next"]).replace("\\\n", "").splitlines()
    with ExitStack() as stack:
        environment = variables(lines, served(lines, stack))
        assert len(environment) == 7
        typed = [shlex.split(line)[1:] for line in lines if line.startswith("  leadtriage ")]
        worked = {
            words[0]: CliRunner().invoke(app, [*words, "--json"], env=environment)
            for words in typed
            if words[0] != "sandbox"
        }
        checked = CliRunner().invoke(
            app, ["check", "--live", "--json", "--config", str(folder)], env=environment
        )
    found = json.loads(checked.stdout)
    assert found["problems"] == []
    assert [one["key"] for one in found["warnings"]] == RIGHT
    codes = {name: ended.exit_code for name, ended in worked.items()}
    assert codes == {"sync": 0, "explain": 0, "truth": ExitCode.FOUND_PROBLEMS, "plan": 0}
    assert json.loads(worked["sync"].stdout)["writes"] == {}
    told = json.loads(worked["truth"].stdout)
    assert told["disagreeing"] == shown["truth_after"]["disagreeing"]
    assert str(folder) in lines[-1]


def test_one_crm_alone_has_everybody_and_nobody_to_disagree_with(tmp_path: Path) -> None:
    few = ("--contacts", "50", "--now", FEW[-1], "--crm", "salesforce", "--json")
    ended = CliRunner().invoke(app, ["demo", str(tmp_path / "demo"), *few])
    assert ended.exit_code == 0
    shown = json.loads(ended.stdout)
    made = shown["accounts"]["salesforce"]["made"]
    assert made["leads"] + made["contacts"] == 50
    assert (set(shown["accounts"]), shown["truth_after"]) == ({"salesforce"}, None)
    assert set(shown["sync"]["writes"]) == {"applied"}, "an owner of the roster is nobody there"
    assert shown["sync"]["owners"]
    assert shown["sync_again"]["writes"] == {}


def asked(*arguments: str) -> tuple[int, str]:
    """Run the demonstration in this process: exit code and what it said on stderr."""
    result = CliRunner().invoke(app, ["demo", *arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.stderr


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    code, err = asked(str(tmp_path))
    assert (code, [path.name for path in tmp_path.iterdir()]) == (ExitCode.DATA, ["mine.txt"])
    assert " ".join(err.split()).endswith("is not empty. Remove it, or name another.")


def test_an_interrupt_says_how_to_begin_anew_and_names_no_folder_of_others(tmp_path: Path) -> None:
    stop = """
import worker.cli.demo as demo
def interrupted(*_args, **_more):
    raise KeyboardInterrupt
demo.set_scene = interrupted
"""
    folder = tmp_path / "my demo"
    code, _out, err = ended("demo", str(folder), before=stop)
    again = f"rm -r '{folder}' && leadtriage demo '{folder}'"
    assert (code, err.strip()) == (ExitCode.INTERRUPTED, f"Interrupted. To begin anew: {again}")
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    assert ended("demo", str(folder), before=stop)[2] == ""


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
