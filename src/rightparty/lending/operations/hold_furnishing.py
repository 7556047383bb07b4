# SPDX-License-Identifier: Apache-2.0
"""Stops the furnishing of an account to the credit bureau while a doubt is open. Serves correctable."""

from datetime import datetime

from rightparty.kernel.clock import require_aware
from rightparty.lending.models import FurnishingHold


def hold_furnishing(*, account_id: str, kind: str, at: datetime) -> None:
    """Open a furnishing hold on the account, unless one of this kind is running."""
    FurnishingHold.objects.get_or_create(
        account_id=account_id, kind=kind, to_at=None, defaults={"from_at": require_aware(at)}
    )
