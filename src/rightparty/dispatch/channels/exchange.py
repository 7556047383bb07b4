# SPDX-License-Identifier: Apache-2.0
"""One request to a provider over HTTP, with hard bounds, and how a group of messages shares them (once).

A thread of its own runs the requests, up to a window of them at once; the caller's thread alone is asked whether a
message may be sent, and it is asked when the connection stands, directly before the first byte. So whoever was not
allowed has certainly sent nothing, and whatever was allowed and not answered in full is unknown.

Nothing is followed, nothing is repeated, nothing is read beyond a limit, and proxies of the environment are not used:
a redirect would carry an address to somebody we were not told of.
"""

import asyncio
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any, Final

import httpx
import structlog

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
from rightparty.dispatch.channels.one_by_one import FENCED

ANSWER_SECONDS: Final = 15.0
"""From the first look at a message to its whole answer; longer means that the answer is lost."""
CONNECT_SECONDS: Final = 5.0
CLOSE_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 20.0
"""A connection unused for so long is given up: providers close theirs, and a write on a closed one is lost."""
MOST_BYTES: Final = 64 * 1024
"""Of an answer; the answers of all providers here are under 4 KiB."""
WINDOW: Final = 16
MOST_WINDOW: Final = 200
MOST_RATE: Final = 100_000.0

log = structlog.get_logger(__name__)


class NotConnectedError(Exception):
    """No connection was made: nothing was written."""


class NotAllowedError(Exception):
    """The fence said no: nothing was written."""


class LostAnswerError(Exception):
    """Something was, or may have been, written, and no answer can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a provider answered."""

    status: int
    #: names in lower case
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    #: the body was longer than is read
    is_cut: bool = False


@dataclass(slots=True)
class Gate:
    """What stands between one message and the wire."""

    ask: Callable[[], Awaitable[bool]]
    #: a byte of the message may have been written
    opened: bool = False

    async def enter(self) -> None:
        """Let one request pass.

        Raises:
            NotAllowedError: the fence says no.
        """
        if not await self.ask():
            raise NotAllowedError
        self.opened = True


_GATE: Final[ContextVar[Gate | None]] = ContextVar("gate", default=None)
"""Of the message whose task is running: official clients call us back without it."""


def checked_url(scheme: str, host: str | None) -> None:
    """Refuse an address that is neither https nor this very machine.

    Raises:
        ValueError: it is not; the message does not repeat the address, which may hold credentials.
    """
    if scheme != "https" and host not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("a provider is spoken to over https only")


