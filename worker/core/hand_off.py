"""The hand-off in words: what the new owner needs to know, and how the lead may be contacted.

Says only what the policy names; never anything clinical, and nothing that implies a result or advice.
What depends on the instant alone is said with the rest, and never causes a write by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from worker.core.case import YES
from worker.core.conditions import ColleaguesTest
from worker.core.decide import Decision
from worker.core.evaluation import active_colleagues, as_date
from worker.core.hand_off_policy import HandOffLine
from worker.core.hand_off_words import (
    HandOffWords,
    join_choices,
    plain_words,
    say_channel,
    say_date,
    say_fact_name,
    say_number,
    say_time,
    say_value,
    within_a_sentence,
)
from worker.core.model import SAME_ANSWER, Activity, ContactChannel, FactValue
from worker.core.policy import Policy
from worker.core.routing import Route, RoutingPolicy
from worker.core.ruleset import Ruleset
from worker.core.templates import Template, cut_at_word, fill


class Line(NamedTuple):
    """One line as it reads; of those that are not required the highest ``priority`` goes first."""

    text: str
    priority: int
    is_required: bool


def summarise(
    ruleset: Ruleset, decision: Decision, limit: int | None = None, line_break: str = " "
) -> str:
    """Write the hand-off of a routed decision; empty when nothing is handed off."""
    return fit(hand_off_lines(ruleset, decision), limit, line_break)


def hand_off_lines(ruleset: Ruleset, decision: Decision) -> tuple[Line, ...]:
    """Write the lines of a hand-off as they read when there is room for all of them."""
    pathway, route = decision.judgement.pathway, decision.hand_off
    if route is None or pathway is None:
        return ()
    telling = _Telling(ruleset, decision, route, pathway)
    lines = (_render(line, telling) for line in ruleset.hand_off.lines[pathway])
    return tuple([line for line in lines if line is not None])


def say_next_step(ruleset: Ruleset, decision: Decision) -> str:
    """Say the next step by a channel that is allowed, if it has words for one; else as usual."""
    pathway, route = decision.judgement.pathway, decision.hand_off
    if route is None or pathway is None:
        return ""
    telling = _Telling(ruleset, decision, route, pathway)
    return _say_step(telling)


def say_reasons(ruleset: Ruleset, decision: Decision) -> str:
    """Say every reason of a decision as a sentence, the most important first."""
    said = (_sentence(ruleset, code) for code in decision.reasons)
    return " ".join([sentence for sentence in said if sentence])


def fit(lines: Sequence[Line], limit: int | None, line_break: str) -> str:
    """Join the lines within a field's length.

    The least important lines go as a whole. Where not even the most important one fits beside what
    is required, it is cut behind a word.
    """
    kept = list(lines)
    while limit is not None and _length(kept, line_break) > limit:
        optional = [place for place, line in enumerate(kept) if not line.is_required]
        if len(optional) < 2:
            return _cut(kept, limit, line_break)
        del kept[max(optional, key=lambda place: (kept[place].priority, place))]
    return line_break.join([line.text for line in kept])


def _length(lines: Sequence[Line], line_break: str) -> int:
    return sum([len(line.text) for line in lines]) + len(line_break) * max(0, len(lines) - 1)


_FEWEST_LETTERS = 12
"""With less room than this, a line that is cut says nothing."""


def _cut(lines: Sequence[Line], limit: int, line_break: str) -> str:
    """Cut the one line that is not required; the required ones come first whatever the room."""
    required = [line.text for line in lines if line.is_required]
    room = limit - _length([line for line in lines if line.is_required], line_break)
    room -= len(line_break) if required else 0
    if room < _FEWEST_LETTERS:
        return cut_at_word(line_break.join(required), limit)
    texts = [line.text if line.is_required else cut_at_word(line.text, room) for line in lines]
    return line_break.join(texts)


@dataclass(frozen=True, slots=True)
class _Telling:
    """One hand-off while it is told."""

    ruleset: Ruleset
    decision: Decision
    route: Route
    pathway: str

    @property
    def words(self) -> HandOffWords:
        return self.ruleset.configuration.hand_off.words

    @property
    def policy(self) -> Policy:
        return self.ruleset.policies[self.pathway].policy

    @property
    def allowed(self) -> list[ContactChannel]:
        return [p.channel for p in self.decision.judgement.permissions if p.is_allowed]

    def say(self, slot: str) -> str:
        """Say what stands in a slot, with what makes it no longer true, or not permitted."""
        known = _SLOTS.get(slot)
        if known is not None:
            return known(self)
        value = self._value(slot)
        return "" if value is None else _with_caution(self, slot, value)

    def say_plainly(self, slot: str) -> str:
        """Say what stands in a slot of a next step: nothing in it changes by time alone."""
        known = _SLOTS.get(slot)
        if known is not None:
            return known(self)
        value = self._value(slot)
        return "" if value is None else _say_fact(self, slot, value)

    def _value(self, fact: str) -> FactValue | None:
        if fact not in self.ruleset.hand_off.told[self.pathway]:
            return None
        return self.decision.lead.facts.get(fact)


def _render(line: HandOffLine, telling: _Telling) -> Line | None:
    text = fill(line.text, telling.say)
    if text is None and line.otherwise is not None:
        text = fill(line.otherwise, telling.say)
    return Line(text, line.priority, line.is_required) if text else None


# --- facts


def _say_fact(telling: _Telling, fact: str, value: FactValue) -> str:
    channel = _CHANNEL_WORDS.get(str(value)) if fact == "preferred_contact" else None
    if channel is not None:
        return say_channel(telling.words, channel)
    return say_value(telling.words, value, telling.ruleset.configuration.titles)


_DAYS_TO_COME = frozenset({"wanted_date", "wanted_by", "procurement_by"})


def _with_caution(telling: _Telling, fact: str, value: FactValue) -> str:
    """Mark what the lead said but nobody can act on any more, or may not."""
    said, case = _say_fact(telling, fact, value), telling.decision.judgement.case
    mark: Template | None = None
    if fact in _DAYS_TO_COME:
        day = as_date(value)
        mark = telling.words.passed if day is not None and day < case.today else None
    elif fact == "preferred_contact":
        channel = _CHANNEL_WORDS.get(str(value))
        is_closed = channel is not None and channel not in case.reachable
        mark = telling.words.not_permitted if is_closed else None
    return said if mark is None else fill(mark, lambda _slot: said) or said


_CHANNEL_WORDS: Mapping[str, ContactChannel] = {
    **{channel.value: channel for channel in ContactChannel},
    "e-mail": ContactChannel.EMAIL,
    "text message": ContactChannel.SMS,
    "letter": ContactChannel.MAIL,
    "call": ContactChannel.PHONE,
    "text": ContactChannel.SMS,
}
"""The words by which a CRM may name a channel; another word is said as it stands."""


# --- slots that are no facts


def _channels(telling: _Telling) -> str:
    words = telling.words
    said = [say_channel(words, channel) for channel in telling.allowed]
    return join_choices(words, said) or words.no_channel


def _topics(telling: _Telling) -> str:
    """What may be spoken of; the purpose, for an organisation that names no topics."""
    topics = telling.ruleset.configuration.consent.topics
    if not topics or not telling.allowed:
        return plain_words(telling.policy.purpose)
    allowed = telling.decision.judgement.topics
    said = [within_a_sentence(topic.sentence) for topic in topics if topic.id in allowed]
    return join_choices(telling.words, said)


def _reasons(telling: _Telling) -> str:
    said = (_sentence(telling.ruleset, code) for code in telling.decision.reasons[:3])
    return " ".join([sentence for sentence in said if sentence]).rstrip(".")


def _sentence(ruleset: Ruleset, code: str) -> str | None:
    configuration = ruleset.configuration
    known = configuration.reasons.get(code)
    own = configuration.hand_off.words.reasons.get(code)
    return own or (known.sentence if known is not None else None)


def _qualified_by(telling: _Telling) -> str:
    found = telling.decision.judgement.qualification
    carried_by = found.carried_by if found is not None else None
    sentences = (rule.sentence for rule in telling.policy.rules if rule.id == carried_by)
    return next(sentences, "").rstrip(".")


def _score(telling: _Telling) -> str:
    found = telling.decision.judgement.qualification
    return say_number(telling.words, round(found.total)) if found is not None else ""


def _last_action(telling: _Telling) -> str:
    activity = _newest(telling)
    if activity is None:
        return ""
    return within_a_sentence(telling.ruleset.configuration.activity_kinds[activity.kind].sentence)


def _last_action_on(telling: _Telling) -> str:
    activity = _newest(telling)
    zone = telling.ruleset.configuration.time_zone
    return say_date(telling.words, activity.at.astimezone(zone).date()) if activity else ""


def _newest(telling: _Telling) -> Activity | None:
    """The newest action of the lead itself; governed kinds are not among those of a case."""
    kinds = telling.ruleset.configuration.activity_kinds
    for activity in telling.decision.judgement.case.activities:
        if activity.kind in kinds and kinds[activity.kind].is_by_lead:
            return activity
    return None


def _colleagues(telling: _Telling) -> str:
    """Say how many others of the organisation are active, where the policy asked and it is so."""
    judgement = telling.decision.judgement
    found = judgement.qualification
    for place, criterion in enumerate(telling.policy.criteria):
        test = criterion.condition
        if isinstance(test, ColleaguesTest) and found and found.truths[place] is YES:
            count = len({c.member for c in active_colleagues(test, judgement.case)})
            return telling.words.colleague if count == 1 else _so_many(telling.words, count)
    return ""


def _so_many(words: HandOffWords, count: int) -> str:
    said = say_number(words, count)
    return fill(words.colleagues, lambda _slot: said) or said


def _missing(telling: _Telling) -> str:
    """Name what is still to collect: first what the policy requires, then documents, then the rest."""
    policy = telling.policy
    facts = [fact for fact in policy.hand_off_facts if _is_missing(telling, fact)]
    required = [fact for fact in facts if fact in policy.hand_off_required]
    others = [fact for fact in facts if fact not in policy.hand_off_required]
    said = [
        *(say_fact_name(telling.words, fact) for fact in required),
        *_lacking_documents(telling),
        *(say_fact_name(telling.words, fact) for fact in others),
    ]
    return ", ".join(said)


def _is_missing(telling: _Telling, fact: str) -> bool:
    known = telling.decision.lead.facts
    return fact != "documents" and fact not in known and SAME_ANSWER.get(fact) not in known


def _documents_missing(telling: _Telling) -> str:
    return ", ".join(_lacking_documents(telling))


def _lacking_documents(telling: _Telling) -> Iterator[str]:
    policy, titles = telling.policy, telling.ruleset.configuration.titles
    present = telling.decision.lead.facts.get("documents") if policy.required_documents else None
    for name in policy.required_documents:
        if not isinstance(present, tuple) or name not in present:
            yield titles.get(name) or plain_words(name)


def _nurture_track(telling: _Telling) -> str:
    track = telling.decision.judgement.track
    sentences = (item.sentence for item in telling.policy.tracks if item.id == track)
    return within_a_sentence(next(sentences, ""))


# --- next step


def _next_step(telling: _Telling) -> str:
    return _say_step(telling).rstrip(".")


def _say_step(telling: _Telling) -> str:
    """Fill the words of a step; the check lets no slot in them stand outside of brackets."""
    return fill(_step_template(telling), telling.say_plainly, is_said_anyway=True) or ""


def _step_template(telling: _Telling) -> Template:
    """Choose the words of a channel that is allowed: the preferred one, else the first written."""
    step = telling.ruleset.hand_off.steps[telling.route.next_step.id]
    allowed = telling.allowed
    open_ones = {channel: text for channel, text in step.by_channel if channel in allowed}
    preferred = None
    if open_ones and "preferred_contact" in telling.policy.hand_off_facts:
        word = telling.decision.lead.facts.get("preferred_contact")
        preferred = _CHANNEL_WORDS.get(str(word))
    if preferred in open_ones:
        return open_ones[preferred]
    return next(iter(open_ones.values()), step.usual)


def _due_at(telling: _Telling) -> str:
    routing = telling.ruleset.configuration.routing
    zone = _zone_of(routing, telling.route)
    return say_time(telling.words, telling.route.due_at, zone)


def _zone_of(routing: RoutingPolicy, route: Route) -> ZoneInfo:
    """The zone of the calendar that the due time was counted in."""
    place = routing.teams.get(route.target) or routing.queues[route.target]
    return place.calendar.time_zone


_SLOTS: Mapping[str, Callable[[_Telling], str]] = {
    "allowed_channels": _channels,
    "allowed_topics": _topics,
    "never": lambda telling: telling.words.never,
    "pathway": lambda telling: telling.policy.title,
    "qualified_by": _qualified_by,
    "reasons": _reasons,
    "score": _score,
    "colleagues": _colleagues,
    "last_action": _last_action,
    "last_action_on": _last_action_on,
    "missing": _missing,
    "documents_missing": _documents_missing,
    "nurture_track": _nurture_track,
    "team": lambda telling: plain_words(telling.route.target),
    "next_step": _next_step,
    "due_at": _due_at,
}
