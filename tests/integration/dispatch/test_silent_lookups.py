# SPDX-License-Identifier: Apache-2.0
"""right_party: silent look-ups over real HTTP; what is not clearly answered is unknown, and no answer is made up."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rightparty.dispatch.channels.lookups import LookupBusyError, LookupRefusedError, LookupService, Question
from rightparty.dispatch.models import Lookup
from rightparty.dispatch.operations.look_up_points import choose_lookups, look_up_points
from rightparty.evidence.models import Leaf
from rightparty.kernel.vocabulary import EventKind
from rightparty.parties.models import ContactEvent, ContactPoint
from rightparty.planning.reverification.choose import read_steps
from tests.integration.dispatch.lender import add_person, phone_of

type Reply = tuple[int, dict[str, str], bytes]

HOLDER = Question(step="holder_lookup", number="+12025550101", since=date(2025, 1, 2))
EVERY = frozenset({"status_lookup", "holder_lookup", "subscriber_lookup"})


class Carrier:
    """A peer that answers as its `reply` says and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, object]]] = []
        self.reply: Callable[[str], Reply] = lambda _path: (200, {}, b"{}")
        carrier = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                carrier.asked.append((self.path, self.headers["Authorization"], body))
                status, headers, text = carrier.reply(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://secret@127.0.0.1:{self.server.server_port}/base"


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    peer = Carrier()
    yield peer
    peer.server.shutdown()
    peer.server.server_close()


def always(status: int = 200, body: object = None, **headers: str) -> Callable[[str], Reply]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _path: (status, {k.replace("_", "-"): v for k, v in headers.items()}, text)


@pytest.mark.parametrize(
    ("step", "body", "expected"),
    [
        ("holder_lookup", {"phoneNumChanged": True}, EventKind.HOLDER_CHANGED),
        ("holder_lookup", {"phoneNumberRecycled": False}, EventKind.HOLDER_SAME),
        ("holder_lookup", {"phoneNumChanged": "no"}, None),
        ("holder_lookup", [], None),
        ("subscriber_lookup", {"nameMatch": "true"}, EventKind.SUBSCRIBER_MATCHES),
        ("subscriber_lookup", {"nameMatch": "false"}, EventKind.SUBSCRIBER_DIFFERS),
        ("subscriber_lookup", {"nameMatch": "not_available"}, None),
        ("status_lookup", {"reachable": True}, EventKind.STATUS_LIVE),
        ("status_lookup", {"reachable": False}, None),
        ("status_lookup", b"<html>", None),
    ],
)
def test_only_documented_answers_are_answers(
    carrier: Carrier, step: str, body: object, expected: EventKind | None
) -> None:
    carrier.reply = always(body=body)
    question = Question(step=step, number="+12025550101", since=date(2025, 1, 2), name="Planted Debtor")
    assert LookupService.from_url(carrier.url).ask(question) == expected


def test_number_and_name_travel_in_the_body_alone(carrier: Carrier) -> None:
    LookupService.from_url(carrier.url).ask(HOLDER)
    path, authorization, body = carrier.asked[0]
    assert (path, authorization) == ("/base/number-recycling/v0.2/check", "Bearer secret")
    assert body == {"phoneNumber": "+12025550101", "specifiedDate": "2025-01-02"}


@pytest.mark.parametrize("status", [400, 404, 422, 500, 503])
def test_errors_are_unknown(carrier: Carrier, status: int) -> None:
    carrier.reply = always(status, {"code": "X"})
    assert LookupService.from_url(carrier.url).ask(HOLDER) is None


def test_a_redirect_is_not_followed(carrier: Carrier) -> None:
    carrier.reply = always(302, {}, Location="/elsewhere")
    assert LookupService.from_url(carrier.url).ask(HOLDER) is None
    assert len(carrier.asked) == 1


def test_silence_and_a_closed_door_are_unknown(carrier: Carrier) -> None:
    slow = threading.Event()
    carrier.reply = lambda _path: (slow.wait(2), (200, {}, b"{}"))[1]
    assert LookupService(carrier.url.replace("secret@", ""), token="t", seconds=0.2).ask(HOLDER) is None
    slow.set()
    assert LookupService("http://127.0.0.1:9", token="t").ask(HOLDER) is None


@pytest.mark.parametrize(
    ("status", "error"), [(401, LookupRefusedError), (403, LookupRefusedError), (429, LookupBusyError)]
)
def test_a_refusal_and_a_request_to_wait_end_the_round(carrier: Carrier, status: int, error: type[Exception]) -> None:
    carrier.reply = always(status, {}, Retry_After="17")
    with pytest.raises(error) as caught:
        LookupService.from_url(carrier.url).ask(HOLDER)
    if isinstance(caught.value, LookupBusyError):
        assert caught.value.seconds == 17


def test_a_service_elsewhere_is_asked_over_https_only() -> None:
    with pytest.raises(ValueError, match="https only"):
        LookupService.from_url("http://token@carrier.example/")


@pytest.fixture
def doubtful(transactional_db: None, at: datetime) -> list[str]:
    """Persons whose number was never confirmed and is three years old."""
    for number in range(3):
        add_person(number, at)
    ContactEvent.objects.all().delete()
    ContactPoint.objects.update(source="application", collected_at=at - timedelta(days=1_100))
    return [phone_of(number) for number in range(3)]


def run(carrier: Carrier, at: datetime, *, allowed: frozenset[str] = EVERY, budget: float = 1_000):
    service = LookupService.from_url(carrier.url)
    return look_up_points(at=at, service=service, steps=read_steps(), allowed=allowed, budget=budget)


def test_answers_become_events_and_nobody_is_asked_about_twice(
    carrier: Carrier, doubtful: list[str], at: datetime
) -> None:
    carrier.reply = always(body={"phoneNumChanged": True, "nameMatch": "false"})
    summary = run(carrier, at)
    assert summary.chosen == 3
    kinds = set(ContactEvent.objects.values_list("kind", flat=True))
    assert kinds
    assert kinds <= {"holder_changed", "subscriber_differs"}
    assert Leaf.objects.filter(kind="lookups.made").count() == 1
    assert "+1202" not in Leaf.objects.get(kind="lookups.made").payload
    asked = {(row.value, row.step) for row in Lookup.objects.all()}
    run(carrier, at + timedelta(hours=1))
    assert Lookup.objects.count() == len({(row.value, row.step) for row in Lookup.objects.all()}) >= len(asked)


def test_who_owes_nothing_is_not_asked_about(carrier: Carrier, doubtful: list[str], at: datetime) -> None:
    from rightparty.lending.models import Instalment

    Instalment.objects.filter(account_id="A0-0").delete()
    chosen = choose_lookups(at=at, steps=read_steps(), allowed=EVERY, budget=1_000)
    assert sorted(chosen["party_id"].unique()) == ["P1", "P2"]


def test_what_is_not_allowed_is_not_asked(carrier: Carrier, doubtful: list[str], at: datetime) -> None:
    assert run(carrier, at, allowed=frozenset()).chosen == 0
    assert carrier.asked == []


def test_the_round_ends_where_the_service_asks_to_wait_and_leaves_no_trace_of_what_was_not_asked(
    carrier: Carrier, doubtful: list[str], at: datetime
) -> None:
    carrier.reply = always(429, {}, Retry_After="5")
    summary = run(carrier, at)
    assert (summary.stopped, summary.answers) == ("the service asks to wait 5 s", {})
    assert Lookup.objects.count() == 0
    assert len(carrier.asked) == 1


def test_an_unknown_answer_counts_as_asked_and_is_no_event(carrier: Carrier, doubtful: list[str], at: datetime) -> None:
    carrier.reply = always(500, {})
    assert run(carrier, at).answers == {"unknown": 3}
    assert ContactEvent.objects.count() == 0
    assert set(Lookup.objects.values_list("answer", flat=True)) == {"unknown"}
