"""A broken configuration never runs, and what is said of it is exactly this."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.behaviour.broken_configurations import (
    Broken,
    broken_configurations,
    copy_shipped,
    edit,
    expected_report,
    without_counts,
)
from worker.config.loader import check_configuration, load_configuration
from worker.errors import FixConfigurationError

CASES = broken_configurations()
TODAY = date(2026, 11, 2)


@pytest.mark.parametrize("case", [c for c in CASES if c.warns], ids=lambda case: case.name)
def test_what_is_likely_a_mistake_is_warned_of(case: Broken, tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    assert check_configuration(folder, TODAY).warnings == ()
    edit(folder, case.file, case.old, case.new)

    report = check_configuration(folder, TODAY)

    found = "\n".join(map(str, report.warnings)) + "\n"
    assert found == expected_report(folder, case)
    assert report.problems == ()


@pytest.mark.parametrize("case", [c for c in CASES if c.says], ids=lambda case: case.name)
def test_the_report_names_the_mistake_and_nothing_else(case: Broken, tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    edit(folder, case.file, case.old, case.new)

    report = check_configuration(folder)

    found = "\n".join(map(str, report.problems)) + "\n"
    assert without_counts(found) == expected_report(folder, case)
    assert report.configuration is None


def test_all_problems_of_all_files_are_raised_together(tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    edit(folder, "organisation.yaml", "America/New_York", "America/NewYork")
    edit(folder, "quality.yaml", "stale_after", "stale_aftr")
    edit(folder, "routing.yaml", "next_step: start_intake", "next_step: begin_intake")

    with pytest.raises(FixConfigurationError) as caught:
        load_configuration(folder)

    files = [problem.file for problem in caught.value.problems]
    assert files == ["organisation.yaml", "quality.yaml", "routing.yaml"]
    assert str(caught.value).endswith("\n3 problems in the configuration.")


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        pytest.param(
            "consent.yaml",
            b"",
            "consent.yaml:1  (file)\n    The file is empty.\n"
            "    hint: `leadtriage init` writes a complete one",
            id="empty",
        ),
        pytest.param(
            "quality.yaml",
            b"placeholders: []\nrole_addresses: [b\xfcro]\n",
            "quality.yaml:2  (file)\n    The file is not UTF-8 text.\n    hint: save it again as UTF-8",
            id="another encoding",
        ),
        pytest.param(
            "guardrails.yaml",
            b"- id: new_mql\n",
            "guardrails.yaml:1  (file)\n"
            "    The file must hold keys with values (`key: value`), not a list or text.",
            id="a list",
        ),
        pytest.param(
            "model.yaml",
            b"facts: &facts {again: *facts}\n",
            "model.yaml:1  facts\n"
            "    The file is nested too deeply, refers to itself, or grows too large by aliases.",
            id="a loop of anchors",
        ),
    ],
)
def test_a_file_of_the_wrong_kind_is_a_problem(
    file: str, content: bytes, says: str, tmp_path: Path
) -> None:
    folder = copy_shipped(tmp_path / "config")
    (folder / file).write_bytes(content)

    assert [str(problem) for problem in check_configuration(folder).problems] == [says]


def test_a_missing_file_is_named_with_the_command_that_writes_it(tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    (folder / "guardrails.yaml").unlink()

    (problem,) = check_configuration(folder).problems

    assert str(problem) == (
        "guardrails.yaml:1  (file)\n    The file is missing.\n    hint: `leadtriage init` writes it"
    )


@pytest.mark.parametrize(
    "name", ["availability.yaml", "identity.yaml", "model.yaml", "reasons.yaml"]
)
def test_a_file_of_own_words_may_be_missing(name: str, tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    (folder / name).unlink()

    assert check_configuration(folder).problems == ()


def test_a_file_under_another_name_is_not_silently_ignored(tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    (folder / "routings.yaml").write_text("rules: []\n", encoding="utf-8")

    (problem,) = check_configuration(folder).problems

    assert str(problem) == (
        "routings.yaml:1  (file)\n"
        "    The file is not part of a configuration, so it is not read.\n"
        "    hint: did you mean 'routing.yaml'?"
    )


def test_a_folder_that_does_not_exist_is_a_problem(tmp_path: Path) -> None:
    (problem,) = check_configuration(tmp_path / "nowhere").problems

    assert problem.message == "The configuration folder does not exist."


def test_a_field_that_no_rule_reads_is_a_warning(tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    field = "{from: origin, as: text}\n      job_title: {from: job_title, as: text}"
    edit(folder, "systems/files.yaml", "{from: origin, as: text}", field)

    report = check_configuration(folder)

    (warning,) = report.warnings
    lines = (folder / "systems/files.yaml").read_text(encoding="utf-8").split("\n")
    line = next(number for number, held in enumerate(lines, start=1) if "job_title" in held)
    assert str(warning) == (
        f"systems/files.yaml:{line}  objects.contacts.fields.job_title\n"
        "    The fact 'job_title' is mapped, but nothing reads it, so it is not asked for.\n"
        "    hint: take it out, or name it in a rule"
    )
    assert report.configuration is not None


def test_a_purpose_without_a_topic_is_warned_of(tmp_path: Path) -> None:
    folder = copy_shipped(tmp_path / "config")
    edit(
        folder,
        "consent.yaml",
        "{id: program, purposes: [business]",
        "{id: program, purposes: [marketing]",
    )
    assert check_configuration(folder).warnings == ()
    edit(
        folder,
        "consent.yaml",
        "{id: demonstration, purposes: [business]",
        "{id: demonstration, purposes: [marketing]",
    )
    (warning,) = check_configuration(folder).warnings
    assert (warning.file, warning.key) == ("consent.yaml", "topics")
    assert "no topic is for the purpose 'business' of policies/b2b.yaml." in str(warning).lower()
