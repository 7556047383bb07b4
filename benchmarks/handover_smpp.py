# SPDX-License-Identifier: Apache-2.0
"""Text messages a second over one bind to a real SMSC (npm `smpp`), by window, with receipts and without.

`python -m benchmarks.handover_smpp --json [--count N]`: the adapter alone, beside smpplib with a window of its own and
aiosmpplib, then the real hand-over with its marks and settling on SQLite. `--profile FILE` says where that one spends
its time. The SMSC runs on the same machine and takes its share of it.
"""

import argparse
import asyncio
import logging
import time
from pathlib import Path

from benchmarks.machine import BenchmarkReport, Measurement, print_report
from benchmarks.released import SMS_TEXT, addresses_of, hand_over_all, messages_of, throw_away_store
from tests.peers.real_smsc import running_smsc

WINDOWS = (1, 10, 50, 200)


def adapter_alone(port: int, *, window: int, count: int, receipts: bool) -> tuple[float, float]:
    """Return messages a second and processor microseconds a message, until the last receipt was taken."""
    from rightparty.dispatch.channels.adapter import Fate
    from rightparty.dispatch.channels.smpp import SmppChannel

    channel = SmppChannel.from_url(f"smpp://lender:secret@127.0.0.1:{port}/?window={window}", sender="1069000000")
    messages = messages_of("sms", count)
    if not channel.is_ready():
        raise RuntimeError("no bind")
    start, processor = time.perf_counter(), time.process_time()
    answers = channel.send_all(messages, may_send=lambda: True)
    came = 0
    while receipts and came < count:
        fresh = len(channel.take_receipts())
        came += fresh
        if not fresh:
            time.sleep(0.001)
    seconds, spent = time.perf_counter() - start, time.process_time() - processor
    if any(answer.fate is not Fate.ACCEPTED for answer in answers):
        raise RuntimeError("a message was not taken")
    channel.close()
    return count / seconds, spent / count * 1e6


def smpplib_with_window(port: int, *, window: int, count: int) -> tuple[float, float]:
    """Return the same of smpplib, with the same window kept by hand."""
    from smpplib import consts
    from smpplib.client import Client

    logging.getLogger("smpplib.bench").setLevel(logging.CRITICAL)
    client = Client("127.0.0.1", port, timeout=10, logger_name="smpplib.bench")
    answered: set[int] = set()
    client.set_message_sent_handler(lambda pdu: answered.add(pdu.sequence))
    client.set_message_received_handler(lambda **_: 0)
    client.connect()
    client.bind_transceiver(system_id="lender", password="secret")
    text = SMS_TEXT.encode("utf-16-be")
    start, processor, sent = time.perf_counter(), time.process_time(), 0
    for address in addresses_of("sms", count):
        while sent - len(answered) >= window:
            client.read_once(auto_send_enquire_link=False)
        client.send_message(
            source_addr="1069000000", dest_addr_ton=consts.SMPP_TON_INTL, dest_addr_npi=consts.SMPP_NPI_ISDN,
            destination_addr=address[1:], short_message=text, data_coding=8, registered_delivery=True,
        )  # fmt: skip
        sent += 1
    while len(answered) < sent:
        client.read_once(auto_send_enquire_link=False)
    seconds, spent = time.perf_counter() - start, time.process_time() - processor
    client.disconnect()
    return count / seconds, spent / count * 1e6


async def aiosmpplib_as_it_is(port: int, *, count: int) -> tuple[float, float]:
    """Return the same of aiosmpplib, which has no window to set."""
    from aiosmpplib import ESME, TON, AbstractHook, PhoneNumber, SubmitSm, SubmitSmResp

    done = asyncio.Event()
    taken = 0

    class Hook(AbstractHook):
        async def sending(self, *_: object) -> None:
            """Not looked at."""

        async def received(self, smpp_message: object, *_: object) -> None:
            nonlocal taken
            taken += isinstance(smpp_message, SubmitSmResp)
            if taken >= count:
                done.set()

        async def send_error(self, smpp_message: object, error: Exception, *_: object) -> None:  # noqa: ARG002
            raise error

    esme = ESME("127.0.0.1", port, "lender", "secret", hook=Hook(), log_level="CRITICAL")
    for number, address in enumerate(addresses_of("sms", count)):
        await esme.broker.enqueue(
            SubmitSm(
                short_message=SMS_TEXT, source=PhoneNumber("1069000000", TON.UNKNOWN), encoding="ucs2",
                destination=PhoneNumber(address), log_id=str(number),
            )
        )  # fmt: skip
    start, processor = time.perf_counter(), time.process_time()
    running = asyncio.create_task(esme.start())
    await asyncio.wait_for(done.wait(), 300)
    seconds, spent = time.perf_counter() - start, time.process_time() - processor
    await esme.stop()
    running.cancel()
    return count / seconds, spent / count * 1e6


def measure(count: int, profile: Path | None) -> BenchmarkReport:
    """Measure all in one run."""
    rows: list[Measurement] = []

    def add(name: str, rate: float, spent: float) -> None:
        rows.append(Measurement(name=name, value=rate, unit="messages/s"))
        rows.append(Measurement(name=f"{name}, processor", value=spent, unit="us/message"))

    for mode in ("plain", "receipts"):
        with running_smsc("smsc.js", mode) as (port, _):
            for window in WINDOWS:
                own = adapter_alone(port, window=window, count=count, receipts=mode == "receipts")
                add(f"adapter, {mode}, window {window}", *own)
                add(f"smpplib, {mode}, window {window}", *smpplib_with_window(port, window=window, count=count))
            add(f"aiosmpplib, {mode}", *asyncio.run(aiosmpplib_as_it_is(port, count=count // 4)))
    with throw_away_store(), running_smsc("smsc.js", "receipts") as (port, _):
        from rightparty.dispatch.channels.smpp import SmppChannel

        for window in WINDOWS:
            channel = SmppChannel.from_url(
                f"smpp://lender:secret@127.0.0.1:{port}/?window={window}", sender="1069000000"
            )
            done = hand_over_all("sms", channel, count=count, batch=500, profile=profile)
            channel.close()
            if done.accepted != count:
                raise RuntimeError("a message was not taken")
            add(f"hand-over, window {window}", count / done.seconds, done.processor_seconds / count * 1e6)
    return BenchmarkReport(benchmark="handover_smpp", parameters={"count": count}, measurements=rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    print_report(measure(given.count, given.profile), as_json=given.json)


if __name__ == "__main__":
    main()
