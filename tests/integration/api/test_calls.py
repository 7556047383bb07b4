# SPDX-License-Identifier: Apache-2.0
"""A dialler's calls: the gate decides, a number is answered only for a released call, each POST may be repeated."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rightparty.api import calls as api
from rightparty.casework.models import Case
from rightparty.dispatch.models import Call, CallOutcome, CallRecording, Reminder
from tests.integration.dispatch.calls import planned, reminder_of
from tests.integration.dispatch.lender import add_person, phone_of
from tests.integration.dispatch.test_call_recordings import SOUND

pytestmark = pytest.mark.django_db

TOKEN = "test-token"
AGENT = "ext-12"


class Clock(datetime):
    """The interface's clock, at a lawful instant."""

    standing: datetime

    @classmethod
    def now(cls, _zone: Any = None) -> datetime:  # type: ignore[override]
        return cls.standing


@pytest.fixture(autouse=True)
def installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at: datetime) -> None:
    Clock.standing = at
    monkeypatch.setattr(api, "datetime", Clock)
    options = {"API_TOKENS": [TOKEN], "HOME": tmp_path, "RECORDINGS_FROM": str(tmp_path / "dialler")}
    for name, value in options.items():
        monkeypatch.setitem(settings.RIGHTPARTY, name, value)


def post(path: str, body: dict[str, Any], token: str = TOKEN) -> tuple[int, dict[str, Any]]:
    answer = Client().post(
        f"/api/v1/calls{path}", body, content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )
    return answer.status_code, answer.json()


def opened(at: datetime) -> UUID:
    call = planned(at)
    status, answer = post("", {"agent": AGENT, "reminder": str(call)})
    assert (status, answer["number"]) == (200, phone_of(101))
    return call


def test_a_released_call_is_answered_with_number_script_and_code_and_again_the_same(at: datetime) -> None:
    call = opened(at)
    status, again = post("", {"agent": AGENT, "reminder": str(call)})
    assert status == 200
    assert again["call"] == str(call)
    assert again["must_be_recorded"]
    assert "Planted Debtor" in again["ask"]
    assert again["code"] in again["opening"]
    assert Call.objects.get().agent == AGENT


def test_a_call_can_be_asked_for_by_account_and_party(at: datetime) -> None:
    (account,) = add_person(101, at)
    status, answer = post("", {"agent": AGENT, "account_id": account, "party_id": "P101"})
    assert (status, answer["number"]) == (200, phone_of(101))
    assert Reminder.objects.get().step == "agent_call"


def test_without_a_token_nothing_is_told(at: datetime) -> None:
    call = planned(at)
    assert post("", {"agent": AGENT, "reminder": str(call)}, token="wrong")[0] == 401
    assert Client().get("/api/v1/calls").status_code == 401
    assert reminder_of(call).state == "planned"


def test_a_call_that_is_held_back_has_reasons_an_hour_and_no_number(at: datetime) -> None:
    call = planned(at)
    Clock.standing = at.replace(hour=15)
    status, answer = post("", {"agent": AGENT, "reminder": str(call)})
    assert (status, answer["state"]) == (409, "withheld")
    assert "right_time.outside_contact_hours" in [reason["code"] for reason in answer["reasons"]]
    assert answer["earliest"].startswith("2026-11-24T0")
    assert phone_of(101) not in str(answer)


@pytest.mark.parametrize(
    "body",
    [
        {"agent": AGENT}, {"agent": AGENT, "account_id": "A101-0"}, {"reminder": str(uuid4())},
        {"agent": AGENT, "reminder": str(uuid4()), "account_id": "A1", "party_id": "P1"},
    ],
)  # fmt: skip
def test_a_request_that_says_too_little_or_too_much_is_refused(body: dict[str, str]) -> None:
    assert post("", body)[0] == 422


def test_a_call_that_nobody_knows_or_somebody_else_makes_is_refused(at: datetime) -> None:
    assert post("", {"agent": AGENT, "reminder": str(uuid4())})[0] == 404
    assert post("", {"agent": "ext-13", "reminder": str(opened(at))})[0] == 404


def test_an_outcome_is_taken_once(at: datetime) -> None:
    call = opened(at)
    body = {"agent": AGENT, "outcome": "dispute", "words": "paid in May"}
    assert post(f"/{call}/outcome", body) == (200, {"call": str(call), "state": "delivered", "repeated": False})
    assert post(f"/{call}/outcome", body)[1]["repeated"]
    assert (CallOutcome.objects.count(), Case.objects.count()) == (1, 1)
    status, refusal = post(f"/{call}/outcome", {**body, "outcome": "busy"})
    assert (status, refusal["errors"][0]["field"]) == (409, "outcome")


def test_a_promise_needs_an_identified_person(at: datetime) -> None:
    call = opened(at)
    body = {"agent": AGENT, "outcome": "promise_to_pay", "promised_on": "2026-11-27", "promised_minor": 50_000}
    assert post(f"/{call}/outcome", body)[0] == 409
    assert post(f"/{call}/outcome", {**body, "identified": True})[1]["state"] == "delivered"
    assert post(f"/{call}/outcome", {**body, "identified": True})[1]["repeated"]


def test_a_recording_is_sent_or_left_in_the_folder_agreed_on_and_nowhere_else(at: datetime, tmp_path: Path) -> None:
    call = opened(at)
    (tmp_path / "dialler").mkdir()
    (tmp_path / "dialler" / "a.wav").write_bytes(SOUND)
    (tmp_path / "secret.wav").write_bytes(SOUND + b"!")
    (tmp_path / "dialler" / "link.wav").symlink_to(tmp_path / "secret.wav")
    for outside in ("../secret.wav", str(tmp_path / "secret.wav"), "link.wav", ".", "missing.wav", "a" * 300):
        assert post(f"/{call}/recording-file", {"agent": AGENT, "file": outside})[0] == 409
    status, kept = post(f"/{call}/recording-file", {"agent": AGENT, "file": "a.wav"})
    assert (status, kept["size"]) == (200, len(SOUND))
    sent = Client().post(
        f"/api/v1/calls/{call}/recording", {"sound": SimpleUploadedFile("b.wav", SOUND), "agent": AGENT},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )  # fmt: skip
    assert sent.json()["sha256"] == kept["sha256"]
    assert CallRecording.objects.count() == 1


def test_the_list_names_nobody(at: datetime) -> None:
    call = planned(at)
    answer = Client().get("/api/v1/calls", headers={"Authorization": f"Bearer {TOKEN}"})
    (listed,) = answer.json()["calls"]
    assert (listed["reminder"], listed["permitted"]) == (str(call), True)
    assert phone_of(101) not in answer.content.decode()
