# SPDX-License-Identifier: Apache-2.0
"""Twilio's own client over our bounded exchange, what its answers mean, and its callbacks (once).

Twilio knows a message by an id that it gives itself (`sid`) and offers no idempotency key: a message whose answer was
lost is never handed over again. What became of it comes by itself all the same, because every message names a callback
address with our own id in it: a status callback is reported under both ids, and one of them is known to us whatever
was lost. A listing by number and text is not used: two messages to one person may read alike, and a guess is no answer.

From the API description that Twilio publishes: resources Message and Call, version 2010-04-01; `X-Twilio-Signature`.
"""

import base64
import logging
from abc import abstractmethod
from collections.abc import Mapping
from typing import Final, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit, urlunsplit

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage, ReceiptOutcome, ReceiptReport
from rightparty.dispatch.channels.callbacks import Callback, CallbackNotReadError, CallbackRefusedError, News
from rightparty.dispatch.channels.exchange import Exchange, Gate, HttpAdapter

HOST: Final = "api.twilio.com"
TWIML: Final = "text/xml"
NOTHING_TO_SAY: Final = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""The answer to a callback: Twilio takes an answer to a received message for instructions."""

NONSENSE: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What the client raises when an answer that says "taken" cannot be read."""
NOT_LET_IN: Final = frozenset({20003, 20005, 30002})
"""Error codes that speak of our account (not authenticated, not active, suspended), not of the message."""
_NOT_LET_IN_STATUS: Final = frozenset({401, 403, 404, 405})
_SID_LENGTH: Final = 34


class ExchangedRequests(AsyncHttpClient):  # type: ignore[misc]  # the client has no types
    """Twilio's interface to an HTTP client, answered by our exchange; logs nothing: the query holds numbers."""

    def __init__(self, exchange: Exchange, *, base: str) -> None:
        super().__init__(logging.getLogger("rightparty.dispatch.twilio"), is_async=True, timeout=exchange.seconds)
        self._exchange = exchange
        self._base = urlsplit(base)

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 -- ours holds
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002 -- never
    ) -> Response:
        """Make one request of the client."""
        address = urlsplit(uri)._replace(scheme=self._base.scheme, netloc=self._base.netloc)
        if params:
            address = address._replace(query=urlencode(dict(params), doseq=True))
        sent = dict(headers or {})
        if auth:
            sent["Authorization"] = _basic(auth)
        content = urlencode(dict(data), doseq=True, errors="replace").encode() if data else b""
        answer = await self._exchange.request(method, urlunsplit(address), headers=sent, content=content)
        return Response(answer.status, answer.body.decode("utf-8", "replace"), dict(answer.headers))


def _basic(auth: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(auth).encode()).decode()


