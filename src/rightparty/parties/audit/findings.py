# SPDX-License-Identifier: Apache-2.0
"""The one shape of a finding, whoever found it: what, how many, where for example, and what to do. Serves right_party.

The shape is a contract: machines read it (`rightparty audit --json`, `--out FILE`). SCHEMA_VERSION grows with every
change that a reader could notice.
"""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from rightparty.kernel.masking import mask_name, mask_value
from rightparty.parties.audit.catalogue import CATALOGUE, SEVERITIES

SCHEMA_VERSION: Final = 1

EXAMPLES_MOST: Final = 5
"""Examples shown per finding."""

EXAMPLE: Final = pl.Struct(
    {"shown": pl.String, "party_id": pl.String, "file": pl.String, "line": pl.Int64, "load_id": pl.Int64}
)
"""A masked value and where it stands: a line of a file not yet loaded, or the load that brought it."""

FIGURE: Final = pl.Struct({"name": pl.String, "value": pl.Float64})
"""A number behind a finding, for example the usual share it is measured against."""

FINDINGS: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "finding": pl.String, "severity": pl.String, "subject": pl.String, "count": pl.Int64, "total": pl.Int64,
    "share": pl.Float64, "first_line": pl.Int64, "last_line": pl.Int64, "examples": pl.List(EXAMPLE),
    "cause": pl.String, "remedy": pl.String, "figures": pl.List(FIGURE), "quarantines": pl.Boolean,
}  # fmt: skip
"""`total` is what was looked at, `share` count by total; lines are null where nothing was read from a file;
`quarantines` is true only of a load whose limits the finding passes."""

type Finding = dict[str, Any]

_WHERE: Final[Mapping[str, type[pl.DataType]]] = {
    "party_id": pl.String, "file": pl.String, "line": pl.Int64, "load_id": pl.Int64,
}  # fmt: skip


def found(
    code: str,
    rows: pl.DataFrame,
    *,
    shown: str,
    total: int,
    figures: Mapping[str, float] | None = None,
    quarantines: bool = False,
    severity: str = "",
) -> Finding | None:
    """Return the finding that some rows show, or None if there are none.

    Shape: rows with the column `shown` and, as far as known, party_id, file, line and load_id. The examples are the
    first rows by where they stand, so that the order of rows does not matter.
    """
    if rows.is_empty():
        return None
    kind = CATALOGUE[code]
    lines = rows["line"] if "line" in rows.columns else pl.Series([None], dtype=pl.Int64)
    return {
        "finding": code,
        "severity": "high" if quarantines else severity or kind.severity,
        "subject": kind.subject,
        "count": rows.height,
        "total": total,
        "share": rows.height / total if total else 0.0,
        "first_line": lines.min(),
        "last_line": lines.max(),
        "examples": _examples(rows, shown),
        "cause": kind.cause,
        "remedy": kind.remedy,
        "figures": [{"name": name, "value": float(value)} for name, value in (figures or {}).items()],
        "quarantines": quarantines,
    }


def findings_frame(findings: list[Finding | None]) -> pl.DataFrame:
    """Return findings as FINDINGS: those that quarantine first, then by severity, then by the catalogue's order."""
    order = {code: place for place, code in enumerate(CATALOGUE)}
    kept = [finding for finding in findings if finding]
    kept.sort(key=lambda f: (not f["quarantines"], SEVERITIES.index(f["severity"]), order[f["finding"]], -f["count"]))
    return pl.DataFrame(kept, schema=FINDINGS)


def _examples(rows: pl.DataFrame, shown: str) -> list[dict[str, object]]:
    known = rows.select(
        pl.col(shown).cast(pl.String).fill_null("").alias("shown"),
        *(pl.col(name).cast(kind) if name in rows.columns else pl.lit(None, kind).alias(name)
          for name, kind in _WHERE.items()),
    )  # fmt: skip
    # a total order: what is missing stands before everything that is given
    order = [
        *(pl.col(name).fill_null(-1) for name in ("line", "load_id")),
        *(pl.col(name).fill_null("\0") for name in ("party_id", "shown", "file")),
    ]
    first = known.unique().bottom_k(EXAMPLES_MOST, by=order).sort(order)
    mask = mask_name if shown.endswith("name") else str if shown.startswith("told") else mask_value
    return [{**row, "shown": mask(row["shown"])} for row in first.to_dicts()]
