"""What ``explain`` shows to people: one lead, from the verdict down to the single facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from worker.core.trace import Json
from worker.report.text import plain_table
from worker.report.words import counted


def show_explanation(explained: Mapping[str, Json], zone: ZoneInfo) -> RenderableType:
    """One lead, explained from the verdict down to the single facts; times are those of ``zone``."""
    return Group(*_explanation(_in_zone(explained, zone)))


_TIMES: Mapping[str, Sequence[str]] = {
    "route": ("due_at",),
    "follow_up": ("due_at", "first_at"),
    "availability": ("next_at", "qualified_at", "again_at"),
}


def _in_zone(explained: Mapping[str, Json], zone: ZoneInfo) -> Mapping[str, Json]:
    """Write the times of the next step as the clock on the wall shows them."""
    told: dict[str, Json] = {
        **explained,
        "changes_by_itself_at": _local(explained["changes_by_itself_at"], zone),
    }
    for part in ("refused_writes", "edits"):
        items = map(_map, _items(explained[part]))
        told[part] = [{**item, "at": _local(item["at"], zone)} for item in items]
    for part, names in _TIMES.items():
        if found := _map(explained.get(part)):
            told[part] = {**found, **{n: _local(found[n], zone) for n in names if n in found}}
    return told


def _local(at: Json, zone: ZoneInfo) -> Json:
    return f"{datetime.fromisoformat(str(at)).astimezone(zone):%Y-%m-%d %H:%M %Z}" if at else at


def _explanation(explained: Mapping[str, Json]) -> Iterator[RenderableType]:
    stage = _map(explained["stage"])
    before, after = stage.get("before") or "none", stage.get("after") or "none"
    yield Text(f"{explained['ref']}", "bold")
    records = _items(explained["records"])
    for place, record in enumerate(records if len(records) > 1 else ()):
        yield f"  {'records' if place == 0 else '':<10}{record}"
    yield f"  pathway   {explained['pathway'] or 'unclear'}"
    yield f"  verdict   {explained['verdict']}" + _carried(explained)
    yield f"  stage     {before} → {after} ({stage.get('reason')})"
    for record, code in _map(stage.get("not_written")).items():
        yield f"  left      {record} keeps the stage it shows ({code})"
    yield from _refused(explained)
    yield from _edits(explained)
    yield from _availability(explained)
    yield from _route(explained)
    yield from _follow_up(explained)
    yield from _contact_lines(explained)
    yield from _decision_lines(explained)
    yield ""
    yield _reason_table(explained)
    if explained["pathway"]:
        yield from _gate_lines(explained)
        yield _criteria_table(explained)
        yield ""
        yield from _colleague_lines(explained)
        yield _score_line(explained)
        yield from _passed_over(explained)
        if track := _map(explained["nurture_track"]):
            yield f"Nurture with: {track['id']} ({track['sentence']})"
    else:
        yield from _pathway_lines(explained)
        yield ""
    yield from _hand_off_lines(explained)
    yield from _closing(explained)


def _edits(explained: Mapping[str, Json]) -> Iterator[str]:
    """Say who set a stage or an owner that is respected, by kind and id."""
    for edit in map(_map, _items(explained["edits"])):
        by = edit["by"] or "somebody whom the CRM does not name"
        yield f"  set by    {edit['what']} of {edit['record']}: {by}, {edit['at']}"


def _refused(explained: Mapping[str, Json]) -> Iterator[str]:
    """Which records a CRM would not write last time, and whom it holds for the same."""
    for item in map(_map, _items(explained["refused_writes"])):
        yield f"  refused   {item['record']} by its CRM ({item['code']}) at {item['at']}"
        if matches := ", ".join(map(str, _items(item["matches"]))):
            yield f"            the CRM says that it is the same as {matches}"


def _hand_off_lines(explained: Mapping[str, Json]) -> Iterator[str]:
    """Show what the new owner reads, with its length and the room there is."""
    for item in map(_map, _items(explained["hand_off"])):
        limit = f" of {item['max_length']}" if item["max_length"] else ""
        where = f"{item['system']} {item['object_type']} {item['field']}"
        yield f"Hand-off in {where}, {item['length']}{limit} characters:"
        yield from (f"  {line}" for line in str(item["text"]).splitlines())


def _contact_lines(explained: Mapping[str, Json]) -> Iterator[str]:
    """Each channel: open or closed, on what evidence, where, and until when."""
    channels = [_map(item) for item in _items(explained["permissions"])]
    allowed = [str(item["channel"]) for item in channels if item["is_allowed"]]
    yield f"  contact   {', '.join(allowed) or 'no channel may be used'}"
    for item in channels:
        yield f"    {item['channel']:<8}{'; '.join(_channel_words(item))}"
    for place, topic in enumerate(map(_map, _items(explained["topics"]))):
        yield f"  {'about' if place == 0 else '':<10}{topic['id']} ({topic['sentence']})"


def _channel_words(item: Mapping[str, Json]) -> Iterator[str]:
    """Say of one channel what is known; decisions of earlier versions know less."""
    if item["is_allowed"]:
        proof = "with proof" if item.get("has_proof") else "no proof on file"
        yield f"open by the evidence {item['evidence']}, {proof}"
    else:
        yield f"closed ({item['reason']})"
    if item.get("jurisdiction"):
        yield f"place {item['jurisdiction']}"
    if item.get("given_at"):
        yield f"since {str(item['given_at'])[:10]}"
    if item.get("expires_at"):
        yield f"until {str(item['expires_at'])[:10]}"


def _decision_lines(explained: Mapping[str, Json]) -> Iterator[str]:
    """Say so when the decision asked for was followed by another."""
    asked, latest = _map(explained["decision"]).get("id"), explained["latest_decision"]
    if asked != latest:
        yield f"  decision  {asked}; the one that stands is {latest}"


def _pathway_lines(explained: Mapping[str, Json]) -> Iterator[RenderableType]:
    """Without a pathway there is nothing to score: what is known, and what was looked for.

    Nobody asked for the contact values themselves; that they are known is enough.
    """
    yield ""
    facts = plain_table("Facts known", "fact", "value", "from")
    for name, item in _map(explained["facts"]).items():
        fact = _map(item)
        value = "(known)" if fact["is_personal"] else _say(fact["value"])
        facts.add_row(name, value, str(fact["from"] or ""))
    rules = plain_table("What the pathway rules look at", "pathway", "facts", "actions")
    for item in _items(explained["pathway_rules"]):
        rule = _map(item)
        read = ", ".join(f"{k}={_say(v)}" for k, v in _map(rule["facts"]).items())
        rules.add_row(str(rule["pathway"]), read, ", ".join(map(str, _items(rule["actions"]))))
    yield from (facts, "", rules)


def _map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, (list, tuple)) else ()


def _carried(explained: Mapping[str, Json]) -> str:
    if explained["carried_by"]:
        return f", carried by the rule {explained['carried_by']}"
    return f", stopped by {explained['stopped_by']}" if explained["stopped_by"] else ""


def _outsider(route: Mapping[str, Json]) -> str:
    return f"{route.get('outside_owner')}{' (kept)' if route.get('is_kept') else ''}"


def _route(explained: Mapping[str, Json]) -> Iterator[str]:
    route = _map(explained["route"])
    if not route:
        return
    if route.get("hold"):
        yield f"  owner     nobody: {route['hold']}"
    else:
        owner = route.get("owner") or _outsider(route)
        yield f"  owner     {owner} of {route['target']}, by the rule {route['rule'] or 'fallback'}"
        yield f"  next      {route['next_step']}, due {route['due_at']}"
    for item in _items(route["rejected"]):
        rejected = _map(item)
        yield f"  not       {rejected['candidate']}: {rejected['reason']}"


def _availability(explained: Mapping[str, Json]) -> Iterator[str]:
    """When we next have time for the lead, what holds it, and what would let it go."""
    found = _map(explained["availability"])
    if not found:
        return
    where = f"{found['service_line']} at {found['site'] or 'any site'}"
    opens = found["next_at"] or "not known"
    yield f"  opening   {where}: {opens}, by the rule {found['rule']}"
    if found["held_by"] is None:
        return
    ways = []
    if found["resumes_when_wait_is"] is not None:
        ways.append(f"a wait of {_points(found['resumes_when_wait_is'])} days or less")
    if found["ahead"] is not None:
        ways.append(f"its turn ({found['ahead']} before it)")
    yield f"  waits     since {found['qualified_at']}, for {' or '.join(ways) or 'an opening'}"
    if found["again_at"]:
        yield f"  again     {found['again_at']} at the latest"


def _follow_up(explained: Mapping[str, Json]) -> Iterator[str]:
    """How far the clock of the hand-off is: decisions of earlier versions have none."""
    clock = _map(explained.get("follow_up"))
    if not clock:
        return
    said = [str(clock["state"]).replace("_", " ")]
    if clock["first_at"]:
        said.append(f"first at {clock['first_at']}, {'in time' if clock['in_time'] else 'late'}")
    else:
        said.append(f"asked for until {clock['due_at']}")
    if clock["reassignments"]:
        said.append(f"given to somebody else {counted(int(str(clock['reassignments'])), 'time')}")
    yield f"  follow-up {'; '.join(said)}"


def _reason_table(explained: Mapping[str, Json]) -> Table:
    table = plain_table("Reasons", "code", "meaning")
    for item in _items(explained["reasons"]):
        reason = _map(item)
        table.add_row(str(reason["code"]), str(reason["sentence"]))
    return table


def _gate_lines(explained: Mapping[str, Json]) -> Iterator[RenderableType]:
    yield ""
    gates = [_map(gate) for gate in _items(explained["gates"])]
    said = [f"{gate['criterion']} {_gate_word(gate)}" for gate in gates]
    yield f"Gates: {', '.join(said) or 'none looked at'}"
    yield ""


def _gate_word(gate: Mapping[str, Json]) -> str:
    word = "passes" if gate["passes"] else "stops"
    return f"{word} (unknown)" if gate["truth"] == "unknown" else word


def _criteria_table(explained: Mapping[str, Json]) -> Table:
    table = plain_table(
        "Criteria", "criterion", "family", "truth", "facts read", "points", numbers=1
    )
    marks = {"met": "✓ met", "not_met": "✗ not met", "unknown": "? unknown"}
    sources = _map(explained["action_sources"])
    for item in _items(explained["criteria"]):
        line = _map(item)
        facts = ", ".join(f"{k}={_say(v)}" for k, v in _map(line.get("facts")).items())
        evidence = _evidence(_items(line["evidence"]), sources)
        read = "; ".join(p for p in (facts, evidence) if p)
        table.add_row(
            str(line["id"]),
            str(line.get("family", "")),
            marks[str(line["truth"])],
            read,
            _points(line["points"]),
        )
    return table


def _colleague_lines(explained: Mapping[str, Json]) -> Iterator[RenderableType]:
    """Whose actions counted beside the lead's own: no name, only where to look them up."""
    table = plain_table("Actions of colleagues", "criterion", "action", "of")
    for item in _items(explained["organisation"]):
        line = _map(item)
        records = ", ".join(map(str, _items(line["records"])))
        table.add_row(str(line["criterion"]), str(line["action"]), records)
    if table.row_count:
        yield from (table, "")


