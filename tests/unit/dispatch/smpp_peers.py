# SPDX-License-Identifier: Apache-2.0
"""SMSCs that misbehave as told: each answers PDU by PDU over a real socket, and keeps what it was sent."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

HEADER = struct.Struct(">IIII")
NACK, SUBMIT, DELIVER, UNBIND, BIND, ENQUIRE, RESPONSE = 0x80000000, 4, 5, 6, 9, 0x15, 0x80000000

type Pdu = tuple[int, int, int, bytes]
type Script = Callable[["Peer", Pdu], bytes | None]
"""Takes (command, status, sequence, body) and returns what to write; None to close."""


def pdu(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    return HEADER.pack(16 + len(body), command, status, sequence) + body


def taken(sequence: int, name: str = "", status: int = 0) -> bytes:
    return pdu(SUBMIT | RESPONSE, sequence, (name or f"id{sequence}").encode() + b"\0" if not status else b"", status)


def delivery(sequence: int, text: bytes, *, source: str = "8615400000001", esm: int = 0, coding: int = 0) -> bytes:
    head = b"\0\1\1" + source.encode() + b"\0\1\1" + b"1069\0" + bytes([esm, 0, 0]) + b"\0\0" + bytes([0, 0, coding, 0])
    return pdu(DELIVER, sequence, head + bytes([len(text)]) + text)


class Peer:
    """Listens on a free port, answers binds, unbinds and questions itself, and leaves the rest to the script."""

    def __init__(self, script: Script, *, greeting: bytes = b"") -> None:
        self.script, self.greeting = script, greeting
        self.submits: list[Pdu] = []
        self.answers: list[Pdu] = []
        self.binds = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        buffer = b""
        with contextlib.suppress(OSError), connection:
            while chunk := connection.recv(65_536):
                buffer += chunk
                while len(buffer) >= 16 and len(buffer) >= (length := int.from_bytes(buffer[:4])):
                    _, command, status, sequence = HEADER.unpack_from(buffer)
                    answer = self._answer((command, status, sequence, buffer[16:length]))
                    buffer = buffer[length:]
                    if answer is None:
                        return
                    connection.sendall(answer)

    def _answer(self, request: Pdu) -> bytes | None:
        command, _, sequence, _ = request
        if command == BIND:
            self.binds += 1
            return pdu(BIND | RESPONSE, sequence, b"peer\0") + self.greeting
        if command in (ENQUIRE, UNBIND):
            return pdu(command | RESPONSE, sequence)
        if command & RESPONSE:
            self.answers.append(request)
            return b""
        self.submits.append(request)
        return self.script(self, request)

    def close(self) -> None:
        self._listener.close()


@contextlib.contextmanager
def peer_of(script: Script, *, greeting: bytes = b"") -> Iterator[Peer]:
    peer = Peer(script, greeting=greeting)
    try:
        yield peer
    finally:
        peer.close()
