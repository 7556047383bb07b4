# SPDX-License-Identifier: Apache-2.0
"""The benchmark of misdirection: brought portfolios, figures by hand, and a ceiling that reads no truth."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from benchmarks.misdirection.figures import quality, strangers_by_reach
from benchmarks.misdirection.portfolio import PortfolioError, brought, grown

AT = datetime(2026, 6, 1, tzinfo=UTC)
POINTS = """party_id,channel,value,source,collected_at
P1,phone,+12025550101,application,2024-01-01
P1,phone,+12025550102,application,2024-01-01T00:00:00+02:00
P2,email,a@example.com,portal,2024-01-01 10:00:00
"""
EVENTS = "party_id,channel,value,kind,occurred_at\nP1,phone,+12025550101,login,2025-01-01\n"
TRUTH = """party_id,channel,value,reaches_from,reaches_to,shared_with
P1,phone,+12025550101,2023-01-01,2024-06-01,
P1,phone,+12025550101,2025-01-01,,P9
P1,phone,+12025550102,2023-01-01,2026-05-01,
P3,phone,+12025550103,2024-01-01,,
"""


def written(directory: Path, **files: str) -> Path:
    for name, text in ({"contact_points": POINTS, "contact_events": EVENTS, "truth": TRUTH} | files).items():
        (directory / f"{name}.csv").write_text(text)
    return directory


def test_of_several_stretches_the_best_counts_and_what_no_row_names_is_a_strangers(tmp_path: Path) -> None:
    portfolio = brought(written(tmp_path), at=AT)
    assert dict(portfolio.states.select("value", "state").iter_rows()) == {
        "+12025550101": "person", "+12025550102": "nobody", "a@example.com": "stranger",
    }  # fmt: skip


def test_instants_without_a_zone_are_utc(tmp_path: Path) -> None:
    days = brought(written(tmp_path), at=AT).contact_points["collected_at"].to_list()
    assert days == [
        datetime(2024, 1, 1, tzinfo=UTC), datetime(2023, 12, 31, 22, tzinfo=UTC), datetime(2024, 1, 1, 10, tzinfo=UTC),
    ]  # fmt: skip


def test_a_missing_column_is_named_with_its_file(tmp_path: Path) -> None:
    broken = TRUTH.replace("reaches_to", "ended")
    with pytest.raises(PortfolioError, match=r"truth\.csv: no column reaches_to"):
        brought(written(tmp_path, truth=broken), at=AT)
    written(tmp_path)
    (tmp_path / "contact_events.csv").unlink()
    with pytest.raises(PortfolioError, match="neither contact_events"):
        brought(tmp_path, at=AT)


def test_reach_counts_persons_with_a_way_to_them_and_the_best_point_of_each() -> None:
    keys = {"party_id": ["A", "A", "B", "C"], "channel": ["phone"] * 4, "value": ["1", "2", "3", "4"]}
    states = pl.DataFrame({**keys, "state": ["person", "stranger", "stranger", "person"]})
    ranked = pl.DataFrame({**keys, "score": [0.1, 0.0, 0.2, 0.3]})
    rows = strangers_by_reach(ranked, states)
    assert rows["all"]["reach"] == 0.5
    assert rows["all"]["strangers"] == pytest.approx(2e6 / 3)
    assert rows["90%"]["strangers"] is None


def test_calibration_is_perfect_where_the_truth_is_told() -> None:
    keys = {"party_id": ["A", "B"], "channel": ["phone"] * 2, "value": ["1", "2"]}
    states = pl.DataFrame({**keys, "state": ["person", "nobody"]})
    judged = pl.DataFrame({**keys, "p_person": [1.0, 0.0], "p_nobody": [0.0, 1.0], "p_stranger": [0.0, 0.0]})
    assert all(row["calibration_error"] == row["brier"] == 0.0 for row in quality(judged, states).values())


def test_the_ceiling_knows_the_process_and_not_the_persons() -> None:
    from benchmarks.misdirection.ceiling import posterior
    from benchmarks.misdirection.linkage_only import linkage_score

    portfolio = grown("us_card", persons=120, seed=8, at=AT)
    found = posterior(portfolio)
    total = found.select(pl.sum_horizontal("p_person", "p_nobody", "p_stranger"))[:, 0]
    assert found.height == portfolio.states.height
    assert (total - 1.0).abs().max() < 1e-6  # type: ignore[operator]
    assert all(row["brier"] < 0.2 for row in quality(found, portfolio.states).values())
    score = linkage_score(portfolio.contact_points, portfolio.contact_events, at=AT)
    assert score.height == portfolio.states.height
