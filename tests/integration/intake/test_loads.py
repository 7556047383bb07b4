# SPDX-License-Identifier: Apache-2.0
"""A load is one batch: previewed, atomic, repeatable, revertible; bad input leaves the store as it was."""

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rightparty.evidence.models import Leaf
from rightparty.intake import queries
from rightparty.intake.contract import CONTRACT
from rightparty.intake.errors import DeliveryError, RevertError
from rightparty.intake.models import Load, RejectedRow
from rightparty.intake.operations.load_portfolio import load_portfolio
from rightparty.intake.operations.revert_load import revert_load
from rightparty.lending.operations import take_rows as lending
from rightparty.parties.models import CeaseCommunication, ContactPoint, Party
from rightparty.parties.operations import take_rows as parties

pytestmark = pytest.mark.django_db(transaction=True)

FILES = {
    "parties": "party_id,full_name,country,national_id_type,national_id,date_of_birth\n"
    "P1,王小明,CN,id,X1,1990-01-02\nP2,Jane Roe,US,,,\nP3,Jan Novák,CZ,,,\n",
    "contact_points": "party_id,channel,value,source,collected_at\n"
    "P1,phone,138 1234 5678,application,2026-01-01T10:00:00+08:00\nP2,email,J@Example.com,branch,2026-01-01T10:00:00Z\n"
    "P3,phone,601 234 567,branch,2026-01-01T10:00:00Z\n",
    "accounts": "account_id,product,opened_on,currency,principal,branch\n"
    "A1,cash_loan,2026-01-01,CNY,1000.50,x\nA2,credit_card,2026-01-01,VND,7000,y\n",
    "account_parties": "account_id,party_id,role\nA1,P1,debtor\nA2,P2,debtor\n",
    "instalments": "account_id,due_on,amount\nA1,2026-02-01,500.25\nA1,2026-03-01,500.25\nA2,2026-02-01,7000\n",
    "payments": "payment_id,account_id,paid_at,amount\nY1,A1,2026-02-03T10:00:00+08:00,500.25\n",
    "contact_events": "event_id,channel,value,party_id,kind,occurred_at\n"
    "E1,phone,13812345678,P1,otp_verified,2026-01-02T10:00:00+08:00\n",
    "holds": "kind,from,account_id\ndispute,2026-02-01T00:00:00Z,A2\n",
}
TABLES = {**parties.TABLES, **lending.TABLES}


