# SPDX-License-Identifier: Apache-2.0
"""Reads addresses: street, house number, flat. Serves right_party."""

from typing import Final

import polars as pl

from rightparty.parties.linkage.names import folded

_UNIT: Final = r"(?:\b(?:unit|apt|apartment|suite|ste|flat|byt)\b\.?|#)\s*([\w\-]+)"
_LEADING: Final = r"^\s*(\d+[\w\-/]*)[ ,]+(.*)$"


def read_homes(people: pl.LazyFrame) -> pl.LazyFrame:
    """Return everybody's address in parts.

    Shape: [address, postcode, region, …] -> one row each [street, house, unit, area], "" where unknown.
    """
    texts = people.select(text=pl.col("address").fill_null(""))
    distinct = texts.unique().with_columns(t=folded(pl.col("text")).str.strip_chars())
    parts = distinct.with_columns(
        unit=pl.col("t").str.extract(_UNIT, 1).fill_null(""),
        t=pl.col("t").str.replace(_UNIT, "").str.replace_all(r"\s+", " "),
    ).with_columns(
        leads=pl.col("t").str.extract(_LEADING, 1),
        rest=pl.col("t").str.extract(_LEADING, 2),
        numbers=pl.col("t").str.extract_all(r"\d+").list.join("-"),
        words=pl.col("t").str.replace_all(r"[\d]+", " "),
    )
    homes = parts.select(
        "text", "unit", house=pl.coalesce("leads", "numbers").fill_null(""),
        street=pl.coalesce("rest", "words").str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars(),
    )  # fmt: skip
    area = (
        pl.coalesce(pl.when(pl.col("postcode").fill_null("") != "").then("postcode"), pl.col("region"), pl.lit(""))
        .str.to_lowercase()
        .str.replace_all(r"\s", "")
    )
    return pl.concat(
        [texts.join(homes, on="text", how="left", maintain_order="left").drop("text"), people.select(area=area)],
        how="horizontal",
    )
