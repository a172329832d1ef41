"""Programs for Node with a package of npm, where both are at hand; a test without them is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def node_modules(package: str) -> Path:
    """Find the folder of packages that holds one: among those of NODE_PATH, or beside the project."""
    folders = [Path(text) for text in os.environ.get("NODE_PATH", "").split(os.pathsep) if text]
    folders += [parent / "node_modules" for parent in Path(__file__).resolve().parents]
    for folder in folders:
        if (folder / package / "package.json").exists():
            return folder
    pytest.skip(
        f"node with {package} is not at hand: `npm install {package}`, and name it in NODE_PATH"
    )


def run_node(modules: Path, *arguments: str, folder: Path | None = None) -> str:
    """Run node with these packages, within a minute, and give what it prints."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not at hand")
    done = subprocess.run(
        [node, *arguments],
        env={**os.environ, "NODE_PATH": str(modules)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
