"""A year on the twins of HubSpot and Salesforce, through both connectors and over HTTP.

All clocks are one: those of the twins, of the connectors and of the worker move together, and a wait
moves them instead of being waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import ceil
from pathlib import Path
from random import Random

from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from connectors.sandbox.script import Fault, FaultKind, Script
from tests.support import hubspot_organisation, salesforce_organisation
from tests.support.copier import Copier
from tests.support.crashes import Ask
from tests.support.hubspot_side import HubSpotSide
from tests.support.hubspot_twin import Account, serving_account
from tests.support.organisation import NOW
from tests.support.salesforce_side import SalesforceSide
from tests.support.salesforce_twin import Org, serving_org
from tests.support.twin_connectors import opening
from tests.support.twin_words import wordings
from tests.support.two_crms import NUMBERS, QUEUE, TwoCrms
from tests.support.two_crms_year import Year
from tests.support.two_twins import add_owners, write_configuration
from worker.app import open_app
from worker.config.loader import load_configuration
from worker.errors import FixAccessError, TryLaterError
from worker.steps.sync import RunReport

COPIED = "copied: {between: [hubspot, salesforce], within: 1 day}\n"
UNBOUND = "budgets:\n  - {id: all, scope: stage, key: mql, max_count: 10000, floor: 10000}\n"

FAULTS = (
    (FaultKind.STATUS, 429),
    (FaultKind.STATUS, 503),
    (FaultKind.STATUS, 500),
    (FaultKind.DROP, 503),
    (FaultKind.LOST, 503),
    (FaultKind.CUT, 503),
    (FaultKind.EXPIRE, 401),
)
"""What strikes: errors, connections that break before, after and within an answer, sessions that end."""


@contextmanager
def twin_year(folder: Path, seed: int, busy: float = 1.0) -> Iterator[Year]:
    """Open an organisation with both CRMs, in which HubSpot's integration copies within hours."""
    with serving_account() as account, serving_org() as org:
        users = _set_up(folder, account, org)
        copying = org.user("integration-of-hubspot")
        name_copying(folder, copying)
        for crm in (account, org):
            crm.wait(seconds=(NOW - crm.twin.clock.now()).total_seconds())
        here, there = wordings(users, org.twin.org.person)
        hubspot = HubSpotSide(account=account, words=here)
        salesforce = SalesforceSide(org=org, words=there, hubspot=hubspot, copying=copying)
        two = TwoCrms(folder=folder, sides={"hubspot": hubspot, "salesforce": salesforce})
        options = options_of(account.url, org.url)
        connectors = opening(options, lambda seconds: two.wait(seconds=ceil(seconds)))
        with open_app(folder, clock=lambda: two.now, connectors=connectors) as app:
            two.app = app
            copier = Copier(two=two, delay=timedelta(hours=3))
            yield Year(
                two=two,
                copier=copier,
                dice=Random(seed),
                busy=busy,
                more=((0.08, convert), (0.06, delete)),
            )


def _set_up(folder: Path, account: Account, org: Org) -> dict[str, str]:
    """Write the configuration, and give both CRMs its fields and owners; users by owners of HubSpot."""
    write_configuration(folder, org)
    with (folder / "identity.yaml").open("a", encoding="utf-8") as file:
        file.write(COPIED)
    (folder / "guardrails.yaml").write_text(UNBOUND, encoding="utf-8")
    users = add_owners(account, org, folder, NUMBERS)
    name_queue(folder / "routing.yaml", users[f"7700{QUEUE}"])
    systems = load_configuration(folder).systems
    hubspot_organisation.define(account.twin, systems["hubspot"])
    salesforce_organisation.define(org, systems["salesforce"])
    return users


def name_copying(folder: Path, user: str) -> None:
    """Say which user of Salesforce is HubSpot's integration: what it changes, was changed in HubSpot."""
    with (folder / "systems" / "salesforce.yaml").open("a", encoding="utf-8") as file:
        file.write(f"integrations: {{{user}: sync}}\n")


def options_of(hubspot: str, salesforce: str) -> dict[str, dict[str, str]]:
    """Say where both twins are and how to get in; sessions of Salesforce end after two hours."""
    return {
        "hubspot": {"base_url": hubspot, "access_token": SANDBOX_TOKEN},
        "salesforce": {
            "instance_url": salesforce,
            "login_url": salesforce,
            "client_id": "sandbox-client",
            "client_secret": "sandbox-secret",
        },
    }


def name_queue(routing: Path, user: str) -> None:
    """Say who the queue is in Salesforce: somebody who can own contacts as well."""
    text = routing.read_text(encoding="utf-8")
    here = f'hubspot: "7700{QUEUE}"'
    assert here in text
    routing.write_text(text.replace(here, f"{here}, salesforce: {user}"), encoding="utf-8")


def convert(year: Year) -> str | None:
    """Sales converts a lead in Salesforce."""
    salesforce = year.two.sides["salesforce"]
    assert isinstance(salesforce, SalesforceSide)
    return "converted" if year.people and salesforce.convert(year.somebody()) else None


def delete(year: Year) -> str | None:
    """Somebody deletes a record in one of the CRMs; nobody works with that person any more."""
    if len(year.people) < 3:
        return None
    side = year.two.sides[year.dice.choice(sorted(year.two.sides))]
    assert isinstance(side, HubSpotSide | SalesforceSide)
    person = year.somebody()
    side.delete(person)
    year.people.remove(person)
    return "deleted"


def struck(year: Year, two: TwoCrms) -> RunReport | None:
    """Run while both CRMs fail now and then; nothing where the run broke off or left a write open."""
    for script in _scripts(year):
        if year.dice.random() < 0.5:
            script.add(_fault(year.dice))
    try:
        report = two.run()
    except (TryLaterError, FixAccessError):
        return None
    finally:
        for script in _scripts(year):
            script.clear()
    return None if report.writes.keys() - {"applied", "unchanged"} else report


def _fault(dice: Random) -> Fault:
    kind, status = dice.choice(FAULTS)
    endpoint = dice.choice(("*", "POST *"))
    return Fault(
        kind=kind,
        status=status,
        endpoint=endpoint,
        skip=dice.randrange(25),
        times=dice.choice((1, 2, 8)),
    )


def _scripts(year: Year) -> list[Script]:
    hubspot, salesforce = year.two.sides["hubspot"], year.two.sides["salesforce"]
    assert isinstance(hubspot, HubSpotSide)
    assert isinstance(salesforce, SalesforceSide)
    return [hubspot.account.twin.script, salesforce.org.twin.script]


def killed(year: Year, ask: Ask, two: TwoCrms) -> RunReport:
    """Have a sync killed somewhere, then two whole ones, of which the second has nothing to write."""
    hubspot, salesforce = year.two.sides["hubspot"], year.two.sides["salesforce"]
    assert isinstance(hubspot, HubSpotSide)
    assert isinstance(salesforce, SalesforceSide)
    job = {
        "folder": str(two.folder),
        "now": two.now.isoformat(),
        "points": [year.dice.randrange(20, 700)],
        "twins": options_of(hubspot.account.url, salesforce.org.url),
    }
    answer = ask(job)
    assert "failed" not in answer
    assert answer["writes"][1] == {}
    year.happened["killed"] += answer["killed"]
    year.writes += sum(answer["writes"][0].values())
    two.wait(minutes=1)
    return two.run()
