# SPDX-License-Identifier: Apache-2.0
"""once: a dialler is asked to call at most once, over a real connection, and what it does not say is not guessed."""

import json
import ssl
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client

from rightparty.casework.operations.take_call_outcome import take_call_outcome
from rightparty.console import calls as pages
from rightparty.dispatch.channels.dialler import Dialler, Dialling
from rightparty.dispatch.models import Call
from rightparty.dispatch.operations.dial_call import dial_call
from rightparty.dispatch.operations.halt import halt
from tests.integration.dispatch.calls import AGENT, opened, planned
from tests.integration.dispatch.lender import phone_of

pytestmark = pytest.mark.django_db


class Switchboard:
    """A dialler that answers as told and remembers what it was asked."""

    def __init__(self) -> None:
        self.status = 202
        self.asked: list[tuple[dict[str, Any], dict[str, str]]] = []
        board = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                board.asked.append((body, dict(self.headers)))
                if board.status == 0:
                    self.connection.close()
                    return
                self.send_response(board.status)
                self.send_header("Location", "http://elsewhere.example/calls")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    def dialler(self) -> Dialler:
        return Dialler.from_url(f"http://secret%2Fkey@127.0.0.1:{self.server.server_port}/api")


@pytest.fixture
def board() -> Iterator[Switchboard]:
    started = Switchboard()
    yield started
    started.server.shutdown()
    started.server.server_close()


def test_the_dialler_gets_call_number_and_agent_once(at: datetime, board: Switchboard) -> None:
    call = opened(at)
    assert dial_call(call, agent=AGENT, dialler=board.dialler()) is Dialling.DIALLER
    assert dial_call(call, agent=AGENT, dialler=board.dialler()) is Dialling.BY_HAND
    ((body, headers),) = board.asked
    assert body == {"call": call.hex, "number": phone_of(101), "agent": AGENT}
    assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer secret/key", call.hex)
    assert Call.objects.get().dialling == "dialler"


@pytest.mark.parametrize(
    ("status", "who"),
    [(200, "dialler"), (400, "by_hand"), (404, "by_hand"), (429, "by_hand"), (409, "unknown"), (500, "unknown"),
     (302, "unknown"), (0, "unknown")],
)  # fmt: skip
def test_only_a_clear_no_lets_the_agent_dial_by_hand(at: datetime, board: Switchboard, status: int, who: str) -> None:
    board.status = status
    assert dial_call(opened(at), agent=AGENT, dialler=board.dialler()) == who
    assert Call.objects.get().dialling == who
    assert len(board.asked) == 1


def test_nothing_is_dialled_for_another_agent_under_a_halt_or_after_the_outcome(
    at: datetime, board: Switchboard
) -> None:
    call = opened(at)
    dial_call(call, agent="bob", dialler=board.dialler())
    halt(at=at, by="ops", why="drill")
    dial_call(call, agent=AGENT, dialler=board.dialler())
    take_call_outcome(call_id=call, outcome="not_dialled", by=AGENT, at=at)
    dial_call(call, agent=AGENT, dialler=board.dialler())
    assert board.asked == []


def test_a_dialler_that_breaks_off_in_the_middle_may_be_calling(
    at: datetime, board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ssl.SSLError("bad record mac")

    monkeypatch.setattr("http.client.HTTPConnection.getresponse", broken)
    assert dial_call(opened(at), agent=AGENT, dialler=board.dialler()) is Dialling.UNKNOWN


def test_pressed_again_after_a_refusal_the_dialler_is_not_asked_again(
    at: datetime, board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent may be dialling by hand already: two calls would ring."""
    call = planned(at)
    monkeypatch.setattr(pages, "_now", lambda: at)
    monkeypatch.setitem(settings.RIGHTPARTY, "DIALLER", f"http://127.0.0.1:{board.server.server_port}/api")
    agent = User.objects.create(username=AGENT)
    agent.user_permissions.set(Permission.objects.filter(codename="make_call"))
    client = Client()
    client.force_login(agent)
    board.status = 429
    client.post(f"/console/calls/{call}/open/")
    board.status = 202
    client.post(f"/console/calls/{call}/open/")
    assert len(board.asked) == 1
    assert Call.objects.get().dialling == "by_hand"


def test_a_dialler_that_is_not_there_was_not_asked(at: datetime) -> None:
    nobody = Dialler.from_url("http://127.0.0.1:9/api")
    assert dial_call(opened(at), agent=AGENT, dialler=nobody) is Dialling.BY_HAND


@pytest.mark.parametrize("url", ["http://dialler.example/", "ftp://dialler.example/", "https:///x", "nonsense"])
def test_a_number_travels_over_https_only(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Dialler.from_url(url)
