# SPDX-License-Identifier: Apache-2.0
"""One connection to a mail server that never blocks: a mail out, an answer in; commands pipelined where it can (once).

Source: RFC 5321 (SMTP), RFC 2920 (pipelining), RFC 3461 (delivery status notifications). Connecting, TLS and log-in are
the standard library's. Before the text begins nobody can have the mail; after it began only an answer tells.
"""

import contextlib
import smtplib
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rightparty.dispatch.channels.adapter import Fate, Handover, MaySend
from rightparty.dispatch.channels.mail import Mail
from rightparty.dispatch.channels.one_by_one import FENCED

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 30.0
"""How long to wait for a reply; of a mail whose text was written the outcome is unknown after it."""
LONGEST_REPLY: Final = 16_384
READ_BYTES: Final = 65_536
SHUTTING_DOWN: Final = 421

MAIL, RCPT, DATA, TEXT, NOTHING, RSET = "mail", "rcpt", "data", "text", "nothing", "rset"
"""What a reply is awaited to: commands; the text; a text of nothing, which ends a mail without recipient; a reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where and how to connect."""

    host: str
    port: int
    #: "", "starttls" or "tls"
    security: str = ""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    #: the name we give in EHLO
    ehlo: str
    tls: ssl.SSLContext | None = None

    def connected(self) -> smtplib.SMTP:
        """Connect and log in.

        Raises:
            OSError: no connection, or the server does not let us in (all errors of smtplib are among them).
        """
        try:
            return self._connected()
        except ValueError:
            # a host name that is none, a challenge or password that cannot be written: its words may show the password
            raise ConnectionRefusedError("no host name, or no log-in that both sides can write") from None

    def _connected(self) -> smtplib.SMTP:
        tls = self.tls or (ssl.create_default_context() if self.security else None)
        if self.security == "tls":
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, local_hostname=self.ehlo, timeout=CONNECT_SECONDS, context=tls
            )
        else:
            made = smtplib.SMTP(self.host, self.port, local_hostname=self.ehlo, timeout=CONNECT_SECONDS)
        try:
            if self.security == "starttls":
                made.starttls(context=tls)
            made.ehlo_or_helo_if_needed()
            if self.user:
                made.login(self.user, self.password)
        except (OSError, ValueError):
            made.close()
            raise
        return made


