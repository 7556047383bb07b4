# SPDX-License-Identifier: Apache-2.0
"""What the lender's own rules withhold beside the law: reason code -> where, over FACTS (right_time).

Nulls withhold.
"""

import polars as pl

from rightparty.policy.pack import HouseRules


def house_rules(house: HouseRules) -> dict[str, pl.Expr]:
    """Return every rule of the house."""
    return {
        "right_time.person_daily_cap": pl.col("channel").is_in(["sms", "email", "app"]).fill_null(value=True)
        & (pl.col("messages_person_day") >= house.messages_per_person_day).fill_null(value=True),
        "right_time.person_weekly_cap": (pl.col("contacts_person_7d") >= house.contacts_per_person_7d).fill_null(
            value=True
        ),
    }
