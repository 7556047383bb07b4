# SPDX-License-Identifier: Apache-2.0
"""once: anybody on staff halts everything from any page; to resume takes a right and a reason; all see the state."""

from datetime import datetime

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from rightparty.dispatch import halt_file
from rightparty.dispatch.models import Halt
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.queries import current_halt, is_halted
from tests.integration.dispatch.lender import add_person

pytestmark = pytest.mark.django_db(transaction=True)

BUTTON = 'href="/console/halt/"'
PAGES = ("today", "messages", "person", "cases", "link_reviews", "loads", "batches")


def client_of(name: str, *, may_resume: bool = False, is_staff: bool = True) -> Client:
    user = User.objects.create_user(name, password=name, is_staff=is_staff)
    if may_resume:
        user.user_permissions.add(Permission.objects.get(codename="resume_dispatch"))
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, name: str, language: str = "en") -> str:
    answer = client.get(reverse(f"console:{name}"), headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_button_is_on_every_page_of_staff_and_gives_way_to_the_banner(at: datetime) -> None:
    ann = client_of("ann")
    assert all(BUTTON in page(ann, name) for name in PAGES)
    halt(at=at, by="bob", why="wrong texts <b>")
    for name in PAGES:
        shown = page(ann, name)
        assert BUTTON not in shown
        assert "bob" in shown
        assert "wrong texts &lt;b&gt;" in shown
        assert "2026-11-23 02:00 UTC" in shown
    assert "发送已暂停" in page(ann, "cases", "zh-hans")
    assert "傳送已暫停" in page(ann, "cases", "zh-hant")


def test_a_halt_needs_a_member_of_staff_and_a_reason_and_nothing_changes_on_get() -> None:
    ann, visitor = client_of("ann"), client_of("eve", is_staff=False)
    assert ann.get("/console/halt/").status_code == 200
    assert "Say why" in ann.post("/console/halt/", {"why": " "}).content.decode()
    assert visitor.post("/console/halt/", {"why": "for fun"}).status_code == 403
    assert BUTTON not in page(visitor, "today")
    assert Client().post("/console/halt/", {"why": "for fun"}).status_code == 302
    assert not is_halted()
    assert ann.post("/console/halt/", {"why": "wrong file loaded"}).status_code == 302
    found = current_halt()
    assert found is not None
    assert (found.halted_by, found.why) == ("ann", "wrong file loaded")


def test_to_resume_takes_the_right_and_a_reason_which_is_kept(at: datetime) -> None:
    halt(at=at, by="ann", why="wrong texts")
    ann, bob = client_of("ann"), client_of("bob", may_resume=True)
    assert "/console/resume/" not in page(ann, "today")
    assert ann.get("/console/resume/").status_code == ann.post("/console/resume/", {"why": "x"}).status_code == 403
    assert "/console/resume/" in page(bob, "today")
    assert "Say why" in bob.post("/console/resume/", {"why": ""}).content.decode()
    assert is_halted()
    assert bob.post("/console/resume/", {"why": "texts corrected"}).status_code == 302
    assert not is_halted()
    lifted = Halt.objects.get()
    assert (lifted.lifted_by, lifted.lifted_why) == ("bob", "texts corrected")
    assert "not halted" in bob.get("/console/resume/").content.decode()


def test_the_file_of_the_machine_is_a_halt_too_and_a_resume_takes_it_away(at: datetime) -> None:
    halt_file.lay_down(settings.RIGHTPARTY["HOME"])
    try:
        bob = client_of("bob", may_resume=True)
        assert "the file HALT" in page(bob, "today")
        assert is_halted()
        bob.post("/console/resume/", {"why": "the fault is mended"})
        assert not is_halted()
    finally:
        halt_file.take_away(settings.RIGHTPARTY["HOME"])


def test_halting_again_for_the_same_reason_changes_nothing_and_one_resume_lifts_all(at: datetime) -> None:
    for by, why in (("ann", "wrong texts"), ("ann", "wrong texts"), ("bob", "wrong hour")):
        halt(at=at, by=by, why=why)
    assert Halt.objects.count() == 2
    assert lift_halt(at=at, by="cat") == 2
    assert not is_halted()


def test_the_pages_of_recipients_show_no_button(at: datetime) -> None:
    add_person(101, at)
    assert BUTTON not in Client().get("/").content.decode()


def test_the_site_tells_its_supervisor_that_its_store_answers_and_nothing_else() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"store": True})
    assert not answer.cookies
    assert Client().post("/healthz").status_code == 405
