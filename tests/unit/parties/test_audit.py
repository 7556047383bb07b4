# SPDX-License-Identifier: Apache-2.0
"""right_party: each finding has a case that shows it and a near miss that does not; sound data show nothing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from rightparty.parties.attribution.parameters import shipped_parameters
from rightparty.parties.audit.catalogue import CATALOGUE, SEVERITIES
from rightparty.parties.audit.examine import audit, report_on
from rightparty.parties.audit.findings import FINDINGS
from rightparty.parties.audit.frames import EVENTS, LINKS, PARTIES, POINTS, audited
from rightparty.parties.audit.moved import LEAST

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
POINT = {"party_id": "P", "channel": "phone", "value": "+12025550147", "source": "application", "relation": "self",
         "collected_at": AT - timedelta(days=9), "load_id": 1}  # fmt: skip
PARTY = {"party_id": "P", "country": "US", "full_name": "Sample Person", "date_of_birth": date(1980, 1, 1)}
EVENT = {"party_id": "P", "channel": "phone", "value": "+12025550147", "kind": "login",
         "occurred_at": AT - timedelta(days=1), "detail": ""}  # fmt: skip
FICTION = {"reserved_value"}
"""The numbers of these tests are set aside for fiction, and the audit says so."""

type Rows = list[dict[str, Any]]


def frame(rows: Rows, usual: dict[str, Any], shape: Any) -> pl.DataFrame:
    return pl.DataFrame([usual | row for row in rows], schema=dict(shape))


def found(
    points: Rows = [{}],  # noqa: B006 (never changed)
    parties: Rows = [{}],  # noqa: B006
    *,
    events: Rows = [],  # noqa: B006
    links: tuple[tuple[str, str], ...] = (),
) -> pl.DataFrame:
    return audit(
        frame(points, POINT, POINTS), frame(events, EVENT, EVENTS), frame(parties, PARTY, PARTIES),
        pl.DataFrame(list(links), schema=dict(LINKS), orient="row"), at=AT,
    )  # fmt: skip


def counts(*args: Any, **more: Any) -> dict[str, int]:
    table = found(*args, **more)
    assert not any("5550147" in str(example) for example in table["examples"].to_list())
    return {code: count for code, count in table.select("finding", "count").rows() if code not in FICTION}


def people(count: int, **more: Any) -> Rows:
    return [{"party_id": f"P{n:03d}", "full_name": f"Person {n}", **more} for n in range(count)]


TWO = [{}, {"party_id": "Q", "full_name": "Other Human"}]


def test_sound_data_show_nothing() -> None:
    assert counts([{}, {"party_id": "Q", "value": "+12025550148"}], TWO) == {}


def test_the_shape_is_the_published_one() -> None:
    table = found()
    assert dict(table.schema) == dict(FINDINGS)
    row = table.row(0, named=True)
    assert (row["finding"], row["total"], row["share"], row["quarantines"]) == ("reserved_value", 1, 1.0, False)
    assert row["examples"] == [
        {"shown": "+120****0147", "party_id": "P", "file": None, "line": None, "load_id": 1}
    ]  # fmt: skip


def test_an_example_says_the_line_of_a_file_not_loaded_yet() -> None:
    table = found([{"load_id": None, "file": "contact_points.csv", "line": 7}])
    row = table.row(0, named=True)
    assert (row["first_line"], row["examples"][0]["file"], row["examples"][0]["line"]) == (7, "contact_points.csv", 7)


def test_a_value_of_unlinked_persons_is_found_and_of_linked_ones_is_not() -> None:
    shared = [{}, {"party_id": "Q"}]
    assert counts(shared, TWO) == {"value_under_unlinked_persons": 2}
    assert counts(shared, TWO, links=(("P", "account:1"), ("Q", "account:1"), ("P", "account:2"))) == {}


def test_a_couples_mailbox_is_worth_knowing_and_no_alarm() -> None:
    shared = [
        {"channel": "email", "value": "home@mail.example"},
        {"channel": "email", "value": "home@mail.example", "party_id": "Q"},
    ]
    linked = found(shared, TWO, links=(("P", "a"), ("Q", "a")))
    assert dict(linked.select("finding", "severity").rows())["shared_mailbox"] == "info"
    assert "shared_mailbox" not in counts(shared, TWO)


@pytest.mark.parametrize(("rows", "seen"), [(LEAST - 1, False), (LEAST, True)])
def test_a_column_that_moved_gives_itself_away(rows: int, seen: bool) -> None:
    before = [{"party_id": f"P{n:03d}", "value": f"+1202555{n:04d}"} for n in range(rows + 1)]
    shifted = [{"party_id": f"P{n + 1:03d}", "value": f"+1202555{n:04d}", "load_id": 2} for n in range(rows)]
    found_ = counts([*before, *shifted], people(rows + 1))
    assert found_.get("contact_column_moved") == (rows if seen else None)


def test_a_switchboard_is_not_taken_for_a_typing_error() -> None:
    crowd = [{"party_id": f"P{n:03d}"} for n in range(5)]
    assert counts(crowd, people(5)) == {"value_under_many_persons": 5}
    family = tuple((f"P{n:03d}", "account:1") for n in range(5))
    assert counts(crowd, people(5), links=family) == {}
    assert counts(crowd, people(5), links=family[:4]) == {"value_under_many_persons": 5}


def test_a_number_that_only_agents_gave_for_strangers_is_the_agents_own() -> None:
    crowd = [{"party_id": f"P{n:03d}", "source": "agent"} for n in range(3)]
    assert counts(crowd, people(3)) == {"agents_own_number": 3}
    crowd[0]["source"] = "application"
    assert counts(crowd, people(3)) == {"value_under_unlinked_persons": 3}


@pytest.mark.parametrize(
    ("value", "channel", "finding"),
    [
        ("+8613800000000", "phone", "filler_value"),
        ("+8613812345678", "phone", "filler_value"),
        ("+8613912345679", "phone", None),
        ("noreply@mail.example", "email", "filler_value"),
        ("norah@mail.example", "email", None),
        ("+8615401112223", "phone", "unassigned_number"),
        ("+8613901112223", "phone", None),
        ("+18005550199", "phone", "service_number"),
        ("p@mailinator.com", "email", "disposable_mailbox"),
        ("info@firm.test", "email", "role_mailbox"),
        ("information.lee@firm.test", "email", None),
    ],
)
def test_a_value_that_is_wrong_in_itself_is_found(value: str, channel: str, finding: str | None) -> None:
    home = {"country": "CN"} if value.startswith("+86") else {}
    assert counts([{"value": value, "channel": channel}], [home]) == ({finding: 1} if finding else {})


def test_a_number_set_aside_for_fiction_counts_unless_the_whole_is_a_sample() -> None:
    real = [{"value": f"+8613901{n:06d}", "party_id": f"P{n:03d}"} for n in range(211_000, 211_003)]
    table = found([{}, *real], [{}, *({**row, "country": "CN"} for row in people(3))])
    assert dict(table.select("finding", "severity").rows())["reserved_value"] == "medium"
    assert dict(found().select("finding", "severity").rows())["reserved_value"] == "info"


@pytest.mark.parametrize(
    ("given", "finding"),
    [
        ("+1 202 555 0147 ext. 12", "number_with_extension"), ("总机 +1 202 555 0147 转 8", "number_with_extension"),
        ("+1 202 555 0147", None),
    ],
)  # fmt: skip
def test_an_extension_is_told(given: str, finding: str | None) -> None:
    assert counts([{"value_as_given": given}]) == ({finding: 1} if finding else {})


def test_a_number_of_another_country_is_for_information() -> None:
    assert counts([{}], [{"country": "CN"}]) == {"foreign_number": 1}


def test_a_ported_number_is_told_where_a_carrier_says_so() -> None:
    said = {"kind": "status_live", "detail": "ported to another network"}
    assert counts(events=[said]) == {"ported_number": 1}
    assert counts(events=[{**said, "detail": "supported"}]) == {}


def test_how_long_a_point_lasts_depends_on_its_market() -> None:
    """Three years without a sign: too long for a Chinese number, not for one of the United States."""
    old = {"collected_at": AT - timedelta(days=1100)}
    chinese = {**old, "value": "+8613901112223"}
    assert counts([chinese], [{"country": "CN"}]) == {"stale": 1}
    assert counts([old]) == {}
    assert counts([chinese], [{"country": "CN"}], events=[{"value": "+8613901112223"}]) == {}


@pytest.mark.parametrize(
    ("point", "finding"),
    [
        ({"collected_at": AT + timedelta(hours=1)}, "collected_in_future"),
        ({"collected_at": AT + timedelta(minutes=5)}, None),
        ({"collected_at": datetime(1979, 12, 31, tzinfo=UTC)}, "collected_before_birth"),
        ({"valid_to": AT - timedelta(days=1)}, "party_without_usable_contact"),
    ],
)
def test_dates_that_cannot_be_are_found(point: dict[str, Any], finding: str | None) -> None:
    told = counts([point])
    assert (finding in told) if finding else told == {}


def test_events_in_the_future_and_of_unknown_kinds_are_told() -> None:
    assert counts(events=[{"occurred_at": AT + timedelta(hours=1)}]) == {"event_in_future": 1}
    table = found(events=[{"kind": "pigeon"}, {"kind": "pigeon"}, {"kind": "login"}])
    row = table.filter(pl.col("finding") == "unknown_event_kind").row(0, named=True)
    assert (row["count"], row["figures"]) == (2, [{"name": "pigeon", "value": 2.0}])


@pytest.mark.parametrize(("hours", "seen"), [(0, False), (1, True), (8, True), (-5.5, True)])
def test_two_clocks_that_disagree_are_found(hours: float, seen: bool) -> None:
    sent = [{"kind": "sent", "value": f"+1202555{n:04d}", "occurred_at": AT - timedelta(days=n + 2)} for n in range(40)]
    receipts = [
        {**row, "kind": "delivered", "occurred_at": row["occurred_at"] + timedelta(hours=hours, seconds=5)}
        for row in sent
    ]
    table = found(events=[*sent, *receipts]).filter(pl.col("finding") == "clocks_apart")
    assert table.height == seen
    if seen:
        assert table["figures"].to_list() == [[{"name": "hours", "value": hours}]]


def test_a_third_partys_number_recorded_as_ones_own_is_found() -> None:
    employer = {"party_id": "Q", "relation": "employer"}
    own = {"party_id": "Q", "value": "+12025550148"}
    assert counts([{}, employer, own], TWO) == {"third_party_recorded_as_self": 1}


def test_reports_deaths_and_other_names_are_found() -> None:
    assert counts(events=[{"kind": "wrong_party"}]) == {"reported_wrong_party": 1}
    assert counts(events=[{"kind": "name_differs", "detail": "Other Human"}]) == {"holder_name_differs": 1}
    assert counts(parties=[{"deceased_on": date(2026, 1, 1)}]) == {"contact_of_deceased": 1}


@pytest.mark.parametrize(
    ("name", "told", "seen"),
    [
        ("王文", "WEN WANG", False), ("王文", "文王", False), ("王文", "王武", True),
        ("Đức Anh Trần", "Tran Duc Anh", False),
        ("Sample Person", "", True),
    ],
)  # fmt: skip
def test_a_holders_name_in_other_letters_is_no_other_name(name: str, told: str, seen: bool) -> None:
    found_ = counts(parties=[{"full_name": name}], events=[{"kind": "name_differs", "detail": told}])
    assert ("holder_name_differs" in found_) == seen


def test_a_person_with_very_many_contact_points_is_told() -> None:
    many = [{"value": f"+1202555{n:04d}"} for n in range(301)]
    table = found(many).filter(pl.col("finding") == "many_contact_points")
    assert table["figures"].to_list() == [[{"name": "most", "value": 301.0}]]
    assert "many_contact_points" not in counts(many[:30])


@pytest.mark.parametrize(
    ("name", "latin", "mailbox", "seen"),
    [
        ("Sample Person", "", "other.human@mail.example", True),
        ("Sample Person", "", "humanother7@mail.example", True),
        ("Sample Person", "", "other.humane@mail.example", False),
        ("Sample Human", "", "other.human@mail.example", False),
        ("Sample Person", "", "sample.person@mail.example", False),
    ],
)
def test_a_mailbox_that_spells_somebody_else_is_found(name: str, latin: str, mailbox: str, seen: bool) -> None:
    points = [{"channel": "email", "value": mailbox}, {"party_id": "Q"}]
    told = counts(points, [{"full_name": name, "latin_name": latin}, TWO[1]])
    assert told == ({"mailbox_spells_another_name": 1} if seen else {})
    assert counts(points, [{"full_name": name}, TWO[1]], links=(("P", "a"), ("Q", "a"))) == {}


@pytest.mark.parametrize(
    ("theirs", "mailbox"),
    [("萧秀平", "xiaoxiuping@mail.example"), ("Nguyễn Đức Dũng", "dung.nguyenduc@mail.example"),
     ("Kateřina Růžičková", "ruzickova_katerina@mail.example")],
)  # fmt: skip
def test_names_are_compared_in_pinyin_and_without_accents(theirs: str, mailbox: str) -> None:
    points = [{"channel": "email", "value": mailbox}, {"party_id": "Q"}]
    told = counts(points, [{}, {"party_id": "Q", "full_name": theirs}])
    own = counts(points, [{"full_name": theirs}, TWO[1]])
    assert ("mailbox_spells_another_name" in told, "mailbox_spells_another_name" in own) == (True, False)


@pytest.mark.parametrize(
    ("national_id", "born", "expected"),
    [
        ("11010519491231002X", date(1949, 12, 31), set()),
        ("110105194912310021", date(1949, 12, 31), {"national_id_check_digit"}),
        ("11010519491231002X", date(1949, 12, 30), {"national_id_contradicts_birth"}),
        ("not an id", date(1949, 12, 31), set()),
    ],
)
def test_a_resident_id_is_checked(national_id: str, born: date, expected: set[str]) -> None:
    """The number is the worked example of the standard GB 11643."""
    told = counts([{"value": "+8613901112223"}], [{"country": "CN", "national_id": national_id, "date_of_birth": born}])
    assert set(told) == expected


def test_an_id_that_carries_another_sex_is_found() -> None:
    person = {"country": "CN", "national_id": "11010519491231002X", "date_of_birth": date(1949, 12, 31)}
    points = [{"value": "+8613901112223"}]
    assert counts(points, [{**person, "sex": "Male"}]) == {"national_id_contradicts_sex": 1}
    assert counts(points, [{**person, "sex": "F"}]) == {}


def test_the_same_human_under_two_ids_is_found() -> None:
    points = [{}, {"party_id": "Q", "value": "+12025550148"}]
    assert counts(points, [{"national_id": "A1"}, {**TWO[1], "national_id": "A1"}]) == {"same_national_id": 2}
    namesakes = [{}, {"party_id": "Q", "full_name": "PERSON, Sample"}]
    assert counts(points, namesakes) == {"same_name_and_birth_date": 2}
    assert counts([{}, {"party_id": "Q"}], namesakes) == {
        "same_person_by_contact": 2,
        "value_under_unlinked_persons": 2,
    }
    assert counts(points, [{}, {**namesakes[1], "date_of_birth": date(1980, 1, 2)}]) == {}


def told_of_versions(*versions: dict[str, Any], events: Rows = []) -> set[str]:  # noqa: B006
    given = audited(
        frame([{}], POINT, POINTS), frame(events, EVENT, EVENTS), frame([{}], PARTY, PARTIES), pl.DataFrame(),
        versions=frame([{}, *versions], PARTY, PARTIES),
    )  # fmt: skip
    return set(report_on(given, at=AT, parameters=shipped_parameters()).findings["finding"])


def test_two_humans_under_one_id_differ_in_more_than_one_thing() -> None:
    assert "two_humans_under_one_id" in told_of_versions(
        {"full_name": "Other Human", "date_of_birth": date(1990, 5, 5)}
    )
    assert "two_humans_under_one_id" not in told_of_versions({"full_name": "Sample Married"})
    differs = [{"kind": "name_differs", "detail": "Other Human", "value": f"+1202555010{n}"} for n in range(2)]
    assert "two_humans_under_one_id" in told_of_versions(events=differs)
    assert "two_humans_under_one_id" not in told_of_versions(events=differs[:1])


def agreeing(share: float, month: int, count: int = 200) -> Rows:
    rows = []
    for n in range(count):
        person = f"P{month}-{n}"
        rows.append(
            {"party_id": person, "value": f"+1202555{n:04d}{month}", "collected_at": datetime(2025, 1, 1, tzinfo=UTC)}
        )
        value = rows[-1]["value"] if n < share * count else f"+1303555{n:04d}{month}"
        rows.append(
            {
                "party_id": person,
                "value": value,
                "source": "bureau",
                "collected_at": datetime(2026, month, 3, tzinfo=UTC),
            }
        )
    return rows  # fmt: skip


@pytest.mark.parametrize(("now", "seen"), [(0.5, True), (0.88, False)])
def test_a_source_that_stops_agreeing_is_found(now: float, seen: bool) -> None:
    points = [row for month in range(1, 7) for row in agreeing(0.9, month)] + agreeing(now, 7)
    table = found(points).filter(pl.col("finding") == "source_agreement_fell")
    assert table.height == seen
    if seen:
        assert {f["name"]: round(f["value"], 1) for f in table["figures"][0]} == {
            "agreement_before": 0.9,
            "agreement_now": 0.5,
        }


def test_every_finding_is_in_the_catalogue_with_words() -> None:
    for code, kind in CATALOGUE.items():
        assert kind.severity in SEVERITIES, code
        assert kind.subject in {"points", "parties", "events"}, code
        assert all((kind.title, kind.cause, kind.remedy)), code