class Exchange:
    """Pooled connections of one provider and the thread that serves them."""

    def __init__(self, *, window: int = WINDOW, seconds: float = ANSWER_SECONDS) -> None:
        self.window, self.seconds = window, seconds
        self._owner = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None
        self._lock = threading.Lock()

    async def request(self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"") -> Answer:
        """Make one request, once, and return its answer.

        Raises:
            NotConnectedError: nothing was written.
            NotAllowedError: nothing was written.
            LostAnswerError: it may have been.
        """
        gate = _GATE.get()

        async def trace(event: str, _: Any) -> None:
            if gate is not None and event.endswith(".send_request_headers.started"):
                await gate.enter()

        sent = {"Accept-Encoding": "identity", **headers}
        try:
            client = self._client
            if client is None:
                raise NotConnectedError
            request = client.build_request(method, url, headers=sent, content=content, extensions={"trace": trace})
            answer = await client.send(request, stream=True)
            try:
                return await _read(answer)
            finally:
                await answer.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
            raise NotConnectedError from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError):
            raise LostAnswerError from None

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the thread of the connections and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop()).result()

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of the thread, started when first asked for; a forked process starts its own."""
        with self._lock:
            if self._loop is None or self._owner != os.getpid():
                self._owner, self._client = os.getpid(), self._new_client()
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(self._loop,), name="exchange", daemon=True).start()
            return self._loop

    def close(self) -> None:
        """Close connections and thread."""
        if self._loop is None or self._owner != os.getpid():
            return
        if self._client is not None:
            self.run(self._client.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop = self._client = None

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(self.seconds, connect=CONNECT_SECONDS),
            limits=httpx.Limits(
                max_connections=self.window, max_keepalive_connections=self.window, keepalive_expiry=IDLE_SECONDS
            ),
        )


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


async def _read(answer: httpx.Response) -> Answer:
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            break
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(status=answer.status_code, headers=headers, body=body[:MOST_BYTES], is_cut=len(body) > MOST_BYTES)


_NO_ANSWER: Final = (NotConnectedError, LostAnswerError, TimeoutError)


class HttpAdapter(ABC):
    """All of `ChannelAdapter` but how one message goes out: a subclass says `hand_over`, and `find` if it can ask."""

    capabilities = Capabilities(window=WINDOW)

    def __init__(self, *, name: str, exchange: Exchange) -> None:
        self.name = name
        self.exchange = exchange

    def pace(self, *, window: int, per_second: float | None) -> None:
        """Set how many messages may be under way at once and how many a second; before the first message.

        Raises:
            ValueError: a window or rate that makes no sense.
        """
        if not 1 <= window <= MOST_WINDOW or (per_second is not None and not 0 < per_second < MOST_RATE):
            raise ValueError(f"window must be 1 to {MOST_WINDOW}, and rate more than 0")
        self.exchange.window = window
        self.capabilities = replace(self.capabilities, window=window, per_second=per_second)

    def __repr__(self) -> str:
        """Name the provider and nothing of how to get in."""
        return f"{type(self).__name__}({self.name})"

    @abstractmethod
    async def hand_over(self, message: OutboundMessage) -> Handover:
        """Hand over one message, at most once."""

    async def find(self, question: Question) -> Handover | None:  # noqa: ARG002 (for those that can ask)
        """Return what became of a message, None if it cannot be told."""
        return None

    def is_ready(self) -> bool:
        """Tell that it can be tried: whether the provider answers shows with the first message."""
        return True

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        """Hand over messages, a window of them at once; `may_send` is asked on this thread only."""
        loop = self.exchange.loop()
        news: SimpleQueue[asyncio.Future[bool] | None] = SimpleQueue()

        async def ask() -> bool:
            answer: asyncio.Future[bool] = loop.create_future()
            news.put(answer)
            return await answer

        group = asyncio.run_coroutine_threadsafe(self._send_group(messages, ask), loop)
        group.add_done_callback(lambda _: news.put(None))
        try:
            while (asked := news.get()) is not None:
                loop.call_soon_threadsafe(_tell, asked, may_send())
        finally:
            # only when `may_send` itself fails: whatever is under way then ends as unknown with the lease
            group.cancel()
        return group.result()

    async def _send_group(
        self, messages: Sequence[OutboundMessage], ask: Callable[[], Awaitable[bool]]
    ) -> list[Handover]:
        places = asyncio.Semaphore(self.exchange.window)

        async def one(message: OutboundMessage) -> Handover:
            async with places:
                return await self._guarded(message, Gate(ask))

        return list(await asyncio.gather(*(one(message) for message in messages)))

    async def _guarded(self, message: OutboundMessage, gate: Gate) -> Handover:
        """Return a named fate whatever happens: without an open gate nothing was sent, with one it may have been."""
        _GATE.set(gate)
        task = asyncio.ensure_future(self.hand_over(message))
        try:
            await asyncio.wait({task}, timeout=self.exchange.seconds)
        finally:
            task.cancel()
        # closing a connection may itself hang: then the pool forgets it, and the window has one place less
        await asyncio.wait({task}, timeout=CLOSE_SECONDS)
        lost = Fate.UNKNOWN if gate.opened else Fate.NOT_SENT
        if not task.done() or task.cancelled():
            return Handover(fate=lost, provider_ids=self.lost_ids(message, gate), code=f"{self.name}.timeout")
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, NotAllowedError) and not gate.opened:
            return FENCED
        if isinstance(error, NotConnectedError) and not gate.opened:
            code = f"{self.name}.not_connected"
        elif isinstance(error, NotConnectedError | NotAllowedError | LostAnswerError):
            code = f"{self.name}.no_answer"
        else:
            log.error("channel.failed", provider=self.name, kind=type(error).__name__)
            code = f"{self.name}.failed"
        return Handover(fate=lost, provider_ids=self.lost_ids(message, gate), code=code)

    def lost_ids(self, message: OutboundMessage, gate: Gate) -> tuple[str, ...]:  # noqa: ARG002
        """Return by what names receipts may later speak of a message whose answer was lost."""
        return ()

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        """Ask about messages of unknown outcome, a window of them at once."""
        return self.exchange.run(self._ask_group(questions))

    async def _ask_group(self, questions: Sequence[Question]) -> list[Handover | None]:
        places = asyncio.Semaphore(self.exchange.window)

        async def one(question: Question) -> Handover | None:
            async with places, asyncio.timeout(self.exchange.seconds):
                return await self.find(question)

        said = await asyncio.gather(*(one(question) for question in questions), return_exceptions=True)
        for fault in said:
            if isinstance(fault, BaseException) and not isinstance(fault, _NO_ANSWER):
                log.error("channel.failed", provider=self.name, kind=type(fault).__name__)
        return [None if isinstance(each, BaseException) else each for each in said]

    def take_receipts(self) -> list[ReceiptReport]:
        """Return nothing: receipts come by callback."""
        return []

    def take_texts(self) -> list[InboundText]:
        """Return nothing: replies come by callback."""
        return []

    def close(self) -> None:
        """Close connections and thread."""
        self.exchange.close()


def _tell(asked: "asyncio.Future[bool]", answer: bool) -> None:  # noqa: FBT001
    if not asked.done():
        asked.set_result(answer)