def _evidence(actions: Sequence[Json], sources: Mapping[str, Json]) -> str:
    """Count the actions, and name what reported them, once each."""
    named = sorted({str(sources[str(action)]) for action in actions if str(action) in sources})
    return _actions(len(actions)) + (f" ({', '.join(named)})" if named else "")


def _actions(count: int) -> str:
    return counted(count, "action") if count else ""


def _points(value: Json) -> str:
    return f"{round(value, 1):g}" if isinstance(value, (int, float)) else ""


def _say(value: Json) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:g}"
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _passed_over(explained: Mapping[str, Json]) -> Iterator[str]:
    """Say which actions count for nothing, and by which rule."""
    said = [
        f"{_actions(count)} ({rule['rule']})"
        for rule in map(_map, _items(explained["passed_over"]))
        if isinstance(count := rule["count"], int)
    ]
    if said:
        yield f"Counts for nothing: {', '.join(said)}"


def _score_line(explained: Mapping[str, Json]) -> str:
    score = _map(explained["score"])
    points = _map(score["families"])
    families = ", ".join(f"{k} {_points(v)}" for k, v in points.items())
    if "account" in points:
        families += " (not in the total)"
    return f"Score {_points(score['total'])}: {families or 'nothing counted'}"


def _writes_by_record(writes: Iterable[Mapping[str, Json]]) -> Iterator[str]:
    """Say what would change in each record: those of two CRMs may have fields of one name."""
    before = ""
    for line in writes:
        record = f"{line['system']}:{line['object_type']}:{line['id']}"
        if record != before:
            yield f"  in {record}"
            before = record
        yield f"    {line['field']}: {line['before'] or '(empty)'} → {line['after'] or '(empty)'}"


def _closing(explained: Mapping[str, Json]) -> Iterator[str]:
    writes = _items(explained["would_write"])
    yield (
        f"Would write now: {counted(len(writes), 'field')}"
        if writes
        else "Would write now: nothing"
    )
    yield from _writes_by_record(map(_map, writes))
    smallest = _map(explained["smallest_change"])
    if smallest:
        yield f"Smallest change that would qualify it (rule {smallest['rule']}):"
        for item in _items(smallest["criteria"]):
            yield f"  {_map(item)['sentence']}"
        for item in _items(smallest["without"]):
            yield f"  no longer: {_map(item)['sentence']}"
    if explained["changes_by_itself_at"]:
        yield f"Time alone changes this at {explained['changes_by_itself_at']}"
