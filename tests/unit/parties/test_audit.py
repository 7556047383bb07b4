# SPDX-License-Identifier: Apache-2.0
"""right_party: what is wrong with contact data is found, counted and shown masked; sound data show nothing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from rightparty.parties.audit import SHIFT_LEAST, audit

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")
POINT = {"party_id": "P", "channel": "phone", "value": "+12025550147", "source": "application", "relation": "self",
         "collected_at": AT - timedelta(days=9), "valid_to": None, "load_id": 1}  # fmt: skip
PARTY = {"party_id": "P", "country": "US", "full_name": "Sample Person", "national_id": "",
         "date_of_birth": date(1980, 1, 1), "deceased_on": None}  # fmt: skip
POINT_SCHEMA = {"valid_to": INSTANT, "collected_at": INSTANT}
PARTY_SCHEMA = {"deceased_on": pl.Date}


def findings(
    points: list[dict[str, Any]],
    parties: list[dict[str, Any]],
    *,
    events: tuple[tuple[str, str, str], ...] = (),
    links: tuple[tuple[str, str], ...] = (),
) -> dict[str, int]:
    found = audit(
        pl.DataFrame([POINT | row for row in points], schema_overrides=POINT_SCHEMA),
        pl.DataFrame(list(events), schema=dict.fromkeys(("channel", "value", "kind"), pl.String), orient="row"),
        pl.DataFrame([PARTY | row for row in parties], schema_overrides=PARTY_SCHEMA),
        pl.DataFrame(list(links), schema={"party_id": pl.String, "group_id": pl.String}, orient="row"),
        at=AT,
    )
    assert not any("5550147" in example for examples in found["examples"] for example in examples)
    return dict(found.select("finding", "count").rows())


TWO = [{}, {"party_id": "Q", "full_name": "Other Person"}]


def test_sound_data_show_nothing() -> None:
    assert findings([{}, {"party_id": "Q", "value": "+12025550148"}], TWO) == {}


def test_a_value_of_unlinked_persons_is_found_and_of_linked_ones_is_not() -> None:
    shared = [{}, {"party_id": "Q"}]
    assert findings(shared, TWO) == {"value_under_unlinked_persons": 1}
    assert findings(shared, TWO, links=(("P", "account:1"), ("Q", "account:1"), ("P", "account:2"))) == {}


@pytest.mark.parametrize(("rows", "seen"), [(SHIFT_LEAST - 1, False), (SHIFT_LEAST, True)])
def test_a_column_that_moved_gives_itself_away(rows: int, seen: bool) -> None:
    parties = [{"party_id": f"P{n}", "full_name": f"Person {n}"} for n in range(rows + 1)]
    before = [{"party_id": f"P{n}", "value": f"+1202555{n:04d}"} for n in range(rows + 1)]
    shifted = [{"party_id": f"P{n + 1}", "value": f"+1202555{n:04d}", "load_id": 2} for n in range(rows)]
    found = findings([*before, *shifted], parties)
    assert found.get("column_moved_in_a_load") == (rows if seen else None)
    assert found["value_under_unlinked_persons"] == rows


def test_a_switchboard_is_not_taken_for_a_typing_error() -> None:
    crowd = [{"party_id": f"P{n}"} for n in range(5)]
    parties = [{"party_id": f"P{n}", "full_name": f"Person {n}"} for n in range(5)]
    assert findings(crowd, parties) == {"value_under_many_persons": 1}
    family = tuple((f"P{n}", "account:1") for n in range(5))
    assert findings(crowd, parties, links=family) == {}
    assert findings(crowd, parties, links=family[:4]) == {"value_under_many_persons": 1}


@pytest.mark.parametrize(
    ("point", "finding"),
    [
        ({"value": "+8613800000000"}, "placeholder_value"),
        ({"value": "test@example.com", "channel": "email"}, "placeholder_value"),
        ({"collected_at": AT - timedelta(days=1200)}, "stale"),
        ({"valid_to": AT - timedelta(days=1)}, "party_without_usable_contact"),
    ],
)
def test_a_doubtful_value_is_found(point: dict[str, Any], finding: str) -> None:
    assert findings([point], [{}]) == {finding: 1}


def test_a_third_partys_number_recorded_as_ones_own_is_found() -> None:
    employer = {"party_id": "Q", "relation": "employer"}
    own = {"party_id": "Q", "value": "+12025550148"}
    assert findings([{}, employer, own], TWO) == {"third_party_recorded_as_self": 1}


def test_reports_and_deaths_are_found() -> None:
    assert findings([{}], [{}], events=(("phone", "+12025550147", "wrong_party"),)) == {"reported_wrong_party": 1}
    assert findings([{}], [{"deceased_on": date(2026, 1, 1)}]) == {"contact_of_deceased": 1}


@pytest.mark.parametrize(
    ("national_id", "wrong"), [("11010519491231002X", False), ("110105194912310021", True), ("not an id", False)]
)
def test_a_resident_id_that_fails_its_check_digit_is_found(national_id: str, wrong: bool) -> None:
    """The number is the worked example of the standard GB 11643."""
    found = findings([{}], [{"country": "CN", "national_id": national_id}])
    assert ("national_id_check_digit" in found) == wrong


def test_the_same_human_under_two_ids_is_found() -> None:
    points = [{}, {"party_id": "Q", "value": "+12025550148"}]
    assert findings(points, [{"national_id": "A1"}, {**TWO[1], "national_id": "A1"}]) == {"same_national_id": 2}
    assert findings(points, [{}, {"party_id": "Q"}]) == {"same_name_and_birth_date": 2}
