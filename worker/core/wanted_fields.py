"""Names the fields that a write-back needs, in what form, with labels that people understand.

The form follows the map: a list written `as: list` is a field of many choices, one written as text is
text. Words of which we know every one are choices, so that a CRM can filter by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from worker.core.configuration import Configuration
from worker.core.field_map import (
    INSTANTS,
    LISTS,
    OPT_OUTS,
    SCORES,
    FieldWrite,
    Managed,
    SystemMap,
    WriteForm,
)
from worker.core.follow_up import FollowUpState
from worker.core.hand_off_words import plain_words
from worker.core.model import Stage
from worker.core.records import FieldForm
from worker.core.setup_records import Choice, WantedField

PREFIX = "Leadtriage"
_TEXTS: Mapping[Managed, tuple[str, str]] = {
    Managed.STAGE: ("lifecycle stage", "Where the lead stands."),
    Managed.OWN_STAGE: ("stage", "Where the lead stands by the written criteria."),
    Managed.LEAD_STATUS: ("lead status", "Where the lead stands."),
    Managed.OWNER: ("owner", "Who works the lead."),
    Managed.REASONS: ("reasons", "Why the lead stands where it stands."),
    Managed.NEXT_STEP: ("next step", "What to do next. Empty where no lead is handed off."),
    Managed.PATHWAY: ("pathway", "Which written policy the lead is decided by."),
    Managed.NURTURE_TRACK: ("nurture track", "What to send to a lead that is not ready yet."),
    Managed.FOLLOW_UP_STATE: ("follow-up", "How far the follow-up of the hand-off is."),
    Managed.FIRST_FOLLOW_UP: ("first follow-up", "When the lead was first followed up."),
    Managed.NEXT_STEP_DUE: ("next step due", "By when the next step is to be done."),
    Managed.SUMMARY: ("hand-off", "What the person who works the lead has to know."),
    Managed.WHY: ("why", "The reasons in sentences, the most important first."),
    Managed.ALLOWED_CHANNELS: (
        "allowed channels",
        "How the first outreach may reach the lead. Anything else is not permitted.",
    ),
    Managed.ALLOWED_TOPICS: (
        "allowed topics",
        "What the first outreach may be about. Never clinical results or advice.",
    ),
    Managed.SCORE_TOTAL: ("score", "All points of the lead."),
    Managed.SCORE_FIT: ("score: fit", "Points for how well the lead fits what is offered."),
    Managed.SCORE_INTENT: ("score: intent", "Points for what the lead did."),
    Managed.SCORE_TIMING: ("score: timing", "Points for when the lead wants to begin."),
    Managed.SCORE_NURTURE: ("score: nurture", "Points for answers to outreach."),
    Managed.SCORE_CHANNEL: ("score: channel", "Points for how the lead came in."),
    Managed.SCORE_ACCOUNT: ("score: account", "Points of the lead's organisation."),
    Managed.DECIDED_AT: ("decided", "When this was decided."),
    Managed.POLICY_VERSION: ("policy", "The policy that decided, with its version."),
    Managed.DECISION_ID: ("decision", "The decision's id: `leadtriage explain` takes it."),
    Managed.OPT_OUT_ALL: ("opt-out: all", "Asked not to be contacted at all."),
    Managed.OPT_OUT_EMAIL: ("opt-out: e-mail", "Asked not to be e-mailed."),
    Managed.OPT_OUT_PHONE: ("opt-out: phone", "Asked not to be called."),
    Managed.OPT_OUT_SMS: ("opt-out: text", "Asked not to be texted."),
    Managed.OPT_OUT_MAIL: ("opt-out: mail", "Asked not to be written to."),
}
"""What people see of each managed value: a label without the prefix, and a description."""

_OF_PEOPLE = frozenset({Managed.STAGE, Managed.LEAD_STATUS, Managed.OWNER}) | OPT_OUTS
"""Fields that hold what people or the CRM say as well."""
_BY_CRM = frozenset({Managed.OWNER})
"""Fields whose values the CRM itself keeps a list of."""
_YES = ("true",)


def wanted_fields(configuration: Configuration, system: SystemMap) -> tuple[WantedField, ...]:
    """Name every field that the map of a system writes, the owner left out, in the map's order."""
    return tuple(
        _want(configuration, item.object_type, write)
        for item in system.objects
        for write in item.writes
        if write.managed not in _BY_CRM
    )


