# SPDX-License-Identifier: Apache-2.0
"""A fact of the inbox that has not taken effect. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFact:
    """What somebody else's process wrote, as far as it concerns whoever applies it."""

    id: int
    type: str
    payload: object = field(repr=False)
    received_at: datetime
    #: it was looked at before and could not take effect
    is_faulty: bool
    #: what the payload names, unchecked
    account_id: str | None
    party_id: str | None
    #: who has the address that the payload names, if it names nobody else
    owners: Sequence[str] = ()

    @property
    def envelope(self) -> dict[str, object]:
        """The fact in the form in which it also comes by other ways."""
        return {"type": self.type, "data": self.payload}
