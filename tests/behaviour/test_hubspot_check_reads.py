"""``check --live`` on HubSpot, of what is read: each thing that does not fit is told at its line."""

from __future__ import annotations

from pathlib import Path

from tests.support.hubspot_live import (
    HubSpotOrganisation,
    alter,
    listed,
    look,
    options,
    remapped,
)
from tests.support.hubspot_twin import Account


def test_a_property_that_is_not_there_is_told_with_the_nearest(
    fitted: Account, tmp_path: Path
) -> None:
    mapped = remapped(tmp_path, "{from: patient_status,", "{from: patient_state,")
    assert look(mapped, fitted).problems == [
        (
            "objects.contacts.fields.patient_status.from\n"
            "    The CRM has no field 'patient_state'.\n"
            "    hint: did you mean 'patient_status'?"
        )
    ]


def test_an_archived_property_is_told_as_such(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    alter(fitted, "payer", archived=True)
    assert look(hubspot_organisation, fitted).problems == [
        (
            "objects.contacts.fields.payer.from\n"
            "    The field 'payer' is archived in the CRM.\n"
            "    hint: restore it there, or remove the line"
        )
    ]


def test_a_property_of_an_activity_that_is_not_there_is_told(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    alter(fitted, "is_automated", "meetings", archived=True)
    assert look(hubspot_organisation, fitted).problems == [
        (
            "objects.meetings.activity.excluded\n"
            "    The field 'is_automated' is archived in the CRM.\n"
            "    hint: restore it there, or remove the line"
        )
    ]


def test_a_type_that_does_not_fit_how_it_is_read_is_warned_of(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    alter(fitted, "organization_size", type="string", field_type="text")
    alter(fitted, "npi", type="number", field_type="number")
    assert look(hubspot_organisation, fitted).warnings[:2] == [
        (
            "objects.contacts.fields.organisation_size.as\n"
            "    The field 'organization_size' holds text, and is read as number.\n"
            "    allowed: number\n"
            "    hint: a value that cannot be read so counts as missing; choose another `as`, or another "
            "field"
        ),
        (
            "objects.contacts.fields.npi.as\n"
            "    The field 'npi' holds number, and is read as npi.\n"
            "    allowed: choice or text\n"
            "    hint: a value that cannot be read so counts as missing; choose another `as`, or another "
            "field"
        ),
    ]


def test_words_that_only_one_side_knows_are_warned_of(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    listed(fitted, "lead_type", "patient", "Referral", "vendor")
    assert look(hubspot_organisation, fitted).warnings[:2] == [
        (
            "objects.contacts.fields.lead_type\n"
            "    The map does not know 'vendor', which the CRM's list of 'lead_type' has.\n"
            "    hint: a record with it counts as having no lead_type: add it under `values`"
        ),
        (
            "objects.contacts.fields.lead_type.values.Business\n"
            "    The CRM's list of 'lead_type' has no 'Business'.\n"
            "    allowed: patient, Referral, vendor\n"
            "    hint: mend the word, or take it out"
        ),
    ]


def test_a_choice_that_the_catalogue_does_not_know_is_warned_of(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    listed(fitted, "site", "worcester", "springfield", "n/a")
    assert look(hubspot_organisation, fitted).warnings[0] == (
        "objects.contacts.fields.site\n"
        "    The map does not know 'springfield', which the CRM's list of 'site' has.\n"
        "    hint: a record with it counts as having no site: add it as a synonym in catalog.yaml, or "
        "translate it under `values`"
    )


def test_a_kind_of_activity_that_the_list_lacks_is_warned_of(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    alter(fitted, "hs_meeting_outcome", "meetings", options=options("SCHEDULED", "COMPLETE"))
    assert look(hubspot_organisation, fitted).warnings[-1] == (
        "objects.meetings.activity.kinds.COMPLETED\n"
        "    The CRM's list of 'hs_meeting_outcome' has no 'COMPLETED', so no activity will be one.\n"
        "    allowed: SCHEDULED, COMPLETE\n"
        "    hint: did you mean 'COMPLETE'?"
    )


def test_a_sensitive_property_is_refused(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    alter(fitted, "payer", data_sensitivity="sensitive")
    (problem,) = look(hubspot_organisation, fitted).problems
    assert problem.startswith(
        "objects.contacts.fields.payer.from\n"
        "    The field 'payer' is not read: the CRM labels it sensitive.\n"
    )