def _want(configuration: Configuration, object_type: str, write: FieldWrite) -> WantedField:
    label, description = _TEXTS[write.managed]
    form = _form_of(write)
    is_listed = form in (FieldForm.CHOICE, FieldForm.CHOICES)
    return WantedField(
        object_type=object_type,
        name=write.target,
        key=write.managed.value,
        label=f"{PREFIX} {label}",
        description=description,
        form=form,
        choices=_choices(configuration, write) if is_listed else (),
        separator=write.separator,
        is_ours=_is_ours(write),
        max_length=write.max_length,
    )


def _is_ours(write: FieldWrite) -> bool:
    """Tell whether the worker alone writes a field: opt-outs are people's, but in fields called after us."""
    if write.managed in OPT_OUTS:
        return write.target.casefold().startswith(f"{PREFIX.casefold()}_")
    return write.managed not in _OF_PEOPLE


def _form_of(write: FieldWrite) -> FieldForm:
    managed = write.managed
    if managed in LISTS:
        return FieldForm.CHOICES if write.form is WriteForm.LIST else FieldForm.LONG_TEXT
    if managed in INSTANTS:
        return FieldForm.DATE if write.form is WriteForm.DATE else FieldForm.INSTANT
    if managed in SCORES:
        return FieldForm.NUMBER
    if managed in OPT_OUTS:
        return FieldForm.YES_NO if write.word in _YES else FieldForm.TEXT
    if managed in (Managed.SUMMARY, Managed.WHY):
        return FieldForm.LONG_TEXT
    return FieldForm.CHOICE if managed in _WORDS else FieldForm.TEXT


def _choices(configuration: Configuration, write: FieldWrite) -> tuple[Choice, ...]:
    """Name the words as the map writes them. No two look alike: a list refuses that."""
    found: dict[str, str] = {}
    for word, label in _WORDS[write.managed](configuration):
        theirs = write.values.get(word) if write.values else word
        if theirs:
            found.setdefault(theirs, label)
    return tuple(_distinct(found))


def _distinct(found: Mapping[str, str]) -> Iterator[Choice]:
    seen: set[str] = set()
    for value, label in found.items():
        is_new = label.casefold() not in seen
        seen.add(label.casefold())
        yield Choice(value, label if is_new else f"{label} ({value})")


def _stages(_configuration: Configuration) -> Iterable[tuple[str, str]]:
    return [(stage.value, _as_label(stage.value)) for stage in Stage]


def _reasons(configuration: Configuration) -> Iterable[tuple[str, str]]:
    """Every code that is in use, in the organisation's own sentence where it has one."""
    own = configuration.hand_off.words.reasons
    for code, reason in sorted(configuration.reasons.items()):
        if not reason.is_retired:
            yield code, (own.get(code) or reason.sentence).rstrip(".")


def _pathways(configuration: Configuration) -> Iterable[tuple[str, str]]:
    return [(name, policy.title) for name, policy in configuration.policies.items()]


def _tracks(configuration: Configuration) -> Iterable[tuple[str, str]]:
    for policy in configuration.policies.values():
        for track in policy.tracks:
            yield track.id, track.sentence.rstrip(".")


def _topics(configuration: Configuration) -> Iterable[tuple[str, str]]:
    return [(topic.id, topic.sentence.rstrip(".")) for topic in configuration.consent.topics]


def _channels(configuration: Configuration) -> Iterable[tuple[str, str]]:
    words = configuration.hand_off.words.channels
    return [(channel.value, _as_label(words[channel])) for channel in words]


def _follow_ups(_configuration: Configuration) -> Iterable[tuple[str, str]]:
    return [(state.value, _as_label(state.value)) for state in FollowUpState]


def _as_label(text: str) -> str:
    words = plain_words(text)
    return words[:1].upper() + words[1:]


_WORDS: Mapping[Managed, Callable[[Configuration], Iterable[tuple[str, str]]]] = {
    Managed.STAGE: _stages,
    Managed.OWN_STAGE: _stages,
    Managed.LEAD_STATUS: _stages,
    Managed.REASONS: _reasons,
    Managed.PATHWAY: _pathways,
    Managed.NURTURE_TRACK: _tracks,
    Managed.ALLOWED_CHANNELS: _channels,
    Managed.ALLOWED_TOPICS: _topics,
    Managed.FOLLOW_UP_STATE: _follow_ups,
}
"""The managed values of which we know every word, and those words with their labels."""
