# SPDX-License-Identifier: Apache-2.0
"""The situations of every market, as they lie in `tests/law/<market>/*.yaml`."""

from functools import cache
from pathlib import Path

import polars as pl
import yaml

from rightparty.policy.situations import LAWFUL, Situation, situation_of

__all__ = ["HISTORY", "LAWFUL", "all_situations", "raw_situations"]

HISTORY = {
    "person_id": pl.String, "account_id": pl.String, "channel": pl.String, "kind": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
}  # fmt: skip


@cache
def raw_situations() -> list[dict[str, object]]:
    """Every situation as it is written, with its market."""
    return [
        {"market": file.parent.name, **raw}
        for file in sorted(Path(__file__).parent.glob("*/*.yaml"))
        for raw in yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    ]


@cache
def all_situations() -> list[Situation]:
    """Every situation, read as `rightparty policy check` reads it."""
    return [situation_of(raw, place=f"{raw['market']}: {raw['id']}") for raw in raw_situations()]
