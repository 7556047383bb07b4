# SPDX-License-Identifier: Apache-2.0
"""`rightparty verify`: off until allowed, a list of letters is the owner's alone and never written over."""

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rightparty.cli.app import app
from rightparty.dispatch.models import Verification
from rightparty.parties.models import ContactPoint
from rightparty.planning.reverification.choose import read_steps
from tests.integration.dispatch.lender import phone_of
from tests.integration.dispatch.test_verifications import doubtful

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["verify", *words])
    return done.exit_code, done.output


@pytest.fixture
def letters_alone(settings: Any, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters are allowed and cheap enough to be worth it; the doubtful person has an address."""
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "VERIFY_STEPS": ["letter"]}
    doubtful(at, 1)
    ContactPoint.objects.create(party_id="P1", channel="post", value="1 Example Road", source="branch",
                                collected_at=at, relation="self")  # fmt: skip
    shipped = Path("src/rightparty/planning/reverification/steps.toml").read_text("utf-8")
    cheap = shipped.replace("price = 90", "price = 1").replace("disclosure = 350000", "disclosure = 5000")
    monkeypatch.setattr("rightparty.cli.verify.read_steps", lambda: read_steps(cheap))


def test_nobody_is_asked_until_it_is_allowed(at: datetime, tmp_path: Path) -> None:
    doubtful(at, 1)
    for words in (["run"], ["letters", str(tmp_path / "letters.csv")]):
        status, said = run(*words)
        assert (status, "RIGHTPARTY_VERIFY_STEPS" in said) == (2, True)
    assert Verification.objects.count() == 0


def test_a_step_that_there_is_not_is_refused(settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "VERIFY_STEPS": ["US:telepathy"]}
    status, said = run("run")
    assert (status, "telepathy" in said) == (2, True)


def test_letters_go_to_a_new_private_file_and_are_answered_by_their_code(
    letters_alone: None, at: datetime, tmp_path: Path
) -> None:
    file = tmp_path / "letters.csv"
    status, said = run("letters", str(file), "--at", at.isoformat())
    assert (status, "1 letters" in said) == (0, True)
    assert file.stat().st_mode & 0o077 == 0
    (letter,) = csv.DictReader(file.open(encoding="utf-8"))
    assert letter["address"] == "1 Example Road"
    assert phone_of(1) not in file.read_text("utf-8")
    assert run("letters", str(file), "--at", at.isoformat())[0] == 2
    assert run("answer", "NOSUCHCODE", "still_mine", "--at", at.isoformat())[0] == 2
    assert run("answer", letter["code"], "perhaps", "--at", at.isoformat())[0] == 2
    assert "stated" in run("answer", letter["code"], "still_mine", "--at", at.isoformat())[1]
    assert Verification.objects.get().state == "stated"