class Connection:
    """Takes one mail at a time; not safe for several threads at once."""

    def __init__(self, server: smtplib.SMTP, *, sender: str, clock: Callable[[], float] = time.monotonic) -> None:
        if server.sock is None:
            raise ConnectionResetError("the server closed the connection")
        self._server = server  # closes the socket when it is gone
        self.socket = server.sock
        self.socket.settimeout(0)
        self._clock = clock
        self._is_tls = isinstance(self.socket, ssl.SSLSocket)
        self._is_pipelined = server.has_extn("pipelining")
        self._has_notices = server.has_extn("dsn")
        self._sender = sender
        self._in, self._out = bytearray(), bytearray()
        self._reply_length = 0
        self._awaited: deque[str] = deque()
        self._deadline = 0.0
        self._commands: deque[tuple[str, bytes]] = deque()
        self._mail: Mail | None = None
        self._message_id = ""
        self._may_send: MaySend = lambda: False
        self._is_text_out = False
        #: what became of the mail, once that is known
        self.result: Handover | None = None
        self.is_lost = False

    @property
    def is_idle(self) -> bool:
        """Tell whether it can take a mail."""
        return not (self.is_lost or self._awaited or self._out or self._mail)

    @property
    def wants_to_write(self) -> bool:
        """Tell whether bytes wait for the socket."""
        return bool(self._out)

    def seconds_left(self) -> float:
        """Return the seconds until the reply is overdue."""
        return max(0.0, self._deadline - self._clock())

    def check(self) -> bool:
        """Tell whether an idle connection still stands: servers close those that rest, some with a last word."""
        if not self.is_lost:
            self.read()
        return self.is_idle

    def begin(self, mail: Mail, *, may_send: MaySend) -> None:
        """Begin to hand over a mail; `may_send` is asked again directly before its text."""
        self._mail, self._message_id, self._may_send = mail, mail.message_id, may_send
        self.result, self._is_text_out = None, False
        notices = (" RET=HDRS", " NOTIFY=FAILURE") if self._has_notices else ("", "")
        self._commands = deque(
            (
                (MAIL, f"MAIL FROM:<{self._sender}>{notices[0]}\r\n".encode("ascii")),
                (RCPT, f"RCPT TO:<{mail.to}>{notices[1]}\r\n".encode("ascii")),
                (DATA, b"DATA\r\n"),
            )
        )
        self._next_command()

    def _next_command(self) -> None:
        """Write the next command, or all of them at once where the server takes them so."""
        lines = b""
        while self._commands:
            awaited, line = self._commands.popleft()
            self._awaited.append(awaited)
            lines += line
            if not self._is_pipelined:
                break
        self._write(lines)

    def _write(self, data: bytes) -> None:
        self._deadline = self._clock() + ANSWER_SECONDS
        self._out += data
        self.flush()

    def flush(self) -> None:
        """Write what the socket takes."""
        while self._out and not self.is_lost:
            try:
                count = self.socket.send(self._out)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                self.lose("smtp.connection_lost")
                return
            del self._out[:count]

    def read(self) -> None:
        """Read what waits and act on each reply; never raises for what a server does."""
        while not self.is_lost:
            try:
                chunk = self.socket.recv(READ_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                chunk = b""
            if not chunk:
                self.lose("smtp.connection_lost")
                return
            self.feed(chunk)
            if len(chunk) < READ_BYTES and not self._is_tls:
                return

    def feed(self, chunk: bytes) -> None:
        """Take bytes from the server, whatever they are."""
        self._in += chunk
        while not self.is_lost and (end := self._in.find(b"\n")) >= 0:
            line = bytes(self._in[:end])
            del self._in[: end + 1]
            self._reply_length += len(line)
            code = line[:3]
            if not (code.isdigit() and line[3:4] in (b"", b" ", b"-", b"\r")):
                self.lose("smtp.not_a_reply")
            elif line[3:4] != b"-":
                self._reply_length = 0
                self._on_reply(int(code))
            elif self._reply_length > LONGEST_REPLY:
                self.lose("smtp.not_a_reply")
        if len(self._in) > LONGEST_REPLY:
            self.lose("smtp.not_a_reply")

    def tick(self) -> None:
        """Give the connection up if a reply is overdue."""
        if self._awaited and self._clock() >= self._deadline:
            self.lose("smtp.no_answer")

    def _on_reply(self, code: int) -> None:
        self._deadline = self._clock() + ANSWER_SECONDS
        awaited = self._awaited.popleft() if self._awaited else ""
        if awaited in (RSET, NOTHING):
            self._mail = None
        elif awaited in (MAIL, RCPT) and code // 100 == 2:
            if not self._is_pipelined:
                self._next_command()
        elif awaited == DATA and code == 354:
            self._on_invitation()
        elif awaited == TEXT:
            self._on_answer(code)
        elif awaited and code // 100 in (4, 5):
            self._on_refusal(awaited, code)
        else:
            self.lose("smtp.not_a_reply")
        if code == SHUTTING_DOWN:
            self.lose("smtp.connection_lost")

    def _on_refusal(self, awaited: str, code: int) -> None:
        """Keep the first refusal and bring the server back to the beginning."""
        if self.result is None:
            fate = Fate.BUSY if code // 100 == 4 else Fate.REFUSED
            self.result = Handover(fate=fate, code=f"smtp.status_{code}")
        if awaited == TEXT:
            self._mail = None
        elif not self._awaited:
            self._commands.clear()
            self._awaited.append(RSET)
            self._write(b"RSET\r\n")

    def _on_answer(self, code: int) -> None:
        """Take the answer to the text; a server that answers before it has all of it may never read the rest."""
        is_early = bool(self._out)
        if code // 100 in (4, 5):
            self._on_refusal(TEXT, code)
        elif code // 100 == 2 and not is_early:
            self.result = Handover(fate=Fate.ACCEPTED, provider_ids=(self._message_id,))
            self._mail = None
        if is_early or self._mail is not None:
            self.lose("smtp.not_a_reply")

    def _on_invitation(self) -> None:
        """Write the text: the last instant at which it can still be withheld."""
        if self.result is not None or self._mail is None:
            self._awaited.append(NOTHING)
            self._write(b".\r\n")
        elif self._may_send():
            self._awaited.append(TEXT)
            self._is_text_out = True
            self._write(self._mail.content + b".\r\n")
        else:
            self.result = FENCED
            self.lose("")

    def lose(self, code: str) -> None:
        """Give the connection up and say what that means for the mail under way."""
        if self._mail is not None and self.result is None:
            fate = Fate.UNKNOWN if self._is_text_out else Fate.NOT_SENT
            # its id is known whatever became of it, so that a bounce can tell
            ids = (self._message_id,) if fate is Fate.UNKNOWN else ()
            self.result = Handover(fate=fate, provider_ids=ids, code=code)
        self.is_lost = True
        self._mail = None
        self._awaited.clear()
        self._out.clear()
        self._server.close()

    def quit(self) -> None:
        """Take leave, without waiting for the answer, and close."""
        if self.is_idle:
            with contextlib.suppress(OSError):
                self.socket.send(b"QUIT\r\n")
        self.lose("")
