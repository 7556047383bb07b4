# SPDX-License-Identifier: Apache-2.0
"""How frames are computed: the same plans serve a portfolio and the few rows of a batch at the gate."""

from typing import Final, Literal

FEW_ROWS: Final = 50_000
"""Rows up to which a plan is computed in memory."""


def engine_for(rows: int) -> Literal["in-memory", "auto"]:
    """Return the engine of Polars for a plan over so many rows.

    The one that streams keeps memory within bounds, but takes milliseconds to start: as long as a thousand rows take.
    """
    return "in-memory" if rows <= FEW_ROWS else "auto"
