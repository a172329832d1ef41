"""The audit of the data: every lead of the ledger through the same checks that its gates use.

Page by page, so that memory does not grow with the base. Decides nothing and writes nothing in a CRM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.core.conditions import facts_read
from worker.core.configuration import Configuration
from worker.core.data_audit import AuditedLead, StoredAudit, Tally
from worker.core.derivation import derive
from worker.core.identity import merge_contacts
from worker.core.mapping import MappedContact
from worker.core.model import RESTRICTIVE_FACTS
from worker.core.needs import used_facts
from worker.core.policy import Policy
from worker.core.quality import assess
from worker.core.record_checks import check_records
from worker.core.ruleset import Ruleset
from worker.ledger.audits import latest_audit, save_audit
from worker.ledger.profiles import page_of_profiles
from worker.ledger.quarantine import count_quarantine
from worker.ledger.records import count_profiles, records_of_profiles
from worker.ledger.rows import StoredProfile
from worker.ledger.transaction import Transaction
from worker.steps.owners import Owners, owners_if_told
from worker.steps.stored import contact_of
from worker.steps.work import Work

STEP = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The counts of an audit, and those of the one before it."""

    tally: Tally
    previous: StoredAudit | None
    quarantined: int


def audit_data(work: Work, *, stores: bool) -> AuditReport:
    """Count what is wrong with the data of the whole base; with ``stores`` the counts are kept."""
    ruleset = work.ruleset
    owners = owners_if_told(work)
    tally = Tally(used=facts_in_use(ruleset))
    with work.ledger.read() as tx:
        total = count_profiles(tx)
        previous = latest_audit(tx)
        quarantined = count_quarantine(tx)
    after: str | None = None
    while True:
        with work.ledger.read() as tx:
            page = page_of_profiles(tx, after=after, limit=work.batch)
            for lead in _leads(work, tx, page, owners):
                tally.add(lead)
        if not page:
            break
        after = page[-1].id
        work.on_progress(STEP, tally.leads, total)
    if stores:
        with work.begin() as tx:
            save_audit(tx, _stored(work, tally))
    return AuditReport(tally=tally, previous=previous, quarantined=quarantined)


def facts_in_use(ruleset: Ruleset) -> Mapping[str, frozenset[str]]:
    """Name, for each pathway, the mapped facts that its policy, routing, hand-off or consent reads.

    Of refusals nothing is missing where nobody refused, so they are left out.
    """
    configuration = ruleset.configuration
    asked = _consent_facts(configuration)

    def in_use(policy: Policy) -> frozenset[str]:
        used = used_facts(policy, configuration.routing) | asked
        specs = [configuration.facts[name] for name in used if name in configuration.facts]
        used = used.union(*(spec.follows_from for spec in specs))
        return (used & ruleset.mapped_facts) - RESTRICTIVE_FACTS

    return {name: in_use(policy) for name, policy in configuration.policies.items()}


def _consent_facts(configuration: Configuration) -> frozenset[str]:
    evidence = (item for channel in configuration.consent.channels for item in channel.evidence)
    return frozenset().union(*(facts_read(item.condition) for item in evidence))


def _leads(
    work: Work, tx: Transaction, page: list[StoredProfile], owners: Owners | None
) -> list[AuditedLead]:
    records = records_of_profiles(tx, [profile.id for profile in page])
    specs = work.ruleset.configuration.facts
    return [
        _audited(
            work,
            profile,
            tuple(contact_of(r, specs) for r in found),
            owners,
        )
        for profile in page
        if (found := records.get(profile.id))
    ]


def _audited(
    work: Work,
    profile: StoredProfile,
    contacts: tuple[MappedContact, ...],
    owners: Owners | None,
) -> AuditedLead:
    configuration = work.ruleset.configuration
    lead = derive(merge_contacts(contacts), configuration)
    issues = check_records(contacts, owners, configuration.routing.unassigned)
    findings = assess(
        work.ruleset.quality,
        lead.facts,
        (*lead.issues, *issues),
        pathway=profile.pathway,
        now=work.now,
        unseen=lead.unseen,
    )
    return AuditedLead(
        pathway=profile.pathway,
        verdict=profile.verdict,
        facts=lead.facts,
        findings=findings,
        systems=frozenset(contact.ref.system for contact in contacts),
        sources={fact: ref.system for fact, ref in lead.sources.items()},
    )


def _stored(work: Work, tally: Tally) -> StoredAudit:
    return StoredAudit(
        id=work.run_id,
        audited_at=work.now,
        config_digest=work.ruleset.configuration.digest,
        leads=tally.leads,
        clean=tally.clean,
        codes=dict(tally.codes),
    )
