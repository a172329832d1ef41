"""Facts that follow from those the records give."""

from __future__ import annotations

import msgspec

from tests.leads import contact_ref, shipped_ruleset
from worker.core.derivation import derive
from worker.core.identity import MergedLead
from worker.core.mapping import Issue
from worker.core.model import FactValue


def lead(unseen: frozenset[str] = frozenset(), **facts: FactValue) -> MergedLead:
    return MergedLead(
        facts=facts, sources=dict.fromkeys(facts, contact_ref()), issues=(), unseen=unseen
    )


def derived(given: MergedLead) -> MergedLead:
    return derive(given, shipped_ruleset().configuration)


def test_the_state_follows_from_the_postal_code_and_says_so() -> None:
    found = derived(lead(postal_code="06390"))
    assert found.facts == {"postal_code": "06390", "state": "NY"}
    assert found.derived == {"state": "postal_code"}
    assert set(found.sources) == {"postal_code"}


def test_a_given_state_is_kept_even_where_it_contradicts() -> None:
    given = lead(postal_code="02114", state="NY")
    assert derived(given) == given


def test_a_postal_code_that_does_not_exist_says_nothing() -> None:
    for code in ("99999", "K1A 0B1"):
        given = lead(postal_code=code)
        assert derived(given) == given


def test_without_a_postal_code_a_hidden_state_stays_unseen() -> None:
    given = lead(unseen=frozenset({"state"}))
    assert derived(given) == given


def test_a_hidden_state_that_can_be_derived_is_seen() -> None:
    found = derived(lead(unseen=frozenset({"state", "payer"}), postal_code="02114"))
    assert (found.facts["state"], found.unseen) == ("MA", {"payer"})


def test_what_was_wrong_with_the_given_state_is_not_forgotten() -> None:
    issue = Issue("DQ_VALUE_UNKNOWN", "state")
    found = derived(msgspec.structs.replace(lead(postal_code="02114"), issues=(issue,)))
    assert (found.facts["state"], found.issues) == ("MA", (issue,))


def test_deriving_again_changes_nothing() -> None:
    once = derived(lead(postal_code="02114"))
    assert derived(once) == once
