# SPDX-License-Identifier: Apache-2.0
"""once: over TLS each message has its answer, and a server whose certificate nobody vouches for gets nothing."""

import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rightparty.dispatch.channels.adapter import Fate, OutboundMessage
from rightparty.dispatch.channels.smpp import SmppChannel
from rightparty.dispatch.channels.smpp_pdus import bind_body
from rightparty.dispatch.channels.smtp import SmtpChannel
from tests.unit.dispatch.smpp_peers import Pdu, Peer, delivery, taken


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and a client's that trusts it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def messages(channel: str, count: int) -> list[OutboundMessage]:
    return [
        OutboundMessage(
            reminder_id=f"r{n}", channel=channel, subject="due", body="due " * 400 if channel == "email" else "due",
            address=f"+86154{n:08d}" if channel == "sms" else f"wang{n}@example.com",
            page="https://lender.example/m/0", at=datetime(2026, 11, 23, tzinfo=UTC),
        )
        for n in range(count)
    ]  # fmt: skip


class TlsPeer(Peer):
    tls: ssl.SSLContext

    def _talk(self, connection) -> None:
        try:
            wrapped = self.tls.wrap_socket(connection, server_side=True)
        except OSError:
            return
        super()._talk(wrapped)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_texts_go_over_tls_only_to_an_smsc_that_is_the_one(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], is_trusted: bool
) -> None:
    def script(peer: Peer, request: Pdu) -> bytes:
        return taken(request[2]) + delivery(request[2], f"id:id{request[2]} stat:DELIVRD".encode(), esm=4)

    TlsPeer.tls = contexts[0]
    peer = TlsPeer(script)
    channel = SmppChannel(
        address=("127.0.0.1", peer.port), bind=bind_body(user="u", password="p"), sender="1069",
        tls=contexts[1] if is_trusted else ssl.create_default_context(),
    )  # fmt: skip
    answers = channel.send_all(messages("sms", 500), may_send=lambda: True)
    receipts = channel.take_receipts()
    channel.close()
    peer.close()
    if is_trusted:
        assert {answer.fate for answer in answers} == {Fate.ACCEPTED}
        assert {receipt.provider_id for receipt in receipts} <= {answer.provider_ids[0] for answer in answers}
        assert receipts
    else:
        assert {(answer.fate, answer.code) for answer in answers} == {(Fate.NOT_SENT, "smpp.not_connected")}
        assert peer.submits == []


class Sink:
    def __init__(self) -> None:
        self.count = 0

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 aiosmtpd's name
        assert session.ssl is not None
        self.count += 1
        return "250 taken"


@pytest.mark.parametrize("is_trusted", [True, False])
def test_mails_go_over_starttls_only_to_a_server_that_is_the_one(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], is_trusted: bool
) -> None:
    sink = Sink()

    class Secured(Controller):
        def factory(self) -> SMTP:
            return SMTP(self.handler, tls_context=contexts[0], require_starttls=True)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Secured(sink, hostname="127.0.0.1", port=port)
    controller.start()
    channel = SmtpChannel.from_url(
        f"smtp+tls://127.0.0.1:{port}/?connections=3", sender="reminders@lender.example",
        tls=contexts[1] if is_trusted else ssl.create_default_context(),
    )  # fmt: skip
    answers = channel.send_all(messages("email", 60), may_send=lambda: True)
    channel.close()
    controller.stop()
    assert {answer.fate for answer in answers} == {Fate.ACCEPTED if is_trusted else Fate.NOT_SENT}
    assert sink.count == (60 if is_trusted else 0)
