# SPDX-License-Identifier: Apache-2.0
"""The generated pages of the reference say what the code says today."""

import importlib.util
from types import ModuleType

import pytest

from tests.tidy.tree import ROOT


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_reference", ROOT / "scripts/generate_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "page",
    [
        "portfolio-contract.md",
        "reasons.md",
        "audit-findings.md",
        "rules-by-market.md",
        "reminder-states.md",
        "settings.md",
        "commands.md",
        "metrics.md",
    ],
)
def test_a_generated_page_is_current(generator: ModuleType, page: str) -> None:
    written = (ROOT / "docs/reference" / page).read_text(encoding="utf-8")
    assert written == generator.PAGES[page](), "run: .venv/bin/python scripts/generate_reference.py"
