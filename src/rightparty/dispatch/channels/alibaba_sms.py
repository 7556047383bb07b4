# SPDX-License-Identifier: Apache-2.0
"""Text messages through Alibaba Cloud's Short Message Service, with its own client over our exchange (once).

The service takes templates that it has approved, not texts: see `approved_templates`. It sets the signature before the
text itself, so a released text must begin with that very signature. It has no idempotency key; our id travels as
`OutId`, is repeated in its reports, and can be found again in the list of what was sent to a number on a day.

From the published description of Dysmsapi, version 2017-05-25: SendSms, QuerySendDetails, SmsReport and SmsUp by HTTP.
The service does not sign its reports: they come to an address with a secret in it, over https.
"""

import hmac
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest, SendSmsRequest
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.request import DaraRequest

from rightparty.dispatch.approved_templates import ApprovedTemplate, read_templates, template_of
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
from rightparty.dispatch.channels.exchange import WINDOW, Exchange, Gate, HttpAdapter, LostAnswerError
from rightparty.kernel.vocabulary import MessageChannel

HOST: Final = "dysmsapi.aliyuncs.com"
ALGORITHM: Final = "ACS3-HMAC-SHA256"
CHINA: Final = timezone(timedelta(hours=8))
"""The service's days and times."""
MOST_DETAILS: Final = 50
LEAST_SECRET: Final = 16

NOT_LET_IN: Final = frozenset({
    "isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH", "isv.ACCOUNT_NOT_EXISTS", "isv.ACCOUNT_ABNORMAL",
    "isv.PRODUCT_UN_SUBSCRIPT", "isv.PRODUCT_UNSUBSCRIBE", "isp.RAM_PERMISSION_DENY", "isv.RAM_CHECK_FAILED",
    "isv.BILLING_DEDUCTION_ERROR", "SignatureDoesNotMatch", "IncompleteSignature",
})  # fmt: skip
"""Codes that speak of our account; those of the limits of one number (`isv.BUSINESS_LIMIT_CONTROL`) do not."""
_NOT_TAKEN_PREFIXES: Final = ("Throttling", "InvalidAccessKeyId", "Forbidden", "NoPermission", "InvalidTimeStamp")
_NONSENSE: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


class ExchangedClient(Client):  # type: ignore[misc]  # the client has no types
    """The official client: its requests, signature and models; one request each, over our exchange."""

    def __init__(self, config: Config, *, exchange: Exchange, base: str) -> None:
        super().__init__(config)
        self._exchange, self._base = exchange, base
        self._keys = (config.access_key_id, config.access_key_secret)

    async def call_api_async(self, params: Params, request: OpenApiRequest, runtime: object) -> dict[str, Any]:  # noqa: ARG002
        """Make one request of the client, and return its answer whatever its status."""
        made = DaraRequest()
        made.method, made.pathname, made.query = params.method, params.pathname, request.query
        digest = Utils.hash(b"", ALGORITHM).hex()
        made.headers = {
            "host": urlsplit(self._base).netloc, "x-acs-version": params.version, "x-acs-action": params.action,
            "x-acs-date": Utils.get_timestamp(), "x-acs-signature-nonce": Utils.get_nonce(),
            "x-acs-content-sha256": digest, "accept": "application/json",
        }  # fmt: skip
        made.headers["Authorization"] = Utils.get_authorization(made, ALGORITHM, digest, *self._keys)
        url = f"{self._base}{params.pathname}?{urlencode(request.query, errors='replace')}"
        answer = await self._exchange.request(params.method, url, headers=made.headers)
        body = {} if answer.is_cut else json.loads(answer.body)
        return {"headers": dict(answer.headers), "statusCode": answer.status, "body": body}


