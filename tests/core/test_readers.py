"""Who reads what, and what is therefore not asked for; worked out from the shipped YAML."""

from __future__ import annotations

from dataclasses import replace

import pytest

from worker.core.conditions import ActivityTest, FactTest, LineMatch, Operator
from worker.core.configuration import Configuration
from worker.core.field_map import ActivityRead, FieldRead, ObjectMap, Transform
from worker.core.minimum import narrow
from worker.core.policy import PathwayRule
from worker.core.readers import Use, find_readers
from worker.core.routing import RoutingRule
from worker.core.ruleset import Ruleset


def said(configuration: Configuration, fact: str) -> list[tuple[str, str]]:
    return [(reader.use.value, reader.what) for reader in find_readers(configuration)[fact]]


def contacts(configuration: Configuration) -> ObjectMap:
    found = configuration.systems["files"].find_object("contacts")
    assert found is not None
    return found


def activity(configuration: Configuration) -> ActivityRead:
    found = configuration.systems["files"].find_object("activities")
    assert found is not None
    assert found.activity is not None
    return found.activity


def with_contacts(configuration: Configuration, item: ObjectMap) -> Configuration:
    system = configuration.systems["files"]
    objects = tuple(item if o.object_type == "contacts" else o for o in system.objects)
    return replace(configuration, systems={"files": replace(system, objects=objects)})


def with_field(configuration: Configuration, read: FieldRead) -> Configuration:
    """The same configuration with one more field mapped."""
    item = contacts(configuration)
    return with_contacts(configuration, replace(item, reads=(*item.reads, read)))


JOB_TITLE = FieldRead(fact="job_title", source="Job Title", transform=Transform.TEXT)


@pytest.mark.parametrize(
    ("fact", "reader"),
    [
        ("wanted_date", ("criteria", "patient.wanted_soon")),
        ("lead_type", ("pathway", "referral")),
        ("opt_out_sms", ("consent", "sms opt-out")),
        ("consent_proof", ("consent", "email proof")),
        ("consent_email", ("consent", "email refusal")),
        ("origin", ("quality", "origin of a finding")),
        ("hubspot_id", ("identity", "match by cross-reference")),
        ("sales_verdict", ("lifecycle", "verdict of sales")),
        ("received_at", ("routing", "clock of start_intake")),
        ("preferred_contact", ("hand-off", "patient")),
        ("documents", ("hand-off", "referral required documents")),
        ("outcome", ("outcomes", "declared for outcomes")),
        ("opt_out_all", ("writing", "no write after a refusal")),
    ],
)
def test_what_reads_a_fact_is_named(shipped: Ruleset, fact: str, reader: tuple[str, str]) -> None:
    assert reader in said(shipped.configuration, fact)


def test_a_service_line_is_read_by_what_counts_own_actions_more(shipped: Ruleset) -> None:
    assert ("criteria", "patient.appointment_request") in said(
        shipped.configuration, "service_line"
    )


def test_a_fact_that_nothing_names_has_no_reader(shipped: Ruleset) -> None:
    assert "job_title" not in find_readers(shipped.configuration)


def test_readers_stand_in_the_order_of_their_uses(shipped: Ruleset) -> None:
    places = list(Use)
    for readers in find_readers(shipped.configuration).values():
        order = [(places.index(reader.use), reader.what) for reader in readers]
        assert order == sorted(set(order))


def test_a_field_that_nothing_reads_is_not_requested(shipped: Ruleset) -> None:
    narrowed = contacts(narrow(with_field(shipped.configuration, JOB_TITLE)))
    assert "Job Title" not in narrowed.requested_fields()
    assert narrowed.unread == (JOB_TITLE,)


def test_a_field_declared_for_outcomes_is_requested(shipped: Ruleset) -> None:
    assert "outcome" in contacts(shipped.configuration).requested_fields()


def test_an_opt_out_is_requested_even_where_no_channel_lists_it(shipped: Ruleset) -> None:
    read = FieldRead(fact="opt_out_mail", source="No Mail", transform=Transform.BOOLEAN)
    narrowed = contacts(narrow(with_field(shipped.configuration, read)))
    assert "No Mail" in narrowed.requested_fields()


def test_a_field_that_nothing_reads_and_that_is_written_is_requested(shipped: Ruleset) -> None:
    """The present value of a managed field is needed to see a difference."""
    read = replace(JOB_TITLE, source="next_step")
    narrowed = contacts(narrow(with_field(shipped.configuration, read)))
    assert narrowed.unread == (read,)
    assert "next_step" in narrowed.requested_fields()


def test_a_conflict_between_records_is_no_reason_to_ask(shipped: Ruleset) -> None:
    """Without rules about the role, records that disagree about it matter to nobody."""
    everyone = FactTest(fact="email", operator=Operator.PRESENT, operand=True)
    bare = replace(
        shipped.configuration,
        pathways=(PathwayRule(pathway="patient", condition=everyone),),
        policies={},
    )
    assert "role" not in find_readers(bare)
    assert "role" not in contacts(narrow(bare)).requested_fields()


def test_the_service_line_of_activities_is_asked_for_only_where_it_counts(
    shipped: Ruleset,
) -> None:
    plain = {
        name: replace(
            policy,
            criteria=tuple(
                replace(c, own_line=1.0, related_line=1.0, other_line=1.0) for c in policy.criteria
            ),
        )
        for name, policy in shipped.configuration.policies.items()
    }
    narrowed = narrow(replace(shipped.configuration, policies=plain))
    assert activity(shipped.configuration).service_line == "service_line"
    assert activity(narrowed).service_line is None
    assert activity(narrowed).unread == {"service_line": "service_line"}


def test_a_routing_rule_about_own_service_lines_has_the_column_asked_for(
    shipped: Ruleset,
) -> None:
    configuration = shipped.configuration
    own = ActivityTest(kinds=frozenset({"inbound_call"}), line=LineMatch.OWN)
    rule = RoutingRule(id="own", condition=own, target="intake", next_step="call_back")
    routing = replace(configuration.routing, rules=(rule,))
    narrowed = narrow(replace(configuration, policies={}, routing=routing))
    assert activity(narrowed).service_line == "service_line"


def test_nothing_is_left_out_of_a_map_that_is_read_as_a_whole(shipped: Ruleset) -> None:
    """So its digest stays what it was, and the base is not read again."""
    assert narrow(shipped.configuration) == shipped.configuration


def test_the_digest_tells_apart_what_is_asked_for(shipped: Ruleset) -> None:
    wide = with_field(shipped.configuration, JOB_TITLE)
    read = replace(
        shipped.configuration.policies["b2b"],
        hand_off_facts=(*shipped.configuration.policies["b2b"].hand_off_facts, "job_title"),
    )
    reading = replace(wide, policies={**wide.policies, "b2b": read})
    digests = {narrow(each).systems["files"].digest for each in (wide, reading)}
    assert len(digests) == 2
