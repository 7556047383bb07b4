# SPDX-License-Identifier: Apache-2.0
"""provable: an alarm commits with what it tells, goes out on every channel at least once, and no fault hides it."""

import email
import email.policy
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from rightparty.dispatch.alarms import MOST_ATTEMPTS, pause_after
from rightparty.dispatch.channels.alarms import AlarmMessage, installed_senders
from rightparty.dispatch.models import Alarm, AlarmDelivery
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.dispatch.operations.retry_alarms import retry_alarms
from rightparty.dispatch.operations.send_alarms import send_alarms
from rightparty.dispatch.queries import list_alarms
from rightparty.dispatch.worker import drain
from tests.integration.providers.test_smtp_with_a_real_server import Mailbox

pytestmark = pytest.mark.django_db
KEY = "a shared key"


class Hook(BaseHTTPRequestHandler):
    """A receiver of alarms that answers as it is told."""

    status = 200
    taken: list[tuple[dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Hook.taken.append((dict(self.headers), body))
        self.send_response(Hook.status)
        if Hook.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.status, Hook.taken = 200, []
    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/alarms"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}"
    controller.stop()


def options(**changes: str) -> dict[str, object]:
    return {**settings.RIGHTPARTY, **changes}


def raised(at: datetime) -> Alarm:
    raise_alarm(kind="batch_stopped", facts={"load": 7, "reports": 4}, at=at)
    return Alarm.objects.get()


def states() -> dict[str, tuple[str, int, str]]:
    return {d.channel: (d.state, d.attempts, d.fault) for d in AlarmDelivery.objects.all()}


def test_an_alarm_goes_out_on_every_channel_that_is_named(
    at: datetime, hook: str, mailbox: tuple[Mailbox, str]
) -> None:
    box, server = mailbox
    named = options(
        ALARM_EMAIL="ops@example.com", ALARM_SMTP=server, ALARM_WEBHOOK=hook, ALARM_WEBHOOK_KEY=KEY,
        PUBLIC_URL="https://lender.example",
    )  # fmt: skip
    with override_settings(RIGHTPARTY=named):
        alarm = raised(at)
        assert send_alarms(at=at, senders=installed_senders()).sent == 3
        assert send_alarms(at=at + timedelta(days=1), senders=installed_senders()).sent == 0
    assert set(states().values()) == {("sent", 1, "")}
    mail = email.message_from_bytes(box.mails[0], policy=email.policy.default)
    assert mail["To"] == "ops@example.com"
    assert "https://lender.example/console/batches/7/" in mail.get_content()
    ((headers, body),) = Hook.taken
    told = json.loads(body)
    assert (told["id"], told["kind"], told["facts"]) == (alarm.id.hex, "batch_stopped", {"load": 7, "reports": 4})
    signed = {name.lower(): value for name, value in headers.items()}
    expected = hmac.new(KEY.encode(), signed["x-rightparty-timestamp"].encode() + b"." + body, hashlib.sha256)
    assert signed["x-rightparty-signature"] == f"v1={expected.hexdigest()}"
    assert int(signed["x-rightparty-timestamp"]) == int(at.timestamp())


@pytest.mark.parametrize("status", [302, 401, 500, 503])
def test_a_refused_webhook_is_tried_again_later_with_the_same_id_and_stays_visible(
    at: datetime, hook: str, status: int
) -> None:
    Hook.status = status
    with override_settings(RIGHTPARTY=options(ALARM_WEBHOOK=hook, ALARM_WEBHOOK_KEY=KEY)):
        raised(at)
        assert send_alarms(at=at, senders=installed_senders()).put_off == 1
        assert states()["webhook"] == ("waiting", 1, f"webhook.status_{status}")
        assert states()["log"][0] == "sent"
        assert send_alarms(at=at + timedelta(seconds=29), senders=installed_senders()).sent == 0
        Hook.status = 204
        assert send_alarms(at=at + timedelta(seconds=30), senders=installed_senders()).sent == 1
    ids = {json.loads(body)["id"] for _, body in Hook.taken}
    assert (len(Hook.taken), len(ids)) == (2, 1)


def test_after_enough_attempts_a_delivery_has_failed_and_can_be_asked_for_again(at: datetime, hook: str) -> None:
    Hook.status = 500
    with override_settings(RIGHTPARTY=options(ALARM_WEBHOOK=hook, ALARM_WEBHOOK_KEY=KEY)):
        raised(at)
        now = at
        for attempt in range(1, MOST_ATTEMPTS + 3):
            send_alarms(at=now, senders=installed_senders())
            now += pause_after(attempt)
        assert states()["webhook"] == ("failed", MOST_ATTEMPTS, "webhook.status_500")
        assert list_alarms()["state"].to_list().count("failed") == 1
        Hook.status = 200
        assert retry_alarms(at=now) == 1
        assert send_alarms(at=now, senders=installed_senders()).sent == 1


@pytest.mark.parametrize(
    ("named", "fault"),
    [
        ({"ALARM_WEBHOOK": "http://ops.example.com/x", "ALARM_WEBHOOK_KEY": KEY}, "webhook.not_https"),
        ({"ALARM_WEBHOOK": "https://ops.example.com/x", "ALARM_WEBHOOK_KEY": ""}, "webhook.no_key"),
        ({"ALARM_WEBHOOK": "http://127.0.0.1:9/x", "ALARM_WEBHOOK_KEY": KEY}, "webhook.not_connected"),
        ({"ALARM_EMAIL": "ops@example.com", "ALARM_SMTP": "", "EMAIL_CHANNEL": "simulated"}, "smtp.no_server"),
        ({"ALARM_EMAIL": "ops@example.com", "ALARM_SMTP": "smtp://127.0.0.1:9"}, "smtp.not_connected"),
    ],
)
def test_what_cannot_be_delivered_says_why(at: datetime, named: dict[str, str], fault: str) -> None:
    with override_settings(RIGHTPARTY=options(**named)):
        raised(at)
        assert send_alarms(at=at, senders=installed_senders()).put_off == 1
    assert fault in {each[2] for each in states().values()}


def test_a_refused_recipient_is_a_fault(at: datetime, mailbox: tuple[Mailbox, str]) -> None:
    named = options(ALARM_EMAIL="550@example.com", ALARM_SMTP=mailbox[1])
    with override_settings(RIGHTPARTY=named):
        raised(at)
        send_alarms(at=at, senders=installed_senders())
    assert states()["email"] == ("waiting", 1, "smtp.recipient_refused")


def test_a_halt_and_its_end_are_alarms_and_a_rolled_back_stop_is_none(at: datetime) -> None:
    halt(at=at, by="ann", why="doubt")
    lift_halt(at=at, by="ann")
    with pytest.raises(RuntimeError), transaction.atomic():
        raise_alarm(kind="batch_stopped", facts={"load": 7}, at=at)
        raise RuntimeError
    assert list(Alarm.objects.order_by("kind").values_list("kind", flat=True)) == [
        "dispatch_halted",
        "dispatch_resumed",
    ]
    assert "ann" not in str(list(Alarm.objects.values()))


def test_a_drain_delivers_and_a_dead_channel_does_not_keep_it_from_its_work(at: datetime) -> None:
    with override_settings(RIGHTPARTY=options(ALARM_WEBHOOK="http://127.0.0.1:9/x", ALARM_WEBHOOK_KEY=KEY)):
        for _ in range(5):
            raise_alarm(kind="dispatch_halted", facts={}, at=at)
        drain(clock=lambda: at)
    found = list(AlarmDelivery.objects.values_list("channel", "state", "attempts"))
    assert found.count(("log", "sent", 1)) == 5
    assert found.count(("webhook", "waiting", 1)) == 1, "after one fault the channel is left alone for the round"


def test_every_attempt_carries_one_id(at: datetime) -> None:
    heard: list[AlarmMessage] = []

    class Deaf:
        def send(self, alarm: AlarmMessage) -> str:
            heard.append(alarm)
            return "deaf"

    raised(at)
    for hours in (0, 7, 14):
        send_alarms(at=at + timedelta(hours=hours), senders={"log": Deaf()})
    assert len({alarm.id for alarm in heard}) == 1
    assert len(heard) == 3