def write(directory: Path, **changes: str | bytes | None) -> Path:
    directory.mkdir(exist_ok=True)
    for name, text in (FILES | changes).items():
        if text is not None:
            (directory / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return directory


def current() -> dict[str, list[tuple[object, ...]]]:
    """Every current row of every table, without the load that brought it."""
    rows = {}
    with connection.cursor() as cursor:
        for name, table in TABLES.items():
            columns = ", ".join(table.columns)
            cursor.execute(f"SELECT {columns} FROM {table.name} WHERE retired_by_id IS NULL ORDER BY {columns}")
            rows[name] = cursor.fetchall()
    return rows


def everything() -> tuple[object, ...]:
    return current(), Load.objects.count(), RejectedRow.objects.count(), Leaf.objects.count()


def test_a_delivery_is_taken_exactly(tmp_path: Path, at: datetime) -> None:
    stages: list[str] = []
    report = load_portfolio(write(tmp_path), at=at, label="first", on_progress=stages.append)
    assert [(t.table, t.read, t.accepted, t.rejected, t.added) for t in report.tables] == [
        (name, n, n, 0, n) for name, n in zip(CONTRACT, (3, 2, 2, 3, 1, 1, 3, 1), strict=True)
    ]
    rows = current()
    assert {r[0]: r[list(TABLES["accounts"].columns).index("principal_minor")] for r in rows["accounts"]} == {
        "A1": 100_050, "A2": 7_000,
    }  # fmt: skip
    assert sorted(r[2] for r in rows["contact_points"]) == ["+420601234567", "+8613812345678", "j@example.com"]
    assert rows["contact_events"][0][2] == "+8613812345678" or "+8613812345678" in rows["contact_events"][0]
    assert report.unknown_columns == ["accounts.csv: branch"]
    assert any('{"branch":"x"}' in r for r in rows["accounts"])
    assert set(Leaf.objects.values_list("kind", flat=True)) == {"portfolio.loaded", "batch.opened"}
    assert "parties" in stages
    assert report.as_frame().height == 8
    assert queries.list_loads()["label"].to_list() == ["first"]


def test_the_same_files_again_have_no_effect(tmp_path: Path, at: datetime) -> None:
    first = load_portfolio(write(tmp_path), at=at)
    before = everything()
    again = load_portfolio(write(tmp_path / "copy"), at=at + timedelta(days=1))
    assert (again.outcome, again.load_id) == ("repeated", first.load_id)
    assert everything() == before


def test_a_changed_row_retires_the_old_version_and_the_rest_stays(tmp_path: Path, at: datetime) -> None:
    load_portfolio(write(tmp_path), at=at)
    changed = FILES["parties"].replace("Jane Roe", "Jane Doe") + "P4,Eva,CZ,,,\n"
    report = load_portfolio(write(tmp_path, parties=changed), at=at)
    by_table = {t.table: (t.added, t.changed, t.unchanged) for t in report.tables}
    assert by_table["parties"] == (1, 1, 2)
    assert by_table["instalments"] == (0, 0, 3)
    assert list(Party.objects.filter(party_id="P2").values_list("full_name", "retired_by_id").order_by("id")) == [
        ("Jane Roe", report.load_id),
        ("Jane Doe", None),
    ]


def test_a_preview_stores_nothing_and_counts_values_that_change_persons(tmp_path: Path, at: datetime) -> None:
    load_portfolio(write(tmp_path), at=at)
    before = everything()
    shifted = (
        "party_id,channel,value,source,collected_at\n"
        "P2,phone,+8613812345678,application,2026-01-01T10:00:00+08:00\n"
        "P3,email,j@example.com,branch,2026-01-01T10:00:00Z\nP3,phone,601234567,branch,2026-02-01T10:00:00Z\n"
    )
    preview = load_portfolio(write(tmp_path, contact_points=shifted), at=at, dry_run=True)
    assert (preview.outcome, preview.load_id, preview.moved_values) == ("previewed", None, 2)
    assert {(e["from_party"], e["to_party"]) for e in preview.moved_examples} == {("P1", "P2"), ("P2", "P3")}
    assert "13812345678" not in str(preview.moved_examples)
    assert everything() == before
    real = load_portfolio(tmp_path, at=at)
    assert (real.tables, real.moved_values) == (preview.tables, preview.moved_values)


def test_a_value_shared_by_parties_of_one_account_does_not_count_as_moved(tmp_path: Path, at: datetime) -> None:
    load_portfolio(write(tmp_path), at=at)
    shared = FILES["contact_points"] + "P2,phone,+8613812345678,branch,2026-01-01T10:00:00+08:00\n"
    joint = FILES["account_parties"] + "A1,P2,co_debtor\n"
    assert load_portfolio(write(tmp_path, contact_points=shared, account_parties=joint), at=at).moved_values == 0


@pytest.mark.parametrize(
    ("table", "content", "says"),
    [
        ("parties", FILES["parties"].encode("gbk"), "parties.csv, line 2, byte 73: not UTF-8"),
        ("parties", FILES["parties"].encode("utf-16"), "parties.csv, line 1"),
        ("parties", b"", "empty"),
        ("parties", FILES["parties"][:-9].encode(), "parties.csv, line 4: the file ends in the middle of a line"),
        ("parties", FILES["parties"].replace("Jane", '"Jane').encode(), "parties.csv, line 3: a quoted cell"),
        ("parties", FILES["parties"].replace("full_name", "name").encode(), "full_name is missing"),
        ("accounts", FILES["accounts"].replace("branch", "currency").encode(), "currency"),
        ("truth", b"x\n", "truth.csv"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_whole_and_the_store_is_as_it_was(
    tmp_path: Path, at: datetime, table: str, content: bytes, says: str
) -> None:
    load_portfolio(write(tmp_path / "first"), at=at)
    before = everything()
    with pytest.raises(DeliveryError) as refusal:
        load_portfolio(write(tmp_path / "second", **{table: content}), at=at)
    assert says in str(refusal.value)
    assert refusal.value.remedy
    assert everything() == before


def test_half_a_parquet_file_and_money_as_float_are_refused(tmp_path: Path, at: datetime) -> None:
    directory = write(tmp_path, accounts=None)
    frame = pl.DataFrame({"account_id": ["A1"], "product": "cash_loan", "opened_on": "2026-01-01", "currency": "CNY"})
    frame.with_columns(principal=pl.lit(1.5)).write_parquet(directory / "accounts.parquet")
    with pytest.raises(DeliveryError, match="floating point"):
        load_portfolio(directory, at=at)
    whole = (directory / "accounts.parquet").read_bytes()
    (directory / "accounts.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DeliveryError, match="not a whole Parquet file"):
        load_portfolio(directory, at=at)
    assert Load.objects.count() == 0


def test_parquet_says_the_same_as_csv(tmp_path: Path, at: datetime) -> None:
    load = load_portfolio(write(tmp_path / "csv"), at=at)
    rows = current()
    directory = tmp_path / "parquet"
    directory.mkdir()
    for name in FILES:
        frame = pl.read_csv(tmp_path / "csv" / f"{name}.csv", try_parse_dates=name != "payments", infer_schema_length=0)
        frame = frame.with_columns(
            pl.col(c).cast(pl.Decimal(18, 3)) for c in frame.columns if c in {"amount", "principal"}
        )
        frame.write_parquet(directory / f"{name}.parquet")
    report = load_portfolio(directory, at=at)
    assert {(t.added, t.changed) for t in report.tables} == {(0, 0)}
    assert current() == rows
    assert report.load_id != load.load_id


def test_an_empty_folder_is_refused(tmp_path: Path, at: datetime) -> None:
    with pytest.raises(DeliveryError, match="no file of the contract"):
        load_portfolio(tmp_path, at=at)
    with pytest.raises(DeliveryError, match="not a folder"):
        load_portfolio(tmp_path / "nowhere", at=at)


def test_rejected_rows_are_kept_with_file_line_column_reason_and_remedy(tmp_path: Path, at: datetime) -> None:
    points = FILES["contact_points"] + (
        "P9,phone,13812345679,branch,2026-01-01T10:00:00Z\n"
        "P1,phone,hello,branch,2026-01-01T10:00:00Z\n"
        f"P1,post,{'x' * 10_000_000},branch,2026-01-01T10:00:00Z\n"
        "P1,phone,13812345679,branch\n"
    )
    accounts = FILES["accounts"] + "A3,cash_loan,2026-02-30,CNY,-5,\nA2,credit_card,2026-01-01,VND,9000,y\n"
    (tmp_path / "notes.txt").write_text("x")
    report = load_portfolio(write(tmp_path, contact_points=points, accounts=accounts), at=at)
    kept = queries.rejected_rows(report.load_id or 0)
    found = {(r["file"], r["line"], r["column"], r["reason"]) for r in kept.to_dicts()}
    assert found >= {
        ("contact_points.csv", 5, "party_id", "party is neither in the delivery nor in the store"),
        ("contact_points.csv", 6, "value", "not a telephone number"),
        ("contact_points.csv", 7, "value", "cell is longer than 10,000 characters"),
        ("contact_points.csv", 8, "", "number of cells differs from the header"),
        ("accounts.csv", 4, "opened_on", "date does not exist"),
        ("accounts.csv", 4, "principal", "amount is negative"),
        ("accounts.csv", 3, "account_id", "id stands on several rows that differ"),
        ("accounts.csv", 5, "account_id", "id stands on several rows that differ"),
        ("instalments.csv", 4, "account_id", "account is neither in the delivery nor in the store"),
    }
    assert kept["remedy"].str.len_chars().min() > 0  # type: ignore[operator]
    assert kept["row"].str.len_chars().max() <= 2_000  # type: ignore[operator]
    assert report.ignored_files == ["notes.txt"]
    assert ContactPoint.objects.count() == 3


def test_too_many_rejected_rows_refuse_the_whole_load(tmp_path: Path, at: datetime) -> None:
    lines = "".join(f"P{n},Name,{'CN' if n % 10 else 'China'},,,\n" for n in range(10, 130))
    with pytest.raises(DeliveryError, match="12 of 123 rows cannot be taken") as refusal:
        load_portfolio(write(tmp_path, parties=FILES["parties"] + lines), at=at)
    assert "ISO 3166" in refusal.value.remedy
    assert everything()[1:] == (0, 0, 0)


def test_rows_may_refer_to_what_an_earlier_load_brought(tmp_path: Path, at: datetime) -> None:
    load_portfolio(write(tmp_path / "first"), at=at)
    later = tmp_path / "later"
    later.mkdir()
    (later / "payments.csv").write_text(
        "payment_id,account_id,paid_at,amount\nY2,A2,2026-02-03T10:00:00Z,7000\nY3,A9,2026-02-03T10:00:00Z,1\n"
    )
    report = load_portfolio(later, at=at)
    assert (report.tables[0].added, report.tables[0].rejected) == (1, 1)


def test_one_human_under_two_ids_is_one_person_and_keeps_the_cease_communication(tmp_path: Path, at: datetime) -> None:
    load_portfolio(write(tmp_path), at=at)
    before = current()
    CeaseCommunication.objects.create(person_id="P1", from_at=at, origin="portal")
    twin = FILES["parties"] + "P0,Wang Xiaoming,CN,id,X1,1990-01-02\n"
    load = load_portfolio(write(tmp_path, parties=twin), at=at)
    assert set(
        Party.objects.filter(party_id__in=["P0", "P1"], retired_by_id=None).values_list("person_id", flat=True)
    ) == {"P0"}
    assert CeaseCommunication.objects.filter(person_id="P0").count() == 1
    revert_load(load.load_id or 0, at=at)
    assert current() == before


def test_a_revert_brings_back_what_was_and_may_be_repeated_in_order(tmp_path: Path, at: datetime) -> None:
    empty = current()
    one = load_portfolio(write(tmp_path), at=at)
    after_one = current()
    changed = FILES["instalments"].replace("500.25", "400.00")
    two = load_portfolio(write(tmp_path, instalments=changed), at=at)
    with pytest.raises(RevertError, match=f"load {two.load_id} came later"):
        revert_load(one.load_id or 0, at=at)
    assert Load.objects.count() == 2
    report = revert_load(two.load_id or 0, at=at)
    assert current() == after_one
    revert_load(one.load_id or 0, at=at)
    assert current() == empty
    for load_id in (one.load_id, report.load_id, 999):
        with pytest.raises(RevertError):
            revert_load(load_id or 0, at=at)
    assert load_portfolio(write(tmp_path), at=at).outcome == "loaded"
    assert current() == after_one


AMOUNTS = st.dictionaries(
    st.tuples(st.sampled_from(["A1", "A2"]), st.integers(1, 28)), st.integers(0, 10**6), max_size=8
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=st.lists(AMOUNTS, min_size=1, max_size=3))
def test_reverting_loads_backwards_restores_each_state(
    at: datetime, django_db_reset: Callable[[], None], deliveries: list[dict[tuple[str, int], int]]
) -> None:
    """Serves correctable: whatever was loaded, undoing it gives back the exact current rows."""
    django_db_reset()
    done: list[tuple[int, dict[str, list[tuple[object, ...]]]]] = []
    for position, amounts in enumerate(deliveries):
        lines = "".join(f"{a},2026-05-{day:02d},{amount}\n" for (a, day), amount in amounts.items())
        with tempfile.TemporaryDirectory() as folder:
            table = f"account_id,due_on,amount,batch\n{lines}".replace("batch", f"batch{position}")
            table = "".join(f"{line},{position}\n" if n else f"{line}\n" for n, line in enumerate(table.splitlines()))
            before = current()
            report = load_portfolio(write(Path(folder), instalments=table), at=at)
        assert report.outcome == "loaded"
        done.append((report.load_id or 0, before))
    for load_id, before in reversed(done):
        revert_load(load_id, at=at)
        assert current() == before


@pytest.fixture
def django_db_reset() -> Callable[[], None]:
    def reset() -> None:
        with connection.cursor() as cursor:
            for table in TABLES.values():
                cursor.execute(f"DELETE FROM {table.name}")
        RejectedRow.objects.all().delete()
        Load.objects.all().delete()

    return reset
