"""Settings come from file and environment, nothing misspelt is ignored, and no secret is printed."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from worker.config.findings import Spot, problem_at
from worker.config.loader import check_configuration, load_configuration
from worker.config.settings import Settings, load_settings, with_overrides
from worker.errors import FixConfigurationError

SHIPPED = Path(__file__).parents[2] / "mappings"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("LEADTRIAGE_"):
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "files.yaml").touch()
    return tmp_path


def problem_of(folder: Path) -> str:
    with pytest.raises(FixConfigurationError) as caught:
        load_settings(folder)
    (problem,) = caught.value.problems
    return str(problem)


def test_without_any_setting_the_defaults_hold(folder: Path) -> None:
    settings = load_settings(folder)

    assert settings.config == folder
    assert settings.ledger_url == f"sqlite:///{folder.as_posix()}/state/ledger.db"
    assert (settings.run.every, settings.run.lease) == (timedelta(minutes=15), timedelta(minutes=5))
    assert (settings.run.batch, settings.log.level, settings.log.format) == (500, "info", "json")


def test_the_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[run]\nevery = "2 hours"\nbatch = 100\n[systems.files]\nfolder = "a"\nsheet = 1\n'
    (folder / "leadtriage.toml").write_text(text)
    monkeypatch.setenv("LEADTRIAGE_RUN__BATCH", "50")
    monkeypatch.setenv("LEADTRIAGE_FILES__FOLDER", "b")

    settings = load_settings(folder)

    assert (settings.run.every, settings.run.batch) == (timedelta(hours=2), 50)
    options = {key: value.get_secret_value() for key, value in settings.systems["files"].items()}
    assert options == {"folder": "b", "sheet": "1"}


def test_the_folder_can_come_from_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADTRIAGE_CONFIG", str(folder))

    assert load_settings(None).config == folder


def test_a_misspelt_variable_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADTRIAGE_FILE__FOLDER", "data")

    assert problem_of(folder) == (
        "environment  LEADTRIAGE_FILE__FOLDER\n"
        "    The variable 'LEADTRIAGE_FILE__FOLDER' means nothing to leadtriage.\n"
        "    allowed: LEADTRIAGE_CONFIG, LEADTRIAGE_LEDGER__URL, LEADTRIAGE_LEDGER__KEY, "
        "LEADTRIAGE_LEDGER__KEY_FILE, LEADTRIAGE_LOG__LEVEL, LEADTRIAGE_LOG__FORMAT, "
        "LEADTRIAGE_RUN__EVERY, LEADTRIAGE_RUN__LEASE, LEADTRIAGE_RUN__BATCH, "
        "LEADTRIAGE_FILES__<option>\n"
        "    hint: did you mean 'LEADTRIAGE_FILES__FOLDER'?"
    )


def test_a_misspelt_variable_of_a_flag_is_told_from_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADTRIAGE_LIVEE", "1")

    assert problem_of(folder).endswith("hint: did you mean 'LEADTRIAGE_LIVE'?")


def test_the_variables_of_a_crm_are_no_mistake_where_the_folder_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADTRIAGE_HUBSPOT__ACCESS_TOKEN", "s3cret")
    monkeypatch.setenv("LEADTRIAGE_RUM__EVERY", "1 hour")
    settings = load_settings(tmp_path)

    assert settings.systems == {}
    (problem,) = check_configuration(settings.config).problems
    assert str(problem) == (
        f"{tmp_path.name}  (folder)\n    The folder holds no configuration.\n    hint: `--config` names "
        "the folder; `leadtriage init` writes a complete configuration"
    )


def test_tables_of_settings_may_be_empty(folder: Path) -> None:
    (folder / "leadtriage.toml").write_text("[ledger]\n[systems]\n[systems.files]\n")

    assert load_settings(folder).ledger.url is None


def test_a_variable_that_means_something_elsewhere_is_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADTRIAGE_JSON", "1")

    assert load_settings(folder, also_known=["LEADTRIAGE_JSON"]).run.batch == 500


def test_a_misspelt_key_of_the_file_is_a_problem(folder: Path) -> None:
    (folder / "leadtriage.toml").write_text('[log]\nlevel = "info"\n[run]\nevry = "1 hour"\n')

    assert problem_of(folder) == (
        "leadtriage.toml:4  run.evry\n"
        "    The setting 'run.evry' does not exist.\n"
        "    allowed: ledger.url, ledger.key, ledger.key_file, log.level, log.format, run.every, "
        "run.lease, run.batch, systems.files\n"
        "    hint: did you mean 'run.every'?"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[run\n", "leadtriage.toml:1  (file)\n    The file is not valid TOML."),
        (b"a = '\xff'\n", "leadtriage.toml:1  (file)\n    The file cannot be read as UTF-8 text."),
        (b'run = "x"\n', "leadtriage.toml:1  run\n    The setting 'run' does not exist."),
        (
            b"[run]\nbatch = 0\n",
            "leadtriage.toml:2  run.batch\n    'run.batch' must be at least 1.",
        ),
        (b"[rum]\n", "leadtriage.toml:1  rum\n    The setting 'rum' does not exist."),
        (
            b'[run]\nevery = "0 minutes"\n',
            "leadtriage.toml:2  run.every\n    'run.every' must be more than nothing.",
        ),
        (
            b'[log]\nlevel = "loud"\n',
            "leadtriage.toml:2  log.level\n    'log.level' must be 'debug', 'info', 'warning' or",
        ),
    ],
)
def test_a_broken_file_is_a_problem_at_its_line(folder: Path, content: bytes, says: str) -> None:
    (folder / "leadtriage.toml").write_bytes(content)

    assert problem_of(folder).startswith(says)


def test_no_secret_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADTRIAGE_LEDGER__KEY", "s3cret")
    monkeypatch.setenv("LEADTRIAGE_LEDGER__URL", "postgresql://worker:s3cret@db/leads")
    monkeypatch.setenv("LEADTRIAGE_FILES__TOKEN", "s3cret")

    settings = load_settings(SHIPPED)
    changed = with_overrides(load_configuration(SHIPPED), settings)

    assert changed.systems["files"].options["token"] == "s3cret"
    assert "s3cret" not in repr(settings) + repr(changed)


def test_a_secret_of_the_wrong_kind_is_not_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADTRIAGE_RUN__EVERY", "s3cret")

    assert "s3cret" not in problem_of(folder)


def test_an_override_changes_neither_map_nor_digest() -> None:
    configuration = load_configuration(SHIPPED)
    settings = Settings(config=SHIPPED, systems={"files": {"folder": "elsewhere"}})

    changed = with_overrides(configuration, settings)

    assert changed.systems["files"].options == {"folder": "elsewhere"}
    assert changed.digest == configuration.digest
    assert changed.systems["files"].digest == configuration.systems["files"].digest


def test_options_for_a_system_that_does_not_exist_are_a_problem() -> None:
    settings = Settings(config=SHIPPED, systems={"hubspt": {}})

    with pytest.raises(FixConfigurationError, match="System 'hubspt' does not exist"):
        with_overrides(load_configuration(SHIPPED), settings)


def test_the_name_of_an_option_keeps_its_small_letter() -> None:
    spot = Spot(file="systems/hubspot.yaml", line=10, key="system")
    assert problem_at(spot, "base_url of system hubspot is wrong.").message.startswith("base_url ")
    assert problem_at(spot, "the file is wrong.").message == "The file is wrong."
