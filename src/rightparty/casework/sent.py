# SPDX-License-Identifier: Apache-2.0
"""The message that somebody asks about, as the room needs it (answerable, correctable)."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A released reminder. Whom and what it is about never shows in a log: these are left out of `repr`."""

    id: UUID
    #: the stored reference code
    code: str
    #: sms, email
    channel: str
    released_at: datetime
    #: SHA-256 of the text, hexadecimal
    text_digest: str
    #: the gate's record in the log
    evidence_index: int
    party_id: str = field(repr=False)
    account_id: str = field(repr=False)
    address: str = field(repr=False)
