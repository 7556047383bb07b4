# SPDX-License-Identifier: Apache-2.0
"""once: a provider over HTTP that knows our id. Taken, refused, busy, lost; whatever it answers has a named end."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightparty.dispatch.channels.adapter import Fate, Question
from rightparty.dispatch.channels.signatures import check_signature, key_of
from rightparty.dispatch.channels.signed_http import SignedHttpChannel
from tests.integration.providers import provider_answers as answers
from tests.integration.providers.provider_answers import AT, NOW, SECRET, always, hasten, message, quick
from tests.peers.http_peer import Peer, Seen, Wire, http_peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    with http_peer() as made:
        yield made


@pytest.fixture
def channel(peer: Peer) -> Iterator[SignedHttpChannel]:
    made = channel_to(peer)
    yield made
    made.close()


def channel_to(peer: Peer) -> SignedHttpChannel:
    made = SignedHttpChannel.from_url(f"http://acme:{SECRET}@{peer.host}/v1", now=lambda: NOW, exchange=quick())
    made.pause = 0.01
    return made


def takes(seen: Seen, _wire: Wire) -> tuple[int, dict[str, str], bytes]:
    return 201, {}, json.dumps({"id": json.loads(seen.body)["id"]}).encode()


def test_a_message_arrives_signed_and_named_by_our_id(peer: Peer, channel: SignedHttpChannel) -> None:
    peer.handler = takes
    (taken,) = channel.send_all([message()], may_send=always)
    assert (taken.fate, taken.provider_ids) == (Fate.ACCEPTED, (message().reminder_id,))
    (seen,) = peer.seen
    assert seen.path == "/v1/messages"
    assert seen.headers["idempotency-key"] == message().reminder_id
    assert check_signature(key_of(SECRET), seen.headers, seen.body, now=NOW) == message().reminder_id
    assert json.loads(seen.body) == {
        "id": message().reminder_id, "channel": "sms", "address": "+8615400000000", "subject": "",
        "text": "【Lantern】您有一笔款项到期。", "page": "https://lender.example/m/A1", "language": "zh-Hans",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "headers", "fate", "requests"),
    [
        (422, {}, Fate.REFUSED, 1),
        (410, {}, Fate.REFUSED, 1),
        (429, {}, Fate.BUSY, 1),
        (503, {"Retry-After": "3"}, Fate.BUSY, 1),
        (401, {}, Fate.BUSY, 1),
        (404, {}, Fate.BUSY, 1),
        (503, {}, Fate.UNKNOWN, 2),
        (500, {}, Fate.UNKNOWN, 2),
        (409, {}, Fate.UNKNOWN, 2),
        (307, {"Location": "/"}, Fate.UNKNOWN, 1),
    ],
)
def test_what_each_status_means(
    peer: Peer, channel: SignedHttpChannel, status: int, headers: dict[str, str], fate: Fate, requests: int
) -> None:
    peer.handler = lambda _seen, _wire: (status, headers, b"")
    (said,) = channel.send_all([message()], may_send=always)
    assert (said.fate, said.code) == (fate, f"acme.status_{status}")
    assert len(peer.seen) == requests


@pytest.mark.parametrize("bad", answers.BAD, ids=lambda bad: bad.__name__)
def test_an_unreadable_answer_is_unknown_and_the_rest_flow_on(
    peer: Peer, channel: SignedHttpChannel, bad: answers.Callable[..., object]
) -> None:
    troubled = message(1).reminder_id

    def handler(seen: Seen, wire: Wire) -> object:
        return bad(seen, wire) if troubled.encode() in seen.body else takes(seen, wire)

    peer.handler = takes
    channel.send_all([message(9)], may_send=always)
    hasten(channel, bad)
    peer.handler = handler  # type: ignore[assignment]
    began = time.monotonic()
    said = channel.send_all([message(n) for n in range(4)], may_send=always)
    assert [each.fate for each in said] == [Fate.ACCEPTED, Fate.UNKNOWN, Fate.ACCEPTED, Fate.ACCEPTED]
    assert said[1].provider_ids == (troubled,), "a receipt that names it must still find it"
    assert said[1].code.startswith("acme.")
    assert time.monotonic() - began < 4


def test_a_lost_answer_is_asked_for_again_under_the_same_id(peer: Peer, channel: SignedHttpChannel) -> None:
    def handler(seen: Seen, wire: Wire) -> object:
        return None if len(peer.seen) == 1 else takes(seen, wire)

    peer.handler = handler  # type: ignore[assignment]
    (said,) = channel.send_all([message()], may_send=always)
    assert said.fate is Fate.ACCEPTED
    assert [seen.headers["idempotency-key"] for seen in peer.seen] == [message().reminder_id] * 2


@pytest.mark.parametrize("second", [429, 401, 503])
def test_busy_after_a_lost_answer_stays_unknown(peer: Peer, channel: SignedHttpChannel, second: int) -> None:
    peer.handler = lambda _seen, _wire: None if len(peer.seen) == 1 else (second, {"Retry-After": "1"}, b"")
    (said,) = channel.send_all([message()], may_send=always)
    assert said.fate is Fate.UNKNOWN


def test_nothing_is_repeated_once_the_fence_says_no(peer: Peer, channel: SignedHttpChannel) -> None:
    peer.handler = answers.closes_at_once
    allowed = iter([True, False])
    (said,) = channel.send_all([message()], may_send=lambda: next(allowed))
    assert said.fate is Fate.UNKNOWN
    assert len(peer.seen) == 1


def test_the_fence_is_asked_for_each_message_on_the_callers_thread(peer: Peer, channel: SignedHttpChannel) -> None:
    peer.handler = takes
    asked: list[int] = []

    def may_send() -> bool:
        asked.append(threading.get_ident())
        return len(asked) <= 3

    said = channel.send_all([message(n) for n in range(6)], may_send=may_send)
    assert Counter(each.fate for each in said) == {Fate.ACCEPTED: 3, Fate.NOT_SENT: 3}
    assert {each.code for each in said if each.fate is Fate.NOT_SENT} == {"fenced"}
    assert set(asked) == {threading.get_ident()}
    arrived = {json.loads(seen.body)["id"] for seen in peer.seen}
    assert arrived == {message(n).reminder_id for n, each in enumerate(said) if each.fate is Fate.ACCEPTED}


def test_a_fence_that_breaks_stops_the_group(peer: Peer, channel: SignedHttpChannel) -> None:
    peer.handler = takes

    def broken() -> bool:
        raise RuntimeError("the store is gone")

    with pytest.raises(RuntimeError, match="the store is gone"):
        channel.send_all([message(n) for n in range(3)], may_send=broken)
    assert peer.seen == []


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    channel = SignedHttpChannel.from_url(f"http://acme:{SECRET}@127.0.0.1:{port}", now=lambda: NOW, exchange=quick())
    (said,) = channel.send_all([message()], may_send=always)
    assert (said.fate, said.code, said.provider_ids) == (Fate.NOT_SENT, "acme.not_connected", ())
    channel.close()


def test_a_window_of_messages_is_under_way_at_once_and_no_more(peer: Peer) -> None:
    lock, under_way, most = threading.Lock(), [0], [0]

    def handler(seen: Seen, wire: Wire) -> tuple[int, dict[str, str], bytes]:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.05)
        with lock:
            under_way[0] -= 1
        return takes(seen, wire)

    peer.handler = handler
    channel = SignedHttpChannel.from_url(f"http://acme:{SECRET}@{peer.host}", now=lambda: NOW, exchange=quick(window=4))
    said = channel.send_all([message(n) for n in range(16)], may_send=always)
    assert {each.fate for each in said} == {Fate.ACCEPTED}
    assert most[0] == 4
    channel.close()


@pytest.mark.parametrize(
    ("status", "told", "fate"),
    [
        (200, {"status": "delivered"}, Fate.ACCEPTED),
        (200, {"status": "accepted"}, Fate.ACCEPTED),
        (200, {"status": "refused"}, Fate.REFUSED),
        (404, {}, Fate.BUSY),
        (200, {"status": "who knows"}, None),
        (200, {"status": "accepted", "id": "another"}, None),
        (500, {}, None),
    ],
)
def test_the_provider_is_asked_what_became_of_a_message(
    peer: Peer, channel: SignedHttpChannel, status: int, told: dict[str, str], fate: Fate | None
) -> None:
    ours = message().reminder_id
    peer.handler = lambda _seen, _wire: (status, {}, json.dumps({"id": ours} | told).encode())
    (said,) = channel.ask([Question(reminder_id=ours, handed_over_at=AT)])
    assert (said.fate if said else None) == fate
    assert peer.seen[0].path == f"/v1/messages/{ours}"
    assert check_signature(key_of(SECRET), peer.seen[0].headers, b"", now=NOW)


@pytest.mark.parametrize("bad", [answers.closes_at_once, answers.says_nothing, answers.sends_deep_json])
def test_an_unreadable_standing_leaves_it_unknown(
    peer: Peer, channel: SignedHttpChannel, bad: answers.Callable[..., object]
) -> None:
    hasten(channel, bad)
    peer.handler = bad  # type: ignore[assignment]
    assert channel.ask([Question(reminder_id=message().reminder_id, handed_over_at=AT)]) == [None]


def test_it_goes_on_after_being_closed(peer: Peer, channel: SignedHttpChannel) -> None:
    peer.handler = takes
    assert channel.send_all([message(0)], may_send=always)[0].fate is Fate.ACCEPTED
    channel.close()
    assert channel.send_all([message(1)], may_send=always)[0].fate is Fate.ACCEPTED


@pytest.mark.parametrize(
    "url",
    [
        f"http://acme:{SECRET}@provider.example", f"https://{SECRET}@provider.example", "https://acme@provider.example",
        "https://acme:short@provider.example", f"https://a/b:{SECRET}@provider.example",
        "https://acme:whsec_not*base64@provider.example",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"https|name|key|base64") as refused:
        SignedHttpChannel.from_url(url, now=lambda: NOW)
    assert SECRET not in str(refused.value)
    assert "short" not in str(refused.value)


def test_no_credentials_in_repr(channel: SignedHttpChannel) -> None:
    assert SECRET not in repr(channel)
    assert SECRET not in repr(channel.exchange)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | st.just("id"), inner, max_size=3),
    max_leaves=6,
)
bodies = st.binary(max_size=200) | json_like.map(lambda told: json.dumps(told).encode())
names = st.sampled_from(["Retry-After", "Location", "Content-Type", "Content-Encoding", "X-Other"])
headers = st.dictionaries(names, st.sampled_from(["1", "gzip", "/", "text/html", "ÿ"]), max_size=2)


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[Peer, SignedHttpChannel]]:
    with http_peer() as peer:
        channel = channel_to(peer)
        yield peer, channel
        channel.close()


@settings(max_examples=60, deadline=None)
@given(status=st.integers(200, 599), body=bodies, more=headers, count=st.integers(1, 3))
def test_any_answer_ends_in_a_named_fate_and_no_second_write_is_of_another_id(
    standing: tuple[Peer, SignedHttpChannel], status: int, body: bytes, more: dict[str, str], count: int
) -> None:
    peer, channel = standing
    peer.seen.clear()
    peer.handler = lambda _seen, _wire: (status, more, body if status not in (204, 304) else b"")
    sent = [message(n) for n in range(count)]
    said = channel.send_all(sent, may_send=always)
    assert all(each.fate in Fate for each in said)
    assert all(bool(each.code) == (each.fate is not Fate.ACCEPTED) for each in said)
    writes = Counter(seen.headers["idempotency-key"] for seen in peer.seen)
    assert writes.keys() == {each.reminder_id for each in sent}
    assert all(count <= 2 for count in writes.values())
    assert all(each.fate is Fate.UNKNOWN or writes[m.reminder_id] == 1 for m, each in zip(sent, said, strict=True))
