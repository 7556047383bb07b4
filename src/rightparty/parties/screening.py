# SPDX-License-Identifier: Apache-2.0
"""Screens the contact points of a load before they take effect. Serves right_party.

A column that was shifted against its rows, or sorted apart from them, gives itself away: the values it brings already
belong to other people, and they do so close together. Single values pass from person to person in every clean load,
too (re-assigned numbers, families, corrections), so what counts is where they stand in the file (a scan statistic)
and whether there are more of them than this lender's loads have had before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.kernel.masking import mask_value

FINDINGS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "finding": pl.String, "severity": pl.String, "count": pl.Int64, "first_line": pl.Int64, "last_line": pl.Int64,
    "examples": pl.List(pl.String), "cause": pl.String, "remedy": pl.String, "quarantines": pl.Boolean,
}  # fmt: skip

EXAMPLES_MOST: Final = 5

_FILLER: Final = r"0{7}$|1{8}$|9{8}$|8{8}$|12345678|13800000000$|^(test|noreply|no-reply|none|na)@|@example\.(com|org)$"


class LimitsError(ValueError):
    """The limits of screening are incomplete or out of range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningLimits:
    """From when on a load is quarantined; `limits.toml` says why each number is what it is."""

    #: chance that chance alone quarantines a load, for each of the two tests
    false_alarm: float
    #: share of values that pass from person to person in a clean load where history says nothing
    usual_share: float
    #: rows of imagined history that the usual share counts for
    usual_rows: float
    #: a window must hold at least so many moved values, and so large a share of its rows
    cluster_least: int
    cluster_share: float
    #: the same in a first load
    first_cluster_least: int
    #: more than this multiple of the usual share, beyond chance, quarantines
    excess: float
    #: share of rows that carry filler values, or values of a crowd
    filler_share: float
    crowd_share: float
    crowd_persons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What earlier loads of this lender were like."""

    #: contact points taken, and of these values that had stood under another person
    rows: int
    moved: int


def limits_of(given: Mapping[str, Any]) -> ScreeningLimits:
    """Return the limits of a parsed TOML file.

    Raises:
        LimitsError: a limit is missing, unknown or not above zero.
    """
    try:
        limits = ScreeningLimits(**given)
    except TypeError as fault:
        raise LimitsError(f"Screening limits: {fault}.") from fault
    if any(getattr(limits, name) <= 0 for name in ScreeningLimits.__dataclass_fields__):
        raise LimitsError(f"{limits} has a limit that is not above zero.")
    return limits


def screen(rows: pl.DataFrame, moved: pl.DataFrame, *, history: History, limits: ScreeningLimits) -> pl.DataFrame:
    """Return the findings on the contact points of a load, FINDINGS, most serious first.

    Shape: rows [line, party_id, channel, value, relation] as delivered; moved [channel, value, to_party], the values
    among them that belong to another, unlinked person by what was on file before or by events of the same delivery. A
    finding that nothing shows is left out.
    """
    own = rows.filter(pl.col("relation").fill_null("").is_in(["", "self"])).sort("line")
    marked = own.join(
        moved.select("channel", "value", party_id="to_party", moved=pl.lit(value=True)).unique(),
        on=["channel", "value", "party_id"],
        how="left",
        maintain_order="left",
    ).with_columns(pl.col("moved").fill_null(value=False))
    usual = (history.moved + limits.usual_share * limits.usual_rows) / (history.rows + limits.usual_rows)
    found = [_cluster(part, usual, limits) for part in marked.partition_by("channel", maintain_order=True)]
    found.append(_excess(marked, usual, limits))
    found += [_fillers(own, limits), _crowds(own, limits)]
    table = pl.DataFrame([row for row in found if row], schema=FINDINGS, orient="row")
    return table.sort("quarantines", descending=True, maintain_order=True)


def is_quarantined(findings: pl.DataFrame) -> bool:
    """Tell whether any finding passes the lender's limits."""
    return bool(findings["quarantines"].any())


