# SPDX-License-Identifier: Apache-2.0
"""A day's facts from a file: every good line is taken once, every bad one kept with line, field, reason and remedy."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from rightparty.intake.errors import DeliveryError
from rightparty.intake.models import RejectedFact
from rightparty.intake.operations import take_facts_file as taking
from rightparty.intake.operations.take_facts_file import FileTaken, take_facts_file
from rightparty.lending.models import Hold, Payment
from tests.integration.dispatch.lender import add_person

pytestmark = pytest.mark.django_db

NOW = "2026-11-23T10:00:00+08:00"
PAYMENT = {"payment_id": "P1", "account_id": "A101-0", "paid_at": NOW, "amount_minor": 1_200_00}
CSV = f"""type,payment_id,account_id,paid_at,amount_minor,kind,from_at
payment.posted,P1,A101-0,{NOW},120000,,
payment.posted,P2,A101-0,{NOW},1200.00,,
payment.reversed,P1,A101-0,,,,
payment.posted,P3
hold.placed,,A101-0,,,dispute,{NOW}
payment.posted,P4,NOBODYS,{NOW},1,,
"""


@pytest.fixture
def at(at: datetime) -> datetime:
    add_person(101, at)
    return at


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def places(taken: FileTaken) -> list[tuple[int, str]]:
    return sorted(taken.rejected.select("line", "field").rows())


def test_good_lines_of_a_csv_are_taken_and_bad_ones_named(at: datetime, tmp_path: Path) -> None:
    path = written(tmp_path, "day.csv", CSV)
    taken = take_facts_file(path, at=at)
    assert (taken.read, taken.new, taken.changed, taken.refused) == (6, 2, 1, 3)
    assert places(taken) == [(3, "amount_minor"), (5, ""), (7, "account_id")]
    assert all(taken.rejected["remedy"])
    assert (Payment.objects.get().status, Hold.objects.get().kind) == ("reversed", "dispute")
    again = take_facts_file(path, at=at)
    assert (again.new, again.changed, again.refused) == (0, 0, 4), "posted after it was reversed is no repeat"
    assert RejectedFact.objects.count() == 4, "kept once, as found last"


def test_json_lines_are_taken_in_parts_and_again_without_effect(
    at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "AT_ONCE", 2)
    facts = [{"type": "payment.posted", "data": {**PAYMENT, "payment_id": f"P{n}"}} for n in range(5)]
    lines = [json.dumps(fact) for fact in facts]
    text = (
        "\n".join([*lines[:2], "", "{", "[]", *lines[2:], '{"type": "payment.posted", "data": {}, "mood": 1}']) + "\n"
    )
    path = written(tmp_path, "day.jsonl", text.encode() + b'\xff\xfe{"type"')
    taken = take_facts_file(path, at=at)
    assert (taken.new, taken.refused) == (5, 4)
    assert places(taken) == [(4, ""), (5, ""), (9, "mood"), (10, "")]
    again = take_facts_file(path, at=at)
    assert (again.new, again.repeated, again.refused) == (0, 5, 4)
    assert Payment.objects.count() == 5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("day.txt", "x"), ("day.csv", ""), ("day.csv", "payment_id\nP1\n"), ("day.csv", CSV.encode("utf-16")),
        ("day.csv", CSV.rstrip()), ("day.jsonl", "x" * 70_000),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_a_remedy(at: datetime, tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(DeliveryError) as refused:
        take_facts_file(written(tmp_path, name, text), at=at)
    assert refused.value.remedy
    with pytest.raises(DeliveryError):
        take_facts_file(tmp_path / "none.csv", at=at)
