# SPDX-License-Identifier: Apache-2.0
"""Submits messages through one bind, up to a window of submit_sm unanswered, and says what became of each (once).

A message's answer follows from those to its segments: all taken is accepted, none taken is refused or busy; some taken,
or an answer that never came, is unknown, for a part may show on the phone.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from rightparty.dispatch.channels.adapter import Fate, Handover, MaySend
from rightparty.dispatch.channels.one_by_one import FENCED
from rightparty.dispatch.channels.smpp_pdus import (
    OK,
    QUEUE_FULL,
    THROTTLED,
    WRONG_BIND_STATE,
    PduError,
    read_message_id,
)
from rightparty.dispatch.channels.smpp_session import Session

NOT_NOW: Final = frozenset({QUEUE_FULL, THROTTLED, WRONG_BIND_STATE})
"""Statuses that say: not taken, and nothing is wrong with the message."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.8
"""Seconds without a new message after the SMSC said "not now", doubled each time until it takes one."""
MOST_PAUSES: Final = 5
"""Pauses in a row after which the rest is given back unwritten."""


class Submission:
    """One message on its way: its segments, what was written of them and what was answered."""

    __slots__ = ("_bodies", "_code", "_end", "_hear", "_ids", "_open", "_statuses", "_written")

    def __init__(self, bodies: Iterable[bytes]) -> None:
        self._bodies = tuple(bodies)
        self._written = self._open = 0
        self._ids: list[str] = []
        self._statuses: list[int] = []
        self._code = ""
        self._end: Handover | None = None
        self._hear: Callable[[int], None] | None = None

    @property
    def is_begun(self) -> bool:
        """Tell whether a byte of it was written."""
        return self._written > 0

    @property
    def wants_to_write(self) -> bool:
        """Tell whether a segment is still to be written; none is after one that was not taken."""
        is_going_well = not (self._statuses or self._code or self._end)
        return is_going_well and self._written < len(self._bodies)

    def next_body(self) -> bytes:
        """Return the segment to be written next."""
        return self._bodies[self._written]

    def tell(self, hear: Callable[[int], None]) -> None:
        """Let somebody hear the status of each answer."""
        self._hear = hear

    def end(self, handover: Handover) -> None:
        """End it without a byte written."""
        self._end = handover

    def wrote(self) -> None:
        """Note that the first byte of the next segment is on the wire."""
        self._written += 1
        self._open += 1

    def answered(self, status: int, body: bytes) -> None:
        """Take the answer to one segment."""
        self._open -= 1
        if status != OK:
            self._statuses.append(status)
        else:
            try:
                self._ids.append(read_message_id(body))
            except PduError:
                self._code = "smpp.bad_answer"
        if self._hear is not None:
            self._hear(status)

    def unanswered(self, code: str) -> None:
        """Learn that a segment gets no answer."""
        self._open -= 1
        self._code = code

    def handover(self) -> Handover:
        """Say what is known of the whole message."""
        if self._end is not None:
            return self._end
        if not self.is_begun:
            return Handover(fate=Fate.NOT_SENT, code="smpp.not_connected")
        code = self._code or (f"smpp.status_{self._statuses[0]:08x}" if self._statuses else "")
        ids = tuple(identity for identity in self._ids if identity)
        if self._code or len(self._ids) not in (0, len(self._bodies)):
            return Handover(fate=Fate.UNKNOWN, provider_ids=ids, code=code or "smpp.connection_lost")
        if not self._statuses:
            return Handover(fate=Fate.ACCEPTED, provider_ids=ids)
        is_busy = NOT_NOW.issuperset(self._statuses)
        return Handover(fate=Fate.BUSY if is_busy else Fate.REFUSED, code=code)


class Window:
    """Writes submissions one after another while the window, the SMSC and whoever holds the lease allow it."""

    def __init__(
        self, session: Session, *, size: int, may_send: MaySend, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._session = session
        self._size = size
        self._may_send = may_send
        self._clock = clock
        self._pause = self._resume_at = 0.0
        self._put_off = 0
        self._is_unbound = False
        #: answers of any kind that came
        self.answers = 0

    def send(self, queue: deque[Submission]) -> None:
        """Submit what is in the queue and wait for the answers; what is left in it was not begun: the bind is lost."""
        session = self._session
        while (queue or session.open) and not session.lost:
            self._fill(queue)
            if self._put_off >= MOST_PAUSES or self._is_unbound:
                self._put_off_rest(queue)
            if queue or session.open:
                self._wait(queue)
        if self._is_unbound:
            session.drop("smpp.not_bound")
        while queue and queue[0].is_begun:
            queue.popleft()

    def _fill(self, queue: deque[Submission]) -> None:
        """Write as long as there is room; a message's first byte only directly after it was asked for."""
        session = self._session
        while queue and session.open < self._size and session.can_write:
            first = queue[0]
            if not first.wants_to_write:
                queue.popleft()
                continue
            if not first.is_begun:
                if self._clock() < self._resume_at:
                    return
                if not self._may_send():
                    queue.popleft().end(FENCED)
                    continue
                first.tell(self._hear)
            if not session.submit(first.next_body(), first):
                return

    def _hear(self, status: int) -> None:
        """Slow down where the SMSC says "not now"; answers that were under way then count once."""
        self.answers += 1
        if status == OK:
            self._pause, self._put_off = 0.0, 0
        elif status == WRONG_BIND_STATE:
            self._is_unbound = True
        elif status in NOT_NOW and (now := self._clock()) >= self._resume_at:
            self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
            self._resume_at = now + self._pause
            self._put_off += 1

    @staticmethod
    def _put_off_rest(queue: deque[Submission]) -> None:
        """Give up what was not begun: the SMSC takes nothing more for now."""
        begun = [submission for submission in queue if submission.is_begun]
        for submission in queue:
            if not submission.is_begun:
                submission.end(Handover(fate=Fate.NOT_SENT, code="smpp.put_off"))
        queue.clear()
        queue.extend(begun)

    def _wait(self, queue: deque[Submission]) -> None:
        """Wait for whatever comes first: an answer, room in the socket, the end of a pause, a time-out."""
        session = self._session
        seconds = session.next_deadline()
        if queue and session.open < self._size:
            pause = self._resume_at - self._clock()
            if pause <= 0 or queue[0].is_begun:
                session.wait_for_room(seconds)
                return
            seconds = min(seconds, pause)
        session.poll(seconds)
