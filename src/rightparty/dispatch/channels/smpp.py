# SPDX-License-Identifier: Apache-2.0
"""Text messages over SMPP 3.4: long texts by concatenation headers, receipts asked for, one message at a time (once).

What was written to the wire and not answered is `unknown`: the SMSC may have it. smpplib is blocking and prints PDUs at
debug level; its logger is silenced because PDUs are personal data.
"""

import contextlib
import itertools
import logging
import re
import struct
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from smpplib import consts, exceptions
from smpplib.client import Client

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    Fate,
    Handover,
    InboundText,
    OutboundMessage,
    ReceiptOutcome,
    ReceiptReport,
)
from rightparty.dispatch.channels.one_by_one import OneByOne
from rightparty.dispatch.channels.segments import TextTooLongError, segments_of
from rightparty.kernel.vocabulary import MessageChannel

ANSWER_SECONDS: Final = 10
"""How long to wait for a submit_sm_resp before the outcome counts as unknown."""

LOGGER: Final = "rightparty.dispatch.smpp"
logging.getLogger(LOGGER).setLevel(logging.CRITICAL)

RECEIPT_BIT: Final = 0x04
_OUTCOMES: Final = {
    consts.SMPP_MESSAGE_STATE_DELIVERED: ReceiptOutcome.DELIVERED,
    consts.SMPP_MESSAGE_STATE_EXPIRED: ReceiptOutcome.EXPIRED,
    consts.SMPP_MESSAGE_STATE_DELETED: ReceiptOutcome.UNDELIVERED,
    consts.SMPP_MESSAGE_STATE_UNDELIVERABLE: ReceiptOutcome.UNDELIVERED,
    consts.SMPP_MESSAGE_STATE_UNKNOWN: ReceiptOutcome.UNKNOWN,
    consts.SMPP_MESSAGE_STATE_REJECTED: ReceiptOutcome.REJECTED,
}
"""message_state -> outcome (SMPP 3.4, table 5-6); ENROUTE and ACCEPTED are no outcome."""
_TEXT_OUTCOMES: Final = {
    "DELIVRD": ReceiptOutcome.DELIVERED, "EXPIRED": ReceiptOutcome.EXPIRED, "DELETED": ReceiptOutcome.UNDELIVERED,
    "UNDELIV": ReceiptOutcome.UNDELIVERED, "UNKNOWN": ReceiptOutcome.UNKNOWN, "REJECTD": ReceiptOutcome.REJECTED,
}  # fmt: skip
"""`stat:` in the text of a receipt -> outcome (SMPP 3.4, appendix B)."""

BROKEN: Final = (
    exceptions.ConnectionError, exceptions.PDUError, exceptions.UnknownCommandError, OSError, struct.error, ValueError,
    KeyError, AttributeError,
)  # fmt: skip
"""What smpplib raises when the connection or what comes over it is broken."""