class TwilioChannel(HttpAdapter):
    """What text messages and calls through Twilio share."""

    #: callback fields that hold the id and the state, and what each last state means
    sid_field: str
    status_field: str
    outcomes: Mapping[str, ReceiptOutcome]
    channel: str

    def __init__(
        self, *, base: str, name: str, account: str, token: str, source: str, public_url: str, exchange: Exchange
    ) -> None:
        super().__init__(name=name, exchange=exchange)
        self._source = source
        self._callbacks = f"{public_url.rstrip('/')}/api/v1/carriers/{name}"
        self._validator = RequestValidator(token)
        self._client = Client(account, token, http_client=ExchangedRequests(exchange, base=base))
        # the client loads its resources when first used, which takes longer than an answer may
        self._resources = (self._client.messages, self._client.calls)

    @classmethod
    def from_url(cls, url: str, *, source: str, public_url: str, name: str, exchange: Exchange | None = None) -> Self:
        """Make the channel of `twilio://SID:TOKEN@host?from=+15005550006`; the host is Twilio's if none is given.

        Args:
            url: of the settings; `from` may be a number, or for texts a messaging service (`MG…`).
            source: number to use where `from` is not given.
            public_url: where Twilio reaches us.
            name: by which metrics and callbacks know the channel.
            exchange: shared connections; own ones if not given.

        Raises:
            ValueError: no account or token; the message does not repeat the address.
        """
        parts = urlsplit(url)
        host = f"{parts.hostname}:{parts.port}" if parts.port else (parts.hostname or HOST)
        is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not parts.username or not parts.password:
            raise ValueError("an account and its token are needed: twilio://SID:TOKEN@host?from=+15005550006")
        query = parse_qs(parts.query.replace("+", "%2B"))
        return cls(
            base=f"{'http' if is_local else 'https'}://{host}",
            name=name,
            account=unquote(parts.username),
            token=unquote(parts.password),
            source=query.get("from", [source])[0],
            public_url=public_url,
            exchange=exchange or Exchange(),
        )

    @abstractmethod
    async def create(self, message: OutboundMessage, *, callback: str) -> object:
        """Create the resource and return its sid."""

    async def hand_over(self, message: OutboundMessage) -> Handover:
        """Hand over one message, once."""
        callback = f"{self._callbacks}/receipts?{urlencode({'message': message.reminder_id})}"
        try:
            sid = await self.create(message, callback=callback)
        except TwilioRestException as refused:
            return self._refusal(message, refused.status, refused.code)
        except TwilioServiceException as refused:
            return self._refusal(message, refused.status, refused.code)
        except (TwilioException, *NONSENSE):
            sid = None
        if not isinstance(sid, str) or len(sid) != _SID_LENGTH:
            return Handover(fate=Fate.UNKNOWN, provider_ids=(message.reminder_id,), code=f"{self.name}.nonsense")
        return Handover(fate=Fate.ACCEPTED, provider_ids=(message.reminder_id, sid))

    def lost_ids(self, message: OutboundMessage, gate: Gate) -> tuple[str, ...]:
        """Name it by our id, which every callback repeats."""
        return (message.reminder_id,) if gate.opened else ()

    def _refusal(self, message: OutboundMessage, status: object, code: object) -> Handover:
        named = f"{self.name}.{code if isinstance(code, int) and 0 < code < 100_000 else f'status_{status}'}"
        if status == 429 or status in _NOT_LET_IN_STATUS or code in NOT_LET_IN:
            return Handover(fate=Fate.BUSY, code=named)
        if isinstance(status, int) and 400 <= status < 500 and status != 408:
            return Handover(fate=Fate.REFUSED, code=named)
        return Handover(fate=Fate.UNKNOWN, provider_ids=(message.reminder_id,), code=named)

    def read(self, callback: Callback) -> News:
        """Read a status callback, or a received message."""
        form = self._checked(callback)
        sid = form.get(self.sid_field, "")
        if not sid:
            raise CallbackNotReadError(f"the field {self.sid_field} is missing")
        if callback.subject == "replies":
            return self.received(form, sid)
        outcome = self.outcome_of(form)
        ours = QueryDict(urlsplit(callback.url).query).get("message", "")
        ids = [each for each in (ours, sid) if each] if outcome else []
        receipts = tuple(
            ReceiptReport(channel=self.channel, provider_id=each[:100], outcome=outcome) for each in ids if outcome
        )
        return News(receipts=receipts, answer=NOTHING_TO_SAY, answer_type=TWIML)

    def outcome_of(self, form: QueryDict) -> ReceiptOutcome | None:
        """Return what a status callback says of the end, None if it is not the end."""
        return self.outcomes.get(form.get(self.status_field, ""))

    def received(self, form: QueryDict, sid: str) -> News:  # noqa: ARG002 (for those that can be replied to)
        """Read a received message: there are none here."""
        raise CallbackNotReadError("this channel takes no replies")

    def _checked(self, callback: Callback) -> QueryDict:
        try:
            form = QueryDict(callback.body, encoding="utf-8")
        except (ValueError, SuspiciousOperation):
            raise CallbackRefusedError from None
        given = callback.headers.get("x-twilio-signature", "")
        if not given.isascii() or not self._validator.validate(callback.url, form, given):
            raise CallbackRefusedError
        return form
