# SPDX-License-Identifier: Apache-2.0
"""Judge a batch by the reports on its messages: stop it, end its trial, or leave it (right_party).

Crash meaning: the verdict commits with the report that caused it, or with nothing.
"""

from datetime import datetime

from django.db import transaction

from rightparty.dispatch.locks import lock_batch
from rightparty.dispatch.models import Batch
from rightparty.dispatch.operations.stop_batch import stop_locked
from rightparty.dispatch.queries import matured_of, seen_of, trial_rules
from rightparty.dispatch.trial import Verdict, verdict_of
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.vocabulary import BatchState


def judge_batch(*, load_id: int, at: datetime) -> Verdict:
    """Judge one batch as it stands; one that is stopped or withdrawn stays so."""
    with transaction.atomic():
        lock_batch(load_id)
        batch = Batch.objects.filter(load_id=load_id).first()
        if batch is None or batch.state not in (BatchState.ON_TRIAL, BatchState.TRUSTED):
            return Verdict.GO_ON
        rules, on_trial = trial_rules(), batch.state == BatchState.ON_TRIAL
        seen = seen_of(batch)
        verdict = verdict_of(seen, matured_of(batch, at=at, rules=rules), rules, on_trial=on_trial)
        if verdict is Verdict.STOP:
            stop_locked(batch, at=at, cause="reports", by="", why="")
        if verdict is Verdict.TRUST:
            batch.state, batch.state_changed_at, batch.cause = BatchState.TRUSTED, at, "clean"
            batch.save(update_fields=["state", "state_changed_at", "cause"])
            facts = {"load": load_id, "messages": seen.messages, "reports": seen.reported}
            append_leaves([LeafRecord(kind="batch.trusted", recorded_at=at, facts=facts)])
    return verdict
