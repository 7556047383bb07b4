# SPDX-License-Identifier: Apache-2.0
"""once: pushes to a browser, through a push service on this machine; only the browser can read them."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from rightparty.dispatch.channels.adapter import Fate, OutboundMessage
from rightparty.dispatch.channels.web_push import NotASubscriptionError, WebPushChannel, subscription_in
from tests.integration.providers import provider_answers as answers
from tests.integration.providers.provider_answers import NOW, always, hasten, message, quick
from tests.peers.http_peer import Peer, Seen, Wire, http_peer


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Browser:
    """Holds the keys of a subscription, as a user agent does (RFC 8291)."""

    endpoint: str

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = os.urandom(16)

    @property
    def public(self) -> str:
        form = serialization.PublicFormat.UncompressedPoint
        return b64(self.key.public_key().public_bytes(serialization.Encoding.X962, form))

    @property
    def subscription(self) -> str:
        return json.dumps({"endpoint": self.endpoint, "keys": {"p256dh": self.public, "auth": b64(self.secret)}})

    def read(self, seen: Seen) -> dict[str, str]:
        told: dict[str, str] = json.loads(
            http_ece.decrypt(seen.body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        )
        return told


@pytest.fixture
def peer() -> Iterator[Peer]:
    with http_peer() as made:
        made.handler = lambda _seen, _wire: (201, {"Location": "https://push.example/m/1"}, b"")
        yield made


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[WebPushChannel]:
    vapid = Vapid02()
    vapid.generate_keys()
    (tmp_path / "key.pem").write_bytes(vapid.private_pem())
    made = channel_with(tmp_path)
    yield made
    made.close()


def channel_with(folder: Path) -> WebPushChannel:
    url = f"webpush:?key={quote(str(folder / 'key.pem'))}&contact=mailto:ops@lender.example&services=127.0.0.1"
    return WebPushChannel.from_url(url, sender="Lantern", now=lambda: NOW, exchange=quick())


def push(browser: Browser, number: int = 0, *, path: str = "") -> OutboundMessage:
    address = browser.subscription.replace("/push/1", f"/push/1{path}")
    return message(number, channel="app", address=address)


def test_only_the_browser_reads_what_was_released(peer: Peer, channel: WebPushChannel) -> None:
    browser = Browser(f"http://{peer.host}/push/1")
    (said,) = channel.send_all([push(browser)], may_send=always)
    assert said.fate is Fate.ACCEPTED
    (seen,) = peer.seen
    assert browser.read(seen) == {"title": "Lantern", "body": message().body, "url": message().page}
    assert message().body.encode() not in seen.body
    assert (seen.headers["content-encoding"], seen.headers["ttl"]) == ("aes128gcm", "86400")


def test_the_push_service_learns_who_sends_by_vapid(peer: Peer, channel: WebPushChannel) -> None:
    channel.send_all([push(Browser(f"http://{peer.host}/push/1"))], may_send=always)
    given = peer.seen[0].headers["authorization"]
    assert Vapid02.verify(given)
    token = dict(part.split("=", 1) for part in given.removeprefix("vapid ").split(","))["t"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims == {
        "aud": f"http://{peer.host}", "sub": "mailto:ops@lender.example", "exp": int(NOW) + 12 * 3600,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "headers", "fate", "code"),
    [
        (404, {}, Fate.REFUSED, "push.gone"),
        (410, {}, Fate.REFUSED, "push.gone"),
        (413, {}, Fate.REFUSED, "push.status_413"),
        (403, {}, Fate.BUSY, "push.status_403"),
        (429, {}, Fate.BUSY, "push.status_429"),
        (503, {"Retry-After": "9"}, Fate.BUSY, "push.status_503"),
        (503, {}, Fate.UNKNOWN, "push.status_503"),
        (500, {}, Fate.UNKNOWN, "push.status_500"),
        (307, {"Location": "/"}, Fate.UNKNOWN, "push.status_307"),
    ],
)
def test_what_each_status_means(
    peer: Peer, channel: WebPushChannel, status: int, headers: dict[str, str], fate: Fate, code: str
) -> None:
    peer.handler = lambda seen, _wire: (status, headers, b"") if seen.path == "/push/1b" else (201, {}, b"")
    browser = Browser(f"http://{peer.host}/push/1")
    said = channel.send_all([push(browser, 0), push(browser, 1, path="b"), push(browser, 2)], may_send=always)
    assert [(each.fate, each.code) for each in said] == [(Fate.ACCEPTED, ""), (fate, code), (Fate.ACCEPTED, "")]
    assert len(peer.seen) == 3, "nothing is ever handed over twice"


@pytest.mark.parametrize(
    "bad", [answers.closes_at_once, answers.closes_in_the_head, answers.says_nothing, answers.speaks_no_http]
)
def test_an_unreadable_answer_is_unknown_and_the_rest_flow_on(
    peer: Peer, channel: WebPushChannel, bad: answers.Callable[..., object]
) -> None:
    browser = Browser(f"http://{peer.host}/push/1")
    channel.send_all([push(browser, 9)], may_send=always)

    def handler(seen: Seen, wire: Wire) -> object:
        return bad(seen, wire) if seen.path == "/push/1b" else (201, {}, b"")

    hasten(channel, bad)
    peer.handler = handler  # type: ignore[assignment]
    said = channel.send_all([push(browser, 0), push(browser, 1, path="b"), push(browser, 2)], may_send=always)
    assert [each.fate for each in said] == [Fate.ACCEPTED, Fate.UNKNOWN, Fate.ACCEPTED]


@pytest.mark.parametrize(
    "endpoint", ["http://localhost:9/push/1", "https://push.example/1", "https://127.0.0.1.evil.example/"]
)
def test_an_endpoint_that_is_no_named_push_service_is_never_asked(channel: WebPushChannel, endpoint: str) -> None:
    (said,) = channel.send_all([message(channel="app", address=Browser(endpoint).subscription)], may_send=always)
    assert (said.fate, said.code) == (Fate.REFUSED, "push.service_not_allowed")


@pytest.mark.parametrize(
    "address",
    ["", "{", "{}", "[]", '{"endpoint": 1, "keys": {"p256dh": 2, "auth": 3}}', "https://push.example a b", "a b c d"],
)
def test_an_address_that_is_no_subscription_is_refused_before_anything_is_sent(
    channel: WebPushChannel, address: str
) -> None:
    (said,) = channel.send_all([replace(message(channel="app"), address=address)], may_send=always)
    assert (said.fate, said.code) == (Fate.REFUSED, "push.not_a_subscription")


def test_a_key_that_is_no_point_of_the_curve_is_refused(peer: Peer, channel: WebPushChannel) -> None:
    address = f"http://{peer.host}/push/1 {b64(bytes([4]) + bytes(64))} {b64(bytes(16))}"
    (said,) = channel.send_all([message(channel="app", address=address)], may_send=always)
    assert (said.fate, said.code) == (Fate.REFUSED, "push.not_a_subscription")
    assert peer.seen == []


def test_the_short_form_of_a_subscription_fits_a_contact_point(peer: Peer, channel: WebPushChannel) -> None:
    browser = Browser(f"http://{peer.host}/" + "p" * 350)
    address = f"{browser.endpoint} {browser.public} {b64(browser.secret)}"
    assert len(address) <= 500
    assert channel.send_all([message(channel="app", address=address)], may_send=always)[0].fate is Fate.ACCEPTED
    assert browser.read(peer.seen[0])["body"] == message().body
    with pytest.raises(NotASubscriptionError):
        subscription_in(address.replace("http://", "ftp://"))


def test_a_text_too_long_for_a_push_is_refused(peer: Peer, channel: WebPushChannel) -> None:
    browser = Browser(f"http://{peer.host}/push/1")
    (said,) = channel.send_all([replace(push(browser), body="字" * 1400)], may_send=always)
    assert (said.fate, said.code) == (Fate.REFUSED, "push.text_too_long")
    assert peer.seen == []


def test_without_a_key_there_is_no_channel(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    with pytest.raises(ValueError, match="no private key"):
        channel_with(tmp_path)
