# SPDX-License-Identifier: Apache-2.0
"""Records a person's demand that communication cease, over all debts. Serves right_time (12 CFR 1006.6(c))."""

from datetime import datetime

from rightparty.kernel.clock import require_aware
from rightparty.parties.models import CeaseCommunication


def record_cease_communication(*, person_id: str, at: datetime, origin: str) -> bool:
    """Record the demand from an instant on and tell whether it is new; a demand still in force is left as it is.

    The caller holds the locks of all the person's ids: a release sees the demand, or came before it.
    """
    instant = require_aware(at)
    _demand, is_new = CeaseCommunication.objects.get_or_create(
        person_id=person_id, to_at=None, defaults={"from_at": instant, "origin": origin}
    )
    return is_new
