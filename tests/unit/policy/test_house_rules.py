# SPDX-License-Identifier: Apache-2.0
"""House rules are read, refused with file, line and field, and withhold what they say."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rightparty.policy.errors import PackError
from rightparty.policy.facts import FACTS
from rightparty.policy.house import CAPS, HouseRules, read_house
from rightparty.policy.pack import FREQUENCIES, load_packs
from rightparty.policy.rules.house import house_rules
from rightparty.policy.toml_lines import parse_toml

SHIPPED = (Path(__file__).parents[3] / "src/rightparty/policy/house.toml").read_text(encoding="utf-8")
LEAST = """plan_expires_hours = 24
[thresholds]
limited_content = 0.85
account = 0.98
amount = 0.98
"""
QUIET = {
    "market": "US", "channel": "sms", "currency": "USD", "amount_due_minor": 5_000, "local_minute_min": 720,
    "local_minute_max": 720, "local_date_min": date(2026, 11, 24), "local_date_max": date(2026, 11, 24),
    "working_day": True, "public_holiday": False, **dict.fromkeys(FREQUENCIES.values(), 0),
}  # fmt: skip


def house(more: str = "") -> HouseRules:
    return read_house(parse_toml("house.toml", LEAST + more))


def withheld(rules: HouseRules, **changes: Any) -> set[str]:
    facts = {**QUIET, **changes}
    frame = pl.DataFrame([facts], schema=FACTS)
    told = frame.select(**house_rules(rules, str(facts["market"]))).row(0, named=True)
    assert None not in told.values(), "a rule is never undecided"
    return {code for code, where in told.items() if where}


def test_a_house_without_tables_withholds_nothing() -> None:
    assert withheld(house()) == set()


@pytest.mark.parametrize(
    ("more", "quiet", "loud", "reason"),
    [
        ('[calendar]\nfrom = "09:00"\nto = "18:00"', {"local_minute_min": 540}, {"local_minute_min": 539},
         "right_time.outside_house_hours"),
        ('[calendar]\nfrom = "09:00"\nto = "18:00"', {"local_minute_max": 1079}, {"local_minute_max": 1080},
         "right_time.outside_house_hours"),
        ("[calendar]\nweekdays = [1, 2]", {}, {"local_date_max": date(2026, 11, 25)}, "right_time.outside_house_hours"),
        ('[calendar]\nweekdays = "working"', {}, {"working_day": False}, "right_time.outside_house_hours"),
        ("[calendar]\nholidays = false", {}, {"public_holiday": True}, "right_time.outside_house_hours"),
        ("[calendar]\nholidays = false", {}, {"public_holiday": None}, "right_time.outside_house_hours"),
        ("[cooling_off]\ndays_after_payment = 2", {"days_since_payment": 2}, {"days_since_payment": 1},
         "right_time.cooling_off"),
        ("[cooling_off]\ndays_after_complaint = 14", {"days_since_complaint": 14}, {"days_since_complaint": 13},
         "right_time.cooling_off"),
        ("[promise_to_pay]\ngrace_days = 2", {"days_to_promise": -3}, {"days_to_promise": -2},
         "right_time.promise_to_pay"),
        ('[least_amount]\nUSD = "50.01"', {"amount_due_minor": 5_001}, {"amount_due_minor": 5_000},
         "right_debt.below_house_limit"),
        ('[least_amount]\nUSD = "10.00"', {}, {"currency": None}, "right_debt.below_house_limit"),
        ('[least_amount]\nUSD = "10.00"', {}, {"amount_due_minor": None}, "right_debt.below_house_limit"),
    ],
)  # fmt: skip
def test_a_rule_withholds_from_its_bound_on(
    more: str, quiet: dict[str, Any], loud: dict[str, Any], reason: str
) -> None:
    assert withheld(house(more), **quiet) == set()
    assert withheld(house(more), **loud) == {reason}


@pytest.mark.parametrize("name", CAPS)
def test_a_cap_withholds_from_its_count_on_and_only_on_its_channels(name: str) -> None:
    cap = CAPS[name]
    fact, rules = FREQUENCIES[cap.counts, cap.window], house(f"[caps]\n{name} = 3")
    for channel in ("sms", "email", "app", "call", "post"):
        expected = {cap.reason} if channel in cap.channels else set()
        assert withheld(rules, channel=channel, **{fact: 2}) == set()
        assert withheld(rules, channel=channel, **{fact: 3}) == expected
        assert withheld(rules, channel=channel, **{fact: None}) == expected


def test_a_weekday_between_two_zones_dates_counts() -> None:
    """From Saturday to Monday over the date line there is a Sunday."""
    rules = house("[calendar]\nweekdays = [1, 6]")
    monday_and_saturday = {"local_date_min": date(2026, 11, 28), "local_date_max": date(2026, 11, 30)}
    assert withheld(rules, **monday_and_saturday) == {"right_time.outside_house_hours"}


def test_a_markets_table_replaces_what_it_names() -> None:
    rules = house('[calendar]\nfrom = "09:00"\nto = "18:00"\n[calendar.US]\nfrom = "10:00"\n[caps]\n'
                  "contacts_per_person_7d = 3\n[caps.US]\ncontacts_per_person_7d = 1")  # fmt: skip
    assert withheld(rules, local_minute_min=599) == {"right_time.outside_house_hours"}
    assert withheld(rules, market="CZ", local_minute_min=599) == set()
    assert withheld(rules, contacts_person_7d=1) == {"right_time.person_weekly_cap"}
    assert withheld(rules, market="CZ", contacts_person_7d=1) == set()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("messages_per_person_day = 1", 'messages_per_person_day = "one"'), "field caps.messages_per_person_day"),
        (("messages_per_person_day = 1", "messages_a_day = 1"), "field caps.messages_a_day: unknown"),
        (('to = "20:00"', 'to = "25:00"'), "field calendar.to"),
        (('from = "08:00"', 'from = "20:30"'), "field calendar.from"),
        (("grace_days = 2", "grace_days = -1"), "field promise_to_pay.grace_days"),
        (("days_after_payment = 2", "days_after_payment = true"), "field cooling_off.days_after_payment"),
        (("plan_expires_hours = 24", "plan_expires_hours = 25"), "field plan_expires_hours"),
        (("[thresholds]", '[least_amount]\nUSD = "1.001"\n[thresholds]'), "field least_amount.USD"),
        (("[thresholds]", "[least_amount]\nUSD = 1.0\n[thresholds]"), "field least_amount.USD"),
        (("[thresholds]", '[least_amount]\nXXX = "1"\n[thresholds]'), "field least_amount.XXX"),
        (("plan_expires_hours", 'markets = ["usa"]\nplan_expires_hours'), "field markets"),
        (("account = 0.98", "account = 0.5"), "field thresholds.account"),
    ],
)  # fmt: skip
def test_a_senseless_value_is_refused_by_line_and_field(change: tuple[str, str], says: str) -> None:
    assert SHIPPED.count(change[0]) >= 1
    text = SHIPPED.replace(*change, 1)
    with pytest.raises(PackError) as refused:
        read_house(parse_toml("house.toml", text))
    named, _, rest = str(refused.value).partition(": ")
    assert rest.startswith(says)
    line = text.splitlines()[int(named.removeprefix("house.toml, line ")) - 1]
    assert says.partition(":")[0].rpartition(".")[2].removeprefix("field ") in line


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("messages_per_person_day = 1", "messages_per_person_day = 6"), "VN"),
        (('to = "20:00"', 'to = "21:30"'), "CZ"),
        (('from = "08:00"', 'from = "06:00"'), "US"),
        (("[caps]", "[caps.US]\ncalls_per_debt_7d = 8\n[caps]"), "US"),
        (("[caps]", "[caps.CN]\neffective_calls_per_person_day = 4\n[caps]"), "CN"),
        (("[caps]", "[caps.XX]\ncontacts_per_person_day = 1\n[caps]"), "no law pack for XX"),
        (("plan_expires_hours", 'markets = ["XX"]\nplan_expires_hours'), "no law pack for XX"),
    ],
)  # fmt: skip
def test_a_value_laxer_than_the_law_is_refused(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    load_packs(house_file=written(tmp_path, SHIPPED))
    with pytest.raises(PackError, match=r"house\.toml, line \d+: field") as refused:
        load_packs(house_file=written(tmp_path, SHIPPED.replace(*change, 1)))
    assert says in str(refused.value)


def test_a_served_market_alone_is_compared(tmp_path: Path) -> None:
    wide = SHIPPED.replace('to = "20:00"', 'to = "21:00"', 1)
    with pytest.raises(PackError, match="CZ"):
        load_packs(house_file=written(tmp_path, wide))
    load_packs(house_file=written(tmp_path, 'markets = ["US"]\n' + wide))


def written(folder: Path, text: str) -> Path:
    file = folder / "house.toml"
    file.write_text(text, encoding="utf-8")
    return file


PLACES: list[tuple[str, tuple[str | int, ...], int]] = [
    ("a = 1\n\n# why\nb = 2\n", ("b",), 4),
    ('a = """\nb = 1\n"""\nb = 2\n', ("b",), 4),
    ("[[s]]\nx = 1\n[[s]]\n\nx = [\n 1,\n 2]\ny = 3\n", ("s", 1, "x"), 5),
    ("[[s]]\nx = 1\n[[s]]\n\nx = [\n 1,\n 2]\ny = 3\n", ("s", 1, "y"), 8),
    ("[t]\na = 1\n[u]\nb = 2\n", ("t", "missing"), 1),
    ("[t]\na = 1\n[u]\nb = 2\n", ("u", "missing"), 3),
    ("a = 1\n", ("missing",), 1),
]


@pytest.mark.parametrize(("text", "path", "line"), PLACES)
def test_a_key_is_found_on_its_line(text: str, path: tuple[str | int, ...], line: int) -> None:
    assert parse_toml("f", text).line_of(path) == line
