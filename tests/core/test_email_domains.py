"""Throw-away and mistyped e-mail domains: what is found, and what must never be."""

from __future__ import annotations

import pytest
from disposable_email_domains import blocklist

from worker.core.email_domains import (
    KNOWN,
    NO_SUCH_TOP,
    POPULAR,
    SHORT,
    compile_domain_check,
    find_typo,
    is_disposable,
)

NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmail.om", "gmail.com"),
        ("gmailcom", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("yaho.com", "yahoo.com"),
        ("yahooo.com", "yahoo.com"),
        ("yhaoo.com", "yahoo.com"),
        ("yahoo.couk", "yahoo.co.uk"),
        ("hotmial.com", "hotmail.com"),
        ("hotmil.com", "hotmail.com"),
        ("hotmail.cmo", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("outlook.comm", "outlook.com"),
        ("iclould.com", "icloud.com"),
        ("icloud.co", "icloud.com"),
        ("comcast.ent", "comcast.net"),
        ("comcat.net", "comcast.net"),
        ("verizon.nett", "verizon.net"),
        ("sbcglobal.met", "sbcglobal.net"),
        ("aol.con", "aol.com"),
        ("aol.co", "aol.com"),
        ("msn.vom", "msn.com"),
        ("att.ner", "att.net"),
        ("northmills.con", "northmills.com"),
        ("northmills.ogr", "northmills.org"),
        ("mail.northmills.cmo", "mail.northmills.com"),
    ],
)
def test_a_slip_is_found(domain: str, meant: str) -> None:
    assert find_typo(domain, {}) == meant


@pytest.mark.parametrize(
    "domain",
    [
        "ymail.com", "mail.com", "gmx.com", "email.com", "aol.co.uk", "me.com", "mac.com", "pm.me",
        "googlemail.com", "yahoo.co.uk", "yahoo.ca", "hotmail.fr", "live.ca", "rocketmail.com",
        "charter.com", "cloud.com", "google.com", "verizon.com", "comcast.com", "att.com",
        "bol.com", "sol.com", "all.com", "love.com", "alive.com", "olive.com", "max.com", "min.com",
        "northmills.com", "northmills.co", "northmills.om", "northmills.net", "harbormail.com",
        "example.com", "cox.com", "fox.net", "yahoo-inc.com", "mygmail.com", "gmail.example.com",
    ],
)  # fmt: skip
def test_what_may_be_right_is_left_alone(domain: str) -> None:
    assert find_typo(domain, {}) is None


@pytest.mark.parametrize("domain", sorted(KNOWN))
def test_a_known_provider_is_never_a_slip_nor_thrown_away(domain: str) -> None:
    check = compile_domain_check(disposable=NONE, not_disposable=NONE, typos={})
    assert check(domain) == ()


@pytest.mark.parametrize("domain", POPULAR)
def test_every_pair_of_swapped_letters_in_a_popular_name_is_found(domain: str) -> None:
    swapped = {
        domain[:n] + domain[n + 1] + domain[n] + domain[n + 2 :] for n in range(len(domain) - 1)
    } - {domain}
    assert {name for name in swapped if find_typo(name, {}) is None} <= KNOWN
    assert len(swapped) > 5


@pytest.mark.parametrize("domain", [name for name in (*POPULAR, *SHORT) if name.endswith(".com")])
@pytest.mark.parametrize("top", ["con", "cmo", "co", "cm", "comm"])
def test_every_popular_name_is_found_with_a_wrong_ending(domain: str, top: str) -> None:
    assert find_typo(f"{domain.removesuffix('.com')}.{top}", {}) == domain


def test_no_ending_that_exists_counts_as_none() -> None:
    # Country codes and generic endings that are near to com, net, org or edu.
    real = {
        "co",
        "cm",
        "om",
        "cc",
        "ne",
        "bet",
        "nl",
        "ro",
        "me",
        "de",
        "community",
        "codes",
        "org",
    }
    assert set(NO_SUCH_TOP).isdisjoint(real)


def test_the_organisations_own_table_comes_first() -> None:
    table = {"nortmills.com": "northmills.com"}
    assert find_typo("nortmills.com", table) == "northmills.com"
    assert find_typo("nortmills.com", {}) is None


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("mailinator.com", True),
        ("sub.mailinator.com", True),
        ("a.b.mailinator.com", True),
        ("mailinator.com.example", False),
        ("com", False),
        ("northmills.com", False),
        ("thrown.example", True),
        ("ours.mailinator.com", False),
        ("deep.ours.mailinator.com", False),
    ],
)
def test_a_domain_under_a_thrown_away_one_is_thrown_away(domain: str, expected: bool) -> None:
    found = is_disposable(domain, frozenset({"thrown.example"}), frozenset({"ours.mailinator.com"}))
    assert found is expected


def test_the_list_that_is_built_in_is_not_empty() -> None:
    assert {"mailinator.com", "yopmail.com", "guerrillamail.com", "10minutemail.com"} <= blocklist
    assert len(blocklist) > 5_000


def test_a_slip_that_is_listed_as_thrown_away_is_a_slip() -> None:
    check = compile_domain_check(disposable=NONE, not_disposable=NONE, typos={})
    assert "gmial.com" in blocklist
    assert check("gmial.com") == ("DQ_EMAIL_TYPO",)
