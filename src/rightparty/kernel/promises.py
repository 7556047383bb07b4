# SPDX-License-Identifier: Apache-2.0
"""The eight promises by name: the first part of every reason code, and what tests and pages are sorted by."""

from enum import StrEnum


class Promise(StrEnum):
    """What holds at the instant a message is released; see docs/explanation/eight-promises.md."""

    RIGHT_PARTY = "right_party"
    RIGHT_DEBT = "right_debt"
    RIGHT_TIME = "right_time"
    RIGHT_WORDS = "right_words"
    ONCE = "once"
    PROVABLE = "provable"
    ANSWERABLE = "answerable"
    CORRECTABLE = "correctable"