class SmppChannel(OneByOne):
    """One transceiver bind to an SMSC."""

    name = "smpp"
    capabilities = Capabilities(receipts=True)

    def __init__(self, *, host: str, port: int, user: str, password: str, source: str) -> None:
        self._address = (host, port)
        self._login = {"system_id": user, "password": password}
        self._source = source
        self._client: Client | None = None
        self._references = itertools.count(1)
        self._answers: dict[int, tuple[int, str]] = {}
        self._receipts: list[ReceiptReport] = []
        self._texts: list[InboundText] = []

    @classmethod
    def from_url(cls, url: str, *, source: str) -> "SmppChannel":
        """Make the channel of `smpp://user:password@host:port`."""
        parts = urlsplit(url)
        return cls(
            host=parts.hostname or "localhost",
            port=parts.port or 2775,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            source=source,
        )

    def is_ready(self) -> bool:
        """Bind if not bound; tell whether the bind stands."""
        try:
            if self._client is None:
                self._client = self._bound()
            self._client.poll()
        except BROKEN:
            self._drop()
            return False
        return True

    def _bound(self) -> Client:
        client = Client(*self._address, timeout=ANSWER_SECONDS, logger_name=LOGGER, allow_unknown_opt_params=True)
        client.set_message_sent_handler(self._on_answer)
        client.set_message_received_handler(self._on_delivery)
        client.set_error_pdu_handler(self._on_answer)
        try:
            client.connect()
            client.bind_transceiver(**self._login)
        except BROKEN:
            client.disconnect()
            raise
        return client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()

    def close(self) -> None:
        """Unbind and close."""
        if self._client is not None:
            with contextlib.suppress(*BROKEN):
                self._client.unbind()
            self._drop()

    def send(self, message: OutboundMessage) -> Handover:
        """Submit all segments and wait for their answers."""
        try:
            segments = segments_of(message.body, reference=next(self._references))
        except TextTooLongError:
            return Handover(fate=Fate.REFUSED, code="smpp.text_too_long")
        if not self.is_ready() or self._client is None:
            return Handover(fate=Fate.NOT_SENT, code="smpp.not_connected")
        client = self._client
        self._answers.clear()
        several = len(segments.parts) > 1
        try:
            sequences = [
                client.send_message(
                    source_addr_ton=consts.SMPP_TON_UNK,
                    source_addr_npi=consts.SMPP_NPI_UNK,
                    source_addr=self._source,
                    dest_addr_ton=consts.SMPP_TON_INTL,
                    dest_addr_npi=consts.SMPP_NPI_ISDN,
                    destination_addr=message.address.removeprefix("+"),
                    short_message=part,
                    data_coding=segments.data_coding,
                    esm_class=consts.SMPP_GSMFEAT_UDHI if several else consts.SMPP_MSGMODE_DEFAULT,
                    registered_delivery=True,
                ).sequence
                for part in segments.parts
            ]
            while not self._answers.keys() >= set(sequences):
                client.read_once(auto_send_enquire_link=False)
        except BROKEN:
            self._drop()
            return Handover(fate=Fate.UNKNOWN, code="smpp.connection_lost")
        return self._fate([self._answers[sequence] for sequence in sequences])

    @staticmethod
    def _fate(answers: list[tuple[int, str]]) -> Handover:
        ids = tuple(message_id for status, message_id in answers if status == consts.SMPP_ESME_ROK)
        errors = [status for status, _ in answers if status != consts.SMPP_ESME_ROK]
        if not errors:
            return Handover(fate=Fate.ACCEPTED, provider_ids=ids)
        code = f"smpp.status_{errors[0]:08x}"
        # a message of which one segment was taken may still show on the phone
        return Handover(fate=Fate.UNKNOWN if ids else Fate.REFUSED, provider_ids=ids, code=code)

    def take_receipts(self) -> list[ReceiptReport]:
        """Read what waits on the bind and return the receipts among it."""
        if self._client is not None:
            self.is_ready()
        taken, self._receipts = self._receipts, []
        return taken

    def take_texts(self) -> list[InboundText]:
        """Return what phones sent."""
        taken, self._texts = self._texts, []
        return taken

    def _on_answer(self, pdu: Any) -> None:
        message_id = getattr(pdu, "message_id", None) or b""
        self._answers[pdu.sequence] = (int(pdu.status), _text(message_id))

    def _on_delivery(self, pdu: Any) -> int:
        body = bytes(getattr(pdu, "short_message", None) or b"")
        if int(getattr(pdu, "esm_class", 0) or 0) & RECEIPT_BIT:
            report = receipt_in(body, pdu.receipted_message_id, pdu.message_state)
            if report is not None:
                self._receipts.append(report)
        else:
            encoding = "utf-16-be" if getattr(pdu, "data_coding", 0) == consts.SMPP_ENCODING_ISO10646 else "latin-1"
            sender = "+" + _text(pdu.source_addr).lstrip("+")
            text = body.decode(encoding, errors="replace")
            self._texts.append(InboundText(channel=MessageChannel.SMS, sender=sender, body=text))
        return int(consts.SMPP_ESME_ROK)


def receipt_in(body: bytes, message_id: bytes | str | None, state: int | None) -> ReceiptReport | None:
    """Return the receipt of a deliver_sm, from its optional parameters or else from its text; None if it is none."""
    outcome = _OUTCOMES.get(int(state)) if state is not None else None
    identity = _text(message_id or b"")
    stated = body.decode("latin-1", errors="replace")
    if not identity and (found := re.search(r"\bid:(\S+)", stated)):
        identity = found.group(1)
    if outcome is None and state is None and (found := re.search(r"\bstat:(\w+)", stated)):
        outcome = _TEXT_OUTCOMES.get(found.group(1).upper()[:7])
    if not identity or outcome is None:
        return None
    return ReceiptReport(channel=MessageChannel.SMS, provider_id=identity[:100], outcome=outcome)


def _text(value: bytes | str) -> str:
    raw = value.decode("latin-1") if isinstance(value, bytes) else value
    return raw.rstrip("\0")
