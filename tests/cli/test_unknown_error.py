"""An error nobody foresaw: a bug, said as one, without a word of what it was about."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import typer

from worker.cli.options import exits
from worker.daemon.scheduler import run_once
from worker.errors import ExitCode, NotFoundError

SECRET = "ada@example.com"


def fail() -> None:
    """Raise what nobody foresaw, with a contact value in its message."""
    raise KeyError(SECRET)


def exit_code(act: Callable[[], None]) -> int:
    """Run something as a command does, and give the exit code it ends with."""
    with pytest.raises(typer.Exit) as ended, exits():
        act()
    return ended.value.exit_code


def test_a_command_ends_with_the_code_of_a_bug() -> None:
    assert exit_code(fail) == ExitCode.BUG


def test_a_command_says_where_the_bug_is_and_not_what_it_was_about(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exit_code(fail)

    said = capsys.readouterr().err
    assert "fail" in said
    assert "KeyError" in said
    assert SECRET not in said


def test_an_error_with_a_name_keeps_its_own_code() -> None:
    def miss() -> None:
        raise NotFoundError

    assert exit_code(miss) == ExitCode.NOT_FOUND


def test_an_exit_that_is_meant_is_no_bug() -> None:
    def leave() -> None:
        raise typer.Exit(ExitCode.PLAN_HELD)

    assert exit_code(leave) == ExitCode.PLAN_HELD


def test_a_run_that_meets_a_bug_does_not_end_the_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    def job(_should_stop: Callable[[], bool]) -> None:
        fail()

    run_once(job, threading.Event())

    assert SECRET not in "".join(capsys.readouterr())
