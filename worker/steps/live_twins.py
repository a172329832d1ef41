"""Compares the members of the roster across CRMs: who has which account where, told by e-mail.

Addresses are compared and never shown; accounts are named by id.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.config.findings import Findings, Spot, in_words
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.owner_names import find_named, find_queue_twins, with_named
from worker.core.owner_twins import Listed, Unmatched, find_unmatched
from worker.core.routing import RoutingPolicy
from worker.core.teams import Member


def look_at_twins(
    routing: RoutingPolicy,
    listed: Listed,
    writers: frozenset[str],
    sheet: Sheet,
    findings: Findings,
) -> None:
    """Name members without an account in a CRM, those with several, and ids of two people as one."""
    paths = {member.id: path for path, member in _members(routing)}
    listing = {system for system, owners in listed.items() if owners}
    routing = with_named(routing, find_named(routing, listed), {})
    if routing.matches_by_email:
        _look_for_queues(routing, listed, writers & listing, sheet, findings)
        for one in find_unmatched(routing, listed, writers & listing):
            _report_unmatched(routing, one, sheet.spot(*paths[one.member], "owner"), findings)
    _warn_of_mixed(routing, listed, sheet, findings)
    for system, owner in routing.stand_ins.items():
        known = {one.id: one.is_active for one in listed.get(system, ())}
        if owner is not None and known and not known.get(owner):
            message = f"{system} has no active owner {owner!r}, who is to stand in there."
            findings.error(sheet.spot("without_account", system), message)


def _look_for_queues(
    routing: RoutingPolicy,
    listed: Listed,
    writers: frozenset[str],
    sheet: Sheet,
    findings: Findings,
) -> None:
    """Name queues that are not found in a CRM to which owners are written; the CRM of its own must tell."""
    found = find_queue_twins(routing, listed)
    told = {n: q for n, q in routing.queues.items() if any(listed.get(s) for s in q.owners)}
    for name, queue in told.items():
        for system in sorted(writers - queue.owners.keys() - found.get(name, {}).keys()):
            message = f"{system} has no queue of the e-mail or the name of the queue {name!r}."
            say = findings.warning if system in routing.stand_ins else findings.error
            say(sheet.spot("queues", name, "owner"), message, hint=_hint(system))


def _hint(system: str) -> str:
    return f"add `{system}: <owner id>` to its owner, or say under without_account what is written"


def _report_unmatched(
    routing: RoutingPolicy, one: Unmatched, spot: Spot, findings: Findings
) -> None:
    member, system = f"the member {one.member!r}", one.system
    if one.accounts:
        message = f"{member} has several accounts of the same e-mail in {system}: {in_words(one.accounts)}."
        findings.error(spot, message, hint=f"add `{system}: <owner id>` to its owner")
        return
    if one.email_of is None:
        message = f"no account of {member} has an e-mail, so none can be found in {system}."
    else:
        message = f"{system} has no active account with the e-mail of {one.email_of}, {member}."
    say = findings.warning if system in routing.stand_ins else findings.error
    say(spot, message, hint=_hint(system))


def _warn_of_mixed(
    routing: RoutingPolicy, listed: Listed, sheet: Sheet, findings: Findings
) -> None:
    emails = {
        f"{system}:{owner.id}": owner.email.strip().casefold()
        for system, owners in listed.items()
        for owner in owners
        if owner.email
    }
    for path, member in _members(routing):
        keys = [f"{system}:{owner}" for system, owner in member.owners.items()]
        if len({emails[key] for key in keys if key in emails}) > 1:
            message = (
                f"the accounts {in_words(keys)} of the member {member.id!r} have different e-mails."
            )
            hint = "two people may have been taken for one; mend the id that is wrong"
            findings.warning(sheet.spot(*path, "owner"), message, hint=hint)


def _members(routing: RoutingPolicy) -> Iterator[tuple[KeyPath, Member]]:
    for team in routing.teams.values():
        for number, member in enumerate(team.members):
            yield ("teams", team.id, "members", number), member
