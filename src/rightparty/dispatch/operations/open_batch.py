# SPDX-License-Identifier: Apache-2.0
"""Open a batch for a load that brought contact points, in the load's own transaction: before it, nothing is used."""

from datetime import datetime

from rightparty.dispatch.models import Batch
from rightparty.dispatch.queries import trial_rules
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.vocabulary import BatchState
from rightparty.parties.queries import count_new_points


def open_batch(*, load_id: int, brought: int, at: datetime) -> BatchState:
    """Put a load on trial, or trust it if it is the first of the installation or smaller than any sample.

    `brought`: rows of contact points that the load brought or changed. A load is the first while every load before it
    is reverted.
    """
    rules = trial_rules()
    is_first = not Batch.objects.exclude(state=BatchState.WITHDRAWN).exists()
    new_points = brought if is_first else count_new_points(load_id)
    state, cause = BatchState.TRUSTED, "first_load" if is_first else "small"
    if rules.needs_trial(new_points, is_first=is_first):
        state, cause = BatchState.ON_TRIAL, "new"
    Batch.objects.create(
        load_id=load_id, opened_at=at, new_points=new_points, state=state, state_changed_at=at, cause=cause,
        tested_from=at,
    )  # fmt: skip
    facts = {"load": load_id, "new_points": new_points, "state": state.value, "cause": cause}
    append_leaves([LeafRecord(kind="batch.opened", recorded_at=at, facts=facts)])
    return state
