# SPDX-License-Identifier: Apache-2.0
"""Stop all dispatch: no release and no hand-over begins after this commits."""

from datetime import datetime

from django.db import transaction

from rightparty.dispatch.models import Halt
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves


def halt(*, at: datetime, by: str, why: str) -> None:
    """Put a halt in force."""
    with transaction.atomic():
        Halt.objects.create(halted_at=at, halted_by=by[:150], why=why[:300])
        append_leaves([LeafRecord(kind="dispatch.halted", recorded_at=at, private={"by": by, "why": why})])
        raise_alarm(kind="dispatch_halted", facts={}, at=at)
