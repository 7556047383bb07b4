# SPDX-License-Identifier: Apache-2.0
"""End a batch whose load is reverted, in the revert's own transaction: its points are gone, and so is its word."""

from datetime import datetime

from rightparty.dispatch.locks import lock_batch
from rightparty.dispatch.models import Batch, BatchDecision
from rightparty.kernel.vocabulary import BatchState


def withdraw_batch(*, load_id: int, at: datetime) -> None:
    """Mark a batch as withdrawn; a load that brought no contact points has none."""
    lock_batch(load_id)
    Batch.objects.filter(load_id=load_id).update(state=BatchState.WITHDRAWN, cause="reverted", state_changed_at=at)
    BatchDecision.objects.filter(batch_id=load_id, agreed_at__isnull=True, void_at__isnull=True).update(void_at=at)
