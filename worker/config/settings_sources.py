"""Where settings are written: the file ``leadtriage.toml`` and the environment.

Both are read here by name only, to find what means nothing; values go to pydantic-settings, and
never into a message, since any of them may be a secret.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from worker.config.findings import Findings, Spot, in_words, nearest

PREFIX = "LEADTRIAGE_"
FILE_NAME = "leadtriage.toml"
_LINE = re.compile(r"line (\d+)")
_TABLE = re.compile(r"\s*\[\s*([A-Za-z0-9_.\-]+)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\-]+)\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Toml:
    """The content of the file.

    ``lines`` gives the line of every table and dotted key; ``tables`` are those at the top.
    """

    sections: Mapping[str, object] = field(default_factory=dict, repr=False)
    systems: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    keys: tuple[str, ...] = ()
    tables: frozenset[str] = frozenset()
    lines: Mapping[str, int] = field(default_factory=dict)

    def spot(self, key: str) -> Spot:
        """Find the place of a key, or of the table in one line that holds it."""
        place = key
        while place and place not in self.lines:
            place = place.rpartition(".")[0]
        return Spot(file=FILE_NAME, line=self.lines.get(place, 1), key=key)


def variable(name: str) -> str:
    """Write the variable of a setting: ``ledger.url`` is ``LEADTRIAGE_LEDGER__URL``."""
    return PREFIX + name.replace(".", "__").upper()


def read_toml(folder: Path, findings: Findings) -> Toml:
    """Read the file if there is one; what is wrong with it is among the findings."""
    path = folder / FILE_NAME
    if not path.is_file():
        return Toml()
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError):
        spot = Spot(file=FILE_NAME, line=1, key="(file)")
        findings.error(spot, "the file cannot be read as UTF-8 text.")
        return Toml()
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        found = _LINE.search(str(exc))
        spot = Spot(file=FILE_NAME, line=int(found[1]) if found else 1, key="(file)")
        findings.error(spot, "the file is not valid TOML.", hint="text stands in quotes")
        return Toml()
    return _sort(content, text)


def _sort(content: Mapping[str, object], text: str) -> Toml:
    keys: list[str] = []
    for name, value in content.items():
        keys += _keys_of(name, value) if isinstance(value, dict) and value else [name]
    written = content.get("systems")
    systems = {
        str(name): {str(key): _as_text(value) for key, value in options.items()}
        for name, options in (written.items() if isinstance(written, dict) else ())
        if isinstance(options, dict)
    }
    sections = {name: value for name, value in content.items() if name != "systems"}
    tables = frozenset(name for name, value in content.items() if isinstance(value, dict))
    return Toml(
        sections=sections,
        systems=systems,
        keys=tuple(keys),
        tables=tables,
        lines=_lines_of(text),
    )


def _keys_of(name: str, table: Mapping[str, object]) -> Iterable[str]:
    for key, value in table.items():
        if name == "systems" and isinstance(value, dict):
            yield from (f"{name}.{key}.{option}" for option in value)
        else:
            yield f"{name}.{key}"


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lines_of(text: str) -> Mapping[str, int]:
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TABLE.match(line):
            lines.setdefault(found[1], number)
            table = f"{found[1]}."
        elif found := _KEY.match(line):
            lines.setdefault(table + found[1], number)
    return lines


def check_keys(
    toml: Toml, known: Iterable[str], systems: frozenset[str], findings: Findings
) -> None:
    """Report keys of the file that mean nothing."""
    names = [name for name in known if name != "config"]
    names += [f"systems.{name}" for name in sorted(systems)]
    tables = {name.rpartition(".")[0] for name in names} & toml.tables
    for key in toml.keys:
        parts = key.split(".")
        is_option = parts[0] == "systems" and len(parts) == 3 and parts[1] in systems
        if key not in names and key not in tables and not is_option:
            message = f"the setting {key!r} does not exist."
            findings.error(
                toml.spot(key), message, allowed=in_words(names, 40), hint=nearest(key, names)
            )


def check_environment(
    environment: Mapping[str, str],
    known: Iterable[str],
    systems: frozenset[str],
    findings: Findings,
    flags: Iterable[str] = (),
) -> None:
    """Report variables with our prefix that mean nothing; ``flags`` may have been meant as well.

    Without a field map nobody can tell which systems there are; that the folder holds none is the
    mistake to be told of, and not each variable of a system.
    """
    names = [name if name.startswith(PREFIX) else variable(name) for name in known]
    options = environment_options(environment, systems)
    options_known = {
        variable(f"{name}.{option}") for name, item in options.items() for option in item
    }
    sections = tuple(f"{name.rpartition('__')[0]}__" for name in names if "__" in name)
    for name in sorted(environment):
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in names or upper in options_known:
            continue
        if not systems and "__" in upper and not upper.startswith(sections):
            continue
        examples = [f"{PREFIX}{system.upper()}__<option>" for system in sorted(systems)]
        option = upper.rpartition("__")[2]
        near = [f"{PREFIX}{system.upper()}__{option}" for system in systems]
        hint = nearest(upper, [*names, *near, *flags])
        spot = Spot(file="environment", line=0, key=name)
        message = f"the variable {name!r} means nothing to leadtriage."
        findings.error(spot, message, allowed=in_words([*names, *examples], 40), hint=hint)


def environment_options(
    environment: Mapping[str, str], systems: frozenset[str]
) -> Mapping[str, Mapping[str, str]]:
    """Collect connector options from the environment, by system."""
    options: dict[str, dict[str, str]] = {}
    for name, value in environment.items():
        rest = name.upper().removeprefix(PREFIX)
        system, split, option = rest.partition("__")
        is_ours = name.upper().startswith(PREFIX) and split and option
        if is_ours and system.lower() in systems:
            options.setdefault(system.lower(), {})[option.lower()] = value
    return options


def report_values(
    exc: ValidationError, toml: Toml, environment: Mapping[str, str], findings: Findings
) -> None:
    """Say which settings have a value that does not fit; the value itself is not repeated."""
    given = {name.upper() for name in environment}
    for error in exc.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in error["loc"][:2])
        spot = toml.spot(name)
        if variable(name) in given:
            spot = Spot(file="environment", line=0, key=variable(name))
        findings.error(spot, f"{name!r} {_wording(error)}")


def _wording(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "plain":
            return str(context["message"])
        case "literal_error":
            return f"must be {context['expected']}."
        case "int_parsing" | "int_type" | "int_from_float":
            return "must be a whole number."
        case "greater_than_equal":
            return f"must be at least {context['ge']}."
        case "greater_than":
            return "must be more than nothing."
        case "less_than_equal":
            return f"must be at most {context['le']}."
        case "model_type" | "model_attributes_type":
            return "must be a table of settings."
        case _:
            return "must be text."
