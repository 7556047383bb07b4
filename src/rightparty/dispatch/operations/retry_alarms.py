# SPDX-License-Identifier: Apache-2.0
"""Let alarms that were given up be tried again, after what kept them from being delivered is mended."""

from datetime import datetime

from rightparty.dispatch.models import AlarmDelivery


def retry_alarms(*, at: datetime) -> int:
    """Put every failed delivery back, due at once, and make every waiting one due; return how many are due."""
    AlarmDelivery.objects.filter(state="failed").update(state="waiting", attempts=0)
    return AlarmDelivery.objects.filter(state="waiting").update(next_at=at)
