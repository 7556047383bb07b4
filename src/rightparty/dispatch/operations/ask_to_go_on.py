# SPDX-License-Identifier: Apache-2.0
"""Ask that a stopped batch go on, or that a trial end: the first of two people (right_party)."""

from datetime import datetime
from typing import Final

from django.db import transaction

from rightparty.dispatch.locks import lock_batch
from rightparty.dispatch.models import Batch, BatchDecision
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.dispatch.operations.stop_batch import BatchError
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.vocabulary import BatchState

NEXT: Final = {BatchState.STOPPED: BatchState.ON_TRIAL, BatchState.ON_TRIAL: BatchState.TRUSTED}
"""Two people take a batch one step on: what was stopped is tried again, what is on trial is trusted."""


def ask_to_go_on(*, load_id: int, at: datetime, by: str, reason: str) -> BatchState:
    """Record the request and return the state that the batch will have if somebody else agrees.

    Raises:
        BatchError: no such batch, nothing to ask for, asked already, or no name or reason.
    """
    if not by.strip() or not reason.strip():
        raise BatchError("a request needs a name and a reason", remedy="Say who asks, and why.")
    with transaction.atomic():
        lock_batch(load_id)
        batch = Batch.objects.filter(load_id=load_id).first()
        if batch is None:
            raise BatchError(f"there is no batch {load_id}", remedy="`rightparty batches list` lists them.")
        after = NEXT.get(BatchState(batch.state))
        if after is None:
            raise BatchError(f"batch {load_id} is {batch.state}", remedy="Nothing is to be asked for.")
        if BatchDecision.objects.filter(batch=batch, agreed_at__isnull=True, void_at__isnull=True).exists():
            raise BatchError(f"it was asked already that batch {load_id} go on", remedy="Somebody else has to agree.")
        BatchDecision.objects.create(
            batch=batch, from_state=batch.state, to_state=after, asked_by=by.strip()[:150], asked_at=at,
            reason=reason.strip()[:300],
        )  # fmt: skip
        facts: dict[str, str | int] = {"load": load_id, "from": batch.state, "to": after.value}
        private = {"asked_by": by.strip(), "reason": reason.strip()}
        append_leaves([LeafRecord(kind="batch.asked", recorded_at=at, facts=facts, private=private)])
        raise_alarm(kind="batch_asked", facts=facts, at=at)
    return after
