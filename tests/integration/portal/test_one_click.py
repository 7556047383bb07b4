# SPDX-License-Identifier: Apache-2.0
"""answerable: one click in a mail program stops the messages (RFC 8058), and tells a stranger nothing."""

from datetime import datetime

import pytest
from django.core.cache import cache
from django.test import Client

from rightparty.dispatch.models import Reminder
from rightparty.evidence.models import Leaf
from rightparty.kernel.identifiers import new_reference_code
from rightparty.parties.models import ContactEvent
from rightparty.portal.throttle import FAILURES_PER_HOUR
from tests.integration.casework.outbox import planned, sent

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "wang@recipient.example"
BODY = "List-Unsubscribe=One-Click"


@pytest.fixture
def provider() -> Client:
    """A mail provider's machine: no cookie, no CSRF token."""
    cache.clear()
    return Client(enforce_csrf_checks=True)


def click(provider: Client, code: str) -> tuple[int, bytes, dict[str, str]]:
    response = provider.post(f"/m/{code}/one-click", BODY, content_type="application/x-www-form-urlencoded")
    return response.status_code, response.content, dict(response.headers)


def test_one_click_stops_e_mail_to_the_address_and_again_changes_nothing(provider: Client, at: datetime) -> None:
    message = sent(at, channel="email", address=ADDRESS)
    planned(at, channel="email", address=ADDRESS)
    first = click(provider, message.code)
    assert first[0] == 200
    stop = ContactEvent.objects.get(kind="opted_out")
    assert (stop.value, stop.detail) == (ADDRESS, "email")
    assert Reminder.objects.filter(state="cancelled").count() == 1
    leaves = Leaf.objects.count()
    assert click(provider, message.code) == first
    assert (ContactEvent.objects.count(), Leaf.objects.count()) == (1, leaves)


@pytest.mark.parametrize("code", ["a fresh one", "ABCDEFGHJKM", "x", "%3Cscript%3E", "0" * 300, "%00"])
def test_a_code_that_is_not_ours_gets_the_same_answer(provider: Client, at: datetime, code: str) -> None:
    code = new_reference_code() if code == "a fresh one" else code
    ours = click(provider, sent(at, channel="email", address=ADDRESS).code)
    events = ContactEvent.objects.count()
    assert click(provider, code) == ours
    assert ContactEvent.objects.count() == events


def test_wrong_codes_from_a_provider_do_not_lose_another_recipients_stop(provider: Client, at: datetime) -> None:
    message = sent(at, channel="email", address=ADDRESS)
    for _ in range(FAILURES_PER_HOUR + 1):
        click(provider, new_reference_code())
    click(provider, message.code)
    assert ContactEvent.objects.filter(kind="opted_out").count() == 1


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_opens_the_link_changes_nothing(provider: Client, at: datetime, method: str) -> None:
    message = sent(at, channel="email", address=ADDRESS)
    leaves = Leaf.objects.count()
    answer = getattr(provider, method)(f"/m/{message.code}/one-click")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/m/{message.code}/stop")
    assert (ContactEvent.objects.count(), Leaf.objects.count()) == (0, leaves)
