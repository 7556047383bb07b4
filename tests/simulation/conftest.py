# SPDX-License-Identifier: Apache-2.0
"""The template world of the histories, once per process."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.simulation.history import RAM, Runner
from tests.simulation.light_gate import LightGate
from tests.simulation.template import judged_row, make_template


@pytest.fixture(scope="session")
def template(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder in memory with the template world."""
    folder = Path(tempfile.mkdtemp(prefix="rp-sim-", dir=RAM))
    with django_db_blocker.unblock():
        connections["default"].close()
        empty = Path(str(connections["default"].settings_dict["NAME"]))
        make_template(folder / "template.db", empty=empty)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _judge(template: Path, django_db_blocker: pytest.FixtureRequest) -> LightGate:
    with django_db_blocker.unblock():
        return LightGate(judged_row(template / "template.db", template))


@pytest.fixture
def light_runner(template: Path, _judge: LightGate, django_db_blocker: pytest.FixtureRequest) -> Iterator[Runner]:
    """Runs histories with the light judge."""
    with django_db_blocker.unblock():
        yield Runner(template / "template.db", template, _judge)


@pytest.fixture
def whole_runner(template: Path, django_db_blocker: pytest.FixtureRequest) -> Iterator[Runner]:
    """Runs histories through the whole gate."""
    with django_db_blocker.unblock():
        yield Runner(template / "template.db", template)


def seeds(first: int, count: int) -> range:
    """Return the seeds to run: those given, or RIGHTPARTY_SIM_SEEDS=FIRST:COUNT."""
    if given := os.environ.get("RIGHTPARTY_SIM_SEEDS"):
        first, count = (int(part) for part in given.split(":"))
    return range(first, first + count)
