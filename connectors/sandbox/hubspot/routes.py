"""Every endpoint of the twin in one table: method, path, scopes, and who answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from connectors.sandbox.exchange import Answer
from connectors.sandbox.hubspot import (
    associations,
    batches,
    consent,
    forms,
    lists,
    marketing_events,
    merging,
    objects,
    owners,
    pipelines,
    properties,
    search,
    validations,
)
from connectors.sandbox.hubspot.paging import Call

Handler: TypeAlias = Callable[[Call], Answer]
DATED: Final = re.compile(r"^/crm/(objects|owners|properties|associations)/20\d\d-\d\d(?=/|$)")
"""Paths with a dated version in place of ``v3``."""
_READ: Final = frozenset({"crm.objects.contacts.read"})
_WRITE: Final = frozenset({"crm.objects.contacts.write"})
_SCHEMA: Final = frozenset({"crm.schemas.contacts.read"})
_DEFINE: Final = frozenset({"crm.schemas.contacts.write"})
_NONE: Final[frozenset[str]] = frozenset()
_FORMS: Final = frozenset({"forms"})
_CONSENT: Final = frozenset({"communication_preferences.read"})
_CONSENT_BATCH: Final = frozenset({"communication_preferences.statuses.batch.read"})
_STATUSES: Final = "/communication-preferences/v4/statuses"
_LISTS: Final = frozenset({"crm.lists.read"})
_EVENTS: Final = frozenset({"crm.objects.marketing_events.read"})
_MARKETING: Final = "/marketing/v3/marketing-events"
_OWNERS: Final = frozenset({"crm.objects.owners.read"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method on one path."""

    template: str
    handler: Handler
    scopes: frozenset[str]
    pattern: re.Pattern[str]
    is_search: bool
    room: int
    """The most rows that one answer holds; 0 where nothing is told by their number."""


