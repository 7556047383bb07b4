# SPDX-License-Identifier: Apache-2.0
"""Simulated handsets show what recipients see, and their replies reach the product (answerable, correctable)."""

from datetime import datetime

import pytest
from django.conf import settings
from django.test import Client

from rightparty.casework.models import Case
from rightparty.dispatch.channels.adapter import OutboundMessage
from rightparty.dispatch.models import Reminder
from rightparty.parties.models import ContactEvent
from rightparty.simulation.channels.handset import simulated_handsets, simulated_mailboxes
from rightparty.simulation.queries import PAGE
from tests.integration.casework.outbox import STRANGERS_PHONE, add_debtor, sent

pytestmark = pytest.mark.django_db(transaction=True)


def lay(message: Reminder, at: datetime, body: str = "", channel: str = "sms") -> str:
    """Lay a message on its handset and return the address of the handset's page."""
    carrier = simulated_handsets("Lantern") if channel == "sms" else simulated_mailboxes("Lantern")
    text = body or f"Check it: http://127.0.0.1:8000/m/{message.code} code {message.code}"
    out = OutboundMessage(
        reminder_id=str(message.id), channel=channel, address=message.address, subject="", body=text, page="", at=at
    )
    return f"/sim/{carrier.send(out).provider_ids[0]}"


def test_a_message_lies_on_its_phone_and_its_link_leads_to_its_page(client: Client, at: datetime) -> None:
    message = sent(at)
    phone = lay(message, at)
    listed = client.get("/sim/")
    assert STRANGERS_PHONE in listed.content.decode()
    assert f'href="{phone}"' in listed.content.decode()
    page = client.get(phone).content.decode()
    assert f'href="/m/{message.code}"' in page
    assert client.get(f"/m/{message.code}").status_code == 200


def test_texts_are_shown_as_text_never_as_markup(client: Client, at: datetime) -> None:
    page = client.get(lay(sent(at), at, body="<script>alert(1)</script>")).content
    assert b"<script" not in page


def test_a_reply_not_me_stops_the_number_and_opens_a_case(client: Client, at: datetime) -> None:
    add_debtor("P1", "A1")
    phone = lay(sent(at), at)
    page = client.post(phone, {"body": "wrong number"}, follow=True).content.decode()
    case = Case.objects.get()
    assert (case.kind, case.origin) == ("wrong_party", "reply")
    assert "Understood as: not me" in page
    assert f'<a href="/c/{case.follow_token}">' in page
    assert f"/c/{case.follow_token}" in page
    assert "wrong number" in page
    assert ContactEvent.objects.filter(kind="wrong_party", value=STRANGERS_PHONE).exists()


def test_a_reply_stop_stops_the_channel(client: Client, at: datetime) -> None:
    phone = lay(sent(at), at)
    client.post(phone, {"body": "STOP"})
    assert ContactEvent.objects.filter(kind="opted_out", value=STRANGERS_PHONE, detail="sms").exists()


def test_an_empty_reply_and_a_look_change_nothing(client: Client, at: datetime) -> None:
    phone = lay(sent(at), at)
    client.get(phone)
    client.post(phone, {"body": "  "})
    assert not ContactEvent.objects.exists()


def test_a_search_is_posted_so_that_no_address_stands_in_a_log(client: Client, at: datetime) -> None:
    lay(sent(at), at)
    lay(sent(at, address="+12025550177", account="A2"), at)
    found = client.post("/sim/", {"holding": "0177"}).content.decode()
    assert "+12025550177" in found
    assert STRANGERS_PHONE not in found


def test_many_handsets_come_in_pages(client: Client, at: datetime) -> None:
    for n in range(PAGE + 1):
        lay(sent(at, address=f"+1202555{n:04d}", account=f"A{n}"), at)
    first, second = client.get("/sim/").content.decode(), client.get("/sim/?page=2").content.decode()
    assert first.count("+1202555") == PAGE
    assert second.count("+1202555") == 1


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "99999999999999999999", "9999"])
def test_odd_page_numbers_do_no_harm(client: Client, page: str) -> None:
    assert client.get("/sim/", {"page": page}).status_code == 200


def test_a_channel_with_a_carrier_has_no_handsets(
    client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = lay(sent(at), at)
    monkeypatch.setitem(settings.RIGHTPARTY, "SMS_CHANNEL", "smpp://a:b@carrier.example:2775")
    assert client.get(phone).status_code == 404
    assert STRANGERS_PHONE not in client.get("/sim/").content.decode()
    monkeypatch.setitem(settings.RIGHTPARTY, "EMAIL_CHANNEL", "smtp://carrier.example")
    assert client.get("/sim/").status_code == 404


def test_an_unknown_handset_is_not_found(client: Client) -> None:
    assert client.get("/sim/sim-nothing").status_code == 404
