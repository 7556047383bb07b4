# SPDX-License-Identifier: Apache-2.0
"""right_time: what a phone said is not lost because the store fails for a moment, and one text costs no other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import OperationalError

from rightparty.dispatch.channels import registry
from rightparty.dispatch.channels.adapter import InboundText, ReceiptOutcome, ReceiptReport
from rightparty.dispatch.channels.one_by_one import OneWay

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
DELIVERED = ReceiptReport(channel="sms", provider_id="1", outcome=ReceiptOutcome.DELIVERED)


def text(body: str) -> InboundText:
    return InboundText(channel="sms", sender="+8615400000001", body=body)


class Carrier(OneWay):
    """Takes the next question for the receipt of its last answer, as SMPP does."""

    def __init__(self, *bodies: str) -> None:
        self.texts, self.receipts, self.asked = [text(body) for body in bodies], [DELIVERED], 0

    def take_receipts(self) -> list[ReceiptReport]:
        self.asked += 1
        taken, self.receipts = self.receipts, []
        return taken

    def take_texts(self) -> list[InboundText]:
        taken, self.texts = self.texts, []
        return taken


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Carrier]:
    def connect(*bodies: str, on_receipts=lambda _reports, _at: None, on_texts=lambda _texts, _at: None) -> Carrier:
        carrier = Carrier(*bodies)
        for name, value in (
            ("_adapters", {"sms": carrier}), ("_on_receipts", [on_receipts]), ("_on_texts", [on_texts]),
            ("_on_turn", []), ("_receipts", []), ("_texts", []),
        ):  # fmt: skip
            monkeypatch.setattr(registry, name, value)
        return carrier

    return connect


def failing_once(heard: list[object], fault: Exception, *, on: object) -> Callable[..., None]:
    faults = [fault]

    def hear(came, _at) -> None:
        if on in came and faults:
            raise faults.pop()
        heard.extend(came)

    return hear


def test_what_the_store_cannot_take_now_is_told_again_before_anything_new_is_asked_for(connected) -> None:
    receipts: list[object] = []
    texts: list[object] = []
    carrier = connected(
        "hello",
        "STOP",
        on_receipts=failing_once(receipts, OperationalError(), on=DELIVERED),
        on_texts=failing_once(texts, OperationalError(), on=text("STOP")),
    )
    for _ in range(2):
        with pytest.raises(OperationalError):
            registry.pump(AT)
    assert carrier.asked == 1
    registry.pump(AT)
    assert receipts == [DELIVERED]
    assert texts == [text("hello"), text("STOP")]
    assert carrier.asked == 1
    assert registry.pump(AT) == 0
    assert carrier.asked == 2


def test_a_text_on_which_a_hearer_fails_is_told_once_and_keeps_back_no_other(connected) -> None:
    texts: list[object] = []
    connected("odd", "STOP", on_texts=failing_once(texts, ValueError("odd"), on=text("odd")))
    with pytest.raises(ValueError, match="odd"):
        registry.pump(AT)
    registry.pump(AT)
    assert texts == [text("STOP")]


def test_after_a_long_silence_receipts_are_told_in_portions_that_a_store_can_take(connected) -> None:
    told: list[int] = []
    carrier = connected(on_receipts=lambda came, _at: told.append(len(came)))
    carrier.receipts = [replace(DELIVERED, provider_id=str(n)) for n in range(2 * registry.MOST_RECEIPTS + 1)]
    assert registry.pump(AT) == sum(told)
    assert told == [registry.MOST_RECEIPTS, registry.MOST_RECEIPTS, 1]
    registry.pump(AT)
    assert told[3:] == [0], "what came before its message was settled is looked at again"
