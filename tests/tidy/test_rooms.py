# SPDX-License-Identifier: Apache-2.0
"""The contracts between rooms in pyproject.toml hold, and every package of the product stands in them."""

import subprocess
import sys

from tests.tidy.tree import PACKAGE, ROOT, levels


def test_import_contracts_hold() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert "kept, 0 broken" in done.stdout, done.stdout[-3000:]
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_every_package_has_its_place_in_the_order() -> None:
    packages = {p.name for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").is_file()}
    assert packages == set(levels())
