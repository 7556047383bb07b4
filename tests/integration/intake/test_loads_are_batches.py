# SPDX-License-Identifier: Apache-2.0
"""right_party: a load that brings contact points becomes a batch in its own transaction; reports it brings count."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Alarm, Batch, BatchMessage
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.dispatch.queries import batches_as_of
from rightparty.evidence.models import Leaf
from rightparty.intake.operations.decide_load import admit_load
from rightparty.intake.operations.load_portfolio import load_portfolio
from rightparty.intake.operations.revert_load import revert_load
from tests.integration.dispatch.batches import brought_by_load, open_load, release_all
from tests.integration.dispatch.lender import CountingChannel, phone_of
from tests.integration.intake.test_quarantine import delivery

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_home(settings: object, tmp_path: Path) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "HOME": tmp_path / "home"}  # type: ignore[attr-defined]


def states() -> list[tuple[str, str, int]]:
    return list(Batch.objects.order_by("load_id").values_list("state", "cause", "new_points"))


def new_people(folder: Path, people: range) -> Path:
    """A delivery of persons who were not on file before."""
    place = folder / f"new{people.start}"
    place.mkdir()
    names = "\n".join(f"N{n:04d},Person {n},US" for n in people)
    (place / "parties.csv").write_text(f"party_id,full_name,country\n{names}\n")
    points = "\n".join(f"N{n:04d},phone,+1202556{n:04d},branch,2026-01-01T00:00:00Z" for n in people)
    (place / "contact_points.csv").write_text(f"party_id,channel,value,source,collected_at\n{points}\n")
    return place


def test_the_first_load_is_trusted_a_large_one_after_it_on_trial_a_small_one_not(tmp_path: Path, at: datetime) -> None:
    load_portfolio(delivery(tmp_path, label="base"), at=at)
    load_portfolio(new_people(tmp_path, range(100)), at=at)
    load_portfolio(new_people(tmp_path, range(100, 120)), at=at)
    assert states() == [("trusted", "first_load", 200), ("on_trial", "new", 100), ("trusted", "small", 20)]
    assert batches_as_of(at=at)["room"].to_list() == [0, 25, 0]
    assert Leaf.objects.filter(kind="batch.opened").count() == 3


def test_values_that_their_persons_had_already_are_not_new(tmp_path: Path, at: datetime) -> None:
    load_portfolio(delivery(tmp_path, label="base"), at=at)
    load_portfolio(delivery(tmp_path, label="again"), at=at)
    assert states()[1] == ("trusted", "small", 0)


def test_a_quarantined_load_is_no_batch_but_an_alarm_and_an_admitted_one_is_on_trial(
    tmp_path: Path, at: datetime
) -> None:
    load_portfolio(delivery(tmp_path, label="base"), at=at)
    held = load_portfolio(delivery(tmp_path, shift=range(60, 120), label="moved"), at=at)
    assert held.outcome == "quarantined"
    assert Batch.objects.count() == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.facts["load"]) == ("load_quarantined", held.load_id)
    assert held.load_id is not None
    admit_load(held.load_id, by="Ada", reason="they did swap", at=at)
    assert states()[1] == ("on_trial", "new", 60)


def test_a_preview_opens_nothing_and_a_revert_withdraws(tmp_path: Path, at: datetime) -> None:
    load_portfolio(delivery(tmp_path, label="base"), at=at, dry_run=True)
    assert Batch.objects.count() == Leaf.objects.count() == 0
    first = load_portfolio(delivery(tmp_path, label="other"), at=at)
    assert first.load_id is not None
    revert_load(first.load_id, at=at)
    assert states() == [("withdrawn", "reverted", 200)]
    load_portfolio(new_people(tmp_path, range(100)), at=at)
    assert states()[1][:2] == ("trusted", "first_load"), "after everything was reverted a load is the first again"


def test_reports_that_come_with_a_load_stop_the_batch_they_are_about(tmp_path: Path, at: datetime) -> None:
    load_portfolio(delivery(tmp_path, label="base"), at=at)
    connect("sms", CountingChannel())
    open_load(at, load_id=900)
    brought_by_load(range(1_001, 1_021), at, load_id=900)
    hand_over(release_all(at), worker="w1", clock=lambda: at)
    later = at + timedelta(days=1)
    place = tmp_path / "calls"
    place.mkdir()
    said = "\n".join(f"c{n},phone,{phone_of(n)},name_differs,{later.isoformat()}" for n in range(1_001, 1_008))
    (place / "contact_events.csv").write_text(f"event_id,channel,value,kind,occurred_at\n{said}\n")
    report = load_portfolio(place, at=later)
    assert report.outcome == "loaded"
    assert BatchMessage.objects.filter(reported_at__isnull=False).count() == 7
    assert Batch.objects.get(load_id=900).state == "stopped"
