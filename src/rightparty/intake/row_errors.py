# SPDX-License-Identifier: Apache-2.0
"""Why a row cannot be taken and what to do about it: one text and one remedy for each fault. Pure data."""

from enum import StrEnum
from typing import Final

import polars as pl


class Fault(StrEnum):
    """What is wrong with a row, by its first fault in each column."""

    WRONG_WIDTH = "number of cells differs from the header"
    CELL_TOO_LONG = "cell is longer than 10,000 characters"
    TEXT_TOO_LONG = "text is longer than the column takes"
    CONTROL_CHARACTER = "cell holds a control character"
    MISSING = "required value is missing"
    BAD_DATE = "not a date"
    IMPOSSIBLE_DATE = "date does not exist"
    BAD_INSTANT = "not an instant"
    NAIVE_INSTANT = "instant has no offset"
    NOT_A_NUMBER = "not a number"
    NEGATIVE_AMOUNT = "amount is negative"
    TOO_MANY_DECIMALS = "more decimals than the currency has"
    AMOUNT_TOO_LARGE = "amount is too large"
    UNKNOWN_CURRENCY = "currency is not known"
    UNKNOWN_COUNTRY = "country is not known"
    UNKNOWN_ZONE = "time zone is not known"
    BAD_LANGUAGE = "not a language tag"
    UNKNOWN_VALUE = "value is not one of those allowed"
    BAD_PHONE = "not a telephone number"
    BAD_EMAIL = "not an e-mail address"
    DUPLICATE_KEY = "id stands on several rows that differ"
    UNKNOWN_PARTY = "party is neither in the delivery nor in the store"
    UNKNOWN_ACCOUNT = "account is neither in the delivery nor in the store"
    NAMES_NOBODY = "neither party_id nor account_id is given"
    ENDS_BEFORE_START = "period ends before it starts"


REMEDIES: Final[dict[Fault, str]] = {
    Fault.WRONG_WIDTH: "Give every column of the header a cell; put quotes around cells that hold commas.",
    Fault.CELL_TOO_LONG: "Correct the export; no column takes so much text.",
    Fault.TEXT_TOO_LONG: "Shorten the text; docs/reference/portfolio-contract.md says how much a column takes.",
    Fault.CONTROL_CHARACTER: "Remove the control characters from the cell.",
    Fault.MISSING: "Fill the cell in; the contract requires it.",
    Fault.BAD_DATE: "Write dates as YYYY-MM-DD, for example 2026-11-23.",
    Fault.IMPOSSIBLE_DATE: "Correct the date in the source; no calendar has this day.",
    Fault.BAD_INSTANT: "Write instants as ISO 8601 with an offset, for example 2026-11-23T10:00:00+08:00.",
    Fault.NAIVE_INSTANT: "Add the offset from UTC, for example 2026-11-23T10:00:00+08:00.",
    Fault.NOT_A_NUMBER: "Write a plain decimal without thousands separators, for example 1234.50.",
    Fault.NEGATIVE_AMOUNT: "Write amounts without sign; a reversed payment has the status reversed.",
    Fault.TOO_MANY_DECIMALS: "Round in the source to the currency's smallest unit.",
    Fault.AMOUNT_TOO_LARGE: "Correct the amount; it is beyond what any account here can hold.",
    Fault.UNKNOWN_CURRENCY: "Write a supported ISO 4217 code in capitals, for example CNY.",
    Fault.UNKNOWN_COUNTRY: "Write the ISO 3166 code of two capitals, for example CN.",
    Fault.UNKNOWN_ZONE: "Write an IANA time zone, for example Asia/Shanghai, or leave the cell empty.",
    Fault.BAD_LANGUAGE: "Write a BCP 47 tag, for example zh-Hans, or leave the cell empty.",
    Fault.UNKNOWN_VALUE: "Use one of the contract's values, in small letters.",
    Fault.BAD_PHONE: "Write the number with its country code, for example +12125550142.",
    Fault.BAD_EMAIL: "Write one address, for example name@example.com.",
    Fault.DUPLICATE_KEY: "Find out which row is right and deliver only that one; none was taken.",
    Fault.UNKNOWN_PARTY: "Deliver the party in the same load or before it.",
    Fault.UNKNOWN_ACCOUNT: "Deliver the account in the same load or before it.",
    Fault.NAMES_NOBODY: "Fill in the party or the account that the hold is on.",
    Fault.ENDS_BEFORE_START: "Correct the period; its end must not be before its start.",
}

ROW_KEPT_CHARACTERS: Final = 2_000
"""How much of a rejected row is kept for the repair."""

REJECTED: Final = {
    "file": pl.String(), "line": pl.Int64(), "column": pl.String(), "reason": pl.String(), "remedy": pl.String(),
    "row": pl.String(),
}  # fmt: skip
"""Shape of rejected rows: one line per fault; `line` is the file's own line, the header being line 1."""


def rejected_frame(rows: pl.DataFrame, *, file: str) -> pl.DataFrame:
    """Return faults as rejected rows.

    Shape: [line, column, fault, row] -> REJECTED.
    """
    return rows.select(
        pl.lit(file).alias("file"),
        pl.col("line").cast(pl.Int64),
        "column",
        pl.col("fault").alias("reason"),
        pl.col("fault")
        .replace_strict({f.value: r for f, r in REMEDIES.items()}, return_dtype=pl.String)
        .alias("remedy"),
        pl.col("row").str.head(ROW_KEPT_CHARACTERS),
    )
