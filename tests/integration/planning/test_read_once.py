# SPDX-License-Identifier: Apache-2.0
"""right_party, right_time, correctable: what is read once for a batch tells what each question would tell by itself."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rightparty.lending.models import Hold
from rightparty.lending.queries import account_links, complaints_ended_as_of, holds_as_of
from rightparty.parties.models import CeaseCommunication, ContactEvent, ContactPoint, Party
from rightparty.parties.queries import (
    attribution_as_of,
    contact_history,
    ids_of_same_persons,
    opt_outs_as_of,
    people_as_of,
    point_loads,
    read_on_file,
    wishes_as_of,
)

pytestmark = pytest.mark.django_db
SHARED, MOVED, ELSEWHERE = "+8615400000001", "+8615400000002", "+8615400000003"


@pytest.fixture
def world(at: datetime) -> None:
    """Ids of one human, a value of two humans, one passed on, versions retired, events of a person at another's."""
    people = [("P1", "H1", None), ("P2", "H1", date(1980, 2, 29)), ("P3", "H3", date(1990, 1, 1)), ("P4", "H4", None)]
    for party, person, born in people:
        Party.objects.create(
            party_id=party, person_id=person, full_name="Planted Debtor", language="zh-CN", country="CN",
            date_of_birth=born, bankrupt_on=date(2026, 1, 1) if party == "P2" else None,
        )  # fmt: skip
    points = [
        ("P1", SHARED, 1, None), ("P3", SHARED, 2, None), ("P2", MOVED, 1, None), ("P4", MOVED, 3, 4),
        ("P4", ELSEWHERE, 4, None), ("P3", "+15550100199", 2, None), ("P1", "+8615400000009", 1, 4),
    ]  # fmt: skip
    for number, (party, value, load, retired) in enumerate(points):
        ContactPoint.objects.create(
            party_id=party, channel="phone", value=value, source="branch", load_id=load, retired_by_id=retired,
            collected_at=at - timedelta(days=300 - number),
        )  # fmt: skip
    events = [
        ("P1", SHARED, "otp_verified", 20, ""), ("P3", SHARED, "login", 15, ""), ("", SHARED, "wrong_party", 40, ""),
        ("P2", MOVED, "sent", 12, "sms"), ("P2", ELSEWHERE, "sent", 3, "call"), ("P1", ELSEWHERE, "called", 5, ""),
        ("P2", ELSEWHERE, "opted_out", 9, ""), ("P2", MOVED, "opted_out", 8, "outside:12:00-20:00"),
        ("P4", ELSEWHERE, "opted_out", 7, "sms"), ("P1", ELSEWHERE, "promise_to_pay", 2, "2026-12-01"),
        ("P3", SHARED, "consent_given", 6, "hours:08:00-21:00"), ("P3", SHARED, "consent_revoked", 5, "sms"),
        ("P1", SHARED, "sent", -1, "sms"), ("P9", "+8615400000077", "login", 4, ""),
    ]  # fmt: skip
    for number, (party, value, kind, days, detail) in enumerate(events):
        ContactEvent.objects.create(
            event_id=f"e{number}", party_id=party, channel="phone", value=value, kind=kind, detail=detail,
            occurred_at=at - timedelta(days=days), load_id=number % 3,
        )  # fmt: skip
    CeaseCommunication.objects.create(person_id="H3", from_at=at - timedelta(days=1), origin="portal")
    for kind, days, ended, party in (("legal", 9, None, "P2"), ("complaint", 30, 20, "P1"), ("complaint", 9, 8, "P3")):
        Hold.objects.create(
            kind=kind, from_at=at - timedelta(days=days), party_id=party,
            to_at=None if ended is None else at - timedelta(days=ended),
        )  # fmt: skip


def same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    assert_frame_equal(one, other, check_row_order=False)
    return one.height > 0


@pytest.mark.parametrize(
    "ids", [["P1"], ["P2"], ["P3"], ["P4"], ["P1", "P2"], ["P1", "P3"], ["P1", "P2", "P3", "P4"], ["P8"], ["P8", "P1"]]
)
def test_what_is_read_once_tells_the_same(world: None, at: datetime, ids: list[str]) -> None:
    on_file, links = read_on_file(ids), account_links(party_ids=ids)
    judged = attribution_as_of(at=at, party_ids=ids, links=links)
    found = [
        same(attribution_as_of(at=at, party_ids=ids, links=links, on_file=on_file), judged),
        same(people_as_of(at=at, party_ids=ids, on_file=on_file), people_as_of(at=at, party_ids=ids)),
    ]
    same(opt_outs_as_of(at=at, party_ids=ids, on_file=on_file), opt_outs_as_of(at=at, party_ids=ids))
    for once, apart in zip(
        wishes_as_of(at=at, party_ids=ids, on_file=on_file), wishes_as_of(at=at, party_ids=ids), strict=True
    ):
        same(once, apart)
    for days in (4, 33):
        same(
            contact_history(at=at, party_ids=ids, days=days, on_file=on_file),
            contact_history(at=at, party_ids=ids, days=days),
        )
    values = judged["value"].unique().to_list()
    same(point_loads(at=at, values=None, on_file=on_file), point_loads(at=at, values=values))
    known = ids_of_same_persons(party_ids=ids)
    same(
        holds_as_of(at=at, account_ids=[], party_ids=ids, same=known),
        holds_as_of(at=at, account_ids=[], party_ids=ids),
    )
    same(
        complaints_ended_as_of(at=at, account_ids=[], party_ids=ids, same=known),
        complaints_ended_as_of(at=at, account_ids=[], party_ids=ids),
    )
    assert all(found) or ids == ["P8"]
