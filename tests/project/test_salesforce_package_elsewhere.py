"""Salesforce's own libraries understand the package, where Node and they are at hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from tests.project.salesforce_package import FOLDER, package
from tests.project.sources import ROOT
from tests.support.node import node_modules, run_node

KINDS = {
    ".field-meta.xml": "CustomField",
    ".listView-meta.xml": "ListView",
    ".permissionset-meta.xml": "PermissionSet",
}

CONVERT = """
const { ComponentSet, MetadataConverter } = require('@salesforce/source-deploy-retrieve');
const [outputDirectory, ...folders] = process.argv.slice(1);
(async () => {
  const set = ComponentSet.fromSource(folders);
  const to = { type: 'directory', outputDirectory, genUniqueDir: false };
  await new MetadataConverter().convert(set, 'metadata', to);
  const found = set.getSourceComponents().toArray().flatMap((one) => [one, ...one.getChildren()]);
  console.log(JSON.stringify(found.map((one) => one.type.name)));
})().catch((error) => { console.error(error); process.exit(1); });
"""

LOOSE = """
type Loose<T> = T extends (infer U)[] ? Loose<U>[]
  : T extends object ? { [K in keyof T]?: Loose<T[K]> }
  : T extends number | boolean ? string : T;
"""
"""Nothing is required, and XML has text for numbers and for yes and no; names and words must be right."""


def wanted() -> Counter[str]:
    return Counter(kind for name in package() for suffix, kind in KINDS.items() if suffix in name)


def test_the_library_of_the_salesforce_cli_converts_every_component(tmp_path: Path) -> None:
    modules = node_modules("@salesforce/source-deploy-retrieve")
    project = json.loads((ROOT / FOLDER / "sfdx-project.json").read_text(encoding="utf-8"))
    folders = [str(ROOT / FOLDER / one["path"]) for one in project["packageDirectories"]]
    found = json.loads(run_node(modules, "-e", CONVERT, str(tmp_path), *folders))
    assert Counter(found) == wanted()
    assert (tmp_path / "package.xml").is_file()


def test_every_element_and_word_is_one_of_the_metadata_api(tmp_path: Path) -> None:
    modules = node_modules("@salesforce/types")
    (tmp_path / "node_modules").symlink_to(modules)
    lines = [f"import type {{ {', '.join(KINDS.values())} }} from '@salesforce/types/metadata';"]
    for name, text in package().items():
        for suffix, kind in KINDS.items():
            if name.endswith(suffix):
                typed = json.dumps(as_typed(fromstring(text)))
                lines.append(f"({typed}) satisfies Loose<{kind}> & {{ fullName?: string }};")
    (tmp_path / "package.ts").write_text("\n".join([lines[0], LOOSE, *lines[1:]]), encoding="utf-8")
    assert len(lines) == 1 + wanted().total()
    said = ["--noEmit", "--strict", "--moduleResolution", "bundler", "--module", "esnext"]
    run_node(modules, str(modules / "typescript/bin/tsc"), *said, "package.ts", folder=tmp_path)


REPEATED = frozenset(
    {"columns", "filters", "value", "fieldPermissions", "objectPermissions", "userPermissions"}
)
"""Elements that may stand more than once in their parent."""


def as_typed(element: Element) -> object:
    """Give an element as a value of the Metadata API's types."""
    if not len(element):
        return element.text or ""
    found: dict[str, list[object]] = {}
    for child in element:
        found.setdefault(child.tag.partition("}")[2], []).append(as_typed(child))
    return {name: many if is_many(element, name) else many[0] for name, many in found.items()}


def is_many(parent: Element, name: str) -> bool:
    """``value`` of a filter is one text, and of a list of words many."""
    is_filter = parent.tag.endswith("}filters")
    return name in REPEATED and not is_filter
