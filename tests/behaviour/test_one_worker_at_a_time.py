"""The lease of an account: one worker writes, and a killed one keeps nobody waiting."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from tests.support.command import run
from tests.support.interposed import files_with, once
from tests.support.organisation import NOW, Organisation
from worker.app import system_clock
from worker.errors import ExitCode, LeaseLostError, WorkerBusyError
from worker.steps.lease import holder_name, is_gone

FAR = int(datetime(2100, 1, 1).timestamp()) * 1_000_000  # noqa: DTZ001  # any far instant


def held_by(organisation: Organisation, holder: str) -> Organisation:
    organisation.tell(f"UPDATE leases SET holder = '{holder}', expires_at = {FAR}")
    return organisation


def dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_second_worker_ends_with_try_later(synced: Organisation) -> None:
    held_by(synced, holder_name())
    assert run("sync", config=synced.folder).exit_code == ExitCode.TRY_LATER


def test_a_second_worker_writes_nothing(synced: Organisation) -> None:
    held_by(synced, "another-host:1.1")
    synced.edit(min(synced.contacts()), opt_out_all="true")
    before = synced.contacts_file.read_bytes()
    with pytest.raises(WorkerBusyError):
        synced.sync()
    assert synced.contacts_file.read_bytes() == before


def test_the_lease_of_a_killed_worker_on_this_host_is_taken_over_at_once(
    synced: Organisation,
) -> None:
    held_by(synced, f"{socket.gethostname()}:{dead_process()}.1")
    assert synced.sync().writes == {}


def test_a_later_process_of_the_same_number_is_not_the_holder() -> None:
    assert is_gone(f"{socket.gethostname()}:{os.getpid()}.1")


def test_the_holder_itself_is_not_gone() -> None:
    assert not is_gone(holder_name())


def test_a_lease_that_ran_out_is_free(synced: Organisation) -> None:
    synced.tell("UPDATE leases SET holder = 'another-host:1.1', expires_at = 1")
    assert synced.sync().writes == {}


@pytest.mark.parametrize("call", ["page", "push"])
def test_a_worker_that_lost_its_lease_stops(sample: Organisation, call: str) -> None:
    def lose() -> None:
        expired = int((system_clock() - timedelta(hours=1)).timestamp() * 1_000_000)
        sample.tell(f"UPDATE leases SET expires_at = {expired}")

    with pytest.raises(LeaseLostError):
        Organisation(folder=sample.folder, connectors=files_with(after=once(call, lose))).sync(NOW)


def test_a_worker_that_lost_its_lease_while_reading_writes_nothing(sample: Organisation) -> None:
    def lose() -> None:
        sample.tell("UPDATE leases SET token = token + 1, holder = 'another-host:1.1'")

    before = sample.contacts_file.read_bytes()
    losing = Organisation(folder=sample.folder, connectors=files_with(after=once("page", lose)))
    with pytest.raises(LeaseLostError):
        losing.sync(NOW)
    assert sample.contacts_file.read_bytes() == before


def test_the_lease_is_given_back_at_the_end(synced: Organisation) -> None:
    assert synced.ask("SELECT holder FROM leases") == [(None,)]
