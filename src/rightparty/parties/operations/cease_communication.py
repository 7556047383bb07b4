# SPDX-License-Identifier: Apache-2.0
"""Records a person's demand that communication cease, over all debts. Serves right_time (12 CFR 1006.6(c))."""

from datetime import datetime

from rightparty.kernel.clock import require_aware
from rightparty.parties.models import CeaseCommunication


def record_cease_communication(*, person_id: str, at: datetime, origin: str) -> None:
    """Record the demand from an instant on; a demand still in force is left as it is."""
    instant = require_aware(at)
    CeaseCommunication.objects.get_or_create(
        person_id=person_id, to_at=None, defaults={"from_at": instant, "origin": origin}
    )
