# SPDX-License-Identifier: Apache-2.0
"""Messages for providers, and every way in which a provider fails to answer."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from rightparty.dispatch.channels.adapter import OutboundMessage
from rightparty.dispatch.channels.exchange import Exchange, HttpAdapter
from tests.peers.http_peer import Seen, Wire

SECRET = "whsec_c2lnbmluZy1rZXktb2YtdGhlLXRlc3Rz"
AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
NOW = AT.timestamp()
SECONDS = 8.0
HASTE = 0.7


def always() -> bool:
    return True


def quick(window: int = 8) -> Exchange:
    return Exchange(window=window, seconds=SECONDS)


def message(number: int = 0, *, channel: str = "sms", language: str = "zh-Hans", address: str = "") -> OutboundMessage:
    return OutboundMessage(
        reminder_id=UUID(int=number + 1).hex, channel=channel, address=address or f"+86154{number:08d}", subject="",
        body="【Lantern】您有一笔款项到期。", page="https://lender.example/m/A1", at=AT, language=language,
    )  # fmt: skip


def closes_at_once(_seen: Seen, _wire: Wire) -> None:
    return None


def closes_in_the_head(_seen: Seen, wire: Wire) -> None:
    wire.write(b"HTTP/1.1 200 OK\r\nContent-Le")


def closes_in_the_body(_seen: Seen, wire: Wire) -> None:
    wire.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "')


def says_nothing(_seen: Seen, wire: Wire) -> None:
    wire.over.wait(5)


def drips_its_head(_seen: Seen, wire: Wire) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 200:
        wire.write(bytes([byte]))
        if wire.over.wait(0.05):
            return


def drips_its_body(_seen: Seen, wire: Wire) -> None:
    wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n")
    for _ in range(200):
        wire.write(b" ")
        if wire.over.wait(0.05):
            return


def writes_without_end(_seen: Seen, wire: Wire) -> None:
    wire.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    ends = time.monotonic() + 5
    while time.monotonic() < ends and not wire.over.is_set():
        wire.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def speaks_no_http(_seen: Seen, wire: Wire) -> None:
    wire.write(b"220 mail.example ESMTP\r\n")


def sends_a_page(_seen: Seen, _wire: Wire) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "text/html"}, b"<html><body>Please log in</body></html>"


def sends_a_list(_seen: Seen, _wire: Wire) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, b"[[[[1]]]]"


def sends_deep_json(_seen: Seen, _wire: Wire) -> tuple[int, dict[str, str], bytes]:
    return 201, {}, b"[" * 20_000


def sends_broken_text(_seen: Seen, _wire: Wire) -> tuple[int, dict[str, str], bytes]:
    return 201, {}, b'{"id": "\xff\xfe", "sid": 7, "Code": ["OK"]}'


def redirects(seen: Seen, _wire: Wire) -> tuple[int, dict[str, str], bytes]:
    return 307, {"Location": f"http://{seen.headers['host']}/elsewhere"}, b""


def fails(_seen: Seen, _wire: Wire) -> tuple[int, dict[str, str], bytes]:
    return 500, {}, b"Traceback (most recent call last)"


BAD: list[Callable[[Seen, Wire], tuple[int, dict[str, str], bytes] | None]] = [
    closes_at_once, closes_in_the_head, closes_in_the_body, says_nothing, drips_its_head, drips_its_body,
    writes_without_end, speaks_no_http, sends_a_page, sends_a_list, sends_deep_json, sends_broken_text, redirects,
    fails,
]  # fmt: skip
"""Each leaves open whether the message was taken."""

SLOW = (says_nothing, drips_its_head, drips_its_body)


def hasten(channel: HttpAdapter, bad: object) -> None:
    """Wait less long for a provider that will not answer; call it when the connections stand."""
    if bad in SLOW:
        channel.exchange.seconds = HASTE
