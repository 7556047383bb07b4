# SPDX-License-Identifier: Apache-2.0
"""Text messages over SMPP 3.4: a window of unanswered messages, long texts in parts, receipts and replies (once).

What was written to the wire and not answered is `unknown`: the SMSC may have it, and SMPP has no query by our own id.
Receipts are acknowledged when read; a text from a phone only once it was taken and the caller has come back, so that a
crash loses no "stop".
"""

import itertools
import ssl
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
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
from rightparty.dispatch.channels.segments import TextTooLongError, segments_of
from rightparty.dispatch.channels.smpp_deliveries import Texts, receipt_of
from rightparty.dispatch.channels.smpp_pdus import PduError, bind_body, submit_body
from rightparty.dispatch.channels.smpp_session import Session
from rightparty.dispatch.channels.smpp_window import Submission, Window

WINDOW: Final = 50
MOST_WINDOW: Final = 1_000
PORT, TLS_PORT = 2775, 3550
WATCH_SECONDS: Final = 2.0
"""How often an idle bind is looked after: questions answered, silence noticed."""


class SmppChannel:
    """One transceiver bind to an SMSC."""

    def __init__(
        self,
        *,
        address: tuple[str, int],
        bind: bytes,
        sender: str,
        tls: ssl.SSLContext | None = None,
        window: int = WINDOW,
        per_second: float | None = None,
        name: str = "smpp",
    ) -> None:
        self.name = name
        self.capabilities = Capabilities(receipts=True, window=window, per_second=per_second)
        self._connect: Callable[[], Session] = lambda: Session.connected(address, tls=tls, bind=bind)
        self._sender = sender
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._back_off = BackOff()
        self._references = itertools.count(1)
        self._parts = Texts()
        self._receipts: list[ReceiptReport] = []
        self._texts: list[InboundText] = []
        #: deliveries whose texts wait here, and those whose texts were taken
        self._unread: list[tuple[Session, int]] = []
        self._read: list[tuple[Session, int]] = []
        self._watch: threading.Event | None = None

    @classmethod
    def from_url(cls, url: str, *, sender: str) -> "SmppChannel":
        """Make the channel of `smpp://user:password@host:port/?window=50&rate=500&name=smpp`; `smpps://` for TLS.

        Raises:
            ValueError: an option or a name that cannot be; the message names it and holds no credentials.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise ValueError("port must be a number") from None
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := options.keys() - {"window", "rate", "name"}:
            raise ValueError(f"unknown option {', '.join(sorted(unknown))}; there are window, rate and name")
        window, rate = _number(options, "window", WINDOW), _number(options, "rate", 0)
        if not 1 <= window <= MOST_WINDOW:
            raise ValueError(f"window must be 1 to {MOST_WINDOW}")
        try:
            bind = bind_body(user=unquote(parts.username or ""), password=unquote(parts.password or ""))
            submit_body(source=sender, destination="", text=b"", data_coding=0, has_header=False)
        except PduError:
            raise ValueError("user, password and sender must be short and of ASCII characters") from None
        is_tls = parts.scheme == "smpps"
        return cls(
            address=(parts.hostname or "localhost", port or (TLS_PORT if is_tls else PORT)),
            bind=bind,
            sender=sender,
            tls=ssl.create_default_context() if is_tls else None,
            window=int(window),
            per_second=rate or None,
            name=options.get("name", "smpp"),
        )

    def is_ready(self) -> bool:
        """Bind if not bound and not backing off; tell whether the bind stands."""
        with self._lock:
            return self._bound() is not None

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        """Submit all segments of all messages, a window of them at a time, and wait for the answers.

        A bind that breaks is made anew once if it had taken something; what was not written then goes on over it.
        """
        with self._lock:
            submissions = [self._submission(message) for message in messages]
            queue = deque(submission for submission in submissions if submission.wants_to_write)
            for _ in range(2):
                session = self._bound() if queue else None
                if session is None:
                    break
                window = Window(session, size=self.capabilities.window, may_send=may_send)
                window.send(queue)
                if not window.answers:
                    break
            return [submission.handover() for submission in submissions]

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        """Answer that nothing more is known: query_sm asks by the SMSC's id, which a lost answer would have told."""
        return [None] * len(questions)

    def take_receipts(self) -> list[ReceiptReport]:
        """Read what waits on the bind and return the receipts among it."""
        with self._lock:
            for session, sequence in self._read:
                session.acknowledge(sequence)
            self._read.clear()
            if self._session is not None:
                self._session.poll()
                self._sort(self._session)
            taken, self._receipts = self._receipts, []
            return taken

    def take_texts(self) -> list[InboundText]:
        """Return what phones sent."""
        with self._lock:
            taken = self._texts + self._parts.take_overdue(now=time.monotonic())
            self._texts = []
            self._read += self._unread
            self._unread = []
            return taken

    def close(self) -> None:
        """Unbind and close."""
        with self._lock:
            if self._watch is not None:
                self._watch.set()
                self._watch = None
            if self._session is not None:
                self._session.unbind()
                self._sort(self._session)
                self._session = None

    def look_after(self) -> None:
        """Keep an idle bind alive, unless somebody is using it."""
        if self._lock.acquire(blocking=False):
            try:
                if self._session is not None:
                    self._session.poll()
            finally:
                self._lock.release()

    def _bound(self) -> Session | None:
        """Return the bind that stands, a new one if need be, or None."""
        if self._session is not None:
            self._session.poll()
            if not self._session.lost and not self._session.is_worn:
                return self._session
            self._session.unbind()
            self._sort(self._session)
            self._session = None
        if not self._back_off.is_over(time.monotonic()):
            return None
        try:
            self._session = self._connect()
        except OSError:
            self._back_off.failed(time.monotonic())
            return None
        self._back_off.succeeded()
        self._begin_watch()
        return self._session

    def _begin_watch(self) -> None:
        if self._watch is None:
            self._watch = threading.Event()
            watch = threading.Thread(target=_look_after, args=(weakref.ref(self), self._watch), daemon=True)
            watch.start()

    def _submission(self, message: OutboundMessage) -> Submission:
        digits = message.address.removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            return _refused("smpp.not_a_number")
        try:
            segments = segments_of(message.body, reference=next(self._references))
            is_long = len(segments.parts) > 1
            bodies = [
                submit_body(source=self._sender, destination=digits, text=part, data_coding=segments.data_coding,
                            has_header=is_long)
                for part in segments.parts
            ]  # fmt: skip
        except TextTooLongError:
            return _refused("smpp.text_too_long")
        except UnicodeEncodeError:
            return _refused("smpp.not_a_text")
        except PduError:
            return _refused("smpp.not_a_number")
        return Submission(bodies)

    def _sort(self, session: Session) -> None:
        """Tell receipts from texts among what a bind brought."""
        while session.deliveries:
            sequence, delivery = session.deliveries.popleft()
            if delivery.is_receipt:
                report = receipt_of(delivery)
                if report is not None:
                    self._receipts.append(report)
                continue
            text = self._parts.take(delivery, now=time.monotonic())
            if text is None:
                session.acknowledge(sequence)
            else:
                self._texts.append(text)
                self._unread.append((session, sequence))


def _look_after(channel: "weakref.ref[SmppChannel]", over: threading.Event) -> None:
    """Look after a channel until it is closed or nobody has it any more."""
    while not over.wait(WATCH_SECONDS):
        watched = channel()
        if watched is None:
            return
        watched.look_after()
        del watched


def _refused(code: str) -> Submission:
    submission = Submission(())
    submission.end(Handover(fate=Fate.REFUSED, code=code))
    return submission


def _number(options: dict[str, str], name: str, default: float) -> float:
    try:
        number = float(options.get(name, default))
    except ValueError:
        raise ValueError(f"{name} must be a number") from None
    if not 0 <= number < float("inf"):
        raise ValueError(f"{name} must be a number")
    return number