class AlibabaSms(HttpAdapter):
    """One account, signature and set of approved templates."""

    capabilities = Capabilities(on_unknown=OnUnknown.ASK, receipts=True, window=WINDOW)

    def __init__(
        self, *, client: ExchangedClient, name: str, sign: str, templates: Sequence[ApprovedTemplate], secret: str,
        exchange: Exchange,
    ) -> None:  # fmt: skip
        super().__init__(name=name, exchange=exchange)
        self._client = client
        self._sign, self._templates, self._secret = sign, tuple(templates), secret

    @classmethod
    def from_url(cls, url: str, *, name: str, exchange: Exchange | None = None) -> "AlibabaSms":
        """Make the channel of `alibaba://KEY:SECRET@host?sign=蓝灯&templates=FILE&callbacks=SECRET`.

        Raises:
            ValueError: no key, signature or templates, or a secret that can be guessed.
            OSError: the file of templates cannot be read.
        """
        parts = urlsplit(url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if not parts.username or not parts.password or not query.get("sign") or not query.get("templates"):
            raise ValueError("alibaba://KEY:SECRET@host?sign=SIGNATURE&templates=FILE is expected")
        secret = query.get("callbacks", "")
        if secret and len(secret) < LEAST_SECRET:
            raise ValueError(f"the secret of callbacks has at least {LEAST_SECRET} characters")
        host = f"{parts.hostname}:{parts.port}" if parts.port else (parts.hostname or HOST)
        is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        config = Config(access_key_id=unquote(parts.username), access_key_secret=unquote(parts.password), endpoint=host)
        exchange = exchange or Exchange()
        client = ExchangedClient(config, exchange=exchange, base=f"{'http' if is_local else 'https'}://{host}")
        templates = read_templates(Path(query["templates"]).read_text(encoding="utf-8"))
        return cls(client=client, name=name, sign=query["sign"], templates=templates, secret=secret, exchange=exchange)

    async def hand_over(self, message: OutboundMessage) -> Handover:
        """Hand over one message, once, under the approved template that it is."""
        signature = f"【{self._sign}】"
        if not message.body.startswith(signature):
            return self._said(Fate.REFUSED, "other_signature")
        approved = template_of(message.body.removeprefix(signature), self._templates)
        if approved is None:
            return self._said(Fate.REFUSED, "no_approved_template")
        code, values = approved
        request = SendSmsRequest(
            phone_numbers=message.address.removeprefix("+"),
            sign_name=self._sign,
            template_code=code,
            template_param=json.dumps(values, ensure_ascii=False) if values else None,
            out_id=message.reminder_id,
        )
        try:
            answer = await self._client.send_sms_async(request)
            told = answer.body
            return self._meaning(answer.status_code, told.code, told.biz_id, message.reminder_id)
        except _NONSENSE:
            return self._said(Fate.UNKNOWN, "nonsense", message.reminder_id)

    def lost_ids(self, message: OutboundMessage, gate: Gate) -> tuple[str, ...]:
        """Name it by our id, which reports repeat."""
        return (message.reminder_id,) if gate.opened else ()

    def _meaning(self, status: int, code: object, biz_id: object, ours: str) -> Handover:
        if code == "OK":
            if isinstance(biz_id, str) and biz_id:
                return Handover(fate=Fate.ACCEPTED, provider_ids=(ours, biz_id[:100]))
            return self._said(Fate.UNKNOWN, "nonsense", ours)
        if not isinstance(code, str) or not re.fullmatch(r"[A-Za-z0-9_.\-]{1,60}", code):
            return self._said(Fate.UNKNOWN, f"status_{status}", ours)
        if code in NOT_LET_IN or code.startswith(_NOT_TAKEN_PREFIXES):
            return self._said(Fate.BUSY, code)
        if code.startswith("isv.") or 400 <= status < 500:
            return self._said(Fate.REFUSED, code)
        # isp.SYSTEM_ERROR and its like: the service's own fault, at whatever point of its work
        return self._said(Fate.UNKNOWN, code, ours)

    def _said(self, fate: Fate, code: str, *ids: str) -> Handover:
        return Handover(fate=fate, provider_ids=ids, code=f"{self.name}.{code}")

    async def find(self, question: Question) -> Handover | None:
        """Look for our id among what was sent to the number on that day; not being there proves nothing."""
        if not question.address:
            return None
        request = QuerySendDetailsRequest(
            phone_number=question.address.removeprefix("+86").removeprefix("+"),
            send_date=question.handed_over_at.astimezone(CHINA).strftime("%Y%m%d"),
            page_size=MOST_DETAILS,
            current_page=1,
        )
        try:
            answer = await self._client.query_send_details_async(request)
            details = answer.body.sms_send_detail_dtos.sms_send_detail_dto or []
            mine = next((each for each in details if each.out_id == question.reminder_id), None)
        except _NONSENSE:
            raise LostAnswerError from None
        if mine is None or mine.send_status not in (1, 2, 3):
            return None
        if mine.send_status == 2:
            return self._said(Fate.REFUSED, "not_delivered", question.reminder_id)
        return Handover(fate=Fate.ACCEPTED, provider_ids=(question.reminder_id,))

    def read(self, callback: Callback) -> News:
        """Read SmsReport or SmsUp: a JSON array."""
        given = parse_qs(urlsplit(callback.url).query).get("key", [""])[0]
        if not self._secret or not hmac.compare_digest(given.encode(), self._secret.encode()):
            raise CallbackRefusedError
        try:
            entries = json.loads(callback.body)
            if not isinstance(entries, list) or len(entries) > MOST_NEWS:
                raise TypeError
            if callback.subject == "replies":
                return News(texts=tuple(_text(entry) for entry in entries), answer=TAKEN)
            reports = [report for entry in entries for report in _reports(entry)]
        except _NONSENSE:
            raise CallbackNotReadError(f"an array of at most {MOST_NEWS} reports is expected") from None
        return News(receipts=tuple(reports), answer=TAKEN)


TAKEN: Final = b'{"code": 0, "msg": "OK"}'
"""What the service expects; anything else makes it send the report again."""


def _reports(entry: dict[str, Any]) -> list[ReceiptReport]:
    """Return the report under our id and under the service's: one of them is known whatever was lost."""
    if not isinstance(entry["success"], bool):
        raise TypeError
    outcome = ReceiptOutcome.DELIVERED if entry["success"] else ReceiptOutcome.UNDELIVERED
    told = entry.get("report_time")
    at = datetime.strptime(told, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).astimezone(UTC) if told else None
    ids = [str(entry.get(name) or "") for name in ("out_id", "biz_id")]
    return [
        ReceiptReport(channel=MessageChannel.SMS, provider_id=each[:100], outcome=outcome, occurred_at=at)
        for each in ids
        if each
    ]


def _text(entry: dict[str, Any]) -> InboundText:
    digits = str(entry["phone_number"]).removeprefix("+")
    if not digits.isdecimal() or not digits.isascii():
        raise ValueError
    is_mainland = len(digits) == 11 and digits.startswith("1")
    return InboundText(
        channel=MessageChannel.SMS,
        sender=f"+86{digits}" if is_mainland else f"+{digits}",
        body=str(entry["content"]).replace("\0", ""),
        provider_id=str(entry["sequence_id"]),
    )
