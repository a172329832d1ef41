"""Checks of data are total, do not depend on order, and never quote what they check."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.leads import NOW, shipped_ruleset
from worker.core.email_domains import KNOWN, find_typo, is_disposable
from worker.core.mapping import Issue
from worker.core.model import FactValue
from worker.core.phone_numbers import is_fictional, looks_invented
from worker.core.quality import assess
from worker.core.reasons import REASONS, Severity
from worker.core.stand_ins import given_name_code, is_stand_in, surname_code

quick = settings(max_examples=200, deadline=None)
WORDS = st.text(max_size=30) | st.sampled_from(
    ("Test", "N/A", "Ng", "asdf", "a@b.com", "Null", "-", "", "Li 2nd", "www.x.org")
)
DOMAINS = st.text("abcdefghilmotuy.-", max_size=20) | st.sampled_from(
    (*sorted(KNOWN), "mailinator.com", "yopmail.com", "gmial.com", "x.con")
)
FACTS = st.dictionaries(
    st.sampled_from(("first_name", "last_name", "organisation", "origin", "postal_code", "state")),
    WORDS,
)
ISSUES = st.lists(
    st.builds(Issue, st.sampled_from(("DQ_VALUE_UNKNOWN", "DQ_PHONE_INVALID")), st.just("phone"))
)
RANK = {severity: place for place, severity in enumerate(Severity)}


@quick
@given(facts=FACTS, issues=ISSUES, pathway=st.sampled_from((None, "patient", "referral", "b2b")))
def test_findings_do_not_depend_on_order_and_the_worst_come_first(
    facts: Mapping[str, FactValue], issues: list[Issue], pathway: str | None
) -> None:
    checks = shipped_ruleset().quality
    found = assess(checks, facts, tuple(issues), pathway=pathway, now=NOW)
    backwards = dict(reversed(facts.items()))

    assert assess(checks, backwards, tuple(reversed(issues)), pathway=pathway, now=NOW) == found
    ranks = [RANK[finding.severity] for finding in found]
    assert ranks == sorted(ranks)
    assert {finding.code for finding in found} <= REASONS.keys()
    assert len({(finding.code, finding.fact) for finding in found}) == len(found)


@quick
@given(text=WORDS, other=WORDS)
def test_any_text_gets_an_answer(text: str, other: str) -> None:
    none: frozenset[str] = frozenset()
    for answer in (given_name_code(text, none), surname_code(text, other, none)):
        assert answer is None or answer in REASONS
    is_choice_nothing = is_stand_in(text, is_choice=True)
    assert is_stand_in(text, is_choice=False) or not is_choice_nothing
    assert looks_invented(text) in (True, False)
    assert is_fictional(text) in (True, False)


@quick
@given(domain=DOMAINS)
def test_what_a_slip_meant_is_no_slip(domain: str) -> None:
    meant = find_typo(domain, {})
    if meant is not None:
        assert meant != domain
        assert domain not in KNOWN


@quick
@given(domain=DOMAINS, below=st.text("abc", min_size=1, max_size=5))
def test_a_domain_is_thrown_away_with_the_one_it_lies_under(domain: str, below: str) -> None:
    none: frozenset[str] = frozenset()
    if domain and is_disposable(domain, none, none):
        assert is_disposable(f"{below}.{domain}", none, none)
