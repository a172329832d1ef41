"""``route simulate``: what it shows of a small table, what it draws, and how it ends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.support.command import Ended, run
from tests.support.organisation import Organisation
from worker.errors import ExitCode

TABLE = """\
at,pathway,closed_at,service_line,language
2026-11-02T15:00:00Z,patient,2026-11-03T15:00:00Z,orthopedics,en
2026-11-02T15:30:00Z,patient,,orthopedics,es
2026-11-02T16:00:00Z,patient,,behavioral_health,
2026-11-02T17:00:00Z,b2b,,,
2026-11-06T22:30:00Z,patient,,cardiology,pt
"""
SHOWN = """\
Arrivals: those of the table, 2026-11-02 to 2026-11-06.
5 hand-offs.

Load
                                         by                 peak  in a   in a
owner                         given  weight  off by  kept   open   day   week
scheduling
  sched-1             ██████      1     1.4    -0.4     0  1/120  1/40  1/160
  sched-2             ██████      1     0.4    +0.6     0  1/120  1/40  1/160
  sched-3             ██████      1     1.2    -0.2     0   1/60  1/20   1/80
care_navigation
  nav-1               ██████      1     0.5    +0.5     0   1/80  1/25      1
  nav-2                           0     0.5    -0.5     0   0/80  0/25      0
referral_desk
  ref-1                           0     0.0    +0.0     0  0/100  0/40      0
  ref-2                           0     0.0    +0.0     0  0/100  0/40      0
business_development
  biz-1                           0     0.0    +0.0     0   0/60  0/15      0
  biz-2                           0     0.0    +0.0     0   0/60  0/15      0
queues
  intake              ██████      1                     0      1     1      1

Waits
owner    at work in   9 in 10   longest    due in   9 in 10   longest
sched-1       0 min     0 min     0 min     4.0 h     4.0 h     4.0 h
sched-2       0 min     0 min     0 min     4.0 h     4.0 h     4.0 h
sched-3    2.6 days  2.6 days  2.6 days  2.8 days  2.8 days  2.8 days
nav-1         0 min     0 min     0 min    23.0 h    23.0 h    23.0 h
intake        0 min     0 min     0 min    23.0 h    23.0 h    23.0 h
all           0 min  2.6 days  2.6 days    23.0 h  2.8 days  2.8 days

Overflow
meant for             went to  leads
business_development  intake       1
  business_development, somebody there: not an active owner in the CRM (1)

Fairness
team                  furthest off, leads  Jain's index
scheduling                            0.6         0.733
care_navigation                       0.5         0.500
referral_desk                         0.0
business_development                  0.0

By day
owner    2026-11-02 to 2026-11-06  most a day
sched-1  █                                  1
sched-2  █                                  1
sched-3      █                              1
nav-1    █                                  1
intake   █                                  1
open     █▆▆▆█                              4

