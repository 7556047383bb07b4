# SPDX-License-Identifier: Apache-2.0
"""E-mails a second to a real server (aiosmtpd in its own process), unsigned and signed with DKIM.

`python -m benchmarks.handover_smtp --json [--count N]`: rendering alone, the adapter alone by connections, beside
aiosmtplib with mails built as MIME objects and with finished bytes, then the real hand-over with its marks and settling
on SQLite. `--profile FILE` says where that one spends its time. The server takes its share of the machine.
"""

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from benchmarks.machine import BenchmarkReport, Measurement, print_report
from benchmarks.released import addresses_of, hand_over_all, messages_of, throw_away_store

SENDER = "reminders@lender.example"
CONNECTIONS = (1, 4, 16)


@contextmanager
def mail_server() -> Iterator[int]:
    """Run the server and give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.mail_server", str(port)], stdout=subprocess.PIPE)
    try:
        if process.stdout is None or b"listening" not in process.stdout.readline():
            raise RuntimeError("the mail server does not start")
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def dkim_settings() -> Iterator[dict[str, str]]:
    """Give settings by name: unsigned, and signed by fresh keys."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    keys: dict[str, Any] = {
        "RSA 2048": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    with tempfile.TemporaryDirectory() as folder:
        given = {"unsigned": ""}
        for name, key in keys.items():
            file = Path(folder) / f"{name}.pem"
            file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            given[name] = f"bench:lender.example:{file}"
        yield given


def rendering_alone(dkim: str, *, count: int) -> float:
    """Return processor microseconds a mail."""
    from rightparty.dispatch.channels.smtp import SmtpChannel

    channel = SmtpChannel.from_url("smtp://127.0.0.1:1", sender=SENDER, dkim=dkim)
    messages = messages_of("email", count)
    start = time.process_time()
    for message in messages:
        channel.render(message)
    return (time.process_time() - start) / count * 1e6


def adapter_alone(port: int, dkim: str, *, connections: int, count: int) -> tuple[float, float]:
    """Return mails a second and processor microseconds a mail."""
    from rightparty.dispatch.channels.adapter import Fate
    from rightparty.dispatch.channels.smtp import SmtpChannel

    url = f"smtp://127.0.0.1:{port}/?connections={connections}"
    channel = SmtpChannel.from_url(url, sender=SENDER, dkim=dkim)
    messages = messages_of("email", count)
    start, processor = time.perf_counter(), time.process_time()
    answers = channel.send_all(messages, may_send=lambda: True)
    seconds, spent = time.perf_counter() - start, time.process_time() - processor
    channel.close()
    if any(answer.fate is not Fate.ACCEPTED for answer in answers):
        raise RuntimeError("a mail was not taken")
    return count / seconds, spent / count * 1e6


async def aiosmtplib_pool(port: int, *, connections: int, count: int, is_built: bool) -> tuple[float, float]:
    """Return the same of aiosmtplib: each mail built as a MIME object, or all of finished bytes."""
    import aiosmtplib

    body = messages_of("email", 1)[0].body
    waiting = iter(addresses_of("email", count))

    def built(address: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = SENDER, address, "【Lantern】还款提醒"
        mail["Message-ID"] = f"<{address}>"
        mail.set_content(body, charset="utf-8")
        return mail

    raw = built("somebody@recipient.example").as_bytes()

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for address in waiting:
                if is_built:
                    await client.send_message(built(address))
                else:
                    await client.sendmail(SENDER, [address], raw)

    start, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(connections)))
    return count / (time.perf_counter() - start), (time.process_time() - processor) / count * 1e6


def measure(count: int, profile: Path | None) -> BenchmarkReport:
    """Measure all in one run."""
    rows: list[Measurement] = []

    def add(name: str, rate: float, spent: float) -> None:
        rows.append(Measurement(name=name, value=rate, unit="mails/s"))
        rows.append(Measurement(name=f"{name}, processor", value=spent, unit="us/mail"))

    with dkim_settings() as settings, mail_server() as port:
        for name, dkim in settings.items():
            spent = rendering_alone(dkim, count=count)
            add(f"rendering alone, {name}", 1e6 / spent, spent)
            for connections in CONNECTIONS:
                own = adapter_alone(port, dkim, connections=connections, count=count)
                add(f"adapter, {name}, {connections} connections", *own)
        for connections in CONNECTIONS:
            for what, is_built in (("built", True), ("finished bytes", False)):
                peer = asyncio.run(aiosmtplib_pool(port, connections=connections, count=count, is_built=is_built))
                add(f"aiosmtplib, {what}, {connections} connections", *peer)
        with throw_away_store():
            from rightparty.dispatch.channels.smtp import SmtpChannel

            for name, dkim in settings.items():
                channel = SmtpChannel.from_url(f"smtp://127.0.0.1:{port}/?connections=4", sender=SENDER, dkim=dkim)
                done = hand_over_all("email", channel, count=count, batch=500, profile=profile)
                channel.close()
                if done.accepted != count:
                    raise RuntimeError("a mail was not taken")
                add(f"hand-over, {name}", count / done.seconds, done.processor_seconds / count * 1e6)
    return BenchmarkReport(benchmark="handover_smtp", parameters={"count": count}, measurements=rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    print_report(measure(given.count, given.profile), as_json=given.json)


if __name__ == "__main__":
    main()
