"""Words that are nearly known ones, and words that only look a little like them."""

from __future__ import annotations

import pytest

from worker.core.near_words import compile_near

KNOWN = (
    "GTX Pro",
    "orthopedics",
    "Women's health",
    "18 to 64",
    "pt",
    "ob/gyn",
    "español",
    "imaging",
)


@pytest.mark.parametrize(
    "word",
    [
        "GTXPro",
        "gtx-pro",
        "G.T.X. Pro",
        "Orthopaedics",  # a letter more
        "orthpedics",  # a letter less
        "orthopedixs",  # another letter
        "orthopedisc",  # two swapped
        "Womens Health",
        "18-to-64",
        "P.T.",
        "obgyn",
        "españoll",
    ],
)
def test_nearly_known(word: str) -> None:
    assert compile_near(KNOWN)(word)


@pytest.mark.parametrize(
    "word",
    [
        "GTX",
        "GTX Plus",
        "orthodontics",
        "orthopaedicss",  # two slips
        "Mens health",  # two letters less
        "18 to 65",  # digits are never a slip
        "18 to 6",
        "pcp",  # too short to be sure
        "ot",
        "",
        "-",
        "imagining",
    ],
)
def test_not_known_at_all(word: str) -> None:
    assert not compile_near(KNOWN)(word)
