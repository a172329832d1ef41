"""Nothing personal or clinical gets out: a base of canaries, every error forced, everything searched.

Where the design shows values, the place stands in an allow list here, and only there.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import typer

from connectors.files.connector import open_connector
from tests.support.canaries import (
    MARK,
    canary,
    found_in,
    found_in_files,
    found_in_tables,
    plant,
)
from tests.support.command import run
from tests.support.interposed import Interposed, files_with
from tests.support.organisation import (
    NOW,
    Organisation,
    copied,
    make_empty,
    without_waiting,
)
from worker.app import App
from worker.cli.options import exits
from worker.core.records import Page, RowIssue, WriteCommand, WriteOutcome, WriteResult
from worker.daemon.scheduler import run_once
from worker.errors import RECOVERY, ExitCode, LeadtriageError, UnavailableError
from worker.ledger.codec import new_key
from worker.log import configure_logging
from worker.ports import Connector, ConnectorContext
from worker.steps.sync import sync

ROOT = Path(__file__).parents[2]
COMMAND = "from worker.cli.main import main; main()"
SECRET = canary("secret")

KEPT = frozenset(
    {
        "records.field_values",
        "records.mapped",
        "records.written",
        "decision_inputs.inputs",
        "intents.changes",
        "intents.expected",
    }
)
"""The cells of the ledger that hold values by design; encrypted when a key is given."""

SHOWS_NOTHING = (
    "check --live",
    "check --live --json",
    "check --facts",
    "fields --live --verbose",
    "fields --live --json",
    "plan --now 2026-11-02T15:00Z",
    "sync --now 2026-11-02T15:00Z",
    "sync --json --now 2026-11-02T15:00Z",
    "apply --dry-run --now 2026-11-02T15:00Z",
    "runs",
    "runs --json",
    "duplicates",
    "duplicates --json",
    "consent --now 2026-11-02T15:00Z",
    "consent --json --now 2026-11-02T15:00Z",
    "audit verify --json",
    "audit quarantine",
    "audit quarantine --json",
    "audit data --now 2026-11-02T15:00Z",
    "explain nobody",
    "explain nobody --json",
)
"""Every command that is not meant to show values, on a base that is synced already."""


@pytest.fixture(scope="module")
def planted_template(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return plant(make_empty(tmp_path_factory.mktemp("planted") / "organisation"))


@pytest.fixture(scope="module")
def synced_canaries(
    tmp_path_factory: pytest.TempPathFactory, planted_template: Organisation
) -> Organisation:
    organisation = copied(planted_template, tmp_path_factory.mktemp("canaries") / "organisation")
    organisation.sync()
    return organisation


@pytest.fixture
def planted(planted_template: Organisation, tmp_path: Path) -> Organisation:
    """Canaries in every cell, never synced."""
    return copied(planted_template, tmp_path / "organisation")


@pytest.fixture
def known(synced_canaries: Organisation, tmp_path: Path) -> Organisation:
    """Canaries in every cell, synced once."""
    return copied(synced_canaries, tmp_path / "organisation")


def said(*arguments: str, organisation: Organisation) -> str:
    """All that a command says, with the loudest logs."""
    env = {"LEADTRIAGE_LOG__LEVEL": "debug"}
    ended = run(*arguments, config=organisation.folder, now=None, env=env)
    return ended.stdout + ended.stderr


# --- the canaries themselves


def test_a_canary_that_gets_out_is_seen() -> None:
    """So that no test here can pass by looking for nothing."""
    assert found_in(f"Dear {canary('first_name').title()}, call (617) 555-0187") == {
        canary("first_name"),
        "6175550187",
    }


def test_the_canaries_reach_the_ledger(synced_canaries: Organisation) -> None:
    """They are personal facts of leads that are decided and handed over, not rows put aside."""
    kept = found_in_tables(synced_canaries, frozenset())
    assert {canary("first_name"), canary("email"), "6175550187"} <= kept["decision_inputs.inputs"]
    assert canary("email", "b") in kept["records.field_values"]
    assert synced_canaries.contact("plain")["owner_id"] != ""


def test_columns_that_nothing_reads_do_not_reach_it(synced_canaries: Organisation) -> None:
    kept = found_in_tables(synced_canaries, frozenset())
    unmapped = {canary(name) for name in ("diagnosis", "notes", "date_of_birth", "subject")}
    assert unmapped.isdisjoint(set().union(*kept.values()))


# --- what commands say


@pytest.mark.parametrize("words", SHOWS_NOTHING)
def test_a_command_that_shows_no_values_says_none(known: Organisation, words: str) -> None:
    assert found_in(said(*words.split(), organisation=known)) == set()


def test_a_plan_shows_what_stands_in_managed_fields_and_nothing_else(
    planted: Organisation,
) -> None:
    """What would be overwritten has to be seen before it is approved."""
    found = found_in(said("plan", "--json", "--now", "2026-11-02T15:00Z", organisation=planted))
    assert canary("next_step", "m") in found
    # Rows "c" and "r" are left alone, as no word we know is their stage; nor do they name a channel.
    assert {
        word for word in found if not word.endswith(canary("", "m").removeprefix(MARK))
    } == set()


def test_a_lead_that_is_explained_shows_its_values(known: Organisation) -> None:
    found = found_in(said("explain", "bad", "--json", organisation=known))
    assert canary("first_name", "b") in found


def test_what_is_written_back_holds_no_personal_value(synced_canaries: Organisation) -> None:
    written = ("reason_codes", "hand_off_summary", "next_step", "pathway", "nurture_track")
    row = synced_canaries.contact("plain")
    assert row["hand_off_summary"] != ""
    assert found_in(" ".join(row[name] for name in written)) == set()


# --- what is kept


def test_only_cells_meant_for_values_hold_any(synced_canaries: Organisation) -> None:
    assert found_in_tables(synced_canaries, KEPT) == {}


def test_with_a_key_no_file_holds_any(
    planted: Organisation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setenv("LEADTRIAGE_LEDGER__KEY", new_key())
    planted.sync()
    said("duplicates", organisation=planted)
    said("audit", "data", organisation=planted)
    assert found_in_files(planted.folder / "state") == {}
    assert found_in_files(scratch) == {}


# --- what is said when something goes wrong


def _after(error: Exception) -> Exception:
    """The error as a connector raises it: from another, whose text holds values."""
    error.__cause__ = ValueError(f"{{'email': '{SECRET}'}}")
    return error


FORESEEN = [cls for cls in RECOVERY if cls is not LeadtriageError]
UNFORESEEN = (KeyError, UnicodeError, OSError)


def _errors() -> list[Exception]:
    return [_after(cls()) for cls in FORESEEN] + [_after(cls(SECRET)) for cls in UNFORESEEN]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What a connector does at one of its calls."""

    call: str
    error: Exception
    times: int = 0

    def __call__(self, call: str) -> None:
        if call == self.call:
            self.times += 1
            raise self.error


