# SPDX-License-Identifier: Apache-2.0
"""How long to leave a provider alone that could not be reached: longer after each failure. Pure: the clock is given."""

from dataclasses import dataclass
from typing import Final

FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 60.0


@dataclass(slots=True)
class BackOff:
    """Waits that double from FIRST_SECONDS to LONGEST_SECONDS until an attempt succeeds."""

    seconds: float = 0.0
    until: float = 0.0

    def is_over(self, now: float) -> bool:
        """Tell whether another attempt may be made."""
        return now >= self.until

    def failed(self, now: float) -> None:
        """Wait after a failed attempt."""
        self.seconds = min(max(self.seconds * 2, FIRST_SECONDS), LONGEST_SECONDS)
        self.until = now + self.seconds

    def succeeded(self) -> None:
        """Begin anew."""
        self.seconds = self.until = 0.0
