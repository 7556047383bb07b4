# SPDX-License-Identifier: Apache-2.0
"""Judge every batch on trial, as its messages mature without a report."""

from datetime import datetime

from rightparty.dispatch.models import Batch
from rightparty.dispatch.operations.judge_batch import judge_batch
from rightparty.dispatch.trial import Verdict
from rightparty.kernel.vocabulary import BatchState


def judge_trials(*, at: datetime) -> dict[int, Verdict]:
    """Return the verdict on each batch that was on trial."""
    on_trial = Batch.objects.filter(state=BatchState.ON_TRIAL).order_by("load_id").values_list("load_id", flat=True)
    return {load_id: judge_batch(load_id=load_id, at=at) for load_id in list(on_trial)}
