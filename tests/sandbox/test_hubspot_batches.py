"""Batches of the twin: a hundred, in another order, all or nothing unless every input is traced."""

from __future__ import annotations

CONTACTS = "/crm/v3/objects/contacts"


def batch(web, verb: str, inputs: list[dict], **more):
    """Send a batch."""
    return web("POST", f"{CONTACTS}/batch/{verb}", {"inputs": inputs, **more})


def test_results_do_not_follow_the_inputs(web) -> None:
    inputs = [{"properties": {"firstname": f"P{n:02}"}} for n in range(50)]
    reply = batch(web, "create", inputs)
    assert (reply.status, reply.body["status"]) == (201, "COMPLETE")
    names = [one["properties"]["firstname"] for one in reply.body["results"]]
    assert names != sorted(names)
    assert sorted(names) == [f"P{n:02}" for n in range(50)]


def test_without_trace_ids_one_bad_input_refuses_all(web, contact) -> None:
    id_ = contact(firstname="Ann")
    reply = batch(
        web,
        "update",
        [
            {"id": id_, "properties": {"firstname": "Anna"}},
            {"id": contact(firstname="Bo"), "properties": {"email": "nobody"}},
        ],
    )
    assert (reply.status, reply.body["category"]) == (400, "VALIDATION_ERROR")
    assert web("GET", f"{CONTACTS}/{id_}").body["properties"]["firstname"] == "Ann"


def test_with_trace_ids_the_good_ones_land_and_the_bad_is_named(client, contact) -> None:
    good, bad = contact(firstname="Ann"), contact(firstname="Bo")
    reply = client.crm.contacts.batch_api.update(
        {
            "inputs": [
                {"id": bad, "properties": {"email": "nobody"}, "objectWriteTraceId": "t-bad"},
                {"id": good, "properties": {"firstname": "Anna"}, "objectWriteTraceId": "t-good"},
                {"id": "12", "properties": {"firstname": "No"}, "objectWriteTraceId": "t-none"},
            ]
        }
    )
    assert reply.num_errors == 2
    assert [(one.id, one.object_write_trace_id) for one in reply.results] == [(good, "t-good")]
    found = {one.context["objectWriteTraceId"][0]: one for one in reply.errors}
    assert found["t-bad"].category == "VALIDATION_ERROR"
    assert found["t-none"].category == "OBJECT_NOT_FOUND"
    assert found["t-none"].context["ids"] == ["12"]


def test_an_entry_names_the_holder_of_an_address_beside_its_sentence(web, contact) -> None:
    holder = contact(email="ann@clinic.example")
    change = {"id": contact(), "properties": {"email": "ann@clinic.example"}}
    reply = batch(web, "update", [{**change, "objectWriteTraceId": "t"}])
    [entry] = reply.body["errors"]
    assert (reply.status, entry["category"]) == (207, "CONFLICT")
    assert entry["context"] == {"existingId": [holder], "objectWriteTraceId": ["t"]}


def test_the_same_id_twice_is_refused(web, contact) -> None:
    id_ = contact(firstname="Ann")
    reply = batch(web, "update", [{"id": id_, "properties": {"firstname": "A"}}] * 2)
    assert reply.status == 400
    assert reply.body["message"] == f"Duplicate IDs found in batch input: [{id_}]"


def test_a_batch_read_names_missing_ids_and_finds_merged_ones_under_the_new_id(web, contact):
    first, second = contact(firstname="Ann"), contact(firstname="Bo")
    body = {"primaryObjectId": first, "objectIdToMerge": second}
    new = web("POST", f"{CONTACTS}/merge", body).body["id"]
    reply = batch(web, "read", [{"id": first}, {"id": "12"}, {"id": "13"}], properties=["email"])
    assert reply.status == 207
    assert [one["id"] for one in reply.body["results"]] == [new]
    assert reply.body["numErrors"] == 1
    assert reply.body["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert reply.body["errors"][0]["context"] == {"ids": ["12", "13"]}


def test_a_hundred_and_one_inputs_are_too_many_and_fifty_one_with_history(web) -> None:
    ids = [{"id": str(n)} for n in range(101)]
    assert batch(web, "read", ids).status == 400
    assert batch(web, "archive", ids).status == 400
    assert batch(web, "read", ids[:51], propertiesWithHistory=["phone"]).status == 400
    assert batch(web, "create", []).status == 400


def test_an_upsert_says_which_records_are_new(client, contact) -> None:
    known = contact(email="ann@clinic.example")
    reply = client.crm.contacts.batch_api.upsert(
        {
            "inputs": [
                {"id": address, "idProperty": "email", "properties": {"lastname": "Lee"}}
                for address in ("ann@clinic.example", "bo@clinic.example")
            ]
        }
    )
    assert {one.id == known: one.new for one in reply.results} == {True: False, False: True}


def test_a_batch_archive_takes_what_is_there(web, contact) -> None:
    id_ = contact(firstname="Ann")
    assert batch(web, "archive", [{"id": id_}, {"id": "12"}]).status == 204
    assert web("GET", f"{CONTACTS}/{id_}").status == 404


def test_an_update_takes_record_ids_only(web, contact) -> None:
    contact(email="ann@clinic.example")
    by_address = {
        "id": "ann@clinic.example",
        "idProperty": "email",
        "properties": {"lastname": "Lee"},
    }
    assert batch(web, "update", [by_address]).status == 400
