# SPDX-License-Identifier: Apache-2.0
"""Agree that a batch goes on: the second of two people, never the one who asked (right_party)."""

from datetime import datetime

from django.db import transaction

from rightparty.dispatch.locks import lock_batch
from rightparty.dispatch.models import Batch, BatchDecision
from rightparty.dispatch.operations.raise_alarm import raise_alarm
from rightparty.dispatch.operations.stop_batch import BatchError
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.vocabulary import BatchState


def agree_to_go_on(*, load_id: int, at: datetime, by: str) -> BatchState:
    """Carry out what was asked for, and return the batch's new state; its test begins anew.

    Raises:
        BatchError: nothing is asked for, the same person asked, or the batch has changed since.
    """
    if not by.strip():
        raise BatchError("an agreement needs a name", remedy="Say who agrees.")
    with transaction.atomic():
        lock_batch(load_id)
        batch = Batch.objects.filter(load_id=load_id).first()
        asked = BatchDecision.objects.filter(batch_id=load_id, agreed_at__isnull=True, void_at__isnull=True).first()
        if batch is None or asked is None or asked.from_state != batch.state:
            raise BatchError(f"nobody has asked that batch {load_id} go on", remedy="Ask first, with a reason.")
        if asked.asked_by.casefold() == by.strip().casefold():
            raise BatchError("who asked cannot agree as well", remedy="A second person has to agree.")
        asked.agreed_by, asked.agreed_at = by.strip()[:150], at
        asked.save(update_fields=["agreed_by", "agreed_at"])
        batch.state, batch.state_changed_at, batch.cause = asked.to_state, at, "two_people"
        batch.stopped_by, batch.why, batch.tested_from = "", "", at
        batch.save(update_fields=["state", "state_changed_at", "cause", "stopped_by", "why", "tested_from"])
        facts: dict[str, str | int] = {"load": load_id, "from": asked.from_state, "to": asked.to_state}
        private = {"asked_by": asked.asked_by, "agreed_by": asked.agreed_by, "reason": asked.reason}
        append_leaves([LeafRecord(kind="batch.agreed", recorded_at=at, facts=facts, private=private)])
        raise_alarm(kind="batch_agreed", facts=facts, at=at)
    return BatchState(batch.state)