def _run(app: App) -> None:
    with suppress(LeadtriageError, *UNFORESEEN), app._leased() as work:
        sync(without_waiting(work), app.clock)


def _boundaries(error: Exception) -> None:
    """Let an error end a command, and a run of the daemon."""

    def raise_it(_should_stop: Callable[[], bool] = bool) -> None:
        raise error

    with suppress(typer.Exit), exits():
        raise_it()
    run_once(raise_it, threading.Event())


@pytest.mark.parametrize("call", ["describe", "pull", "page", "fetch", "owners", "push"])
def test_no_error_of_a_connector_is_quoted(
    planted: Organisation, call: str, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("debug", as_json=True)  # to the stderr that is captured
    # What was sent without an answer is fetched when the next run begins.
    fault = Fault(call="push", error=UnavailableError())
    failing = Organisation(folder=planted.folder, connectors=files_with(before=fault))
    with failing.open(NOW) as app:
        if call == "fetch":
            _run(app)
        fault.call, fault.times = call, 0
        for error in _errors():
            fault.error = error
            _run(app)
            _boundaries(error)
    told = capfd.readouterr()
    assert fault.times >= len(_errors())
    assert '"run_started"' in told.err
    assert found_in(told.out + told.err) == set()
    assert found_in_tables(planted, KEPT) == {}


DAMAGES = {
    "an open quote": b'\n"%s',
    "a stray quote": b'\nx,%s"y",z\n',
    "a short row": b"\nshort,%s\n",
    "a long row": b"\nlong" + b",%s" * 200 + b"\n",
    "bytes of no encoding": b"\nraw,\xff\xfe%s\x81\n",
    "a NUL": b"\nnul,\x00%s\n",
    "no id": b"\n,%s\n",
    "a damaged id": b"\n67340.0,%s\n",
    "a huge row": b"\nhuge," + b"%s " * 200_000 + b"\n",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_row_is_told_by_place_and_code(known: Organisation, damage: str) -> None:
    whole = known.contacts_file.read_bytes()
    known.contacts_file.write_bytes(whole + DAMAGES[damage].replace(b"%s", SECRET.encode()))
    told = said("sync", organisation=known) + said("audit", "quarantine", organisation=known)
    assert found_in(told) == set()
    assert found_in_tables(known, KEPT) == {}


@pytest.mark.parametrize("encoding", ["utf-16-le", "cp037", "utf-32"])
def test_a_table_that_cannot_be_read_is_not_quoted(known: Organisation, encoding: str) -> None:
    text = known.contacts_file.read_text(encoding="utf-8")
    known.contacts_file.write_bytes(text.encode(encoding))
    assert found_in(said("sync", organisation=known)) == set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Careless(Interposed):
    """A connector that puts what its CRM answered where a code belongs."""

    def pull(self, object_type: str, *, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        for page in self.inner.pull(object_type, fields=fields, since=since):
            issue = RowIssue(object_type=object_type, row=1, code=SECRET)
            yield replace(page, issues=(*page.issues, issue))

    def push(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        return [
            WriteResult(
                command_id=command.command_id,
                outcome=WriteOutcome.REJECTED,
                code=f"Invalid e-mail {SECRET}",
            )
            for command in commands
        ]


def test_what_a_crm_answers_is_no_code(planted: Organisation) -> None:
    def opened(context: ConnectorContext) -> Connector:
        return Careless(inner=open_connector(context))

    careless = Organisation(folder=planted.folder, connectors={"files": opened})
    assert careless.sync().writes["rejected"] > 0
    assert ("WRITE_REJECTED",) in planted.ask("SELECT DISTINCT code FROM outcomes")
    assert found_in_tables(planted, KEPT) == {}


def process(
    organisation: Organisation, *arguments: str, prepare: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as an operator does, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments, "--config", str(organisation.folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "LEADTRIAGE_LOG__LEVEL": "debug"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=prepare,  # one thread: a limit is set, and nothing else
    )


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["text", "json"])
def test_a_bug_is_placed_and_not_quoted(known: Organisation, flags: list[str]) -> None:
    known.tell(f"UPDATE records SET mapped = '{SECRET}'", "UPDATE profiles SET is_dirty = 1")
    ended = process(known, "sync", *flags)
    assert ended.returncode == ExitCode.BUG
    assert found_in(ended.stdout + ended.stderr) == set()


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_a_full_disk_is_told_without_a_value(planted: Organisation) -> None:
    ended = process(planted, "sync", prepare=_small_files)
    assert ended.returncode not in {0, ExitCode.BUG}, ended.stderr
    assert found_in(ended.stdout + ended.stderr) == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEADTRIAGE_LEDGER__KEY", SECRET),
        ("LEADTRIAGE_LEDGER__URL", f"postgresql://user:{SECRET}@127.0.0.1:1/none"),
        ("LEADTRIAGE_LEDGER__URL", f"mysql://user:{SECRET}@host/none"),
        ("LEADTRIAGE_FILES__PASSWORD", SECRET),
    ],
)
def test_a_secret_in_a_setting_is_not_quoted(planted: Organisation, name: str, value: str) -> None:
    ended = run("sync", config=planted.folder, env={name: value})
    assert ended.exit_code != 0
    assert found_in(ended.stdout + ended.stderr) == set()


def test_no_file_is_named_after_anybody(synced_canaries: Organisation) -> None:
    names = [str(path) for path in synced_canaries.folder.rglob("*")]
    assert found_in("\n".join(names)) == set()
