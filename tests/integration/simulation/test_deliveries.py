# SPDX-License-Identifier: Apache-2.0
"""The sample's deliveries go through intake's own reading and checking: only the spoiled dozen is rejected."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from rightparty.intake.checking import Context, check_rows, referring_columns, reject_unknown
from rightparty.intake.contract import CONTRACT
from rightparty.intake.errors import DeliveryError
from rightparty.intake.reading import find_files, read_blocks
from rightparty.simulation.operations.write_sample import write_sample_lender
from rightparty.simulation.spoiled_rows import SPOILED

AS_OF = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BERKA = Path(__file__).resolve().parents[3] / "data" / "berka"


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deliveries")
    write_sample_lender(folder, seed=3, as_of=AS_OF, berka=BERKA, truth_directory=tmp_path_factory.mktemp("truth"))
    return folder


def rejected(deliveries: Path, delivery: str) -> dict[str, int]:
    base = deliveries / "portfolio"
    parties = pl.read_csv(base / "parties.csv", infer_schema=False)
    accounts = pl.read_csv(base / "accounts.csv", infer_schema=False)
    context = Context(
        countries=parties.select("party_id", "country"), currencies=accounts.select("account_id", "currency")
    )
    counts: dict[str, int] = {}
    for name, path in find_files(deliveries / delivery).files.items():
        for block in read_blocks(path, CONTRACT[name]):
            checked = check_rows(CONTRACT[name], block.rows, context)
            known = checked.accepted
            faults = block.faults.height + checked.faults["line"].n_unique()
            for column, table in (("party_id", parties), ("account_id", accounts)):
                if column in referring_columns(CONTRACT[name]):
                    faults += reject_unknown(known, column, table[column]).faults.height
            counts[name] = counts.get(name, 0) + faults
    return {name: count for name, count in counts.items() if count}


def test_only_the_spoiled_rows_are_rejected(deliveries: Path) -> None:
    tables = [table for table, _row in SPOILED]
    assert rejected(deliveries, "portfolio") == {table: tables.count(table) for table in dict.fromkeys(tables)}


@pytest.mark.parametrize("delivery", ["contact_refresh", "late_postings"])
def test_later_deliveries_are_clean_in_form(deliveries: Path, delivery: str) -> None:
    assert rejected(deliveries, delivery) == {}


@pytest.mark.parametrize("name", ["truth.parquet", "Truth.csv"])
def test_a_truth_file_planted_in_a_delivery_is_refused(deliveries: Path, tmp_path: Path, name: str) -> None:
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "payments.csv").write_bytes((deliveries / "late_postings" / "payments.csv").read_bytes())
    (planted / name).write_text("party_id\n")
    with pytest.raises(DeliveryError, match="truth"):
        find_files(planted)
