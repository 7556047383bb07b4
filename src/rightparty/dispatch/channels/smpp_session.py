# SPDX-License-Identifier: Apache-2.0
"""One bind to an SMSC over a socket that never blocks: requests out, answers to their owners, deliveries in (once).

Where the stream can no longer be trusted (a length that is none, an answer to what was never asked, silence) the bind
is given up, and everything unanswered is told so. PDUs are personal data: none reaches a log, an error or a `repr`.
"""

import contextlib
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from rightparty.dispatch.channels.smpp_pdus import (
    ALERT_NOTIFICATION,
    BIND_TRANSCEIVER,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    INVALID_COMMAND,
    OK,
    OUTBIND,
    RECEIVER_REJECTS,
    RECEIVER_TEMPORARY,
    RESPONSE,
    SUBMIT_SM,
    UNBIND,
    Delivery,
    Pdu,
    PduError,
    pdu_bytes,
    read_delivery,
    take_pdus,
)

ANSWER_SECONDS: Final = 10.0
"""How long to wait for an answer before the outcome counts as unknown."""
IDLE_SECONDS: Final = 30.0
"""Silence after which the SMSC is asked whether it is there."""
UNBIND_SECONDS: Final = 2.0
MOST_DELIVERIES: Final = 20_000
"""Deliveries kept until somebody takes them; the SMSC is asked to bring further ones later."""
LAST_SEQUENCE: Final = 0x7FFF_FFFF
READ_BYTES, MOST_READS = 65_536, 64
"""Bytes read at once, and how often before something else gets its turn."""
MOST_UNREAD: Final = 1 << 20
"""Bytes of answers that a peer may leave unread."""


class Owner(Protocol):
    """Who sent a request and waits for its answer."""

    def answered(self, status: int, body: bytes) -> None:
        """Take the answer."""
        ...

    def unanswered(self, code: str) -> None:
        """Learn that there will be none, and why: a code without personal data."""
        ...


class Sender(Owner, Protocol):
    """Who sends a submit_sm."""

    def wrote(self) -> None:
        """Learn that its first byte is on the wire."""
        ...


@dataclass(slots=True)
class _Request:
    command: int
    owner: Owner
    at: float