def _cluster(rows: pl.DataFrame, usual: float, limits: ScreeningLimits) -> tuple[object, ...] | None:
    """Find the stretch of the file where moved values crowd most beyond chance."""
    at = np.flatnonzero(rows["moved"].to_numpy())
    if len(at) < limits.cluster_least:
        return None
    begin, end, surprise = densest(at, rows.height, usual, least=limits.cluster_least, share=limits.cluster_share)
    if surprise < -log(limits.false_alarm):
        return None
    inside = rows[begin : end + 1]
    return _finding(
        "contact_column_moved", inside.filter("moved"),
        "a contact column shifted against its rows, or sorted apart from them",
        "refuse the load, correct the file between these lines, deliver it again",
        quarantines=True,
    )  # fmt: skip


def densest(at: NDArray[np.int64], rows: int, usual: float, *, least: int, share: float) -> tuple[int, int, float]:
    """Return the stretch [first row, last row] with the most surprising number of moved values, and how surprising.

    Meaning: the surprise is minus the logarithm of the chance that some stretch of a clean file of so many rows looks
    like it: the binomial tail (bounded by Chernoff) times the number of stretches looked at. Stretches begin and end
    at moved values; only such with at least `least` of them and `share` of their rows are looked at, else 0.

    Args:
        at: positions of the moved values, ascending.
        rows: rows of the file.
        usual: share of moved values in a clean file.
        least: fewest moved values of a stretch.
        share: least share of moved values in it.
    """
    best = (0, 0, 0.0)
    size = least
    while size <= len(at):
        lengths = at[size - 1 :] - at[: len(at) - size + 1] + 1
        begin = int(np.argmin(lengths))
        length = int(lengths[begin])
        if size >= share * length:
            # stretches of this number: each begins at one of the rows; lengths and numbers looked at besides
            looks = log(rows) + log(max(rows / size, 2.0))
            surprise = _log_tail(size, length, usual) - looks
            if surprise > best[2]:
                best = (int(at[begin]), int(at[begin + size - 1]), surprise)
        size = size + 1 if size < 4 * least else int(size * 1.2)
    return best


def _log_tail(count: int, trials: int, chance: float) -> float:
    """Return minus the logarithm of an upper bound of P(at least `count` of `trials`); 0 where that is likely."""
    part = count / trials
    if part <= chance:
        return 0.0
    if count == trials:
        return -count * log(chance)
    return count * log(part / chance) + (trials - count) * log((1 - part) / (1 - chance))


def _excess(rows: pl.DataFrame, usual: float, limits: ScreeningLimits) -> tuple[object, ...] | None:
    """Find more moved values in the whole load than a multiple of the usual share explains."""
    moved = rows.filter("moved")
    allowed = min(usual * limits.excess, 0.5)
    if not moved.height:
        return None
    surprising = _log_tail(moved.height, rows.height, allowed) > -log(limits.false_alarm)
    return _finding(
        "contact_values_moved", moved,
        "re-assigned or shared numbers, corrections; many at once: rows of two files merged wrongly",
        "compare the examples with the file the lender's system holds",
        quarantines=surprising and moved.height >= limits.cluster_least,
    )  # fmt: skip


def _fillers(rows: pl.DataFrame, limits: ScreeningLimits) -> tuple[object, ...] | None:
    found = rows.filter(pl.col("value").str.contains(_FILLER))
    return _shared(
        "filler_value", found, rows.height, limits.filler_share,
        "a field that had to be filled", "collect each person's own contact point",
    )  # fmt: skip


def _crowds(rows: pl.DataFrame, limits: ScreeningLimits) -> tuple[object, ...] | None:
    found = rows.filter(pl.col("party_id").n_unique().over("channel", "value") > limits.crowd_persons)
    return _shared(
        "value_under_many_persons", found, rows.height, limits.crowd_share,
        "a switchboard, an agent's own number, a filler, a column filled down",
        "collect each person's own contact point",
    )  # fmt: skip


def _shared(
    finding: str, found: pl.DataFrame, rows: int, share: float, cause: str, remedy: str
) -> tuple[object, ...] | None:
    if not found.height:
        return None
    return _finding(finding, found, cause, remedy, quarantines=found.height > max(share * rows, 20))


def _finding(finding: str, found: pl.DataFrame, cause: str, remedy: str, *, quarantines: bool) -> tuple[object, ...]:
    examples = [mask_value(value) for value in found["value"].unique(maintain_order=True).head(EXAMPLES_MOST)]
    severity = "high" if quarantines else "medium"
    lines = found["line"]
    return finding, severity, found.height, lines.min(), lines.max(), examples, cause, remedy, quarantines
