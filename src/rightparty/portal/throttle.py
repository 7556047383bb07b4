# SPDX-License-Identifier: Apache-2.0
"""Slow down whoever guesses reference codes: after many failures each code seems unknown for an hour (answerable).

The count lives in a cache. With a cache per process each process counts for itself, so that a guesser gets at most
FAILURES_PER_HOUR times the processes; the codes' 49 random bits hold anyway.
"""

import hashlib
from datetime import datetime
from typing import Any, Final, Protocol

FAILURES_PER_HOUR: Final = 30
"""More than anybody needs who types a code from a message, far fewer than guessing takes."""

SECONDS: Final = 3_600


class Counters(Protocol):
    """What is needed of a cache; Django's has it."""

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what is kept under the key."""
        ...

    def add(self, key: Any, value: Any, timeout: Any = None) -> bool:
        """Keep the value unless one is kept already."""
        ...

    def incr(self, key: Any, delta: int = 1) -> int:
        """Add to the value kept; ValueError if none is."""
        ...


def is_throttled(counters: Counters, *, client: str, at: datetime) -> bool:
    """Tell whether this client failed too often within this hour."""
    return int(counters.get(_key(client, at), 0)) >= FAILURES_PER_HOUR


def note_failure(counters: Counters, *, client: str, at: datetime) -> None:
    """Count a code that was not confirmed."""
    key = _key(client, at)
    if not counters.add(key, 1, SECONDS):
        try:
            counters.incr(key)
        except ValueError:  # it ran out between the two calls
            counters.add(key, 1, SECONDS)


def _key(client: str, at: datetime) -> str:
    """Name the client's counter of this hour without keeping the client's address."""
    hour = int(at.timestamp()) // SECONDS
    return f"portal-failures-{hashlib.sha256(client.encode()).hexdigest()[:32]}-{hour}"
