# SPDX-License-Identifier: Apache-2.0
"""Half-open periods [from_at, to_at): the only way time spans are written (holds, validity, leases)."""

from dataclasses import dataclass
from datetime import datetime

from rightparty.kernel.clock import require_aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A span of instants that includes its start and excludes its end; no end means still running."""

    from_at: datetime
    to_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse naive instants and an end before the start."""
        start = require_aware(self.from_at)
        if self.to_at is not None and require_aware(self.to_at) < start:
            raise ValueError(f"period ends at {self.to_at} before it starts at {self.from_at}")

    def holds_at(self, instant: datetime) -> bool:
        """Tell whether the instant lies inside."""
        return self.from_at <= instant and (self.to_at is None or instant < self.to_at)
