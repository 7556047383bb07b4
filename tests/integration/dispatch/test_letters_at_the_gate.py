# SPDX-License-Identifier: Apache-2.0
"""once, right_words: a reminder by letter goes from the outbox through the gate to the printer's folder."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from pypdf import PdfReader

from rightparty.dispatch.channels import registry
from rightparty.dispatch.channels.letters import LettersChannel
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.channels.route import Route
from rightparty.dispatch.models import MessageText
from rightparty.dispatch.operations.claim import claim
from rightparty.dispatch.operations.enqueue_proposals import enqueue_proposals
from rightparty.dispatch.operations.hand_over import hand_over
from rightparty.dispatch.operations.release import release
from rightparty.parties.models import ContactEvent, ContactPoint
from tests.integration.dispatch.lender import LEASE, add_person, only, proposals

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "上海市示例路1号\n200000 上海\nCN"


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[Path]:
    connect("post", Route([LettersChannel.from_url(f"letters:{tmp_path}", sender="Lantern")], patience=0.0))
    yield tmp_path
    registry._adapters.pop("post")


def test_a_letter_is_released_like_any_message_and_printed_once(at: datetime, printer: Path) -> None:
    (account,) = add_person(101, at)
    ContactPoint.objects.create(
        party_id="P101", channel="post", value=ADDRESS, source="branch", collected_at=at - timedelta(days=400),
        relation="self",
    )  # fmt: skip
    for day in (20, 12):
        ContactEvent.objects.create(
            event_id=f"post-{day}", channel="post", value=ADDRESS, party_id="P101", kind="otp_verified",
            occurred_at=at - timedelta(days=day),
        )  # fmt: skip
    rows = proposals([(account, 101)]).with_columns(channel=pl.lit("post"), address=pl.lit(ADDRESS))
    enqueue_proposals(rows, plan_id=1, at=at)
    ids = claim(worker="w1", at=at, batch=10, lease_seconds=LEASE, channels=["post"])
    release(ids, at=at, worker="w1")
    for _ in range(2):
        hand_over(ids, worker="w1", clock=lambda: at)
    assert only().state == "handed_over", (only().outcome, only().reasons_mask)
    (batch,) = [each for each in printer.iterdir() if not each.name.startswith(".")]
    with (batch / "manifest.csv").open(encoding="utf-8") as lines:
        assert [row["id"] for row in csv.DictReader(lines)] == [only().id.hex]
    (page,) = PdfReader(batch / "letters.pdf").pages
    printed = "".join(page.extract_text().split())
    assert "".join(MessageText.objects.get().body.split()) in printed
    assert "示例路" in printed
