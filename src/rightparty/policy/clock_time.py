# SPDX-License-Identifier: Apache-2.0
"""Clock times as rules write them, HH:MM (right_time)."""

from typing import Final

from rightparty.policy.errors import PackError

_MINUTES_PER_HOUR: Final = 60
_LATEST_MINUTE: Final = 24 * _MINUTES_PER_HOUR


def minutes_of(text: str) -> int:
    """Return minutes after midnight of a `HH:MM` clock time, 24:00 included.

    Raises:
        PackError: not such a time.
    """
    hours, _, minutes = str(text).partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(minutes) < _MINUTES_PER_HOUR):
        raise PackError(f"{text!r} is not a clock time HH:MM")
    total = int(hours) * _MINUTES_PER_HOUR + int(minutes)
    if total > _LATEST_MINUTE:
        raise PackError(f"{text!r} is after 24:00")
    return total
