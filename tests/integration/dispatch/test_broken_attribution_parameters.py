# SPDX-License-Identifier: Apache-2.0
"""right_party: where the installation's attribution parameters are broken, nothing is judged and nothing is sent."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from typer.testing import CliRunner

from rightparty.cli import attribution as attribution_commands
from rightparty.cli.app import app
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import MessageText
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.parties.attribution.parameters import ParametersError
from tests.integration.dispatch.lender import CountingChannel, add_person, claimed, enqueue, only

pytestmark = pytest.mark.django_db(transaction=True)

BROKEN = {"missing": None, "no TOML": b"version = ", "no text": b"\xff\xfe", "incomplete": b"version = '1'\n[prior]\n"}


@pytest.fixture(params=list(BROKEN))
def broken(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file, content = tmp_path / "fitted.toml", BROKEN[request.param]
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setitem(settings.RIGHTPARTY, "ATTRIBUTION_FILE", str(file))
    return file


def test_the_gate_releases_nothing(at: datetime, broken: Path) -> None:
    channel = CountingChannel()
    connect("sms", channel)
    (account,) = add_person(101, at)
    enqueue([(account, 101)], at)
    ids = claimed(at)
    with pytest.raises(ParametersError, match=r"fitted\.toml"):
        release(ids, at=at, worker="w1")
    # its lease will end, and another worker decides when the file is whole
    assert only().state == ReminderState.CLAIMED
    assert MessageText.objects.count() == 0


def test_a_command_says_which_file_and_what_to_do(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribution_commands, "ensure_store", lambda: None)
    done = CliRunner().invoke(app, ["attribution", "export", str(tmp_path / "out.parquet")])
    assert done.exit_code == 2
    assert "fitted.toml" in done.output
    assert "RIGHTPARTY_ATTRIBUTION" in done.output
    assert "Traceback" not in done.output
