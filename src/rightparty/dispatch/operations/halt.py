# SPDX-License-Identifier: Apache-2.0
"""Stop all dispatch: no release, no hand-over and no message of a group under way begins after this commits.

A worker looks every quarter of a second while it writes. The file of this machine stops its workers even before the
store has a turn for the halt: on the embedded store the gate may hold the only one.

Crash meaning: before the commit the file remains, and with it this machine's halt, until somebody resumes.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from rightparty.dispatch import halt_file
from rightparty.dispatch.models import Halt
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves


def halt(*, at: datetime, by: str, why: str) -> None:
    """Put a halt in force; the same person halting for the same reason again changes nothing.

    Raises:
        django.db.Error: the store does not take it; the file has stopped this machine's workers all the same.
    """
    is_ours = halt_file.lay_down(settings.RIGHTPARTY["HOME"])
    with transaction.atomic():
        same = {"halted_by": by[:150], "why": why[:300], "lifted_at": None}
        if not Halt.objects.filter(**same).exists():
            Halt.objects.create(halted_at=at, **same)
            append_leaves([LeafRecord(kind="dispatch.halted", recorded_at=at, private={"by": by, "why": why})])
            raise_alarm(kind="dispatch_halted", facts={}, at=at)
    if is_ours:
        halt_file.take_away(settings.RIGHTPARTY["HOME"])
