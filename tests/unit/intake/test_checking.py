# SPDX-License-Identifier: Apache-2.0
"""Cells are read exactly, and each thing that can be wrong has its own reason (right_debt, right_party)."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.intake.checking import Context, check_rows, reject_duplicates, reject_unknown
from rightparty.intake.contract import CONTRACT
from rightparty.intake.row_errors import REMEDIES, Fault
from rightparty.kernel.money import MINOR_DIGITS, MoneyError, parse_money

CONTEXT = Context(
    countries=pl.DataFrame({"party_id": ["CN1", "US1", "CZ1", "VN1"], "country": ["CN", "US", "CZ", "VN"]}),
    currencies=pl.DataFrame({"account_id": list(MINOR_DIGITS), "currency": list(MINOR_DIGITS)}),
)
GOOD = {
    "parties": {"party_id": "P1", "full_name": "张 三", "country": "CN"},
    "contact_points": {
        "party_id": "US1", "channel": "phone", "value": "+12125550142", "source": "branch",
        "collected_at": "2026-01-31T10:00:00+08:00",
    },
    "accounts": {
        "account_id": "A1", "product": "cash_loan", "opened_on": "2026-01-31", "currency": "CNY", "principal": "10.50",
    },
    "account_parties": {"account_id": "A1", "party_id": "P1", "role": "debtor"},
    "instalments": {"account_id": "CNY", "due_on": "2026-02-28", "amount": "100"},
    "payments": {"payment_id": "1", "account_id": "VND", "paid_at": "2026-01-31T10:00Z", "amount": "100"},
    "holds": {"kind": "dispute", "from": "2026-01-31T10:00:00Z", "party_id": "P1"},
    "contact_events": {
        "event_id": "E1", "channel": "email", "value": "A.B@Example.com", "kind": "answered",
        "occurred_at": "2026-01-31 10:00:00.5-0500",
    },
}  # fmt: skip


def checked(table: str, **cells: str | None):
    rows = pl.DataFrame([{"line": 2} | GOOD[table] | cells], schema_overrides={"line": pl.Int64})
    rows = rows.with_columns(pl.exclude("line").cast(pl.String))
    return check_rows(CONTRACT[table], rows, CONTEXT)


@pytest.mark.parametrize("table", GOOD)
def test_a_good_row_is_taken_with_every_column_of_the_store(table: str) -> None:
    result = checked(table)
    assert result.faults.is_empty()
    assert set(result.accepted.columns) >= {"line", "extra", *(c.target for c in CONTRACT[table].columns)}


@pytest.mark.parametrize(
    ("table", "column", "text", "fault"),
    [
        ("accounts", "opened_on", "31.1.2026", Fault.BAD_DATE),
        ("accounts", "opened_on", "2026-1-31", Fault.BAD_DATE),
        ("accounts", "opened_on", "2026-02-30", Fault.IMPOSSIBLE_DATE),
        ("accounts", "opened_on", None, Fault.MISSING),
        ("accounts", "opened_on", "  ", Fault.MISSING),
        ("accounts", "principal", "-1", Fault.NEGATIVE_AMOUNT),
        ("accounts", "principal", "1,234.50", Fault.NOT_A_NUMBER),
        ("accounts", "principal", "1e3", Fault.NOT_A_NUMBER),
        ("accounts", "principal", "NaN", Fault.NOT_A_NUMBER),
        ("accounts", "principal", "１２", Fault.NOT_A_NUMBER),
        ("accounts", "principal", "1.005", Fault.TOO_MANY_DECIMALS),
        ("accounts", "principal", "9" * 40, Fault.AMOUNT_TOO_LARGE),
        ("accounts", "principal", "10000000000000.01", Fault.AMOUNT_TOO_LARGE),
        ("accounts", "currency", "XXX", Fault.UNKNOWN_CURRENCY),
        ("accounts", "product", "Cash loan", Fault.UNKNOWN_VALUE),
        ("accounts", "market", "XX", Fault.UNKNOWN_COUNTRY),
        ("accounts", "creditor", "x" * 201, Fault.TEXT_TOO_LONG),
        ("accounts", "creditor", "x" * 10_001, Fault.CELL_TOO_LONG),
        ("accounts", "creditor", "x" * 10_000_000, Fault.CELL_TOO_LONG),
        ("accounts", "account_id", "A\x001", Fault.CONTROL_CHARACTER),
        ("payments", "amount", "100.5", Fault.TOO_MANY_DECIMALS),
        ("payments", "paid_at", "2026-01-31T10:00:00", Fault.NAIVE_INSTANT),
        ("payments", "paid_at", "2026-01-31", Fault.BAD_INSTANT),
        ("payments", "paid_at", "2026-02-30T10:00:00Z", Fault.IMPOSSIBLE_DATE),
        ("payments", "paid_at", "2026-01-31T25:00:00Z", Fault.IMPOSSIBLE_DATE),
        ("payments", "paid_at", "yesterday", Fault.BAD_INSTANT),
        ("parties", "time_zone", "Asia/Atlantis", Fault.UNKNOWN_ZONE),
        ("parties", "language", "chinese language", Fault.BAD_LANGUAGE),
        ("parties", "country", "China", Fault.UNKNOWN_COUNTRY),
        ("contact_points", "value", "12", Fault.BAD_PHONE),
        ("contact_points", "value", "+12125550142555014255", Fault.BAD_PHONE),
        ("contact_points", "value", "n/a", Fault.BAD_PHONE),
        ("contact_points", "value", "1" * 10_000_000, Fault.CELL_TOO_LONG),
        ("contact_events", "value", "a@b@c.example", Fault.BAD_EMAIL),
        ("contact_events", "value", "someone", Fault.BAD_EMAIL),
        ("holds", "to", "2025-01-31T10:00:00Z", Fault.ENDS_BEFORE_START),
    ],
)  # fmt: skip
def test_a_bad_cell_is_told_with_line_column_reason_and_remedy(
    table: str, column: str, text: str | None, fault: Fault
) -> None:
    result = checked(table, **{column: text})
    assert result.accepted.is_empty()
    assert result.faults.select("line", "fault").rows() == [(2, fault.value)]
    assert result.faults["column"][0] in {column, ""}
    assert REMEDIES[fault]


def test_a_hold_must_name_somebody() -> None:
    assert checked("holds", party_id=None).faults["fault"].to_list() == [Fault.NAMES_NOBODY.value]


def test_every_fault_has_a_remedy_that_fits_the_store() -> None:
    assert set(REMEDIES) == set(Fault)
    assert all(len(fault.value) <= 200 and len(remedy) <= 300 for fault, remedy in REMEDIES.items())


@pytest.mark.parametrize(
    ("party", "channel", "given_value", "form"),
    [
        ("CN1", "phone", "138 1234 5678", "+8613812345678"),
        ("CN1", "phone", "+86-138-1234-5678", "+8613812345678"),
        ("CN1", "phone", "0086 13812345678", "+8613812345678"),
        ("CN1", "phone", "010-1234 5678", "+861012345678"),
        ("US1", "phone", "(212) 555-0142", "+12125550142"),
        ("US1", "phone", "1-212-555-0142", "+12125550142"),
        ("CZ1", "phone", "601 234 567", "+420601234567"),
        ("VN1", "phone", "0912345678", "+84912345678"),
        ("US1", "email", "Some.One+x@Example.COM", "some.one+x@example.com"),
        ("US1", "email", "a'b@example.com", "a'b@example.com"),
        ("US1", "post", "  1 Main St ", "1 Main St"),
    ],
)  # fmt: skip
def test_spellings_of_one_contact_value_meet(party: str, channel: str, given_value: str, form: str) -> None:
    result = checked("contact_points", party_id=party, channel=channel, value=given_value)
    assert result.accepted["value"].to_list() == [form]
    assert result.accepted["value_as_given"].to_list() == [given_value.strip()]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T10:00:00+08:00", datetime(2026, 1, 31, 2, tzinfo=UTC)),
        ("2026-01-31 10:00:00.5-0530", datetime(2026, 1, 31, 15, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-01-31T10:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_instants_are_read_as_utc(text: str, instant: datetime) -> None:
    assert checked("payments", paid_at=text).accepted["paid_at"].to_list() == [instant]


@given(
    st.sampled_from(sorted(MINOR_DIGITS)),
    st.one_of(
        st.decimals(min_value=-10, max_value=10**14, places=3).map(str),
        st.decimals(min_value=0, max_value=10**13, places=2).map(str),
        st.from_regex(r"\A-?[0-9]{1,20}(\.[0-9]{1,6})?\Z"),
        st.text(max_size=6),
    ),
)
def test_money_is_read_as_the_slow_exact_reader_reads_it(currency: str, text: str) -> None:
    """Serves right_debt: the columnar reader equals `parse_money` wherever both read, and never reads more."""
    result = checked("instalments", account_id=currency, amount=text)
    try:
        minor = parse_money(text, currency).minor if Decimal(text.strip() or "x") >= 0 else None
    except (MoneyError, ArithmeticError):
        minor = None
    if result.accepted.height:
        assert result.accepted["amount_minor"].to_list() == [minor]
    elif text.isascii() and text.replace(".", "", 1).isdigit() and not text.startswith(".") and not text.endswith("."):
        assert minor is None


def test_a_doubled_id_with_different_content_is_rejected_and_a_repetition_collapses() -> None:
    rows = pl.DataFrame(
        {"line": [2, 3, 4, 5, 6], "account_id": ["A", "B", "A", "C", "C"], "due_on": [date(2026, 1, 1)] * 5,
         "amount_minor": [1, 2, 3, 4, 4], "extra": [""] * 5}
    )  # fmt: skip
    result, collapsed = reject_duplicates(CONTRACT["instalments"], rows)
    assert result.accepted["line"].to_list() == [3, 5]
    assert result.faults.select("line", "fault").rows() == [(2, Fault.DUPLICATE_KEY), (4, Fault.DUPLICATE_KEY)]
    assert collapsed == 1


def test_a_row_about_an_unknown_account_is_rejected() -> None:
    rows = pl.DataFrame({"line": [2, 3, 4], "account_id": ["A", "", "B"]})
    result = reject_unknown(rows, "account_id", pl.Series(["A"]))
    assert result.accepted["line"].to_list() == [2, 3]
    assert result.faults.select("line", "fault").rows() == [(4, Fault.UNKNOWN_ACCOUNT)]


def test_columns_that_the_contract_does_not_know_are_kept() -> None:
    assert checked("accounts", branch="Brno").accepted["extra"].to_list() == ['{"branch":"Brno"}']
