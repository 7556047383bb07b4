# SPDX-License-Identifier: Apache-2.0
"""once: texts through a real SMSC of another maker (npm `smpp`): long Chinese text, receipts, refusal, lost answer."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage, ReceiptOutcome
from rightparty.dispatch.channels.smpp import SmppChannel
from tests.peers.real_smsc import running_smsc

LONG_CHINESE = (
    "【Lantern Finance】您应还款项CNY 1,234.50已于2026-11-01到期，请及时还款；如有疑问请与我们联系。"
    "查看详情、核实真伪请打开 https://lender.example/m/00000000000"
)
MESSAGE = OutboundMessage(
    reminder_id="r1", channel="sms", address="+12025550101", subject="", body=LONG_CHINESE,
    page="https://lender.example/m/0", at=datetime(2026, 11, 23, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture(scope="module")
def smsc() -> Iterator[tuple[int, Path]]:
    with running_smsc("smsc.js") as running:
        yield running


def wait_for(condition, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def sent(channel: SmppChannel, message: OutboundMessage) -> Handover:
    [handover] = channel.send_all([message], may_send=lambda: True)
    return handover


@pytest.fixture
def channel(smsc: tuple[int, Path]) -> Iterator[SmppChannel]:
    made = SmppChannel.from_url(f"smpp://lender:secret@127.0.0.1:{smsc[0]}", sender="1069000000")
    yield made
    made.close()


def test_a_long_chinese_text_goes_through_in_parts_and_both_receipts_come_back(
    channel: SmppChannel, smsc: tuple[int, Path]
) -> None:
    handover = sent(channel, MESSAGE)
    assert handover.fate is Fate.ACCEPTED
    assert len(handover.provider_ids) == 2
    receipts = []
    wait_for(lambda: receipts.extend(channel.take_receipts()) or len(receipts) == 2)
    assert {r.provider_id for r in receipts} == set(handover.provider_ids)
    assert {r.outcome for r in receipts} == {ReceiptOutcome.DELIVERED}
    taken = [json.loads(line) for line in smsc[1].read_text().splitlines() if line.startswith("{")]
    parts = [part for part in taken if part["to"] == "12025550101"]
    assert "".join(part["text"] for part in parts) == LONG_CHINESE
    assert all(part["receipt"] == 1 and part["udh"] for part in parts)


def test_a_refused_number_is_refused_and_the_next_message_goes_on(channel: SmppChannel) -> None:
    refused = sent(channel, replace(MESSAGE, address="+12025550109"))
    assert refused.fate is Fate.REFUSED
    assert refused.code == "smpp.status_0000000b"
    assert sent(channel, replace(MESSAGE, body="short")).fate is Fate.ACCEPTED


def test_a_connection_lost_before_the_answer_is_unknown_and_the_next_message_binds_anew(channel: SmppChannel) -> None:
    lost = sent(channel, replace(MESSAGE, address="+12025550108", body="short"))
    assert (lost.fate, lost.code) == (Fate.UNKNOWN, "smpp.connection_lost")
    assert sent(channel, replace(MESSAGE, body="short")).fate is Fate.ACCEPTED


def test_a_text_from_a_phone_is_handed_on(channel: SmppChannel) -> None:
    sent(channel, replace(MESSAGE, address="+12025550107", body="short"))
    texts = []
    wait_for(lambda: (channel.take_receipts(), texts.extend(channel.take_texts())) and texts)
    assert (texts[0].sender, texts[0].body) == ("+12025550107", "退订")


@pytest.mark.parametrize("login", ["lender:wrong@127.0.0.1:{port}", "lender:secret@127.0.0.1:1"])
def test_without_a_bind_nothing_is_written_and_the_channel_says_so(smsc: tuple[int, Path], login: str) -> None:
    channel = SmppChannel.from_url("smpp://" + login.format(port=smsc[0]), sender="1069000000")
    assert not channel.is_ready()
    assert sent(channel, MESSAGE).code == "smpp.not_connected"
