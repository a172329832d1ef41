"""The scopes that a token needs, each with what it is needed for, and which of them it lacks.

HubSpot names the scopes of a private app's token when asked; of any other token it names one only
when a call is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors.hubspot.transport import Transport
from worker.core.setup_records import Permission

READ = "crm.objects.contacts.read"
WRITE = "crm.objects.contacts.write"
SCHEMA_READ = "crm.schemas.contacts.read"
SCHEMA_WRITE = "crm.schemas.contacts.write"
OWNERS = "crm.objects.owners.read"

_ALWAYS: Mapping[str, str] = {
    READ: "reading contacts and their calls, e-mails, meetings and tasks",
    SCHEMA_READ: "reading which properties there are",
    OWNERS: "reading the owners",
}
_WRITING: Mapping[str, str] = {WRITE: "writing contacts"}
_SETTING_UP: Mapping[str, str] = {SCHEMA_WRITE: "setup alone: making properties and their group"}
_MORE: Mapping[str, tuple[str, str]] = {
    "forms": ("forms", "reading form submissions"),
    "events": ("crm.objects.marketing_events.read", "reading participation in events"),
    "subscriptions": (
        "communication_preferences.statuses.batch.read",
        "reading types of subscription",
    ),
    "lists": ("crm.lists.read", "reading membership in lists"),
}


def needed_scopes(reads: Iterable[str], *, writes: bool, sets_up: bool) -> Mapping[str, str]:
    """Name the scopes, with what each is for. ``reads`` are keys of what is read besides contacts."""
    more = dict(_MORE[name] for name in reads if name in _MORE)
    return {
        **_ALWAYS,
        **more,
        **(_WRITING if writes else {}),
        **(_SETTING_UP if sets_up else {}),
    }


def compare_scopes(transport: Transport, needed: Mapping[str, str]) -> tuple[Permission, ...]:
    """Say of each scope whether the token has it; None where HubSpot does not tell."""
    granted = transport.granted_scopes()
    return tuple(
        Permission(name, what, None if granted is None else name in granted)
        for name, what in needed.items()
    )
