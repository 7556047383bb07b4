# SPDX-License-Identifier: Apache-2.0
"""Pages name only what exists: every link, every path of the tree, every reason code, every dependency."""

import re
from pathlib import Path

import pytest

from rightparty.kernel.promises import Promise
from rightparty.kernel.reasons import BY_CODE
from tests.tidy.tree import ROOT, named, project, tracked

PAGES = [path for path in tracked() if path.suffix == ".md" and "node_modules" not in path.parts]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:src|tests|docs|scripts|benchmarks)/[A-Za-z0-9_./-]+|[A-Za-z0-9_/-]+\.(?:py|toml|md|html))`")
CODE = re.compile(r"\b((?:" + "|".join(p.value for p in Promise) + r")\.[a-z_]+)\b")
ROOTS = (ROOT, ROOT / "src/rightparty", ROOT / "src")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_names_only_files_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in LINK.findall(text) if not re.match(r"[a-z]+:|#|/", link)]
    dead = [link for link in links if link and not (page.parent / link).exists()]
    paths = PATH.findall(text)
    missing = [path for path in paths if not any((root / path).exists() for root in (*ROOTS, page.parent))]
    assert (dead, missing) == ([], [])


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_names_only_reasons_that_exist(page: Path) -> None:
    named_codes = set(CODE.findall(page.read_text(encoding="utf-8")))
    assert {code for code in named_codes if not code.endswith((".md", ".py"))} <= set(BY_CODE)


def test_every_dependency_has_its_line_and_every_line_its_dependency() -> None:
    metadata = project()
    listed = [*metadata["project"]["dependencies"]]  # type: ignore[index]
    for group in metadata["dependency-groups"].values():  # type: ignore[attr-defined]
        listed += group
    wanted = {re.split(r"[\[<>=~!]", name)[0].lower() for name in listed}
    lines = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").splitlines()
    found = {m.group(1).lower() for line in lines if (m := re.match(r"\| `([^`]+)` \|", line))}
    assert found == wanted
