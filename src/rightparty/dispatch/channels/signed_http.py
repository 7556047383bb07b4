# SPDX-License-Identifier: Apache-2.0
"""Any provider that speaks our own small contract over https: signed both ways, known by our id, repeatable (once).

`POST BASE/messages` with a JSON object and the headers of `signatures` and `Idempotency-Key`, all of them with our id.
The provider promises that a second request of one id has no second effect, and answers:

- 200, 201 or 202 and `{"id": OUR_ID}`: taken;
- 429, or 503 with `Retry-After`: not now, and not taken;
- 401, 403, 404, 405: we do not get in at all, which says nothing of the message: not taken;
- any other 4xx: never;
- anything else: unknown, and asked for once more under the same id while the fence allows it.

`GET BASE/messages/OUR_ID` says what became of it. Receipts and replies come by callback, signed with the same key.
docs/how-to/connect-an-http-provider.md is the contract at length.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    Fate,
    Handover,
    InboundText,
    OnUnknown,
    OutboundMessage,
    Question,
    ReceiptOutcome,
    ReceiptReport,
)
from rightparty.dispatch.channels.callbacks import (
    MOST_NEWS,
    Callback,
    CallbackNotReadError,
    CallbackRefusedError,
    News,
)
from rightparty.dispatch.channels.exchange import (
    WINDOW,
    Answer,
    Exchange,
    Gate,
    HttpAdapter,
    LostAnswerError,
    checked_url,
)
from rightparty.dispatch.channels.signatures import WrongSignatureError, check_signature, key_of, signed_headers
from rightparty.kernel.vocabulary import MessageChannel

TRIES: Final = 2
PAUSE_SECONDS: Final = 0.2

_TAKEN: Final = frozenset({200, 201, 202})
_NOT_LET_IN: Final = frozenset({401, 403, 404, 405})
_UNSURE: Final = frozenset({408, 409})
"""A request that came in part, and one whose like is still being worked on: neither is a no."""
_STANDINGS: Final = {
    "accepted": Fate.ACCEPTED, "delivered": Fate.ACCEPTED, "refused": Fate.REFUSED, "undelivered": Fate.REFUSED,
}  # fmt: skip


class SignedHttpChannel(HttpAdapter):
    """One provider that keeps the contract; it repeats within the lease by itself, and can be asked after it."""

    capabilities = Capabilities(on_unknown=OnUnknown.ASK, receipts=True, window=WINDOW)

    def __init__(
        self, *, base: str, name: str, key: bytes, now: Callable[[], float], exchange: Exchange | None = None
    ) -> None:
        super().__init__(name=name, exchange=exchange or Exchange())
        self._base = base.rstrip("/")
        self._key = key
        self._now = now
        self.pause = PAUSE_SECONDS

    @classmethod
    def from_url(cls, url: str, *, now: Callable[[], float], exchange: Exchange | None = None) -> Self:
        """Make the channel of `https://NAME:KEY@host/base`.

        Raises:
            ValueError: not https, no name, or no key; the message does not repeat the address.
        """
        parts = urlsplit(url)
        checked_url(parts.scheme, parts.hostname)
        name = unquote(parts.username or "")
        if not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 32):
            raise ValueError("a provider's name is letters, digits and hyphens, 32 at most: https://NAME:KEY@host")
        host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        base = f"{parts.scheme}://{host}{parts.path}"
        return cls(base=base, name=name, key=key_of(unquote(parts.password or "")), now=now, exchange=exchange)

    async def hand_over(self, message: OutboundMessage) -> Handover:
        """Post one message; post it again under the same id if the answer is lost and the fence still allows it."""
        body = _body(message)
        lost = f"{self.name}.no_answer"
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(self.pause)
            try:
                answer = await self._call("POST", "/messages", message_id=message.reminder_id, body=body)
            except LostAnswerError:
                continue
            said = self._meaning(answer, message.reminder_id)
            # once an answer was lost, "not now" says nothing of what the first request did
            if said.fate in (Fate.ACCEPTED, Fate.REFUSED) or (said.fate is Fate.BUSY and not attempt):
                return said
            lost = said.code
            if 300 <= answer.status < 400:
                break
        return Handover(fate=Fate.UNKNOWN, provider_ids=(message.reminder_id,), code=lost)

    def lost_ids(self, message: OutboundMessage, gate: Gate) -> tuple[str, ...]:
        """Name it by our id: the provider knows no other."""
        return (message.reminder_id,) if gate.opened else ()

    async def find(self, question: Question) -> Handover | None:
        """Ask the provider; 404 means that it never had it."""
        answer = await self._call("GET", f"/messages/{question.reminder_id}", message_id=question.reminder_id)
        ids = (question.reminder_id,)
        if answer.status == 404:
            return Handover(fate=Fate.BUSY, code=f"{self.name}.never_had_it")
        told = _object(answer) if answer.status == 200 else {}
        standing = told.get("status")
        fate = _STANDINGS.get(standing) if isinstance(standing, str) else None
        if fate is None or told.get("id") != question.reminder_id:
            return None
        return Handover(fate=fate, provider_ids=ids, code="" if fate is Fate.ACCEPTED else f"{self.name}.{standing}")

    async def _call(self, method: str, path: str, *, message_id: str, body: bytes = b"") -> Answer:
        signed = signed_headers(self._key, message_id=message_id, stamp=int(self._now()), body=body)
        headers = {"Content-Type": "application/json", "Idempotency-Key": message_id, **signed}
        return await self.exchange.request(method, self._base + path, headers=headers, content=body)

    def _meaning(self, answer: Answer, message_id: str) -> Handover:
        code = f"{self.name}.status_{answer.status}"
        if answer.status in _TAKEN:
            if _object(answer).get("id") == message_id:
                return Handover(fate=Fate.ACCEPTED, provider_ids=(message_id,))
            return Handover(fate=Fate.UNKNOWN, code=f"{self.name}.nonsense")
        waits = answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers)
        if waits or answer.status in _NOT_LET_IN:
            return Handover(fate=Fate.BUSY, code=code)
        if 400 <= answer.status < 500 and answer.status not in _UNSURE:
            return Handover(fate=Fate.REFUSED, code=code)
        return Handover(fate=Fate.UNKNOWN, code=code)

    def read(self, callback: Callback) -> News:
        """Read receipts or replies: `{"receipts": […]}` or `{"replies": […]}`."""
        try:
            message_id = check_signature(self._key, callback.headers, callback.body, now=self._now())
        except WrongSignatureError:
            raise CallbackRefusedError from None
        entries = _entries(callback)
        try:
            if callback.subject == "receipts":
                return News(receipts=tuple(_receipt(entry) for entry in entries))
            return News(texts=tuple(_text(entry, f"{message_id}.{n}") for n, entry in enumerate(entries)))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise CallbackNotReadError("a receipt or reply lacks a field, or has one of another kind") from None


def _body(message: OutboundMessage) -> bytes:
    told = {
        "id": message.reminder_id, "channel": message.channel, "address": message.address, "subject": message.subject,
        "text": message.body, "page": message.page, "language": message.language,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _object(answer: Answer) -> dict[str, object]:
    """Return the JSON object of an answer, an empty one if it is none."""
    if answer.is_cut:
        return {}
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _entries(callback: Callback) -> list[dict[str, str]]:
    try:
        entries = json.loads(callback.body)[callback.subject]
    except (ValueError, RecursionError, KeyError, TypeError):
        entries = None
    if not isinstance(entries, list) or len(entries) > MOST_NEWS:
        raise CallbackNotReadError(f"an object with a list {callback.subject} of at most {MOST_NEWS} is expected")
    return entries


def _receipt(entry: dict[str, str]) -> ReceiptReport:
    occurred_at = datetime.fromisoformat(entry["at"]) if entry.get("at") else None
    return ReceiptReport(
        channel=MessageChannel(entry["channel"]),
        provider_id=_string(entry["id"]),
        outcome=ReceiptOutcome(entry["outcome"]),
        occurred_at=occurred_at.astimezone(UTC) if occurred_at and occurred_at.tzinfo else None,
    )


def _text(entry: dict[str, str], named: str) -> InboundText:
    return InboundText(
        channel=MessageChannel(entry["channel"]),
        sender=_string(entry["from"]),
        body=_string(entry["text"]),
        provider_id=_string(entry.get("id") or named),
    )


def _string(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value.replace("\0", "")
