# SPDX-License-Identifier: Apache-2.0
"""The sample lender: its money agrees with the real accounts, its people are nobody, its truth is kept apart."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import phonenumbers
import polars as pl
import pytest

from rightparty.kernel import vocabulary
from rightparty.lending.delinquency import balances
from rightparty.simulation.lender import SampleLender, build_sample
from rightparty.simulation.operations.write_sample import read_berka, read_cards, write_sample_lender
from rightparty.simulation.people import UNUSED_AREA, identity_number
from rightparty.simulation.spoiled_rows import SPOILED

AS_OF = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SEED = 7
DATA = Path(__file__).resolve().parents[3] / "data"


@pytest.fixture(scope="module")
def cards() -> pl.DataFrame:
    return read_cards(None)


@pytest.fixture(scope="module")
def sample(cards: pl.DataFrame) -> SampleLender:
    return build_sample(cards, read_berka(DATA / "berka"), seed=SEED, as_of=AS_OF)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder, truth = tmp_path_factory.mktemp("deliveries"), tmp_path_factory.mktemp("truth")
    write_sample_lender(folder, seed=SEED, as_of=AS_OF, truth_directory=truth)
    return folder, truth


def months_late(sample: SampleLender) -> pl.DataFrame:
    """Count due dates since the oldest unpaid one, from days past due alone."""
    booked = sample.truth.accounts.filter(pl.col("account_id").str.starts_with("C"))
    last_due = (
        sample.portfolio["instalments"]
        .filter(pl.col("due_on") < AS_OF.date())
        .group_by("account_id")
        .agg(last=pl.col("due_on").max())
    )
    # the last due date lies `since` days back; every month before it adds 28 to 31 days
    since = (pl.lit(AS_OF.date()) - pl.col("last")).dt.total_days()
    return booked.join(last_due, on="account_id", how="left", maintain_order="left").with_columns(
        months=pl.when(pl.col("booked_days_past_due") > 0)
        .then(((pl.col("booked_days_past_due") - since) / 30.4).round().cast(pl.Int64) + 1)
        .otherwise(0)
    )


def test_right_debt_days_past_due_agree_with_the_real_months_late_status(
    cards: pl.DataFrame, sample: SampleLender
) -> None:
    late = months_late(sample)["months"].to_numpy()
    status = np.maximum(cards["PAY_0"].to_numpy(), 0)
    agree = late == status
    assert agree.mean() > 0.93
    # what disagrees is late by the status with nothing billed
    assert (cards["BILL_AMT1"].to_numpy()[~agree] <= 0).all()


def test_the_amounts_of_card_payments_are_the_real_ones(cards: pl.DataFrame, sample: SampleLender) -> None:
    real = cards.select(pl.sum_horizontal(pl.col("^PAY_AMT.$").cast(pl.Int64))).to_series().sum()
    markets = sample.portfolio["accounts"].select("account_id", "currency")
    paid = sample.portfolio["payments"].filter(pl.col("account_id").str.starts_with("C")).join(markets, on="account_id")
    whole = pl.when(pl.col("currency") == "VND").then(pl.col("amount_minor")).otherwise(pl.col("amount_minor") // 100)
    assert paid.select(whole.sum()).item() == real


def test_czech_loans_owe_by_their_status(sample: SampleLender) -> None:
    loans = pl.read_csv(DATA / "berka" / "loan.asc.gz", separator=";").select(
        account_id=pl.format("B{}", "loan_id"), letter="status"
    )
    late = sample.truth.accounts.join(loans, on="account_id").with_columns(late=pl.col("booked_days_past_due") > 0)
    shares = dict(late.group_by("letter").agg(pl.col("late").mean()).iter_rows())
    assert shares == {"A": 0, "B": 1, "C": 0, "D": 1}


def test_each_loan_has_one_debtor_and_its_disponents_owe_nothing(sample: SampleLender) -> None:
    roles = sample.portfolio["account_parties"].filter(pl.col("account_id").str.starts_with("B"))
    loans = pl.read_csv(DATA / "berka" / "loan.asc.gz", separator=";").select("account_id")
    disponents = pl.read_csv(DATA / "berka" / "disp.asc.gz", separator=";").filter(pl.col("type") == "DISPONENT")
    debtors = roles.filter(pl.col("role") == "debtor")["account_id"]
    assert len(debtors) == debtors.n_unique() == loans.height
    assert (roles["role"] == "authorised_user").sum() >= disponents.join(loans, on="account_id").height


def test_every_phone_is_possible_and_nobodys(sample: SampleLender) -> None:
    points = sample.portfolio["contact_points"].filter(pl.col("channel") == "phone")["value"].unique()
    for value in points:
        number = phonenumbers.parse(value)
        assert phonenumbers.is_possible_number(number)
        if number.country_code == 1:
            assert value[5:10] == "55501"
        else:
            assert not phonenumbers.is_valid_number(number)


def test_chinese_identity_numbers_have_a_right_check_digit_and_an_impossible_area(sample: SampleLender) -> None:
    numbers = sample.portfolio["parties"].filter(pl.col("country") == "CN")["national_id"].to_list()
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1]
    for number in numbers:
        digits = [10 if sign == "X" else int(sign) for sign in number]
        assert sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 1
        assert number.startswith(UNUSED_AREA["CN"])
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("serial", [0, 1, 998, 30_000])
def test_czech_identity_numbers_are_divisible_by_no_eleven(serial: int) -> None:
    assert int(identity_number("CZ", "19800131", serial, woman=True)) % 11 == 2


@pytest.mark.parametrize(
    ("table", "column", "allowed"),
    [
        ("contact_points", "source", vocabulary.Source),
        ("contact_points", "relation", vocabulary.Relation),
        ("contact_events", "kind", vocabulary.EventKind),
        ("account_parties", "role", vocabulary.Role),
        ("payments", "status", vocabulary.PaymentStatus),
        ("holds", "kind", vocabulary.HoldKind),
    ],
)
def test_only_words_of_the_contract_are_used(sample: SampleLender, table: str, column: str, allowed: type) -> None:
    assert set(sample.portfolio[table][column]) <= {word.value for word in allowed}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("parties", ["party_id"]),
        ("contact_points", ["party_id", "channel", "value", "source"]),
        ("accounts", ["account_id"]),
        ("account_parties", ["account_id", "party_id", "role"]),
        ("instalments", ["account_id", "due_on"]),
        ("payments", ["payment_id"]),
        ("contact_events", ["event_id"]),
        ("holds", ["kind", "from", "party_id", "account_id"]),
    ],
)
def test_keys_are_unique(sample: SampleLender, table: str, key: list[str]) -> None:
    assert not sample.portfolio[table].select(key).is_duplicated().any()


def test_every_mishap_occurs_and_is_labelled(sample: SampleLender) -> None:
    assert {
        "mistyped", "mistyped_into_customer", "merged_namesake", "employer_as_own", "emergency_as_own", "family_shared",
        "given_up", "re_assigned", "skip_trace_wrong", "shifted_column",
    } <= set(sample.truth.points["mishap"])  # fmt: skip
    assert {"payment_posted_late", "payment_pending_late", "disputed"} <= set(sample.truth.accounts["mishap"])
    assert {"deceased", "moved_zone"} <= set(sample.truth.people["mishap"])


def test_a_shifted_value_belongs_to_the_row_above(sample: SampleLender) -> None:
    refresh = sample.contact_refresh.with_columns(above=pl.col("party_id").shift(1))
    wrong = refresh.filter(pl.col("mishap") == "shifted_column")
    known = sample.portfolio["contact_points"].select(above="party_id", value="value", known=True).unique()
    assert wrong.height >= 200
    assert wrong.join(known, on=["above", "value"], how="left")["known"].all()
    assert wrong["reaches_from"].is_null().all()


def test_late_postings_arrive_before_as_of_and_cure(sample: SampleLender) -> None:
    assert (sample.late_postings["paid_at"] < AS_OF).all()
    cured = sample.truth.accounts.filter(pl.col("mishap") == "payment_posted_late")
    assert (cured["really_due_minor"] == 0).all()
    assert (cured["booked_due_minor"] > 0).all()


def test_the_same_seed_writes_the_same_bytes(written: tuple[Path, Path], tmp_path: Path) -> None:
    folder, truth = written
    again, truth_again = tmp_path / "again", tmp_path / "truth"
    write_sample_lender(again, seed=SEED, as_of=AS_OF, truth_directory=truth_again)
    for one, other in ((folder, again), (truth, truth_again)):
        files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
        assert len(files) >= 3
        for file in files:
            assert (one / file).read_bytes() == (other / file).read_bytes(), file


def test_another_seed_writes_other_people(cards: pl.DataFrame, sample: SampleLender) -> None:
    other = build_sample(cards, seed=SEED + 1, as_of=AS_OF)
    assert (
        other.portfolio["parties"]["full_name"].to_list()[:50]
        != sample.portfolio["parties"]["full_name"].to_list()[:50]
    )


def test_a_dozen_spoiled_rows_are_in_the_base_load(written: tuple[Path, Path]) -> None:
    folder, _truth = written
    assert len(SPOILED) == 12
    parties = pl.read_csv(folder / "portfolio" / "parties.csv", infer_schema=False)
    assert parties.filter(pl.col("party_id").str.starts_with("X")).height == 3


def test_the_truth_is_never_written_inside_a_delivery(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outside"):
        write_sample_lender(tmp_path, seed=1, as_of=AS_OF, truth_directory=tmp_path / "portfolio")


def test_no_delivery_carries_a_column_of_the_truth(written: tuple[Path, Path]) -> None:
    folder, _truth = written
    told = {"mishap", "reaches_from", "reaches_to", "shared_with", "really_due_minor", "home_zone", "quarantine_days"}
    for path in folder.rglob("*.csv"):
        assert not told & set(pl.read_csv(path, infer_schema=False, n_rows=1).columns), path


def test_the_ledger_proper_says_the_same_as_the_sample_s_books(sample: SampleLender) -> None:
    """The sample counts days by itself; lending counts them again from the same tables."""
    tables = sample.portfolio
    ledger = balances(tables["accounts"], tables["instalments"], tables["payments"], at=AS_OF)
    both = sample.truth.accounts.join(ledger, on="account_id").filter(pl.col("booked_days_past_due") > 0)
    assert both.height > 800
    # west of Greenwich the calendar is a day behind
    difference = both["booked_days_past_due"] - both["days_past_due"]
    assert set(difference) <= {0, 1}
    assert (both["booked_due_minor"] == both["amount_due_minor"]).all()
