# SPDX-License-Identifier: Apache-2.0
"""Stop everything that a batch of contact data feeds, at once (right_party).

The lock waits for releases under way; their messages are cancelled here unless a worker has begun to write them to the
wire. Crash meaning: one transaction. After it commits no gate releases, and no worker hands over, what the batch feeds.
"""

from datetime import datetime

from django.db import transaction

from rightparty.dispatch.locks import lock_batch
from rightparty.dispatch.models import Batch, BatchDecision, Reminder
from rightparty.dispatch.operations.cancel_released import cancel_released
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.dispatch.queries import in_state, seen_of, stopped_among
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.vocabulary import BatchState


class BatchError(Exception):
    """What was asked of a batch cannot be done; `remedy` says what can."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def stop_batch(*, load_id: int, at: datetime, by: str, why: str) -> int:
    """Stop a batch by hand; return how many released messages did not go out.

    Raises:
        BatchError: no such batch, stopped already, reverted, or no name or reason.
    """
    if not by.strip() or not why.strip():
        raise BatchError("a stop needs a name and a reason", remedy="Say who stops it, and why.")
    with transaction.atomic():
        lock_batch(load_id)
        batch = Batch.objects.filter(load_id=load_id).first()
        if batch is None:
            raise BatchError(f"there is no batch {load_id}", remedy="`rightparty batches list` lists them.")
        if batch.state not in (BatchState.ON_TRIAL, BatchState.TRUSTED):
            raise BatchError(f"batch {load_id} is {batch.state}", remedy="Nothing is to be stopped.")
        return stop_locked(batch, at=at, cause="by_hand", by=by.strip(), why=why.strip())


def stop_locked(batch: Batch, *, at: datetime, cause: str, by: str, why: str) -> int:
    """Stop a batch whose lock the caller holds, in his transaction; return how many messages did not go out."""
    batch.state, batch.state_changed_at, batch.cause = BatchState.STOPPED, at, cause
    batch.stopped_by, batch.why = by[:150], why[:300]
    batch.save(update_fields=["state", "state_changed_at", "cause", "stopped_by", "why"])
    BatchDecision.objects.filter(batch=batch, agreed_at__isnull=True, void_at__isnull=True).update(void_at=at)
    # without a lease nothing is handed over any more
    waiting = Reminder.objects.filter(in_state(ReminderState.RELEASED), outcome="").values_list("id", flat=True)
    cancelled = cancel_released(stopped_among(list(waiting), at=at), at=at)
    seen = seen_of(batch)
    facts: dict[str, str | int] = {
        "load": batch.load_id, "cause": cause, "messages": seen.messages, "reports": seen.reported,
        "predicted": f"{seen.predicted:.3f}", "cancelled": cancelled,
    }  # fmt: skip
    private = {"by": by, "why": why}
    append_leaves([LeafRecord(kind="batch.stopped", recorded_at=at, facts=facts, private=private)])
    raise_alarm(kind="batch_stopped", facts=facts, at=at)
    return cancelled
