"""Whatever stands in a configuration file, the check reports it; nothing but our own error escapes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.config.findings import Findings
from worker.config.loader import check_configuration, load_configuration
from worker.config.yaml_text import parse_sheet
from worker.errors import FixConfigurationError

SHIPPED = Path(__file__).parents[2] / "mappings"
FILES = tuple(
    sorted(
        path.relative_to(SHIPPED).as_posix()
        for pattern in ("*.yaml", "policies/*.yaml", "systems/*.yaml")
        for path in SHIPPED.glob(pattern)
    )
)
WORDS = re.compile(r"[A-Za-z0-9_.\"-]+")
NASTY = (
    "",
    "null",
    "~",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "{a: {b: [c]}}",
    "no",
    "true",
    "-1",
    "0",
    "010",
    "1e999",
    ".nan",
    "0x1F",
    "12345678901234567890",
    "2026-02-30",
    "9999999999 weeks",
    "0 days",
    '""',
    '"\\ud800"',
    '"\\0"',
    "&a [*a]",
    "*nothing",
    "!!binary eA==",
    "!!python/object:os.system x",
    "!!int x",
    "any",
    "owner",
    "pathway",
    "none",
    "../../etc/passwd",
    "America",
    "🦆",
)

Mutation = Callable[[str], str]


def _delete_line(number: int) -> Mutation:
    def mutate(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(line for index, line in enumerate(lines) if index != number % len(lines))

    return mutate


def _swap_lines(one: int, other: int) -> Mutation:
    def mutate(text: str) -> str:
        lines = text.splitlines(keepends=True)
        first, second = one % len(lines), other % len(lines)
        lines[first], lines[second] = lines[second], lines[first]
        return "".join(lines)

    return mutate


def _replace_word(number: int, word: str) -> Mutation:
    def mutate(text: str) -> str:
        found = list(WORDS.finditer(text))
        match = found[number % len(found)]
        return text[: match.start()] + word + text[match.end() :]

    return mutate


def _swap_words(one: int, other: int) -> Mutation:
    def mutate(text: str) -> str:
        found = [match.group() for match in WORDS.finditer(text)]
        swapped = _replace_word(one, found[other % len(found)])(text)
        return _replace_word(other, found[one % len(found)])(swapped)

    return mutate


def _insert(place: int, piece: str) -> Mutation:
    return lambda text: text[: place % len(text)] + piece + text[place % len(text) :]


numbers = st.integers(min_value=0, max_value=10_000)
mutations = st.one_of(
    st.builds(_delete_line, numbers),
    st.builds(_swap_lines, numbers, numbers),
    st.builds(_replace_word, numbers, st.sampled_from(NASTY)),
    st.builds(_swap_words, numbers, numbers),
    st.builds(_insert, numbers, st.text(max_size=3)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped configuration, which every example restores after itself."""
    target = tmp_path_factory.mktemp("mutated") / "config"
    left_out = shutil.ignore_patterns("examples", "schemas", "tests", "*.md")
    return Path(shutil.copytree(SHIPPED, target, ignore=left_out))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(file=st.sampled_from(FILES), changes=st.lists(mutations, min_size=1, max_size=3))
def test_a_mutated_file_is_loaded_or_reported(
    folder: Path, file: str, changes: list[Mutation]
) -> None:
    path, text = folder / file, (SHIPPED / file).read_text(encoding="utf-8")
    mutated = text
    for change in changes:
        mutated = change(mutated) if mutated.strip() else mutated
    path.write_bytes(mutated.encode("utf-8", "surrogatepass"))
    try:
        report = check_configuration(folder)
        assert (report.configuration is None) == bool(report.problems)
        assert all(problem.line >= 1 and problem.message for problem in report.problems)
        if report.problems:
            with pytest.raises(FixConfigurationError):
                load_configuration(folder)
    finally:
        path.write_text(text, encoding="utf-8")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:- \n\t[]{}&*!|>'\"#%@`?,0.<~\x00\u2028é"), max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    findings = Findings()

    sheet = parse_sheet(text, "any.yaml", findings)

    assert (sheet is None) == bool(findings.errors)
