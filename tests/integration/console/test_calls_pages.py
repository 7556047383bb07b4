# SPDX-License-Identifier: Apache-2.0
"""Agents' pages: nothing personal before the gate has released; the number to its agent alone; no change on GET."""

import html
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rightparty.console import calls as pages
from rightparty.dispatch.models import CallOutcome, CallRecording, Reminder
from rightparty.dispatch.operations.halt import halt
from rightparty.evidence.queries import find_leaf
from tests.integration.dispatch.calls import AGENT, planned, reminder_of
from tests.integration.dispatch.lender import add_person, phone_of
from tests.integration.dispatch.test_call_recordings import SOUND

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setitem(settings.RIGHTPARTY, "HOME", tmp_path)
    let_it_be(monkeypatch, at)


def let_it_be(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(pages, "_now", lambda: at)


def client_of(name: str, *rights: str) -> Client:
    user, _made = User.objects.get_or_create(username=name)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ann() -> Client:
    return client_of(AGENT, "make_call", "hear_recording")


def seen(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def page_of(call: UUID, more: str = "") -> str:
    return f"/console/calls/{call}/{more}"


def test_the_list_tells_nothing_of_whom_and_opens_by_a_button(ann: Client, at: datetime) -> None:
    call = planned(at)
    listed = seen(ann, "/console/calls/")
    assert page_of(call, "open/") in listed
    for personal in (phone_of(101), "Planted", "P101", "A101-0", "1,200"):
        assert personal not in listed
    assert ann.get(page_of(call, "open/")).status_code == 405
    assert reminder_of(call).state == "planned"


def test_the_agent_sees_number_script_and_code_and_nobody_else_does(ann: Client, at: datetime) -> None:
    call = planned(at)
    assert ann.post(page_of(call, "open/")).status_code == 302
    mine = seen(ann, page_of(call))
    assert f'href="tel:{phone_of(101)}"' in mine
    assert "Planted Debtor" in mine
    assert "1,200" not in mine, "the amount stays hidden until the person is identified"
    other = seen(client_of("bob", "make_call"), page_of(call))
    for personal in (phone_of(101), "Planted"):
        assert personal not in other
    ann.post(page_of(call, "identified/"))
    assert "CNY 1,200.00" in seen(ann, page_of(call))


@pytest.mark.parametrize("more", ["", "open/", "identified/", "outcome/", "recordings/", "recordings/1/"])
def test_without_the_right_there_is_nothing(at: datetime, more: str) -> None:
    call = planned(at)
    eve = client_of("eve")
    answer = eve.post(page_of(call, more)) if more else eve.get(page_of(call))
    assert answer.status_code == 403
    assert "console/calls/" not in seen(eve, "/console/")
    assert Client().post(page_of(call, "open/")).status_code == 302
    assert reminder_of(call).state == "planned"


def test_a_held_back_call_says_why_what_to_do_and_when(
    ann: Client, monkeypatch: pytest.MonkeyPatch, at: datetime
) -> None:
    call = planned(at)
    let_it_be(monkeypatch, NIGHT)
    ann.post(page_of(call, "open/"))
    held = seen(ann, page_of(call))
    assert "Do not call now." in held
    assert "outside the hours in which this person may be contacted" in held
    assert "Permitted from 2026-11-24 0" in held
    for personal in (phone_of(101), "Planted"):
        assert personal not in held


def test_the_reasons_are_in_the_agents_language(ann: Client, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    call = planned(at)
    let_it_be(monkeypatch, NIGHT)
    ann.post(page_of(call, "open/"))
    ann.cookies["django_language"] = "zh-hans"
    assert "现在请勿拨打。" in seen(ann, page_of(call))


def test_an_outcome_is_a_button_a_promise_a_form(ann: Client, at: datetime) -> None:
    call = planned(at)
    ann.post(page_of(call, "open/"))
    assert 'value="no_answer"' in seen(ann, page_of(call))
    assert 'value="promise_to_pay"' not in seen(ann, page_of(call)), "a promise needs an identified person"
    ann.post(page_of(call, "identified/"))
    assert 'value="promise_to_pay"' in seen(ann, page_of(call))
    said = {"outcome": "promise_to_pay", "promised_on": "2026-11-27", "promised": "500.00", "corrects": "0"}
    assert ann.post(page_of(call, "outcome/"), said).status_code == 302
    entry = CallOutcome.objects.get()
    assert (entry.outcome, entry.promised_minor, entry.recorded_by) == ("promise_to_pay", 50_000, AGENT)
    assert "Promise to pay · 2026-11-27" in seen(ann, f"/console/messages/{call}/")
    ann.post(page_of(call, "outcome/"), {"outcome": "refused_to_pay", "corrects": "1"})
    assert [each.outcome for each in CallOutcome.objects.order_by("entry")] == ["promise_to_pay", "refused_to_pay"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"outcome": "promise_to_pay", "promised_on": ""}, "A promise needs a day."),
        ({"outcome": "promise_to_pay", "promised_on": "2026-11-27", "promised": "many"}, "no amount"),
        ({"outcome": "callback_requested", "call_back_on": "soon"}, "A call back needs a day."),
        ({"outcome": "<script>"}, "There is no such outcome."),
        ({}, "There is no such outcome."),
        ({"outcome": "busy", "corrects": "9999"}, ""),
    ],
)
def test_what_cannot_be_is_told_and_enters_nothing(ann: Client, at: datetime, said: dict[str, str], fault: str) -> None:
    call = planned(at)
    ann.post(page_of(call, "open/"))
    ann.post(page_of(call, "identified/"))
    answer = ann.post(page_of(call, "outcome/"), said, follow=True)
    if fault:
        assert fault in html.unescape(answer.content.decode())
        assert not CallOutcome.objects.exists()


