"""The hand-off in words: what the new owner needs to know, and how the lead may be contacted.

Says only what the policy names; never anything clinical, and nothing that implies a result or advice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from worker.core.case import YES, Case
from worker.core.conditions import ColleaguesTest
from worker.core.configuration import Configuration
from worker.core.decide import Decision
from worker.core.evaluation import active_colleagues, as_date
from worker.core.field_map import Transform
from worker.core.model import SAME_ANSWER, ContactChannel, FactValue
from worker.core.policy import Policy
from worker.core.reasons import Reason
from worker.core.ruleset import Ruleset
from worker.core.topics import Topics

_LABELS = {
    "service_line": "Service",
    "site": "Site",
    "wanted_date": "Wanted",
    "wanted_by": "Wanted by",
    "channel": "Came by",
    "preferred_contact": "Prefers",
    "language": "Language",
    "payer": "Plan",
    "referral_category": "Referral",
    "documents": "Documents",
    "organisation_type": "Organisation",
    "organisation_size": "Size",
    "program_interest": "Program",
    "procurement_timing": "Procurement",
    "procurement_by": "Procurement by",
}


def summarise(ruleset: Ruleset, decision: Decision) -> str:
    """Write the hand-off summary of a routed decision; empty when nothing is handed off."""
    if decision.route is None or decision.judgement.pathway is None:
        return ""
    policy = ruleset.policies[decision.judgement.pathway].policy
    configuration = ruleset.configuration
    return " ".join(
        f"{part}."
        for part in (
            *_contact(policy, decision, configuration.consent.topics),
            *_known(policy, decision, configuration.titles, _open_lists(configuration)),
            *_last_action(ruleset, decision, configuration.time_zone),
            *_colleagues(policy, decision),
            f"Why: {_why(decision, configuration.reasons)}",
            *_missing(policy, decision, configuration.titles),
        )
    )


def _words(text: str) -> str:
    return text.replace("_", " ")


def _say(value: FactValue, titles: Mapping[str, str]) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()[:10]
    if isinstance(value, tuple):
        return ", ".join(titles.get(item) or _words(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:g}"
    return titles.get(value) or _words(value)


def label_of(fact: str) -> str:
    """Name a fact as a person would."""
    return _LABELS.get(fact, _words(fact).capitalize())


def _open_lists(configuration: Configuration) -> frozenset[str]:
    """Name the choices that a field map reads without a list: anybody may have typed anything there."""
    return frozenset(
        read.fact
        for system in configuration.systems.values()
        for item in system.objects
        for read in item.reads
        if read.transform in (Transform.CHOICE, Transform.CHOICES) and not read.is_closed
    )


def _known(
    policy: Policy, decision: Decision, titles: Mapping[str, str], open_lists: frozenset[str]
) -> Iterator[str]:
    for fact in policy.hand_off_facts:
        value = decision.lead.facts.get(fact)
        if value is not None and fact not in open_lists:
            caution = _caution(fact, value, decision.judgement.case)
            yield f"{label_of(fact)}: {_say(value, titles)}{caution}"


_DAYS_TO_COME = frozenset({"wanted_date", "wanted_by", "procurement_by"})


def _caution(fact: str, value: FactValue, case: Case) -> str:
    """Mark what the lead said but nobody can act on any more, or may not."""
    if fact in _DAYS_TO_COME:
        day = as_date(value)
        return " (has passed)" if day is not None and day < case.today else ""
    if fact == "preferred_contact":
        channel = _CHANNEL_WORDS.get(str(value))
        return " (not permitted)" if channel is not None and channel not in case.reachable else ""
    return ""


_CHANNEL_NAMES = {
    ContactChannel.EMAIL: "e-mail",
    ContactChannel.PHONE: "phone",
    ContactChannel.SMS: "text message",
    ContactChannel.MAIL: "letter",
}
_CHANNEL_WORDS: Mapping[str, ContactChannel] = {
    **{channel.value: channel for channel in ContactChannel},
    **{name: channel for channel, name in _CHANNEL_NAMES.items()},
    "call": ContactChannel.PHONE,
    "text": ContactChannel.SMS,
}
"""The words by which a CRM may name a channel; another word is said as it stands."""


def _last_action(ruleset: Ruleset, decision: Decision, zone: ZoneInfo) -> Iterator[str]:
    kinds = ruleset.configuration.activity_kinds
    for activity in decision.judgement.case.activities:
        kind = kinds.get(activity.kind)
        if kind is not None and kind.is_by_lead:
            day = activity.at.astimezone(zone).date()
            yield f"Last action: {kind.sentence.lower()} on {day.isoformat()}"
            return


def _colleagues(policy: Policy, decision: Decision) -> Iterator[str]:
    """Say how many others of the organisation are active, where the policy asked and it is so."""
    found = decision.judgement.qualification
    if found is None:
        return
    for place, criterion in enumerate(policy.criteria):
        test = criterion.condition
        if isinstance(test, ColleaguesTest) and found.truths[place] is YES:
            count = len({c.member for c in active_colleagues(test, decision.judgement.case)})
            yield f"{count} {'colleague' if count == 1 else 'colleagues'} active"
            return


def _contact(policy: Policy, decision: Decision, topics: Topics) -> Iterator[str]:
    """Say by what and about what to make contact. It comes first: a CRM's field cuts the end."""
    allowed = [p.channel for p in decision.judgement.permissions if p.is_allowed]
    channels = " or ".join(_CHANNEL_NAMES[channel] for channel in allowed)
    if not allowed or not topics:
        yield f"Contact by {channels or 'no channel'} about {_words(policy.purpose)} only"
        return
    said = [_within_a_sentence(t.sentence) for t in topics if t.id in decision.judgement.topics]
    if said:
        yield f"Contact by {channels} about {' or '.join(said)} only"
        yield "No clinical results or advice"
    else:
        yield f"No topic is allowed yet for a contact by {channels}"


def _within_a_sentence(sentence: str) -> str:
    """Begin with a small letter, unless the first word is in capitals."""
    words = sentence.rstrip(".")
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def _why(decision: Decision, catalogue: Mapping[str, Reason]) -> str:
    said = [catalogue[code].sentence for code in decision.reasons[:3] if code in catalogue]
    return " ".join(said).rstrip(".")


_TO_COLLECT = {"wanted_by": "wanted date", "procurement_by": "procurement date"}
"""What to ask for where what follows from the answer is missing."""


def _missing(policy: Policy, decision: Decision, titles: Mapping[str, str]) -> Iterator[str]:
    present = decision.lead.facts.get("documents", ()) if policy.required_documents else ()
    documents = [
        name
        for name in policy.required_documents
        if not isinstance(present, tuple) or name not in present
    ]
    facts = [
        _TO_COLLECT.get(fact) or _words(fact)
        for fact in policy.hand_off_facts
        if fact not in decision.lead.facts
        and fact != "documents"
        and SAME_ANSWER.get(fact) not in decision.lead.facts
    ]
    still = [*(titles.get(name) or _words(name) for name in documents), *facts]
    if still:
        yield f"Still to collect: {', '.join(still)}"
