# SPDX-License-Identifier: Apache-2.0
"""E-mail over SMTP: several connections kept open, each with one mail under way; signed if a key is set (once).

4xx is busy, 5xx refused: neither was taken. A connection lost after the text began to be written leaves the outcome
`unknown`; lost before it, nobody can have the mail.
"""

import select
import ssl
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    Fate,
    Handover,
    InboundText,
    MaySend,
    OutboundMessage,
    Question,
    ReceiptReport,
)
from rightparty.dispatch.channels.back_off import BackOff
from rightparty.dispatch.channels.dkim import DkimSigner
from rightparty.dispatch.channels.mail import Mail, NotAMailError, is_mail_address, mail_of
from rightparty.dispatch.channels.one_by_one import FENCED
from rightparty.dispatch.channels.smtp_connection import Connection, Server

CONNECTIONS: Final = 4
MOST_CONNECTIONS: Final = 50
PORTS: Final = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
SECURITY: Final = {"smtp": "", "smtp+tls": "starttls", "smtps": "tls"}
MOST_FRUITLESS: Final = 3
"""Connections in a row that broke before they took a mail, after which the rest is given back unwritten."""
NOT_CONNECTED: Final = Handover(fate=Fate.NOT_SENT, code="smtp.not_connected")


class SmtpChannel:
    """A few connections to one mail server."""

    def __init__(
        self,
        *,
        server: Server,
        sender: str,
        bounces: str = "",
        dkim: DkimSigner | None = None,
        connections: int = CONNECTIONS,
        name: str = "smtp",
    ) -> None:
        self.name = name
        self.capabilities = Capabilities(window=connections)
        self._server = server
        self._sender = sender
        self._bounces = bounces or sender
        self._dkim = dkim
        self._lock = threading.RLock()
        self._connections: list[Connection] = []
        self._back_off = BackOff()

    @classmethod
    def from_url(cls, url: str, *, sender: str, dkim: str = "", tls: ssl.SSLContext | None = None) -> "SmtpChannel":
        """Make the channel of `smtp://user:password@host:port/?connections=4&bounces=address&name=smtp`.

        `smtp+tls://` asks for STARTTLS, `smtps://` begins with TLS.

        Args:
            url: the server.
            sender: the address in From.
            dkim: `selector:domain:/path/to/key.pem`, or empty.
            tls: what certificates are trusted; those of the machine if not given.

        Raises:
            ValueError: an option, address or key that cannot be; the message names it and holds no credentials.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise ValueError("port must be a number") from None
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := options.keys() - {"connections", "bounces", "name"}:
            raise ValueError(f"unknown option {', '.join(sorted(unknown))}; there are connections, bounces and name")
        stated = options.get("connections", str(CONNECTIONS))
        if not (stated.isdecimal() and 1 <= int(stated) <= MOST_CONNECTIONS):
            raise ValueError(f"connections must be 1 to {MOST_CONNECTIONS}")
        bounces = options.get("bounces", sender)
        if not (is_mail_address(sender) and is_mail_address(bounces)):
            raise ValueError("RIGHTPARTY_EMAIL_FROM and bounces must be plain mail addresses")
        signer = DkimSigner.from_setting(dkim) if dkim else None
        if signer is not None and not signer.may_sign_for(sender):
            raise ValueError("the domain of RIGHTPARTY_DKIM must be that of RIGHTPARTY_EMAIL_FROM or above it")
        server = Server(
            host=parts.hostname or "localhost",
            port=port or PORTS[parts.scheme],
            security=SECURITY[parts.scheme],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            ehlo=sender.rpartition("@")[2],
            tls=tls,
        )
        return cls(
            server=server, sender=sender, bounces=bounces, dkim=signer, connections=int(stated),
            name=options.get("name", "smtp"),
        )  # fmt: skip

    def is_ready(self) -> bool:
        """Connect if not connected and not backing off; tell whether a connection stands."""
        with self._lock:
            self._connections = [connection for connection in self._connections if connection.check()]
            return bool(self._connections) or self._connect()

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        """Hand over mails on all connections at once; the first byte of each directly after `may_send` was asked."""
        with self._lock:
            self._connections = [connection for connection in self._connections if connection.check()]
            return _Sending(self, messages, may_send).run()

    @property
    def has_room(self) -> bool:
        """Tell whether one more connection may be opened."""
        return len(self._connections) < self.capabilities.window

    def connect(self) -> Connection | None:
        """Open one more connection and return it; None if it could not be had."""
        return self._connections[-1] if self._connect() else None

    def forget(self, connection: Connection) -> None:
        """Let go of a lost connection."""
        self._connections.remove(connection)

    def idle(self) -> list[Connection]:
        """Return the connections that can take a mail."""
        return [connection for connection in self._connections if connection.is_idle]

    def render(self, message: OutboundMessage) -> Mail:
        """Return the message as it goes over the wire.

        Raises:
            NotAMailError: something of it cannot stand in a mail.
        """
        return mail_of(message, sender=self._sender, dkim=self._dkim)

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        """Answer that nothing more is known: SMTP cannot be asked."""
        return [None] * len(questions)

    def take_receipts(self) -> list[ReceiptReport]:
        """Return nothing: bounces come as mails."""
        return []

    def take_texts(self) -> list[InboundText]:
        """Return nothing."""
        return []

    def close(self) -> None:
        """Take leave and close all connections."""
        with self._lock:
            for connection in self._connections:
                connection.quit()
            self._connections = []

    def _connect(self) -> bool:
        if not self._back_off.is_over(time.monotonic()):
            return False
        try:
            self._connections.append(Connection(self._server.connected(), sender=self._bounces))
        except OSError:
            self._back_off.failed(time.monotonic())
            return False
        self._back_off.succeeded()
        return True


class _Sending:
    """One call of `send_all`: which mail is on which connection."""

    def __init__(self, channel: SmtpChannel, messages: Sequence[OutboundMessage], may_send: MaySend) -> None:
        self._channel = channel
        self._may_send = may_send
        self._messages = messages
        self._waiting = deque(range(len(messages)))
        self._answers: list[Handover] = [NOT_CONNECTED] * len(messages)
        self._busy: dict[Connection, int] = {}
        self._fruitless = 0
        self._may_connect = True

    def run(self) -> list[Handover]:
        """Send until all have an answer."""
        while self._waiting or self._busy:
            self._fill()
            if not self._busy:
                break
            self._wait()
            self._collect()
        return self._answers

    def _fill(self) -> None:
        """Give idle connections a mail each, and open more while there are more mails."""
        for connection in self._channel.idle():
            if connection not in self._busy:
                self._begin(connection)
        while self._waiting and self._may_connect and self._channel.has_room:
            opened = self._channel.connect()
            if opened is None:
                self._may_connect = False
                return
            self._begin(opened)

    def _begin(self, connection: Connection) -> None:
        """Begin the next mail that can and may be sent."""
        while self._waiting:
            place = self._waiting.popleft()
            try:
                mail = self._channel.render(self._messages[place])
            except NotAMailError:
                self._answers[place] = Handover(fate=Fate.REFUSED, code="smtp.not_a_mail")
                continue
            if not self._may_send():
                self._answers[place] = FENCED
                continue
            self._busy[connection] = place
            connection.begin(mail, may_send=self._may_send)
            return

    def _wait(self) -> None:
        """Wait until a server answers, takes more bytes, or is overdue; then act on it."""
        poll, watched = select.poll(), {}
        for connection in self._busy:
            if connection.is_lost:
                return
            events = select.POLLIN | (select.POLLOUT if connection.wants_to_write else 0)
            poll.register(connection.socket, events)
            watched[connection.socket.fileno()] = connection
        seconds = min(connection.seconds_left() for connection in self._busy)
        for number, _ in poll.poll(seconds * 1_000):
            watched[number].flush()
            watched[number].read()
        for connection in self._busy:
            connection.tick()

    def _collect(self) -> None:
        """Take the answers that are there, and let go of connections that are lost."""
        for connection, place in list(self._busy.items()):
            if connection.is_idle or connection.is_lost:
                answer = connection.result or NOT_CONNECTED
                self._answers[place] = answer
                del self._busy[connection]
                if connection.is_lost:
                    self._channel.forget(connection)
                    self._fruitless += 1
                if answer.fate in (Fate.ACCEPTED, Fate.REFUSED):
                    self._fruitless = 0
                elif self._fruitless >= MOST_FRUITLESS:
                    self._may_connect = False
