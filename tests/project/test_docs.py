"""The docs say what the code does: generated ones are fresh, written ones are true."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import docs
from tests.project.demo_output import demo_output
from tests.project.docs import ROOT
from tests.project.shapes import SHAPES, documented, key_paths, printed
from worker.core.field_map import MANAGED, Managed

README = ROOT / "README.md"
HAND_WRITTEN = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part == "demo" for part in path.relative_to(ROOT).parts)
)


@pytest.mark.parametrize("name", list(docs.WHOLE))
def test_a_generated_document_is_fresh(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == docs.WHOLE[name](), "run `make docs`"


def test_the_readme_quotes_what_the_demonstration_prints() -> None:
    text = README.read_text(encoding="utf-8")

    assert docs.with_part(text, "demo", docs.excerpt()) == text, "run `make docs`"


def test_the_demonstration_is_a_story_that_fits_a_terminal() -> None:
    lines = demo_output().splitlines()
    assert len(lines) <= 120
    assert max(len(line) for line in lines) <= 110
    told = [line for line in lines if line.startswith("─")]
    assert [line.strip("─ ").partition(":")[0] for line in told][1:] == [
        "Set-up", "Truth before the sync", "Plan", "Sync", "Three leads, explained",
        "Truth after the sync", "Sync again, with nothing changed in between", "Next",
    ]  # fmt: skip


def test_only_the_part_between_the_marks_is_generated() -> None:
    text = "before\n<!-- generated: x -->\nold\n<!-- end: x -->\nafter\n"

    assert docs.with_part(text, "x", "new\n") == text.replace("old", "new")


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) < 150


@pytest.mark.parametrize("shape", SHAPES)
def test_the_documented_keys_of_a_shape_are_the_real_ones(shape: str) -> None:
    assert key_paths(documented(shape)) == key_paths(printed()[shape])


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!\w+:)([^)#]+)", text)

    assert [target for target in targets if not (path.parent / target).exists()] == []


def slug(heading: str) -> str:
    """How a heading is linked to: its words in lower case, joined by hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_heading_finds_it(path: Path) -> None:
    for name, anchor in re.findall(r"\]\((?!\w+:)([^)#]*)#([^)]+)\)", path.read_text("utf-8")):
        target = path.parent / name if name else path
        headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
        assert anchor in map(slug, headings), f"{name}#{anchor}"


def test_every_page_on_configuration_is_in_the_table_of_contents() -> None:
    folder = ROOT / "mappings"
    text = (folder / "README.md").read_text("utf-8")

    for page in (folder / "docs").glob("*.md"):
        assert f"](docs/{page.name}" in text, page.name


def test_every_file_of_a_configuration_is_in_the_table_of_contents() -> None:
    text = (ROOT / "mappings" / "README.md").read_text("utf-8")

    for file in (ROOT / "mappings").glob("*.yaml"):
        assert f"| `{file.name}` |" in text, file.name


def folders() -> Iterator[Path]:
    """The folders that owe the reader a word about what lives in them."""
    for name in ("worker", "connectors", "mappings", "tests", "deploy"):
        yield ROOT / name
    for name in ("core", "steps", "cli", "report", "daemon"):
        yield ROOT / "worker" / name


@pytest.mark.parametrize(
    "folder", list(folders()), ids=lambda folder: str(folder.relative_to(ROOT))
)
def test_a_folder_says_what_lives_in_it(folder: Path) -> None:
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# ")


def mapped() -> list[Path]:
    """The folders with more modules than one can look through, and those beside them."""
    large = ("worker/core", "worker/steps", "worker/config")
    of_a_crm = ("connectors/files", "connectors/hubspot", "connectors/salesforce")
    twins = ("connectors/sandbox", "connectors/sandbox/hubspot", "connectors/sandbox/salesforce")
    return [ROOT / name for name in (*large, *of_a_crm, *twins)]


@pytest.mark.parametrize("folder", mapped(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_the_map_of_a_folder_names_every_module_and_no_other(folder: Path) -> None:
    rows = re.findall(r"^\| (`\w[^|]*) \|", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w*]+\.py)`", row)]
    found = [path.name for name in named for path in folder.glob(name)]

    assert sorted(found) == sorted(p.name for p in folder.glob("*.py") if p.stem != "__init__")
    assert [name for name in named if not any(folder.glob(name))] == []


def test_make_lists_its_words() -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    words = re.findall(r"make (\w+)", said)
    assert {"setup", "demo", "test", "check", "bench", "docs", "clean"} <= set(words)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("leadtriage ex", "explain"),
        ("leadtriage sandbox h", "hubspot"),
        ("leadtriage setup h", "hubspot"),
        ("leadtriage init my-org --example e", "education"),
    ],
)
def test_the_completion_of_the_shell_knows_commands_and_names(typed: str, offered: str) -> None:
    program = "import sys; sys.argv = ['leadtriage']; from worker.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={
            "_LEADTRIAGE_COMPLETE": "complete_bash",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(typed.count(" ")),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [offered]


def test_the_changelog_says_everything_once() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    entries = [line[:60] for line in lines if line.startswith("- ")]

    assert sorted(set(entries)) == sorted(entries)


def test_every_managed_field_is_described() -> None:
    assert list(MANAGED) == list(Managed)
