# SPDX-License-Identifier: Apache-2.0
"""A provider on this machine, spoken to over real sockets, that answers as it is told: well, badly, or not at all."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Wire:
    """What a handler may do with the connection instead of answering."""

    write: Callable[[bytes], object]
    #: set when the test ends: nobody waits longer
    over: threading.Event


type Handler = Callable[[Seen, Wire], tuple[int, dict[str, str], bytes] | None]
"""Returns status, headers and body; or None if it wrote what it wanted, after which the connection is closed."""


@dataclass
class Peer:
    port: int
    seen: list[Seen] = field(default_factory=list)
    handler: Handler = lambda _seen, _wire: (200, {}, b"")

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def http_peer() -> Iterator[Peer]:
    over = threading.Event()

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 100

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, self.path, headers, body)
            peer.seen.append(seen)
            self.wfile.flush()
            reply = peer.handler(seen, Wire(write=self.raw, over=over))
            if reply is None:
                self.close_connection = True
                return
            status, more, content = reply
            head = [f"HTTP/1.1 {status} said", *(f"{name}: {value}" for name, value in more.items())]
            if "Content-Length" not in more:
                head.append(f"Content-Length: {len(content)}")
            self.raw("\r\n".join([*head, "", ""]).encode() + content)

        def raw(self, data: bytes) -> None:
            try:
                self.wfile.write(data)
                self.wfile.flush()
            except OSError:
                self.close_connection = True

        do_GET = do_POST = answer  # noqa: N815 -- names of the base class

        def log_message(self, *_: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Answers)
    peer = Peer(port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        over.set()
        server.shutdown()
        server.server_close()
