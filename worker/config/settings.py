"""Settings of one installation: where the ledger lies, how it logs, how often it runs.

They come from ``leadtriage.toml`` in the configuration folder and from variables that begin with
``LEADTRIAGE_``, which win. Options of a connector are set the same way, by the name of its system:
``LEADTRIAGE_FILES__FOLDER``. A variable or key that means nothing is a problem, because a
misspelt setting that is silently ignored is worse than none. No value is ever part of a message.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from worker.config.durations import parse_duration
from worker.config.findings import Findings, Spot
from worker.config.scalars import plain
from worker.config.settings_sources import (
    PREFIX,
    Toml,
    check_environment,
    check_keys,
    environment_options,
    read_toml,
    report_values,
)
from worker.core.configuration import Configuration
from worker.core.field_map import SystemMap
from worker.errors import FixConfigurationError


def _as_length(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    try:
        return parse_duration(str(value))
    except ValueError as exc:
        raise plain(str(exc)) from exc


Length = Annotated[timedelta, BeforeValidator(_as_length), Field(gt=timedelta(0))]


class LedgerSettings(BaseModel):
    """Where the ledger lies, and whether its contact values are encrypted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr | None = Field(
        default=None,
        description="Where the ledger lies: `sqlite:///path/to/file` or "
        "`postgresql://user@host/database`. Unset: `state/ledger.db` in the configuration folder.",
    )
    key: SecretStr | None = Field(
        default=None,
        description="Encrypts contact values: 32 random bytes as URL-safe base64; several, the "
        "newest first, while a key is being changed. Unset: they are stored as they are.",
    )
    key_file: Path | None = Field(
        default=None, description="A file that holds the key, read when `ledger.key` is unset."
    )


class LogSettings(BaseModel):
    """What is logged, and in which form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The daemon logs this level and above, on stderr."
    )
    format: Literal["json", "console"] = Field(
        default="json", description="One JSON object a line, or lines for people."
    )


class RunSettings(BaseModel):
    """How often the daemon runs, and how a run proceeds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every: Length = Field(
        default=timedelta(minutes=15), description="How often the daemon begins a run."
    )
    lease: Length = Field(
        default=timedelta(minutes=5),
        description="How long a worker may be silent before another may take its place.",
    )
    batch: int = Field(
        default=500,
        ge=1,
        le=100_000,
        description="How many profiles are decided in one transaction.",
    )


class Settings(BaseSettings):
    """All settings. ``systems`` holds the options of connectors, by system; they may be secrets."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    config: Path = Field(
        default=Path(), description="The configuration folder; the flag `--config` comes first."
    )
    ledger: LedgerSettings = LedgerSettings()
    log: LogSettings = LogSettings()
    run: RunSettings = RunSettings()
    systems: dict[str, dict[str, SecretStr]] = Field(default_factory=dict)

    @property
    def ledger_url(self) -> str:
        """The address of the ledger: as set, or a file in the configuration folder."""
        if self.ledger.url is not None:
            return self.ledger.url.get_secret_value()
        return f"sqlite:///{(self.config / 'state' / 'ledger.db').as_posix()}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, whose content is passed in."""
        return env_settings, init_settings


SECTIONS: dict[str, type[BaseModel]] = {
    "ledger": LedgerSettings,
    "log": LogSettings,
    "run": RunSettings,
}


FLAG_VARIABLES = frozenset(
    f"{PREFIX}{flag}"
    for flag in (
        "ABOUT", "ADD", "ARRIVALS", "CONTACTS", "CRM", "DRY_RUN", "EXAMPLE", "EXPECT_HEAD", "FACTS", "FROM",
        "HTML", "INVENT", "JSON", "LIMIT", "LIVE", "NOW", "OPEN_FOR", "PAUSE", "ROUTING",
        "ORIGINS", "OVERWRITE", "PACKAGE", "SANDBOX_DATA", "SANDBOX_DATABASE", "SANDBOX_FEATURE",
        "SANDBOX_INDEX_LAG",
        "SANDBOX_LIMITS", "SANDBOX_METADATA",
        "SANDBOX_PORT", "SANDBOX_SCRIPT", "SAVE", "SEED", "SHOW_VALUES", "SPLIT", "STORE",
        "SVG", "TO", "UNTIL", "VERBOSE", "WEIGHT", "WITH",
    )
)  # fmt: skip
"""Variables that stand for a flag of a command: no setting, and no mistake either."""


def setting_names() -> tuple[str, ...]:
    """Name every setting as it is written in the file: ``ledger.url``."""
    inner = [f"{name}.{key}" for name, model in SECTIONS.items() for key in model.model_fields]
    return ("config", *inner)


def load_settings(config: Path | None, *, also_known: Iterable[str] = ()) -> Settings:
    """Load the settings that go with a configuration folder.

    ``config`` comes before ``LEADTRIAGE_CONFIG``. ``also_known`` are variables that mean something
    elsewhere, such as the flags of a command. Raises ``FixConfigurationError`` with every problem.
    """
    folder = config or Path(os.environ.get(f"{PREFIX}CONFIG") or ".")
    systems = frozenset(path.stem for path in folder.glob("systems/*.yaml"))
    findings = Findings()
    toml = read_toml(folder, findings)
    check_keys(toml, setting_names(), systems, findings)
    known = [*setting_names(), *also_known]
    environment = {k: v for k, v in os.environ.items() if k.upper() not in FLAG_VARIABLES}
    check_environment(environment, known, systems, findings, sorted(FLAG_VARIABLES))
    if findings.errors:
        raise FixConfigurationError(problems=findings.errors)
    return _validate(folder, toml, systems)


def _validate(folder: Path, toml: Toml, systems: frozenset[str]) -> Settings:
    options = {name: dict(item) for name, item in toml.systems.items()}
    for name, item in environment_options(os.environ, systems).items():
        options[name] = {**options.get(name, {}), **item}
    try:
        settings = Settings.model_validate({**toml.sections, "systems": options})
    except ValidationError as exc:
        findings = Findings()
        report_values(exc, toml, os.environ, findings)
        raise FixConfigurationError(problems=findings.errors) from None
    return settings.model_copy(update={"config": folder})


def with_overrides(configuration: Configuration, settings: Settings) -> Configuration:
    """Give each system the options that settings set for it; its map and digest stay the same."""
    findings = Findings()
    for name in settings.systems:
        if name not in configuration.systems:
            spot = Spot(file="leadtriage.toml", line=0, key=f"systems.{name}")
            findings.unknown(spot, "system", name, configuration.systems)
    if findings.errors:
        raise FixConfigurationError(problems=findings.errors)
    systems = {
        name: _with_options(system, settings.systems.get(name, {}))
        for name, system in configuration.systems.items()
    }
    return replace(configuration, systems=systems)


def _with_options(system: SystemMap, options: dict[str, SecretStr]) -> SystemMap:
    given = {key: value.get_secret_value() for key, value in options.items()}
    return replace(system, options={**system.options, **given})
