"""Forms, lists, events and consent of the twin: the client's models; silence is not consent."""

from __future__ import annotations

from connectors.sandbox.hubspot.consent import GRANTED, MARKETING, put_status
from connectors.sandbox.hubspot.forms import Submission, add_submissions, form_named, put_form
from connectors.sandbox.hubspot.lists import RecordList, put_list
from connectors.sandbox.hubspot.marketing_events import (
    MarketingEvent,
    Participation,
    put_event,
    put_participation,
)
from connectors.sandbox.hubspot.writing import impose

V4 = "/communication-preferences/v4/statuses"


def test_forms_load_into_the_models_of_the_client(client, twin) -> None:
    with twin.lock:
        put_form(twin.account.store, form_named("Appointment request"))
    (form,) = client.marketing.forms.forms_api.get_page().results
    assert form.name == "Appointment request"
    assert client.marketing.forms.forms_api.get_by_id(form.id).id == form.id


def test_submissions_come_newest_first_and_new_ones_do_not_disturb_a_page(web, twin) -> None:
    form = form_named("Appointment request")
    with twin.lock:
        put_form(twin.account.store, form)
        add_submissions(
            twin.account.store,
            form.id,
            [Submission(at=at, values=(("email", "a@b.example"),)) for at in (10, 30, 20, 20)],
        )
    path = f"/form-integrations/v1/submissions/forms/{form.id}?limit=2"
    first = web("GET", path).body
    assert [one["submittedAt"] for one in first["results"]] == [30, 20]
    assert first["results"][0]["values"] == [
        {"name": "email", "value": "a@b.example", "objectTypeId": "0-1"}
    ]
    with twin.lock:
        add_submissions(twin.account.store, form.id, [Submission(at=40, values=())])
    rest = web("GET", f"{path}&after={first['paging']['next']['after']}").body
    assert [one["submittedAt"] for one in rest["results"]] == [20, 10]
    assert "paging" not in rest
    assert web("GET", path.replace("=2", "=51")).status == 400
    assert web("GET", f"{path}&after=x").status == 400
    assert web("GET", "/form-integrations/v1/submissions/forms/none").status == 404


def chosen(statuses: list[dict]) -> dict[str, str]:
    """What was chosen for each type of subscription."""
    return {one["subscriptionName"]: one["status"] for one in statuses}


def test_nothing_said_is_not_specified_and_an_opt_out_covers_every_type(client, web, twin, contact):
    id_ = contact(email="out@clinic.example")
    with twin.lock:
        put_status(twin.account.store, "in@clinic.example", GRANTED, MARKETING)
        record = twin.account.find("contacts", id_)
        assert record is not None
        impose(twin.account, record, {"hs_email_optout": "true"})
    addresses = ["in@clinic.example", "out@clinic.example", "new@clinic.example"]
    reply = web("POST", f"{V4}/batch/read?channel=EMAIL", {"inputs": addresses})
    assert reply.status == 200
    found = {one["subscriberIdString"]: chosen(one["statuses"]) for one in reply.body["results"]}
    assert found == {
        "in@clinic.example": {
            "Marketing information": "SUBSCRIBED",
            "One to one": "NOT_SPECIFIED",
        },
        "out@clinic.example": {
            "Marketing information": "UNSUBSCRIBED",
            "One to one": "UNSUBSCRIBED",
        },
        "new@clinic.example": {
            "Marketing information": "NOT_SPECIFIED",
            "One to one": "NOT_SPECIFIED",
        },
    }
    wide = web("POST", f"{V4}/batch/unsubscribe-all/read?channel=EMAIL", {"inputs": addresses})
    out = {one["subscriberIdString"]: one["wideStatuses"] for one in wide.body["results"]}
    assert [address for address in addresses if out[address]] == ["out@clinic.example"]
    one = client.communication_preferences.status_api.get_email_status("out@clinic.example")
    assert {status.status for status in one.subscription_statuses} == {"NOT_SUBSCRIBED"}
    assert one.subscription_statuses[0].source_of_status == "PORTAL_WIDE_STATUS"


