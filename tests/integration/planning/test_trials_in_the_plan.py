# SPDX-License-Identifier: Apache-2.0
"""right_party: a plan proposes of a batch on trial what its sample has room for; the gate agrees with the plan."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from rightparty.dispatch.models import Batch, BatchMessage, Reminder
from rightparty.dispatch.operations.enqueue_proposals import enqueue_proposals
from rightparty.dispatch.queries import batches_as_of, outbox_keys
from rightparty.dispatch.wording import available_wordings
from rightparty.kernel.reasons import reasons_in
from rightparty.planning.operations.propose_plan import PlanResult, propose_plan
from rightparty.planning.queries import withheld_entries
from tests.integration.dispatch.batches import brought_by_load, open_load, release_all

pytestmark = pytest.mark.django_db
TRIAL, STOPPED = "right_party.batch_on_trial", "right_party.batch_stopped"


def plan(at: datetime) -> PlanResult:
    return propose_plan(at=at, wordings=available_wordings(), outbox=outbox_keys(), batches=batches_as_of(at=at))


def reasons(result: PlanResult) -> Counter[tuple[str, ...]]:
    masks = withheld_entries(result.plan_id)["reasons_mask"]
    return Counter(tuple(reason.code for reason in reasons_in(mask)) for mask in masks)


@pytest.fixture(autouse=True)
def _thirty_new_people(at: datetime) -> None:
    open_load(at, points=100)
    brought_by_load(range(1, 31), at)
    Reminder.objects.all().delete()


def test_a_plan_proposes_the_sample_and_the_gate_releases_all_of_it(at: datetime) -> None:
    result = plan(at)
    assert result.proposals.height == 25
    assert reasons(result) == {(TRIAL,): 5}
    enqueue_proposals(result.proposals, plan_id=result.plan_id, at=at)
    assert len(release_all(at)) == 25
    assert BatchMessage.objects.filter(is_sample=True).count() == 25
    assert reasons(plan(at))[(TRIAL,)] == 5, "the rest waits while the sample is out"


def test_a_stop_after_the_plan_is_seen_by_the_gate_and_by_the_next_plan(at: datetime) -> None:
    result = plan(at)
    enqueue_proposals(result.proposals, plan_id=result.plan_id, at=at)
    Batch.objects.update(state="stopped")
    assert release_all(at) == []
    assert {reasons_in(mask)[0].code for mask in Reminder.objects.values_list("reasons_mask", flat=True)} == {STOPPED}
    assert reasons(plan(at)) == {(STOPPED,): 30}


def test_the_lenders_own_rules_set_the_size_of_the_sample(at: datetime, tmp_path: Path) -> None:
    (tmp_path / "trial.toml").write_text("sample_per_day = 3\n")
    with override_settings(RIGHTPARTY={**settings.RIGHTPARTY, "TRIAL_FILE": str(tmp_path / "trial.toml")}):
        assert plan(at).proposals.height == 3