_OBJECTS: Final = "/crm/v3/objects/{objectType}"
_OBJECT: Final = "/crm/v3/objects/{objectType}/{objectId}"
_PROPERTIES: Final = "/crm/v3/properties/{objectType}"
_PROPERTY_ROUTES: Final[tuple[tuple[str, str, Handler, frozenset[str]], ...]] = (
    ("GET", _PROPERTIES, properties.list_properties, _SCHEMA),
    ("POST", _PROPERTIES, properties.create_property, _DEFINE),
    ("POST", f"{_PROPERTIES}/batch/create", properties.batch_create_properties, _DEFINE),
    ("POST", f"{_PROPERTIES}/batch/read", properties.batch_read_properties, _SCHEMA),
    ("POST", f"{_PROPERTIES}/batch/archive", properties.batch_archive_properties, _DEFINE),
    ("GET", f"{_PROPERTIES}/groups", properties.list_groups, _SCHEMA),
    ("POST", f"{_PROPERTIES}/groups", properties.create_group, _DEFINE),
    ("GET", f"{_PROPERTIES}/groups/{{groupName}}", properties.read_group, _SCHEMA),
    ("GET", f"{_PROPERTIES}/{{propertyName}}", properties.read_property, _SCHEMA),
    ("PATCH", f"{_PROPERTIES}/{{propertyName}}", properties.change_property, _DEFINE),
    ("DELETE", f"{_PROPERTIES}/{{propertyName}}", properties.archive_property, _DEFINE),
)
_TABLE: Final[tuple[tuple[str, str, Handler, frozenset[str]], ...]] = (
    ("POST", f"{_OBJECTS}/search", search.search_objects, _READ),
    ("POST", f"{_OBJECTS}/batch/read", batches.batch_read, _READ),
    ("POST", f"{_OBJECTS}/batch/create", batches.batch_create, _WRITE),
    ("POST", f"{_OBJECTS}/batch/update", batches.batch_update, _WRITE),
    ("POST", f"{_OBJECTS}/batch/upsert", batches.batch_upsert, _WRITE),
    ("POST", f"{_OBJECTS}/batch/archive", batches.batch_archive, _WRITE),
    ("POST", f"{_OBJECTS}/merge", merging.merge_objects, _WRITE),
    ("POST", f"{_OBJECTS}/gdpr-delete", merging.forget_object, _WRITE),
    ("GET", _OBJECTS, objects.list_objects, _READ),
    ("POST", _OBJECTS, objects.create_object, _WRITE),
    ("GET", _OBJECT, objects.read_object, _READ),
    ("PATCH", _OBJECT, objects.update_object, _WRITE),
    ("DELETE", _OBJECT, objects.archive_object, _WRITE),
    (
        "GET",
        "/crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}",
        associations.read_links,
        _READ,
    ),
    (
        "POST",
        "/crm/v4/associations/{objectType}/{toObjectType}/batch/read",
        associations.batch_read_links,
        _READ,
    ),
    *_PROPERTY_ROUTES,
    ("GET", "/marketing/v3/forms", forms.list_forms, _FORMS),
    ("GET", "/marketing/v3/forms/{formId}", forms.read_form, _FORMS),
    (
        "GET",
        "/form-integrations/v1/submissions/forms/{formId}",
        forms.list_submissions,
        _FORMS,
    ),
    ("GET", "/communication-preferences/v3/definitions", consent.list_definitions, _CONSENT),
    (
        "GET",
        "/communication-preferences/v3/status/email/{email}",
        consent.read_statuses,
        _CONSENT,
    ),
    ("POST", f"{_STATUSES}/batch/read", consent.batch_read_statuses, _CONSENT_BATCH),
    (
        "POST",
        f"{_STATUSES}/batch/unsubscribe-all/read",
        consent.batch_read_opt_outs,
        _CONSENT_BATCH,
    ),
    ("GET", f"{_STATUSES}/{{email}}", consent.read_subscriber, _CONSENT),
    ("GET", f"{_STATUSES}/{{email}}/unsubscribe-all", consent.read_opt_out, _CONSENT),
    ("GET", "/crm/v3/property-validations/{objectType}", validations.list_rules, _SCHEMA),
    (
        "GET",
        "/crm/v3/property-validations/{objectType}/{propertyName}",
        validations.read_rules,
        _SCHEMA,
    ),
    ("GET", "/crm/v3/lists", lists.read_lists, _LISTS),
    (
        "POST",
        "/crm/v3/lists/records/memberships/batch/read",
        lists.lists_of_records,
        _LISTS,
    ),
    (
        "GET",
        "/crm/v3/lists/records/{objectTypeId}/{recordId}/memberships",
        lists.lists_of_record,
        _LISTS,
    ),
    ("GET", "/crm/v3/lists/{listId}", lists.read_list, _LISTS),
    ("GET", "/crm/v3/lists/{listId}/memberships", lists.list_members, _LISTS),
    (
        "GET",
        "/crm/v3/lists/{listId}/memberships/join-order",
        lists.list_members_as_joined,
        _LISTS,
    ),
    ("GET", "/marketing/marketing-events/v3", marketing_events.list_events, _EVENTS),
    ("GET", _MARKETING, marketing_events.list_events, _EVENTS),
    (
        "GET",
        f"{_MARKETING}/participations/contacts/{{contactIdentifier}}/breakdown",
        marketing_events.participations_of_contact,
        _EVENTS,
    ),
    (
        "GET",
        f"{_MARKETING}/participations/{{marketingEventId}}",
        marketing_events.count_participations,
        _EVENTS,
    ),
    (
        "GET",
        f"{_MARKETING}/participations/{{marketingEventId}}/breakdown",
        marketing_events.participations_of_event,
        _EVENTS,
    ),
    ("GET", "/crm/v3/pipelines/{objectType}", pipelines.list_pipelines, _READ),
    ("GET", "/crm/v3/pipelines/{objectType}/{pipelineId}", pipelines.read_pipeline, _READ),
    ("GET", "/account-info/v3/details", pipelines.account_details, _NONE),
    ("POST", "/oauth/v2/private-apps/get/access-token-info", pipelines.token_info, _NONE),
    ("GET", "/crm/v3/limits/custom-properties", pipelines.property_limits, _READ),
    (
        "GET",
        "/account-info/v3/api-usage/daily/private-apps",
        pipelines.daily_usage,
        _NONE,
    ),
    ("GET", "/crm/v3/owners", owners.list_owners, _OWNERS),
    ("GET", "/crm/v3/owners/{ownerId}", owners.read_owner, _OWNERS),
)


_ROOMS: Final = {
    ("GET", _OBJECTS): 100,
    ("POST", f"{_OBJECTS}/search"): 200,
    ("POST", f"{_OBJECTS}/batch/read"): 100,
    ("POST", f"{_OBJECTS}/batch/update"): 100,
    ("POST", "/crm/v4/associations/{objectType}/{toObjectType}/batch/read"): 1_000,
    ("GET", "/form-integrations/v1/submissions/forms/{formId}"): 50,
}


def _compiled() -> Iterator[tuple[str, Endpoint]]:
    for method, template, handler, scopes in _TABLE:
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + "/?")
        yield (
            method,
            Endpoint(
                template=template,
                handler=handler,
                scopes=scopes,
                pattern=pattern,
                is_search=template.endswith("/search"),
                room=_ROOMS.get((method, template), 0),
            ),
        )


ENDPOINTS: Final = tuple(_compiled())


def find_endpoint(method: str, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
    """Find who answers, and what the path names."""
    for own, endpoint in ENDPOINTS:
        if own == method and (found := endpoint.pattern.fullmatch(path)):
            return endpoint, found.groupdict()
    return None