def test_a_batch_needs_a_channel_addresses_and_at_most_a_hundred(web) -> None:
    assert web("POST", f"{V4}/batch/read", {"inputs": ["a@b.example"]}).status == 400
    many = {"inputs": [f"a{n}@b.example" for n in range(101)]}
    assert web("POST", f"{V4}/batch/read?channel=EMAIL", many).status == 400
    mixed = web("POST", f"{V4}/batch/read?channel=EMAIL", {"inputs": ["a@b.example", "nobody"]})
    assert (mixed.status, len(mixed.body["results"]), mixed.body["numErrors"]) == (207, 1, 1)


def test_types_of_subscription_load_into_the_models_of_the_client(client) -> None:
    found = client.communication_preferences.definition_api.get_page().subscription_definitions
    assert [one.name for one in found] == ["Marketing information", "One to one"]


def test_members_come_by_id_or_as_they_joined_and_lists_by_record(client, web, twin, contact):
    ids = [int(contact(firstname=f"P{n}")) for n in range(3)]
    with twin.lock:
        joined = list(zip(ids, (30, 10, 20), strict=True))
        put_list(twin.account.store, RecordList(list_id="7", name="Nurture"), joined)
    by_id = client.crm.lists.memberships_api.get_page("7", limit=2)
    assert [one.record_id for one in by_id.results] == [str(ids[0]), str(ids[1])]
    rest = client.crm.lists.memberships_api.get_page("7", after=by_id.paging.next.after)
    assert [one.record_id for one in rest.results] == [str(ids[2])]
    ordered = client.crm.lists.memberships_api.get_page_ordered_by_added_to_list_date("7")
    assert [int(one.record_id) for one in ordered.results] == [ids[1], ids[2], ids[0]]
    own = client.crm.lists.memberships_api.get_lists("0-1", str(ids[0]))
    assert [one.list_id for one in own.results] == ["7"]
    inputs = [{"objectTypeId": "0-1", "recordId": str(id_)} for id_ in (ids[0], 12)]
    path = "/crm/v3/lists/records/memberships/batch/read"
    found = {
        one["recordId"]: [entry["listId"] for entry in one["recordListMemberships"]]
        for one in web("POST", path, {"inputs": inputs}).body["results"]
    }
    assert found == {str(ids[0]): [7], "12": []}
    assert client.crm.lists.lists_api.get_by_id("7").list.name == "Nurture"
    assert web("GET", "/crm/v3/lists/7/memberships?limit=251").status == 400
    assert web("GET", "/crm/v3/lists/8").status == 404


def test_participations_are_told_by_contact_and_by_event(client, web, twin, contact) -> None:
    ann, bo = contact(email="ann@clinic.example"), contact(firstname="Bo")
    with twin.lock:
        store = twin.account.store
        put_event(store, MarketingEvent(id="55", name="Knee pain"))
        for id_, state in ((ann, "ATTENDED"), (bo, "NO_SHOW")):
            put_participation(
                store, Participation(event_id="55", contact_id=id_, state=state, at=1_000)
            )
    api = client.marketing.events.retrieve_participant_state_api
    (own,) = api.get_participations_breakdown_by_contact_id("ann@clinic.example").results
    assert (own.properties.attendance_state, own.properties.occurred_at) == ("ATTENDED", 1_000)
    assert own.associations.contact.contact_id == ann
    assert own.associations.marketing_event.name == "Knee pain"
    both = api.get_participations_breakdown_by_marketing_event_id("55", limit=1)
    assert (both.total, len(both.results)) == (2, 1)
    away = api.get_participations_breakdown_by_marketing_event_id("55", state="NO_SHOW")
    assert [one.associations.contact.contact_id for one in away.results] == [bo]
    counted = api.get_participations_counters_by_marketing_event_id("55")
    assert (counted.attended, counted.no_shows, counted.registered) == (1, 1, 0)
    (event,) = client.marketing.events.basic_api.get_all().results
    assert event.event_name == "Knee pain"
    assert web("GET", "/marketing/marketing-events/v3").body["results"][0]["objectId"] == "55"
