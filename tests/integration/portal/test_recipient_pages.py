# SPDX-License-Identifier: Apache-2.0
"""A stranger with a code learns that the message is genuine and nothing else, and can stop it (answerable)."""

import re
from datetime import datetime

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from rightparty.casework.models import Case
from rightparty.dispatch.models import Reminder
from rightparty.kernel.identifiers import new_reference_code, show_code
from rightparty.lending.models import FurnishingHold, Hold
from rightparty.parties.models import ContactEvent
from rightparty.portal.deeds import DEEDS
from rightparty.portal.throttle import FAILURES_PER_HOUR
from tests.integration.casework.outbox import STRANGERS_PHONE, add_debtor, planned, sent

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


def bytes_of(response: HttpResponse) -> bytes:
    """The page apart from its security tokens."""
    return TOKEN.sub(b"", response.content)


def everything() -> list[object]:
    """Every row a recipient's page could change."""
    models = (Case, ContactEvent, FurnishingHold, Hold, Reminder)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_genuine_message_is_confirmed_by_code_sender_day_and_channel(client: Client, at: datetime) -> None:
    message = sent(at)
    page = client.get(f"/m/{show_code(message.code)}")
    assert page.status_code == 200
    assert b"This message is from us" in page.content
    assert show_code(message.code).encode() in page.content
    assert b"2026-11-23 00:00" in page.content


def test_a_code_typed_carelessly_is_read(client: Client, at: datetime) -> None:
    message = sent(at)
    page = client.get("/m/", {"code": " " + show_code(message.code).lower() + " "}, follow=True)
    assert b"This message is from us" in page.content


def test_whatever_is_not_ours_gives_one_page(client: Client, at: datetime) -> None:
    never_sent = planned(at)
    Reminder.objects.filter(pk=never_sent.pk).update(code="ABCDEFGHJKM")
    withdrawn = new_reference_code()
    message = sent(at)
    wrong_check = message.code[:-1] + ("0" if message.code[-1] != "0" else "1")
    codes = [
        new_reference_code(),
        "ABCDEFGHJKM",
        withdrawn,
        wrong_check,
        "x",
        "%3Cscript%3E",
        "0" * 300,
        "%00",
        "码码码",
    ]
    pages = [client.get(f"/m/{code}") for code in codes]
    pages += [client.get(f"/m/{withdrawn}/{slug}") for slug in [*DEEDS, "stop", "record.json"]]
    pages += [client.post(f"/m/{withdrawn}/{slug}", {"words": "x"}) for slug in [*DEEDS, "stop"]]
    pages.append(client.get("/c/no-such-case"))
    assert {page.status_code for page in pages} == {200}
    assert len({bytes_of(page) for page in pages}) == 1
    assert b"Not confirmed" in pages[0].content
    assert len({tuple(sorted(page.headers.items())) for page in pages}) == 1


def test_after_many_wrong_codes_even_a_right_one_is_not_confirmed(client: Client, at: datetime) -> None:
    message = sent(at)
    refused = [client.get(f"/m/{new_reference_code()}") for _ in range(FAILURES_PER_HOUR)]
    throttled = client.get(f"/m/{message.code}")
    assert bytes_of(throttled) == bytes_of(refused[0])
    elsewhere = Client(REMOTE_ADDR="203.0.113.9").get(f"/m/{message.code}")
    assert b"This message is from us" in elsewhere.content


def test_pages_tell_nothing_of_the_debtor_the_account_or_the_address(client: Client, at: datetime) -> None:
    add_debtor("P1", "A1", name="Planted Debtor")
    message = sent(at)
    posted = client.post(f"/m/{message.code}/not-me", {"words": ""}, follow=True)
    pages = [client.get(f"/m/{message.code}{end}") for end in ("", "/record.json", "/stop", *(f"/{s}" for s in DEEDS))]
    for page in [posted, *pages]:
        shown = page.content.decode()
        for secret in ("Planted", "P1", "H1", "A1", STRANGERS_PHONE, "0142", "1,200", "120000", "CNY", "debt", "loan"):
            assert secret not in TOKEN.sub(b"", shown.encode()).decode().replace(message.code, "").replace(
                show_code(message.code), ""
            ), secret


