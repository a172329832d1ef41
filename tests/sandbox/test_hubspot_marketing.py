"""Forms and consent of the twin: models of the client, newest first, silence is not consent."""

from __future__ import annotations

from connectors.sandbox.hubspot.consent import GRANTED, MARKETING, put_status
from connectors.sandbox.hubspot.forms import Submission, add_submissions, form_named, put_form

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
        record.properties["hs_email_optout"] = "true"  # type: ignore[index]  # read-only by API
        twin.account.store.put([record])
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
