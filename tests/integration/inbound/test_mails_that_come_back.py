# SPDX-License-Identifier: Apache-2.0
"""once, right_time: a bounce ends the message it names, a complaint ends e-mail; a forged one changes nothing."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from typer.testing import CliRunner

from rightparty.cli.app import app
from rightparty.dispatch.models import Reminder, Segment
from rightparty.evidence.models import Leaf
from rightparty.inbound.mail_report import ReportKind
from rightparty.inbound.models import Receipt
from rightparty.inbound.operations.receive_mail import receive_mail
from rightparty.parties.models import ContactEvent
from tests.integration.casework.outbox import planned, sent
from tests.unit.inbound.mails import arf, dsn, qmail

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "wang@recipient.example"


def mailed(at: datetime, *, state: str = "handed_over", is_settled: bool = True) -> tuple[Reminder, str]:
    reminder = sent(at, address=ADDRESS, channel="email", state=state)
    message_id = f"{reminder.id.hex}@lender.example"
    if is_settled:
        Reminder.objects.filter(pk=reminder.pk).update(provider_ids=message_id)
        Segment.objects.create(reminder=reminder, channel="email", provider_id=message_id)
    return reminder, message_id


def everything() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in (Reminder, Receipt, ContactEvent, Leaf)]


@pytest.mark.parametrize("bounce", [dsn, qmail])
@pytest.mark.parametrize("state", ["handed_over", "unknown"])
def test_a_bounce_fails_the_message_it_names_and_no_other(at: datetime, bounce: Any, state: str) -> None:
    reminder, message_id = mailed(at, state=state)
    taken = receive_mail(bounce(message_id), at=at)
    assert (taken.kind, taken.reminder_id, taken.changed) == (ReportKind.BOUNCED, reminder.id, True)
    assert Reminder.objects.get().state == "failed"
    assert ContactEvent.objects.get(kind="undelivered").value == ADDRESS
    before = everything()
    assert not receive_mail(bounce(message_id), at=at).changed
    assert everything() == before


def test_a_bounce_tells_what_became_of_a_mail_whose_worker_broke_off(at: datetime) -> None:
    reminder, message_id = mailed(at, state="unknown", is_settled=False)
    assert receive_mail(dsn(message_id), at=at).changed
    assert Reminder.objects.get().state == "failed"
    assert Segment.objects.get().reminder_id == reminder.id
    assert [leaf.kind for leaf in Leaf.objects.order_by("index")][-2:] == ["reminder.handed_over", "reminder.failed"]


def test_a_delay_is_no_end(at: datetime) -> None:
    _, message_id = mailed(at)
    before = everything()
    assert receive_mail(dsn(message_id, action="delayed"), at=at).kind is ReportKind.PENDING
    assert everything() == before


def test_a_bounce_that_overtakes_the_settling_of_its_message_waits_for_it(at: datetime) -> None:
    reminder, message_id = mailed(at, is_settled=False)
    assert receive_mail(dsn(message_id), at=at).changed
    assert Reminder.objects.get().state == "handed_over"
    Segment.objects.create(reminder=reminder, channel="email", provider_id=message_id)
    from rightparty.inbound.operations.receive_receipt import receive_receipts

    receive_receipts([], at)
    assert Reminder.objects.get().state == "failed"


def test_a_complaint_ends_e_mail_to_the_address_we_wrote_to_whatever_it_says(at: datetime) -> None:
    _, message_id = mailed(at)
    waiting = planned(at, address=ADDRESS, channel="email")
    other = planned(at, address="liar@another.example", channel="email", account="A8")
    assert receive_mail(arf(message_id), at=at).changed
    stop = ContactEvent.objects.get(kind="opted_out")
    assert (stop.value, stop.channel, stop.detail) == (ADDRESS, "email", "email")
    assert Reminder.objects.get(pk=waiting.pk).state == "cancelled"
    assert Reminder.objects.get(pk=other.pk).state == "planned"
    before = everything()
    assert not receive_mail(arf(message_id), at=at).changed
    assert everything() == before


@pytest.mark.parametrize(
    "forge",
    [
        lambda real: "0" * 32 + "@lender.example",
        lambda real: real.replace("lender.example", "forged.example"),
        lambda real: real.upper(),
        lambda real: real[:-1],
        lambda real: "not-a-name",
        lambda real: "{" + real.replace("@", "}@"),
    ],
)
@pytest.mark.parametrize("write", [dsn, arf, qmail])
def test_whoever_does_not_know_our_message_id_changes_nothing(at: datetime, forge: Any, write: Any) -> None:
    _, message_id = mailed(at)
    planned(at, address=ADDRESS, channel="email")
    before = everything()
    taken = receive_mail(write(forge(message_id)), at=at)
    assert (taken.reminder_id, taken.changed) == (None, False)
    assert everything() == before


def test_a_text_message_cannot_be_ended_by_a_mail(at: datetime) -> None:
    reminder = sent(at, channel="sms", state="handed_over")
    assert receive_mail(dsn(f"{reminder.id.hex}@lender.example"), at=at).reminder_id is None


def test_the_command_takes_reports_from_a_maildir_and_leaves_letters_of_people(at: datetime, tmp_path: Path) -> None:
    _, message_id = mailed(at)
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.report").write_bytes(dsn(message_id))
    (tmp_path / "new" / "2.letter").write_bytes(b"Subject: hello\r\n\r\nWho are you?\r\n")
    done = CliRunner().invoke(app, ["receive-mail", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["2.letter"]
    assert [file.name for file in (tmp_path / "cur").iterdir()] == ["1.report:2,S"]
    assert Reminder.objects.get().state == "failed"
    assert ADDRESS not in done.output


def test_the_command_takes_one_mail_from_standard_input_and_refuses_what_is_not_there(at: datetime) -> None:
    _, message_id = mailed(at)
    done = CliRunner().invoke(app, ["receive-mail", "--json"], input=arf(message_id))
    assert '"complained": 1' in done.output
    assert CliRunner().invoke(app, ["receive-mail", "/nowhere/at/all"]).exit_code == 2


@pytest.mark.urls("rightparty.api.urls")
def test_the_interface_takes_a_mail_from_whoever_holds_the_token(at: datetime, settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "API_TOKENS": ["a-token"]}
    _, message_id = mailed(at)

    def post(raw: bytes, token: str) -> Any:
        head = {"authorization": f"Bearer {token}"}
        return Client().post("/mails", raw, content_type="message/rfc822", headers=head)

    assert post(dsn(message_id), "wrong").status_code == 401
    assert Reminder.objects.get().state == "handed_over"
    assert post(dsn(message_id), "a-token").json() == {"kind": "bounced", "known": True, "changed": True}
    assert Reminder.objects.get().state == "failed"
    assert post(b"x" * ((1 << 20) + 1), "a-token").status_code == 413
