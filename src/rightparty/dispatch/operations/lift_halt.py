# SPDX-License-Identifier: Apache-2.0
"""Lift every halt in force, so that dispatch may go on."""

from datetime import datetime

from django.db import transaction

from rightparty.dispatch.models import Halt
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves


def lift_halt(*, at: datetime, by: str) -> int:
    """Lift what is in force and return how many halts that were."""
    with transaction.atomic():
        lifted = Halt.objects.filter(lifted_at__isnull=True).update(lifted_at=at, lifted_by=by[:150])
        if lifted:
            append_leaves([LeafRecord(kind="dispatch.resumed", recorded_at=at, private={"by": by})])
            raise_alarm(kind="dispatch_resumed", facts={}, at=at)
    return lifted