@pytest.mark.parametrize("end", ["", "/record.json", "/stop", "/not-me", "/object", "/correct", "/complain"])
def test_looking_changes_nothing(client: Client, at: datetime, end: str) -> None:
    add_debtor("P1", "A1")
    message = sent(at)
    before = everything()
    for _ in range(2):
        assert client.get(f"/m/{message.code}{end}").status_code == 200
        assert client.head(f"/m/{message.code}{end}").status_code == 200
    assert everything() == before


def test_not_me_takes_two_steps_and_gives_a_receipt_to_follow(client: Client, at: datetime) -> None:
    add_debtor("P1", "A1")
    message, waiting = sent(at), planned(at)
    asked = client.get(f"/m/{message.code}/not-me")
    assert b'method="post"' in asked.content
    receipt = client.post(f"/m/{message.code}/not-me", {"words": "wrong number"}, follow=True)
    case = Case.objects.get()
    assert receipt.redirect_chain[-1][0] == f"/c/{case.follow_token}"
    assert b"We stopped using this number or address" in receipt.content
    assert b"Answer by" in receipt.content
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"


@pytest.mark.parametrize(
    ("slug", "kind"), [("object", "dispute"), ("correct", "correction"), ("complain", "complaint")]
)
def test_each_other_deed_opens_its_case(client: Client, at: datetime, slug: str, kind: str) -> None:
    message = sent(at)
    client.post(f"/m/{message.code}/{slug}", {"words": "my words"})
    case = Case.objects.get()
    assert (case.kind, case.words, case.origin) == (kind, "my words", "portal")
    assert Hold.objects.filter(kind="dispute", account_id="A1").exists() == (kind == "dispute")


def test_no_character_in_the_words_loses_a_report(client: Client, at: datetime) -> None:
    message = sent(at)
    client.post(f"/m/{message.code}/not-me", {"words": "a\0b"})
    assert Case.objects.get().words == "ab"


def test_a_complaint_without_words_is_asked_again(client: Client, at: datetime) -> None:
    message = sent(at)
    page = client.post(f"/m/{message.code}/complain", {"words": "  "})
    assert page.status_code == 422
    assert b"Please write in a few words" in page.content
    assert not Case.objects.exists()


def test_words_are_shown_as_text_never_as_markup(client: Client, at: datetime) -> None:
    message = sent(at)
    page = client.post(f"/m/{message.code}/complain", {"words": "<script>alert(1)</script>" * 100})
    assert page.status_code == 422
    assert b"<script" not in page.content


def test_stop_stops_this_channel_only(client: Client, at: datetime) -> None:
    message, text, mail = sent(at), planned(at), planned(at, channel="email")
    assert b"We send no more text messages" in client.post(f"/m/{message.code}/stop").content
    client.post(f"/m/{message.code}/stop")
    event = ContactEvent.objects.get()
    assert (event.kind, event.channel, event.value, event.detail) == ("opted_out", "phone", STRANGERS_PHONE, "sms")
    text.refresh_from_db()
    mail.refresh_from_db()
    assert (text.state, mail.state) == ("cancelled", "planned")


def test_a_form_without_its_token_is_refused(at: datetime) -> None:
    message = sent(at)
    refused = Client(enforce_csrf_checks=True).post(f"/m/{message.code}/not-me", {"words": ""})
    assert refused.status_code == 403
    assert not Case.objects.exists()


def test_the_record_says_what_was_sent_and_where_it_stands_in_the_log(client: Client, at: datetime) -> None:
    message = sent(at)
    record = client.get(f"/m/{message.code}/record.json").json()
    assert set(record) == {"sender", "code", "channel", "sent_at", "text_sha256", "log_index", "log_chain_hash"}
    assert record["text_sha256"] == "ab" * 32
    assert record["log_index"] == message.evidence_index


def test_pages_are_kept_out_of_caches_and_search_engines(client: Client, at: datetime) -> None:
    message = sent(at)
    for address in ("/", f"/m/{message.code}", f"/m/{message.code}/record.json", "/m/x", f"/m/{message.code}/stop"):
        headers = client.get(address).headers
        assert headers["Cache-Control"] == "no-store"
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
        assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_no_page_needs_a_script_or_an_inline_style(client: Client, at: datetime) -> None:
    message = sent(at)
    for address in ("/", f"/m/{message.code}", f"/m/{message.code}/not-me", "/m/x", "/no/such/page"):
        page = client.get(address).content
        assert b"<script" not in page
        assert b"style=" not in page
        assert b"<style" not in page
