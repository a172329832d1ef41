"""YAML is read without the surprises of implicit typing, and every value knows its line."""

from __future__ import annotations

import pytest

from worker.config.findings import Findings
from worker.config.yaml_text import Sheet, Yaml, parse_sheet


def read(text: str) -> Sheet:
    findings = Findings()
    sheet = parse_sheet(text, "any.yaml", findings)
    assert sheet is not None, findings.errors
    return sheet


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("NO", "NO"),
        ("true", True),
        ("false", False),
        ("02114", "02114"),
        ("0", 0),
        ("10001", 10001),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("2026.1", 2026.1),
        ("1e3", "1e3"),
        (".nan", ".nan"),
        ("2026-05-31", "2026-05-31"),
        ("08:00", "08:00"),
        ("'2026.1'", "2026.1"),
        ("", None),
        ("~", None),
    ],
)
def test_only_plain_numbers_true_false_and_null_are_not_text(written: str, value: Yaml) -> None:
    sheet = read(f"key: {written}\n")

    assert sheet.value == {"key": value}
    assert isinstance(sheet.value, dict)
    assert type(sheet.value["key"]) is type(value)


def test_every_value_knows_the_line_of_its_key() -> None:
    sheet = read("a: 1\nb:\n  - x\n  - c: 2\n    d: {e: 3}\n")

    assert sheet.spot("b", 1, "d", "e").line == 5
    assert sheet.spot("b", 0).line == 3


def test_a_path_is_written_with_items_counted_from_one() -> None:
    assert read("a: [{b: 1}]\n").spot("a", 0, "b").key == "a[1].b"


def test_what_is_missing_is_placed_at_what_should_hold_it() -> None:
    assert read("a: 1\nb:\n  c: 1\n").spot("b", "d").line == 2


def test_aliases_and_merge_keys_work_and_own_keys_win() -> None:
    sheet = read("base: &base {a: 1, b: 2}\none: *base\ntwo:\n  <<: *base\n  b: 3\n")

    assert sheet.value == {
        "base": {"a": 1, "b": 2},
        "one": {"a": 1, "b": 2},
        "two": {"a": 1, "b": 3},
    }


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    findings = Findings()

    assert parse_sheet("\n".join(rows), "bomb.yaml", findings) is None
    assert "grows too large by aliases" in findings.errors[0].message


def test_nesting_without_end_is_refused() -> None:
    findings = Findings()

    assert parse_sheet("a: " + "[" * 1000, "deep.yaml", findings) is None
    assert len(findings.errors) == 1


def test_an_older_yaml_version_does_not_turn_words_into_booleans() -> None:
    assert read("%YAML 1.1\n---\na: yes\nb: off\nc: 010\n").value == {
        "a": "yes",
        "b": "off",
        "c": "010",
    }


def test_an_anchor_defined_twice_is_refused() -> None:
    findings = Findings()

    assert parse_sheet("a: &x 1\nb: &x 2\n", "any.yaml", findings) is None
    assert (findings.errors[0].line, findings.errors[0].message) == (
        2,
        "The file defines one anchor (`&name`) twice.",
    )
