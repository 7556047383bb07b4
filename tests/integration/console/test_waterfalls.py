# SPDX-License-Identifier: Apache-2.0
"""right_party is laid open: each point is drawn as its evidence adds up, masked, in the person's zone, in few steps."""

import re
from datetime import datetime, timedelta

import polars as pl
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.translation import override

from rightparty.console.waterfalls import MOST_POINTS, MOST_STEPS, WORDS, draw, drawn, waterfalls_of_party
from rightparty.lending.queries import account_links
from rightparty.parties.attribution.condense import OTHERS
from rightparty.parties.attribution.kinds import KINDS
from rightparty.parties.attribution.waterfall import COLLECTED, SILENCE, waterfall
from rightparty.parties.models import ContactEvent, ContactPoint
from rightparty.parties.queries import attribution_as_of, evidence_as_of, installed_parameters
from tests.integration.dispatch.lender import add_person, phone_of

pytestmark = pytest.mark.django_db(transaction=True)


def busy(at: datetime, *, events: int = 0, points: int = 0) -> None:
    add_person(1, at)
    for number in range(events):
        ContactEvent.objects.create(
            event_id=f"b{number}", channel="phone", value=phone_of(1), party_id="P1",
            kind=("sent", "delivered", "login")[number % 3], occurred_at=at - timedelta(days=300 - number),
        )  # fmt: skip
    for number in range(points):
        ContactPoint.objects.create(party_id="P1", channel="phone", value=phone_of(1000 + number), source="agent",
                                    collected_at=at - timedelta(days=100), relation="self")  # fmt: skip


def test_every_kind_of_evidence_has_its_words() -> None:
    assert set(WORDS) == {*KINDS, COLLECTED, SILENCE, OTHERS}


def test_the_picture_ends_at_the_attribution_itself_however_long_the_history(at: datetime) -> None:
    busy(at, events=240)
    (picture,) = waterfalls_of_party("P1", at=at)
    judged = attribution_as_of(at=at, party_ids=["P1"], links=account_links(party_ids=["P1"]))
    said = float(picture.percent.strip("<> %"))
    assert said == pytest.approx(100 * judged.filter(pl.col("party_id") == "P1")["p_person"].item(), abs=0.5)
    assert sum(step.joined == 1 for step in picture.steps) <= 2 * MOST_STEPS + 1
    assert sum(step.joined for step in picture.steps) > 240
    assert all(step.bar_x >= 0 and step.bar_x + step.bar_length <= picture.width for step in picture.steps)


def test_a_person_with_hundreds_of_points_gets_a_page_that_can_be_read(at: datetime) -> None:
    busy(at, points=60)
    assert len(waterfalls_of_party("P1", at=at)) == MOST_POINTS


@pytest.mark.parametrize("suffix", [".html", ".svg"])
def test_a_picture_as_a_file_is_masked_whole_and_in_the_readers_language(at: datetime, suffix: str) -> None:
    busy(at, events=9)
    ContactPoint.objects.create(party_id="P1", channel="phone", value="+12025550101", source="agent",
                                collected_at=at - timedelta(days=100), relation="self")  # fmt: skip
    with override("zh-hans"):
        text = drawn("P1", at=at, suffix=suffix)
    assert phone_of(1) not in text
    assert "登录" in text
    assert text.count("<svg") == text.count("</svg>") >= 1
    # a foreign phone leaves his zone open: told in UTC, and said so
    assert "UTC" in text


def test_the_person_page_draws_each_point_and_says_it_in_a_table(at: datetime) -> None:
    add_person(1, at)
    client = Client()
    client.force_login(User.objects.create_user("agent", password="agent"))
    page = client.get("/console/person/?party=P1").content.decode()
    assert "How the evidence adds up" in page
    assert "one-time code confirmed" in page
    assert "The same as a table" in page
    assert phone_of(1) not in page
    assert not re.search(r"<[^>]+\sstyle=|<style|<script", page.partition("<main")[2])


def test_days_are_those_of_the_persons_zone(at: datetime) -> None:
    busy(at)
    late = ContactEvent.objects.order_by("-occurred_at").first()
    late.occurred_at = datetime.fromisoformat("2026-11-12T20:00:00+00:00")
    late.save()
    ids = ["P1"]
    gathered = evidence_as_of(at=at, party_ids=ids, links=account_links(party_ids=ids))
    steps = waterfall(gathered.evidence, installed_parameters(), at=at, party_id="P1")
    assert {step.day for p in draw(steps, zone="Asia/Shanghai") for step in p.steps} >= {"2026-11-13"}
    assert "2026-11-13" not in {step.day for p in draw(steps, zone="UTC") for step in p.steps}