In queues 1, kept by owners outside the roster 0, caught by no rule 0, held 0.
Nothing was stored or written.
"""


@pytest.fixture
def organisation(organisation: Organisation) -> Organisation:
    """One whose CRM knows the queue, but not the owners of business development."""
    owners = organisation.folder / "data" / "owners.csv"
    known = owners.read_text(encoding="utf-8").splitlines(keepends=True)
    there = [line for line in known if not line.startswith("own-13")]
    owners.write_text("".join(there), encoding="utf-8")
    return organisation


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "arrivals.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def simulated(organisation: Organisation, *words: object) -> Ended:
    return run("route", "simulate", *map(str, words), config=organisation.folder)


def of_owner(found: dict[str, Any], owner: str) -> dict[str, Any]:
    (row,) = [row for row in found["owners"] if row["owner"] == owner]
    return dict(row)


def test_a_table_of_arrivals_is_shown_with_all_it_comes_to(
    organisation: Organisation, table: Path
) -> None:
    """Spanish goes to the one who speaks it, b2b to the queue, its team being no owners in the CRM.

    Friday 17:30 in Boston waits until Monday 8:00. All three could take the first lead, of which
    0.4, 0.4 and 0.2 are theirs by weight; the Spanish one is sched-1's alone, the Portuguese sched-3's.
    """
    ended = simulated(organisation, "--arrivals", table)
    *lines, rate = ended.stdout.rstrip("\n").split("\n")
    assert "\n".join(line.rstrip() for line in lines) + "\n" == SHOWN
    assert rate.endswith("arrivals/s.")
    assert ended.exit_code == 0


def test_as_json_it_is_the_same(organisation: Organisation, table: Path) -> None:
    found = simulated(organisation, "--arrivals", table, "--json").json
    assert found["source"] == "table"
    assert found["from"] == "2026-11-02T15:00:00+00:00"
    assert found["changed"] is found["moved"] is None
    present = found["present"]
    assert (present["arrivals"], present["truth"]["compared"]) == (5, 0)
    assert of_owner(present, "sched-3")["wait"] == {"median": 3750, "p90": 3750, "longest": 3750}
    assert of_owner(present, "sched-1")["open"] == {"peak": 1, "limit": 120, "used": 0.008}
    assert present["days"][0] == {
        "day": "2026-11-02",
        "given": {"intake": 1, "nav-1": 1, "sched-1": 1, "sched-2": 1},
        "open": 4,
    }


def test_a_lead_nobody_could_have_is_held_by_name(organisation: Organisation, table: Path) -> None:
    owners = organisation.folder / "data" / "owners.csv"
    left = owners.read_text(encoding="utf-8").replace("own-900,,true", "own-900,,false")
    owners.write_text(left, encoding="utf-8")
    present = simulated(organisation, "--arrivals", table, "--json").json["present"]
    assert (present["arrivals"], present["held"]) == (5, {"HOLD_NO_ACTIVE_OWNER": 1})
    assert sum(row["given"] for row in present["owners"]) == 4
    assert "held 1 (HOLD_NO_ACTIVE_OWNER 1)." in simulated(organisation, "--arrivals", table).stdout


def test_what_if_a_member_were_paused(organisation: Organisation, table: Path) -> None:
    found = simulated(organisation, "--arrivals", table, "--pause", "sched-1", "--json").json
    assert found["moved"] == 2
    assert of_owner(found["present"], "sched-1")["given"] == 1
    assert of_owner(found["changed"], "sched-1")["given"] == 0


def test_what_if_somebody_came_and_weights_changed(organisation: Organisation, table: Path) -> None:
    words = ("--add", "business_development/new-1=8", "--weight", "sched-2=3", "--json")
    changed = simulated(organisation, "--arrivals", table, *words).json["changed"]
    assert of_owner(changed, "new-1")["given"] == 1
    assert of_owner(changed, "sched-2")["expected"] == 0.67  # 3 of 4.5, of one lead


def test_another_routing_file_is_tried(
    organisation: Organisation, table: Path, tmp_path: Path
) -> None:
    text = (organisation.folder / "routing.yaml").read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("to: business_development", "to: intake"), encoding="utf-8")
    changed = simulated(organisation, "--arrivals", table, "--routing", other, "--json").json[
        "changed"
    ]
    assert changed["in_queues"] == 1


def test_another_routing_file_with_a_mistake_is_refused_by_line(
    organisation: Organisation, table: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    text = (organisation.folder / "routing.yaml").read_text(encoding="utf-8")
    other.write_text(text.replace("to: business_development", "to: nowhere"), encoding="utf-8")
    ended = simulated(organisation, "--arrivals", table, "--routing", other)
    assert ended.exit_code == ExitCode.CONFIGURATION
    assert ended.stderr.replace("\n", "").startswith(f"{other}:")
    assert "Team or queue 'nowhere' does not exist." in ended.stderr


def test_the_picture_is_sound_xml_that_fetches_nothing(
    organisation: Organisation, table: Path, tmp_path: Path
) -> None:
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    words = ("--arrivals", table, "--pause", "sched-1", "--svg", svg, "--html", html)
    assert simulated(organisation, *words).exit_code == 0
    root = ET.parse(svg).getroot()
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names == {"svg", "title", "rect", "text"}
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any("sched-2 · scheduling" in text for text in texts)
    drawn = svg.read_text(encoding="utf-8") + html.read_text(encoding="utf-8")
    assert drawn.count("http") == drawn.count("http://www.w3.org/2000/svg")
    assert "<script" not in drawn
    assert "<td>nav-1</td>" in drawn


def test_the_picture_and_the_page_show_waits_and_overflow(
    organisation: Organisation, table: Path, tmp_path: Path
) -> None:
    """Friday 17:30 until Monday 8:00 are 62.5 hours."""
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    assert simulated(organisation, "--arrivals", table, "--svg", svg, "--html", html).exit_code == 0
    texts = [element.text or "" for element in ET.parse(svg).getroot().iter()]
    assert "until the owner is at work: half of the leads, and nine in ten" in texts
    assert "2.6 days, 2.6 days" in texts
    page = html.read_text(encoding="utf-8")
    cells = [cell for cell in re.findall("<t[hd]>(.*?)</t[hd]>", page) if cell]
    moved = cells.index("meant for")
    assert cells[moved:] == ["meant for", "went to", "leads", "business_development", "intake", "1"]
    assert cells.count("2.6 days") == 2
    assert page.count("Routing simulated, 2026-11-02 to 2026-11-06") == 3  # head, heading, picture


def test_days_are_those_of_the_organisation(organisation: Organisation) -> None:
    """The second of November begins in New York five hours later than in UTC."""
    words = ("--invent", "20", "--from", "2026-11-02", "--to", "2026-11-04")
    assert simulated(organisation, *words).stdout.startswith(
        "Arrivals: INVENTED, by a usual rate for each hour and weekday, 2026-11-02 to 2026-11-04."
    )
    found = simulated(organisation, *words, "--json").json
    assert (found["from"], found["to"]) == (
        "2026-11-02T05:00:00+00:00",
        "2026-11-04T05:00:00+00:00",
    )


def test_limits_of_three_figures_keep_to_one_line(organisation: Organisation) -> None:
    words = ("--invent", "600", "--from", "2026-11-02", "--to", "2026-11-04", "--pause", "sched-1")
    shown = simulated(organisation, *words).stdout
    load = shown[shown.index("\nLoad") : shown.index("\nWaits")]
    (row,) = (line.split() for line in load.splitlines() if line.strip().startswith("ref-1 "))
    assert row[-3].endswith("/100")
    assert len(row) == 9


def test_leads_are_invented_where_there_is_no_history(organisation: Organisation) -> None:
    words = ("--invent", "500", "--open-for", "3 days", "--json")
    first, again = (simulated(organisation, *words).json for _ in range(2))
    assert first["source"] == "invented"
    assert first["present"]["arrivals"] == 500
    assert first["open_for_hours"] == 72
    assert first["present"] == again["present"]
    other = simulated(organisation, *words, "--seed", "2").json
    assert other["present"]["owners"] != first["present"]["owners"]
    assert "INVENTED" in simulated(organisation, "--invent", "5").stdout


def test_invented_leads_ask_for_what_no_rule_names_too(organisation: Organisation) -> None:
    found = simulated(organisation, "--invent", "600", "--json").json["present"]
    given = {row["owner"]: row["given"] for row in found["owners"]}
    # A third of them are patients; two of the shipped service lines go to care navigation.
    assert given["sched-1"] + given["sched-2"] + given["sched-3"] > given["nav-1"] + given["nav-2"]


def test_a_paused_member_is_shown_with_what_they_would_have_had(
    organisation: Organisation, table: Path, tmp_path: Path
) -> None:
    svg = tmp_path / "a.svg"
    words = ("--arrivals", table, "--pause", "sched-1", "--svg", svg)
    shown = simulated(organisation, *words).stdout
    (row,) = (line.split() for line in shown.splitlines() if line.strip().startswith("sched-1 "))
    assert row[:3] == ["sched-1", "0", "1"]
    texts = [element.text or "" for element in ET.parse(svg).getroot().iter() if element.text]
    assert "0 (1)" in texts
    assert {"given each day", "open at the end of the day"} <= set(texts)


def test_beside_another_roster_each_owner_keeps_to_one_line(
    organisation: Organisation, table: Path
) -> None:
    shown = simulated(organisation, "--arrivals", table, "--pause", "sched-1").stdout
    load = shown[shown.index("\nLoad") : shown.index("\nWaits")]
    (row,) = (line.split() for line in load.splitlines() if line.strip().startswith("sched-2 "))
    # One lead is shared by sched-2 and sched-3, of weights 1 and 0.5; nobody else speaks Spanish.
    assert row == ["sched-2", "1", "1", "0.7", "+0.3", "0", "1/120", "1/40", "1/160"]


def test_by_default_the_ledger_is_replayed_and_compared_with_the_truth(
    synced: Organisation,
) -> None:
    found = simulated(synced, "--json").json
    assert (found["source"], found["present"]["truth"]["compared"]) == ("ledger", 2)
    assert "2 of 2 leads to whom they really went" in simulated(synced).stdout


def test_nothing_personal_is_shown(synced: Organisation, tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    ended = simulated(synced, "--json", "--html", page)
    shown = (ended.stdout + simulated(synced).stdout + page.read_text(encoding="utf-8")).casefold()
    assert not any(word in shown for word in ("quilla", "readywise", "example.org", "02114"))


def test_without_history_it_says_what_to_do(organisation: Organisation) -> None:
    ended = simulated(organisation)
    assert ended.exit_code == ExitCode.NOT_FOUND
    assert "--invent" in ended.stderr
    assert not organisation.ledger_file.exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("at,pathway", "when,pathway", "arrivals.csv:1  at\n    The column is missing."),
        (",language", ",langage", "arrivals.csv:1  langage\n    No fact is called so."),
        ("15:30:00Z", "half past", "arrivals.csv:3  at\n    must be an instant"),
        ("11-02T17", "11-01T17", "arrivals.csv:5  at\n    is earlier than the line before"),
        ("2026-11-03T15", "2026-11-01T15", "arrivals.csv:2  closed_at\n    must be empty, or"),
        ("b2b", "b2c", "arrivals.csv:5  pathway\n    No pathway is called so."),
    ],
)
def test_a_table_with_a_mistake_is_refused_by_line_and_column(
    organisation: Organisation, table: Path, old: str, new: str, says: str
) -> None:
    table.write_text(TABLE.replace(old, new), encoding="utf-8")
    ended = simulated(organisation, "--arrivals", table)
    assert ended.exit_code == ExitCode.DATA
    assert says in ended.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--pause", "sched-11"], ExitCode.CONFIGURATION, "Did you mean 'sched-1'?"),
        (["--add", "schedulin/new"], ExitCode.CONFIGURATION, "Did you mean 'scheduling'?"),
        (["--add", "scheduling/sched-1"], ExitCode.CONFIGURATION, "There is a member 'sched-1'"),
        (["--add", "scheduling"], ExitCode.USAGE, "scheduling/new-1"),
        (["--weight", "sched-1"], ExitCode.USAGE, "sched-1=2"),
        (["--weight", "sched-1=-1"], ExitCode.USAGE, "sched-1=2"),
        (["--open-for", "long"], ExitCode.USAGE, "30 days"),
        (["--from", "yesterday"], ExitCode.USAGE, "2026-11-02"),
        (["--with", ".", "--routing", "x.yaml"], ExitCode.USAGE, "not both"),
    ],
)
def test_a_question_that_cannot_be_asked_is_explained(
    organisation: Organisation, table: Path, words: list[str], code: int, says: str
) -> None:
    ended = simulated(organisation, "--arrivals", table, *words)
    assert ended.exit_code == code
    assert says in " ".join(ended.stderr.replace("│", " ").split())
