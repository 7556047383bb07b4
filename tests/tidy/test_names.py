# SPDX-License-Identifier: Apache-2.0
"""Names say a notion, each file says what it is, and what the house does without stays out."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.tidy.tree import PACKAGE, modules, named, syntax, tracked

EMPTY_NAMES: Final = {"utils", "helpers", "misc", "common", "base", "manager", "service", "services", "data"}
NAMED_BY_OTHERS: Final = {"src/rightparty/store/locks/sqlite3/base.py"}
"""Django loads a database back end by this name and no other."""
HEADER: Final = "# SPDX-License-Identifier: Apache-2.0"
CLOCK_ROOMS: Final = {"portal", "console", "api", "simulation", "cli", "site"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def calls(path: Path, name: str) -> list[int]:
    """Return the lines where something named so is called; "a.b" means an attribute."""
    found = []
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(name):
            exact = ast.unparse(node.func)
            if exact == name or exact.endswith("." + name):
                found.append(node.lineno)
    return found


def broad_handlers(path: Path) -> list[int]:
    handlers = [node for node in ast.walk(syntax(path)) if isinstance(node, ast.ExceptHandler)]
    return [h.lineno for h in handlers if h.type is None or ast.unparse(h.type) in ("Exception", "BaseException")]


def signal_imports(path: Path) -> list[int]:
    found = []
    for node in ast.walk(syntax(path)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        source = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if any("signals" in name.split(".") for name in [*names, source]) or "django.dispatch" in source:
            found.append(node.lineno)
    return found


def asked_clocks(path: Path) -> list[int]:
    if room_of(path) in CLOCK_ROOMS or path.name == "worker.py":
        return []
    return [line for clock in ("datetime.now", "timezone.now", "date.today") for line in calls(path, clock)]


def printed(path: Path) -> list[int]:
    return [] if room_of(path) == "cli" else calls(path, "print")


BANNED: Final[dict[str, Callable[[Path], list[int]]]] = {
    "print outside cli": printed,
    "a handler of everything": broad_handlers,
    "a hidden clock": asked_clocks,
    "Django signals": signal_imports,
}


@pytest.mark.parametrize("path", [p for p in modules() if named(p) not in NAMED_BY_OTHERS], ids=named)
def test_a_module_is_named_by_a_notion(path: Path) -> None:
    assert path.stem not in EMPTY_NAMES
    assert path.parent.name not in EMPTY_NAMES


@pytest.mark.parametrize("path", [p for p in modules() if p.read_text(encoding="utf-8").strip()], ids=named)
def test_a_module_says_its_licence_and_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(HEADER + "\n")
    assert ast.get_docstring(syntax(path))


@pytest.mark.parametrize("what", BANNED)
def test_what_the_house_does_without_stays_out(what: str) -> None:
    found = {named(path): lines for path in modules() if (lines := BANNED[what](path))}
    assert found == {}


def test_nothing_is_left_to_be_fixed_later() -> None:
    mark = "FIX" + "ME"
    source = [path for path in tracked() if path.suffix in (".py", ".toml", ".html", ".md", ".css")]
    assert [named(path) for path in source if mark in path.read_text(encoding="utf-8")] == []


def test_every_source_file_outside_the_product_says_its_licence_too() -> None:
    source = [p for p in tracked() if p.suffix == ".py" and "migrations" not in p.parts]
    filled = [p for p in source if p.read_text(encoding="utf-8").strip()]
    assert [named(p) for p in filled if HEADER not in p.read_text(encoding="utf-8").splitlines()[:2]] == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("print outside cli", "def f():\n    print('x')\n"),
        ("a handler of everything", "try:\n    pass\nexcept Exception:\n    pass\n"),
        ("a handler of everything", "try:\n    pass\nexcept:\n    pass\n"),
        ("a hidden clock", "import datetime\nat = datetime.datetime.now(datetime.UTC)\n"),
        ("a hidden clock", "from django.utils import timezone\nat = timezone.now()\n"),
        ("Django signals", "from django.db.models.signals import post_save\n"),
    ],
)
def test_each_ban_finds_what_it_bans(what: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)
    sample = tmp_path / "lending" / "sample.py"
    sample.parent.mkdir()
    sample.write_text(text, encoding="utf-8")
    assert BANNED[what](sample)
