# SPDX-License-Identifier: Apache-2.0
"""right_party: staff see how a batch is doing, stop it, and let it on two together, never one alone."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Batch
from rightparty.dispatch.operations.hand_over import hand_over
from tests.integration.dispatch.batches import LOAD, brought_by_load, open_load, release_all, say_not_me
from tests.integration.dispatch.lender import CountingChannel

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = f"/console/batches/{LOAD}/"


def client_of(name: str, *, decides: bool = True) -> Client:
    user = User.objects.create_user(name, password=name)
    if decides:
        user.user_permissions.add(Permission.objects.get(codename="decide_batch"))
    client = Client()
    client.force_login(user)
    return client


def state() -> str:
    return str(Batch.objects.get(load_id=LOAD).state)


def test_the_pages_show_state_sample_and_reports(at: datetime) -> None:
    connect("sms", CountingChannel())
    open_load(at)
    brought_by_load(range(1, 11), at)
    hand_over(release_all(at), worker="w1", clock=lambda: at)
    say_not_me(1, at + timedelta(hours=2))
    client = client_of("ann")
    listed = client.get("/console/batches/").content.decode()
    assert PAGE in listed
    assert "on trial" in listed
    page = client.get(PAGE).content.decode()
    assert "<polyline" in page
    assert "10" in page
    assert 'value="stop"' in page
    assert 'value="ask"' in page


def test_a_stop_needs_a_reason_and_is_shown_with_its_author(at: datetime) -> None:
    open_load(at, state="trusted")
    client = client_of("ann", decides=False)
    assert "a stop needs a name and a reason" in client.post(PAGE, {"act": "stop", "why": ""}).content.decode()
    assert state() == "trusted"
    assert client.post(PAGE, {"act": "stop", "why": "looks shifted"}).status_code == 302
    assert state() == "stopped"
    page = client.get(PAGE).content.decode()
    assert "looks shifted" in page
    assert "ann" in page


def test_letting_it_on_takes_a_second_person_with_the_right(at: datetime) -> None:
    open_load(at, state="stopped")
    ann, bob, eve = client_of("ann"), client_of("bob"), client_of("eve", decides=False)
    ann.post(PAGE, {"act": "ask", "why": "the column was right"})
    assert 'value="agree"' not in ann.get(PAGE).content.decode()
    assert "cannot agree" in ann.post(PAGE, {"act": "agree"}).content.decode()
    assert 'value="agree"' not in eve.get(PAGE).content.decode()
    assert eve.post(PAGE, {"act": "agree"}).status_code == 403
    assert state() == "stopped"
    assert 'value="agree"' in bob.get(PAGE).content.decode()
    assert bob.post(PAGE, {"act": "agree"}).status_code == 302
    assert state() == "on_trial"
    assert "the column was right" in bob.get(PAGE).content.decode()


def test_a_load_without_contact_points_has_no_page_and_nothing_changes_on_get(at: datetime) -> None:
    client = client_of("ann")
    assert client.get(PAGE).status_code == 404
    open_load(at)
    client.get(PAGE, {"act": "stop", "why": "x"})
    assert state() == "on_trial"
    assert "Use one of the buttons" in client.post(PAGE, {"act": "other"}).content.decode()
