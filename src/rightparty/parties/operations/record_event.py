# SPDX-License-Identifier: Apache-2.0
"""Records one thing that happened at a contact point, live. Serves right_party and correctable."""

from datetime import datetime

from django.db import transaction

from rightparty.kernel.clock import require_aware
from rightparty.parties.models import ContactEvent


def record_event(
    *,
    event_id: str,
    channel: str,
    value: str,
    kind: str,
    occurred_at: datetime,
    party_id: str = "",
    account_id: str = "",
    detail: str = "",
) -> None:
    """Record the event once: an event id that is known already is left as it is.

    Meaning: `channel` is the point's (phone, email, …); `detail` may hold the message channel (sms, call).
    Raises: NaiveInstantError if the instant has no zone.
    """
    with transaction.atomic():
        ContactEvent.objects.bulk_create(
            [
                ContactEvent(
                    event_id=event_id,
                    channel=channel,
                    value=value,
                    kind=kind,
                    occurred_at=require_aware(occurred_at),
                    party_id=party_id,
                    account_id=account_id,
                    detail=detail,
                )
            ],
            ignore_conflicts=True,
        )