class _Answer:
    """The answer to a request that somebody stands and waits for."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.is_over = False

    def answered(self, status: int, body: bytes) -> None:  # noqa: ARG002 (the protocol's signature)
        self.status, self.is_over = status, True

    def unanswered(self, code: str) -> None:  # noqa: ARG002 (the protocol's signature)
        self.is_over = True


class Session:
    """A connection to an SMSC; not safe for several threads at once."""

    def __init__(self, connection: socket.socket, *, clock: Callable[[], float] = time.monotonic) -> None:
        connection.settimeout(0)
        self._socket = connection
        self._clock = clock
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self._in, self._out = bytearray(), bytearray()
        self._requests: dict[int, _Request] = {}
        self._last = 0
        self._heard = self._written = clock()
        #: why the bind was given up; empty while it stands
        self.lost = ""
        #: submit_sm that are written and not answered
        self.open = 0
        #: with their sequence numbers, unread by anybody yet
        self.deliveries: deque[tuple[int, Delivery]] = deque()

    @classmethod
    def connected(cls, address: tuple[str, int], *, tls: ssl.SSLContext | None, bind: bytes) -> "Session":
        """Connect and bind as a transceiver.

        Raises:
            OSError: no connection, or the SMSC does not let us in.
        """
        connection = socket.create_connection(address, timeout=ANSWER_SECONDS)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                connection = tls.wrap_socket(connection, server_hostname=address[0])
        except OSError:
            connection.close()
            raise
        session = cls(connection)
        if session._ask(BIND_TRANSCEIVER, bind, seconds=ANSWER_SECONDS) != OK:
            session.drop("smpp.not_connected")
            raise ConnectionRefusedError("the SMSC refused the bind")
        return session

    @property
    def can_write(self) -> bool:
        """Tell whether the next byte given would be the next on the wire."""
        return not self._out and not self.lost

    @property
    def is_worn(self) -> bool:
        """Tell whether the sequence numbers come to their end: time for a new bind."""
        return self._last > LAST_SEQUENCE - 1_000_000

    def submit(self, body: bytes, owner: Sender) -> bool:
        """Write a submit_sm; tell whether its first byte is on the wire, else nothing of it was written."""
        if not self.can_write:
            return False
        self._last += 1
        pdu = pdu_bytes(SUBMIT_SM, sequence=self._last, body=body)
        if not self._begin(pdu):
            return False
        self._requests[self._last] = _Request(SUBMIT_SM, owner, self._clock())
        self.open += 1
        owner.wrote()
        if self.lost:
            self._give_up_all()
        return True

    def _begin(self, pdu: bytes) -> bool:
        """Write as much of a PDU as the socket takes; False if it took nothing."""
        try:
            count = self._socket.send(pdu)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._out += pdu  # part of a record may be out: these very bytes must follow
            return True
        except BlockingIOError:
            return False
        except OSError:
            is_maybe_out = isinstance(self._socket, ssl.SSLSocket)
            self.drop("smpp.connection_lost")
            return is_maybe_out
        self._written = self._clock()
        self._out += pdu[count:]
        return count > 0

    def acknowledge(self, sequence: int, status: int = OK) -> None:
        """Tell the SMSC, at the next `poll`, that a delivery need not come again; a status says why it was refused."""
        self._queue(pdu_bytes(DELIVER_SM | RESPONSE, sequence=sequence, status=status, body=b"\0"))

    def poll(self, seconds: float = 0.0) -> None:
        """Wait at most so long for the socket, then read and write what can be; never raises for what a peer does."""
        if self.lost:
            return
        pending = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        self._poll.modify(self._socket, select.POLLIN | (select.POLLOUT if self._out else 0))
        self._poll.poll(0 if pending else max(0.0, seconds) * 1_000)
        self._read()
        self._flush()
        self._keep_alive()

    def wait_for_room(self, seconds: float) -> None:
        """Wait until the socket takes bytes or something came, then read it."""
        if not self.lost:
            self._poll.modify(self._socket, select.POLLIN | select.POLLOUT)
            self._poll.poll(max(0.0, seconds) * 1_000)
            self.poll()

    def next_deadline(self) -> float:
        """Return the seconds until an answer is overdue."""
        oldest = next(iter(self._requests.values()), None)
        return max(0.0, oldest.at + ANSWER_SECONDS - self._clock()) if oldest else ANSWER_SECONDS

    def unbind(self) -> None:
        """Take leave and close."""
        if not self.lost:
            self._ask(UNBIND, b"", seconds=UNBIND_SECONDS)
        self.drop("smpp.not_connected")

    def drop(self, code: str) -> None:
        """Give up the connection; whoever waits for an answer is told."""
        if not self.lost:
            self.lost = code
            with contextlib.suppress(OSError):
                self._socket.close()
        self._give_up_all()

    def _give_up_all(self) -> None:
        waiting, self._requests, self.open = self._requests, {}, 0
        for request in waiting.values():
            request.owner.unanswered(self.lost)

    def _ask(self, command: int, body: bytes, *, seconds: float) -> int | None:
        """Send a request and wait for the status of its answer; None if there is none."""
        answer = _Answer()
        until = self._clock() + seconds
        self._request(command, body, answer)
        while not answer.is_over and not self.lost and self._clock() < until:
            self.poll(until - self._clock())
        return answer.status

    def _request(self, command: int, body: bytes, owner: Owner) -> None:
        self._last += 1
        self._requests[self._last] = _Request(command, owner, self._clock())
        self._queue(pdu_bytes(command, sequence=self._last, body=body))
        self._flush()

    def _queue(self, pdu: bytes) -> None:
        """Put something behind what waits to be written; `poll` and `_flush` write it."""
        if self.lost:
            return
        self._out += pdu
        if len(self._out) > MOST_UNREAD:
            self.drop("smpp.not_reading")

    def _flush(self) -> None:
        while self._out and not self.lost:
            try:
                count = self._socket.send(self._out)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                self.drop("smpp.connection_lost")
                return
            self._written = self._clock()
            del self._out[:count]

    def _acknowledge_at_once(self) -> None:
        """Ask the system to acknowledge what came without delay: an SMSC with Nagle's algorithm waits for it.

        Linux forgets the wish (tcp(7), TCP_QUICKACK), so it is told before each reading.
        """
        if (wish := getattr(socket, "TCP_QUICKACK", None)) is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, wish, 1)

    def _read(self) -> None:
        self._acknowledge_at_once()
        for _ in range(MOST_READS):
            try:
                chunk = self._socket.recv(READ_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                self.drop("smpp.connection_lost")
                return
            if not chunk:
                self.drop("smpp.connection_lost")
                return
            self.feed(chunk)
            if self.lost or (len(chunk) < READ_BYTES and not isinstance(self._socket, ssl.SSLSocket)):
                return

    def feed(self, chunk: bytes) -> None:
        """Take bytes from the peer, whatever they are."""
        self._heard = self._clock()
        self._in += chunk
        pdus, is_sound = take_pdus(self._in)
        for pdu in pdus:
            if self.lost:
                return
            if pdu.command & RESPONSE:
                self._on_response(pdu)
            else:
                self._on_request(pdu)
        if not is_sound:
            self.drop("smpp.not_a_pdu")

    def _on_response(self, pdu: Pdu) -> None:
        request = self._requests.pop(pdu.sequence, None)
        if request is None:
            # a late or repeated answer harms nobody; one to what was never asked shows that we count differently
            if not 0 < pdu.sequence <= self._last:
                self.drop("smpp.wrong_sequence")
            return
        self.open -= request.command == SUBMIT_SM
        if pdu.command == GENERIC_NACK:
            request.owner.unanswered("smpp.generic_nack")
        elif pdu.command == request.command | RESPONSE:
            request.owner.answered(pdu.status, pdu.body)
        else:
            request.owner.unanswered("smpp.wrong_answer")
            self.drop("smpp.wrong_answer")

    def _on_request(self, pdu: Pdu) -> None:
        if pdu.command == DELIVER_SM:
            self._on_delivery(pdu)
        elif pdu.command == ENQUIRE_LINK:
            self._queue(pdu_bytes(ENQUIRE_LINK | RESPONSE, sequence=pdu.sequence))
        elif pdu.command == UNBIND:
            self._queue(pdu_bytes(UNBIND | RESPONSE, sequence=pdu.sequence))
            self._flush()
            self.drop("smpp.unbound")
        elif pdu.command not in (ALERT_NOTIFICATION, OUTBIND):
            self._queue(pdu_bytes(GENERIC_NACK, sequence=pdu.sequence, status=INVALID_COMMAND))

    def _on_delivery(self, pdu: Pdu) -> None:
        if len(self.deliveries) >= MOST_DELIVERIES:
            self.acknowledge(pdu.sequence, RECEIVER_TEMPORARY)
            return
        try:
            delivery = read_delivery(pdu.body)
        except PduError:
            self.acknowledge(pdu.sequence, RECEIVER_REJECTS)
            return
        self.deliveries.append((pdu.sequence, delivery))
        if delivery.is_receipt:
            # at once: SMSCs keep few deliveries open, and some hold back the next answer until this one
            self.acknowledge(pdu.sequence)

    def _keep_alive(self) -> None:
        """Give up what waited too long, the bind too if nothing came at all; ask the SMSC after a silence."""
        if self.lost:
            return
        now = self._clock()
        while self._requests:
            sequence, oldest = next(iter(self._requests.items()))
            if now - oldest.at < ANSWER_SECONDS:
                break
            if self._heard <= oldest.at or oldest.command != SUBMIT_SM:
                self.drop("smpp.no_answer")
                return
            del self._requests[sequence]
            self.open -= 1
            oldest.owner.unanswered("smpp.no_answer")
        if now - max(self._heard, self._written) >= IDLE_SECONDS:
            self._request(ENQUIRE_LINK, b"", _Answer())
