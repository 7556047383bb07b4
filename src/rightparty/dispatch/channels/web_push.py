# SPDX-License-Identifier: Apache-2.0
"""Push to the recipient's browser or app: RFC 8030, encrypted by RFC 8291, signed by VAPID, RFC 8292 (once).

The address of an `app` contact point is the browser's subscription: its JSON, or endpoint and keys with blanks between
them. Only push services that are named are spoken to: the endpoint comes from outside, and would else lead anywhere.
The push service carries the text without being able to read it. It has no idempotency key and cannot be asked.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from py_vapid import Vapid02
from pywebpush import WebPusher

from rightparty.dispatch.channels.adapter import Capabilities, Fate, Handover, OnUnknown, OutboundMessage
from rightparty.dispatch.channels.exchange import WINDOW, Exchange, HttpAdapter

SERVICES: Final = (
    "fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "notify.windows.com",
)  # fmt: skip
"""Hosts, and hosts under them, of the push services of the usual browsers."""
MOST_BYTES: Final = 3993
"""Of a text before encryption: 4,096 less header, padding sign and tag (RFC 8291, section 4)."""
KEEP_SECONDS: Final = 24 * 3600
"""How long a push service keeps a message for a device that is off; a reminder is stale after that."""
TOKEN_SECONDS: Final = 12 * 3600
_NOT_LET_IN: Final = frozenset({401, 403})


class NotASubscriptionError(ValueError):
    """An address is no push subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Where and for whom a browser receives."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Scheme and host, as VAPID wants them."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"


class WebPushChannel(HttpAdapter):
    """One VAPID key."""

    capabilities = Capabilities(on_unknown=OnUnknown.NOTHING, receipts=False, window=WINDOW)

    def __init__(
        self, *, vapid: Vapid02, contact: str, sender: str, services: tuple[str, ...], now: Callable[[], float],
        name: str = "push", exchange: Exchange | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name=name, exchange=exchange or Exchange())
        self._vapid, self._contact, self._sender, self._services, self._now = vapid, contact, sender, services, now

    @classmethod
    def from_url(
        cls, url: str, *, sender: str, now: Callable[[], float], exchange: Exchange | None = None
    ) -> "WebPushChannel":
        """Make the channel of `webpush:?key=FILE&contact=mailto:ops@lender.example&services=push.example`.

        Raises:
            ValueError: no key file or contact, or the file holds no key.
            OSError: the file cannot be read.
        """
        query = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
        if not query.get("key") or not query.get("contact", "").startswith(("mailto:", "https:")):
            raise ValueError("webpush:?key=FILE&contact=mailto:ADDRESS is expected")
        try:
            vapid = Vapid02.from_pem(Path(query["key"]).read_bytes())
        except (ValueError, TypeError, IndexError):
            raise ValueError("the file of `key` holds no private key in PEM") from None
        services = tuple(query["services"].split(",")) if query.get("services") else SERVICES
        return cls(vapid=vapid, contact=query["contact"], sender=sender, services=services, now=now, exchange=exchange)

    async def hand_over(self, message: OutboundMessage) -> Handover:
        """Push one message, once."""
        try:
            subscription = subscription_in(message.address)
        except NotASubscriptionError:
            return self._said(Fate.REFUSED, "not_a_subscription")
        if not self._is_named(subscription.endpoint):
            return self._said(Fate.REFUSED, "service_not_allowed")
        told = {"title": message.subject or self._sender, "body": message.body, "url": message.page}
        text = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
        if len(text) > MOST_BYTES:
            return self._said(Fate.REFUSED, "text_too_long")
        try:
            keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
            body = bytes(WebPusher({"endpoint": subscription.endpoint, "keys": keys}).encode(text)["body"])
        except ValueError:
            # 65 bytes that are no point of the curve
            return self._said(Fate.REFUSED, "not_a_subscription")
        answer = await self.exchange.request(
            "POST", subscription.endpoint, headers=self._headers(subscription), content=body
        )
        return self._meaning(answer.status, waits="retry-after" in answer.headers)

    def _headers(self, subscription: Subscription) -> dict[str, str]:
        claims = {"aud": subscription.origin, "exp": int(self._now()) + TOKEN_SECONDS, "sub": self._contact}
        signed: dict[str, str] = self._vapid.sign(claims)
        return {
            "Content-Type": "application/octet-stream", "Content-Encoding": "aes128gcm", "TTL": str(KEEP_SECONDS),
            "Urgency": "normal", **signed,
        }  # fmt: skip

    def _is_named(self, endpoint: str) -> bool:
        host = urlsplit(endpoint).hostname or ""
        return any(host == service or host.endswith(f".{service}") for service in self._services)

    def _meaning(self, status: int, *, waits: bool) -> Handover:
        if status in (200, 201, 202):
            return Handover(fate=Fate.ACCEPTED)
        if status in (404, 410):
            return self._said(Fate.REFUSED, "gone")
        if status in _NOT_LET_IN or status == 429 or (status == 503 and waits):
            return self._said(Fate.BUSY, f"status_{status}")
        refused = 400 <= status < 500 and status != 408
        return self._said(Fate.REFUSED if refused else Fate.UNKNOWN, f"status_{status}")

    def _said(self, fate: Fate, code: str) -> Handover:
        return Handover(fate=fate, code=f"{self.name}.{code}")


def subscription_in(address: str) -> Subscription:
    """Return the subscription that an address is.

    Raises:
        NotASubscriptionError: it is none: no https endpoint, or keys that are none.
    """
    try:
        if address.lstrip().startswith("{"):
            told = json.loads(address)
            parts = [told["endpoint"], told["keys"]["p256dh"], told["keys"]["auth"]]
        else:
            parts = list(address.split())
        endpoint, p256dh, auth = parts
        lengths = [len(base64.b64decode(_padded(key), altchars=b"-_", validate=True)) for key in (p256dh, auth)]
        scheme, host = urlsplit(endpoint).scheme, urlsplit(endpoint).hostname
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error):
        raise NotASubscriptionError from None
    if lengths != [65, 16] or not (scheme == "https" or (scheme == "http" and host in ("localhost", "127.0.0.1"))):
        raise NotASubscriptionError
    return Subscription(endpoint=endpoint, p256dh=p256dh, auth=auth)


def _padded(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError
    return key.rstrip("=") + "=" * (-len(key.rstrip("=")) % 4)
