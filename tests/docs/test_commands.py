# SPDX-License-Identifier: Apache-2.0
"""Every `rightparty` command that a page shows in a console block runs, in the page's order, in an empty home."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from rightparty.simulation.operations.write_sample import write_sample_lender
from tests.conftest import TEN_IN_SHANGHAI

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


STATUS = re.compile(r"# ends with status (\d)")
"""A command that is meant to end with another status than 0 says so."""


def commands_of(page: Path) -> list[str]:
    """Return the commands of a page, without prompt."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ rightparty")]


PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if commands_of(page)]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample lender's deliveries, written once."""
    folder = tmp_path_factory.mktemp("docs")
    write_sample_lender(folder / "sample", seed=1, as_of=TEN_IN_SHANGHAI, truth_directory=folder / "truth")
    return folder / "sample"


def run(command: str, *, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command as a reader would, with the store in the folder."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    code = "from rightparty.site.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *shlex.split(command, comments=True)[1:]],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
        env={**inherited, "RIGHTPARTY_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip


def test_there_are_pages_with_commands() -> None:
    assert len(PAGES) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page: Path, sample: Path, tmp_path: Path) -> None:
    (tmp_path / "sample").symlink_to(sample, target_is_directory=True)
    for command in commands_of(page):
        done = run(command, folder=tmp_path)
        expected = int(found[1]) if (found := STATUS.search(command)) else 0
        assert done.returncode == expected, f"{command}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
