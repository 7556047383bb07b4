# SPDX-License-Identifier: Apache-2.0
"""Lift every halt in force, so that dispatch may go on; also the one by this machine's file."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from rightparty.dispatch import halt_file
from rightparty.dispatch.models import Halt
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves


def lift_halt(*, at: datetime, by: str, why: str = "") -> int:
    """Lift what is in force and return how many halts that were, the file counted as one.

    Crash meaning: the file goes last, so that a crash leaves more halted, never less.
    """
    home = settings.RIGHTPARTY["HOME"]
    by_file = halt_file.is_there(home)
    with transaction.atomic():
        lifted = Halt.objects.filter(lifted_at__isnull=True).update(
            lifted_at=at, lifted_by=by[:150], lifted_why=why[:300]
        )
        if lifted or by_file:
            private = {"by": by, "why": why}
            append_leaves([LeafRecord(kind="dispatch.resumed", recorded_at=at, private=private)])
            raise_alarm(kind="dispatch_resumed", facts={}, at=at)
    if by_file:
        halt_file.take_away(home)
    return lifted + by_file
