# SPDX-License-Identifier: Apache-2.0
"""What can happen at a contact point, as the filter counts it: the contract's events and what other rows imply."""

from typing import Final

KINDS: Final = (
    "otp_verified", "login", "replied", "answered", "paid", "name_agrees", "consent_given",
    "wrong_party", "name_differs", "opted_out", "reassigned", "claimed_by_other", "used_by_other", "newer_point",
    "restated", "delivered", "undelivered", "unknown_subscriber", "status_live", "status_dead",
    "holder_same", "holder_changed", "subscriber_matches", "subscriber_differs", "expired", "contact",
)  # fmt: skip
"""Evidence kinds; the position is the code in event streams."""

CODE: Final = {kind: code for code, kind in enumerate(KINDS)}

CONTACT: Final = CODE["contact"]
"""A message or call of the lender's: what did not come of it is evidence too."""

HOLDER: Final = (CODE["holder_same"], CODE["holder_changed"])
"""Answers to whether a number changed hands since it was the person's: they tell who has held it all along (the person,
or a stranger from the first) from who came later. Their three numbers are of those who held it, of a value in nobody's
use, and of those who came later."""

ENGAGED: Final = ("otp_verified", "login", "replied", "answered", "paid", "name_agrees", "consent_given")
"""What only happens as often as the person is active at the point."""

OUTCOME, PER_TIME, PER_CONTACT = 0, 1, 2
"""How a kind is exposed: outcomes of one trial sum to one; others are rates per day or per contact."""

TRIALS: Final = (
    ("delivered", "undelivered", "unknown_subscriber"), ("status_live", "status_dead"),
    ("holder_same", "holder_changed"), ("subscriber_matches", "subscriber_differs"),
)  # fmt: skip
"""Outcomes that exclude one another: their probabilities in a state sum to one."""
