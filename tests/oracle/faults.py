# SPDX-License-Identifier: Apache-2.0
"""Faults of the engine that the comparison found and that are not mended yet; each has a test that fails until then.

Whoever mends one takes its entry out here, and the `xfail` off its test.
"""

from collections.abc import Callable

from tests.oracle.clocks import clocks, has_calendar
from tests.oracle.promises import CHANNELS
from tests.oracle.situation import Situation


def _nobody(s: Situation, _apart: set[str]) -> bool:
    return s.person is None


def _no_such_channel(s: Situation, _apart: set[str]) -> bool:
    return s.channel is not None and s.channel not in CHANNELS


def _age(_s: Situation, apart: set[str]) -> bool:
    return apart <= {"right_party.minor", "right_party.age_unknown"}


def _no_such_year(s: Situation, apart: set[str]) -> bool:
    shown = clocks(s.at, s.zones) or []
    by_days = {"right_time.not_a_contact_day", "right_time.outside_contact_hours"}
    return apart <= by_days and any(not has_calendar(s.market, read.day.year) for read in shown)


UNMENDED: tuple[Callable[[Situation, set[str]], bool], ...] = (_nobody, _no_such_channel, _age, _no_such_year)


def is_unmended(situation: Situation, apart: set[str]) -> bool:
    """Tell whether a known fault explains that the readers part by these reasons."""
    return any(explains(situation, apart) for explains in UNMENDED)
