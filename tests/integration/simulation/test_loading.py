# SPDX-License-Identifier: Apache-2.0
"""The sample lender goes into the store by the ordinary load: a dozen rows rejected, the shifted column seen."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rightparty.intake.operations.load_portfolio import load_portfolio
from rightparty.simulation.operations.write_sample import write_sample_lender
from rightparty.simulation.spoiled_rows import SPOILED

AS_OF = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_three_deliveries_load_and_the_shift_is_counted_row_by_row(tmp_path: Path) -> None:
    counts = write_sample_lender(tmp_path / "sample", seed=5, as_of=AS_OF, truth_directory=tmp_path / "truth")
    base, refresh, late = (
        load_portfolio(tmp_path / "sample" / delivery, label=delivery, at=AS_OF)
        for delivery in ("portfolio", "contact_refresh", "late_postings")
    )
    assert sum(table.rejected for table in base.tables) == len(SPOILED)
    assert sum(table.rejected for table in (*refresh.tables, *late.tables)) == 0
    assert {table.table: table.added for table in base.tables} == {
        table.table: counts[table.table] for table in base.tables
    }
    assert base.moved_values == 0
    assert refresh.moved_values == counts["mishap shifted_column"]
    assert (base.outcome, refresh.outcome, late.outcome) == ("loaded", "quarantined", "loaded")
    assert refresh.findings[0]["finding"] == "contact_column_moved"
