"""The lock files pin what pyproject asks for, by hash, and name no place to get it from."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.sources import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ASKED = {
    "requirements.lock": [*PROJECT["dependencies"], *EXTRAS["postgresql"], *EXTRAS["sandbox"]],
    "requirements-dev.lock": [
        *PROJECT["dependencies"],
        *EXTRAS["postgresql"],
        *EXTRAS["sandbox"],
        *EXTRAS["dev"],
    ],
}
_PIN = re.compile(r"([A-Za-z0-9_.\-]+)==(\S+)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def pins(name: str) -> dict[str, tuple[str, int]]:
    """The pinned versions of a lock file, with how many hashes each has."""
    found: dict[str, tuple[str, int]] = {}
    package = ""
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if pin := _PIN.match(line):
            package = canonicalize_name(pin[1])
            found[package] = (pin[2], 0)
        elif _HASH.search(line):
            version, hashes = found[package]
            found[package] = (version, hashes + 1)
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_pinned_to_a_version_it_allows(name: str) -> None:
    pinned = pins(name)
    asked = [Requirement(text) for text in ASKED[name]]

    wrong = [
        str(requirement)
        for requirement in asked
        if pinned.get(canonicalize_name(requirement.name), ("0", 0))[0] not in requirement.specifier
    ]
    assert wrong == [], "run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash(name: str) -> None:
    assert [package for package, (_version, hashes) in pins(name).items() if not hashes] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_to_install_from(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    assert not re.search(r"https?:|file:|index|find-links|trusted-host| @ ", text)


def test_both_locks_pin_the_same_versions() -> None:
    runtime, dev = pins(LOCKS[0]), pins(LOCKS[1])

    assert {name: dev.get(name) for name in runtime} == runtime
