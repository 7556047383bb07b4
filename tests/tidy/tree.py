# SPDX-License-Identifier: Apache-2.0
"""What the tidy tests look at: the tracked files and the rooms with their order."""

import ast
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "src" / "rightparty"
SHELL: Final = {"models", "queries", "operations", "locks", "channels", "worker", "apps", "admin", "migrations"}
"""Names under which a module of a room may touch Django; every other module is pure."""
FACES: Final = {"portal", "console", "api", "simulation", "cli", "site"}
"""Packages that join things for people and systems, and may touch Django anywhere."""


def modules() -> list[Path]:
    """Return every Python module of the product, migrations left out."""
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def dotted(path: Path) -> str:
    """Return a module's dotted name."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def named(path: Path) -> str:
    """Return a path as a test's id."""
    return path.relative_to(ROOT).as_posix()


@cache
def syntax(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def project() -> dict[str, object]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def levels() -> dict[str, int]:
    """Return the height of each room, 0 at the bottom, as import-linter's contract orders them."""
    contracts = project()["tool"]["importlinter"]["contracts"]  # type: ignore[index]
    [layers] = [contract["layers"] for contract in contracts if contract["id"] == "rooms"]
    return {room.strip(): height for height, layer in enumerate(reversed(layers)) for room in layer.split("|")}


@cache
def tracked() -> list[Path]:
    """Return every file git knows, and those it would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())