def test_only_who_opened_a_call_enters_its_outcome(ann: Client, at: datetime) -> None:
    call = planned(at)
    ann.post(page_of(call, "open/"))
    bob = client_of("bob", "make_call")
    for more in ("outcome/", "identified/"):
        bob.post(page_of(call, more), {"outcome": "wrong_party"})
    assert not CallOutcome.objects.exists()


def test_under_a_halt_nothing_is_dialled(ann: Client, at: datetime) -> None:
    call = planned(at)
    ann.post(page_of(call, "open/"))
    halt(at=at, by="ops", why="drill")
    shown = seen(ann, page_of(call))
    assert "Do not dial" in shown
    assert "tel:" not in shown


def test_call_now_on_a_persons_page_goes_through_the_gate(ann: Client, at: datetime) -> None:
    (account,) = add_person(101, at)
    assert 'action="/console/calls/new/"' in seen(ann, "/console/person/?party=P101")
    ann.post("/console/calls/new/", {"account": account, "party": "P101"})
    reminder = Reminder.objects.get()
    assert (reminder.step, reminder.state) == ("agent_call", "released")
    ann.post("/console/calls/new/", {"account": "unknown", "party": "P101"})
    assert Reminder.objects.count() == 1


def test_a_recording_is_attached_heard_by_who_may_and_every_access_is_on_record(ann: Client, at: datetime) -> None:
    call = planned(at)
    ann.post(page_of(call, "open/"))
    ann.post(page_of(call, "recordings/"), {"sound": SimpleUploadedFile("../../x.wav", SOUND)})
    recording = CallRecording.objects.get()
    assert recording.sha256 in seen(ann, page_of(call))
    fetch = page_of(call, f"recordings/{recording.id}/")
    assert ann.get(fetch).status_code == 405
    assert client_of("bob", "make_call").post(fetch).status_code == 403
    answer = ann.post(fetch)
    assert b"".join(answer.streaming_content) == SOUND
    assert "attachment" in answer["Content-Disposition"]
    last = find_leaf(recording.evidence_index + 1)
    assert last is not None
    assert (last.kind, last.private["by"]) == ("call.recording_fetched", AGENT)


def test_no_file_and_no_sound_are_told(ann: Client, at: datetime) -> None:
    call = planned(at)
    ann.post(page_of(call, "open/"))
    for sent in ({}, {"sound": SimpleUploadedFile("x.wav", b"<html>")}):
        answer = ann.post(page_of(call, "recordings/"), sent, follow=True)
        assert "no recording that can be kept" in answer.content.decode()
    assert not CallRecording.objects.exists()


def test_who_asked_to_be_called_back_is_listed_until_he_was(
    ann: Client, monkeypatch: pytest.MonkeyPatch, at: datetime
) -> None:
    call = planned(at)
    ann.post(page_of(call, "open/"))
    ann.post(page_of(call, "identified/"))
    said = {"outcome": "callback_requested", "call_back_on": "2026-11-24", "call_back_at": "15:30"}
    ann.post(page_of(call, "outcome/"), said)
    let_it_be(monkeypatch, datetime(2026, 11, 24, 7, 30, tzinfo=UTC))
    listed = seen(ann, "/console/calls/")
    assert "2026-11-24 15:30" in listed
    assert "P101" not in listed
    assert "To be called back" not in seen(client_of("bob", "make_call"), "/console/calls/")
    ann.post("/console/calls/new/", {"account": "A101-0", "party": "P101"})
    again = Reminder.objects.exclude(id=call).get()
    assert again.state == "released"
    assert "To be called back" not in seen(ann, "/console/calls/")
