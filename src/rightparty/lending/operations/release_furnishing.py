# SPDX-License-Identifier: Apache-2.0
"""Lets an account be furnished again when the doubt is settled. Serves correctable."""

from datetime import datetime

from rightparty.kernel.clock import require_aware
from rightparty.lending.models import FurnishingHold


def release_furnishing(*, account_id: str, kind: str, at: datetime) -> int:
    """End the running furnishing holds of this kind and return their number."""
    return FurnishingHold.objects.filter(account_id=account_id, kind=kind, to_at__isnull=True).update(
        to_at=require_aware(at)
    )
