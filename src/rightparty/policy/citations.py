# SPDX-License-Identifier: Apache-2.0
"""Which article stands behind a reason, in a market, on a day: for explanations and for courts."""

from collections.abc import Mapping
from datetime import date

from rightparty.policy.pack import LawPacks, Rule


def rules_behind(code: str, *, market: str, channel: str, on: date | None, packs: LawPacks) -> tuple[Rule, ...]:
    """Return the pack's rules that give this reason on this channel; empty where the product's own promise does.

    Args:
        code: the reason.
        market: whose law.
        channel: message channel.
        on: the recipient's local day; None, where it is not known, gives the rules of every day.
        packs: as they are known now, or as they were known on the day of the decision.
    """
    pack = packs.packs.get(market)
    if pack is None:
        return ()
    return tuple(
        rule
        for rule in pack.rules
        # a duty withholds nothing, so it is no ground for a "no"
        if rule.kind != "duty"
        and rule.reason == code
        and channel in rule.channels
        and (on is None or rule.is_in_force(on))
    )


def citation_of(code: str, *, market: str, channel: str, on: date | None, packs: LawPacks) -> str:
    """Return the citations behind a reason, joined by `; `, or the product's own name for it. See `rules_behind`."""
    cited = [
        f"{rule.citation} ({rule.confidence})"
        for rule in rules_behind(code, market=market, channel=channel, on=on, packs=packs)
    ]
    return "; ".join(dict.fromkeys(cited)) or f"rightparty promise {code.partition('.')[0]}"


def local_day(facts: Mapping[str, object]) -> date | None:
    """Return the recipient's local day that facts hold, as a date or as ISO 8601; None if it is not known."""
    day = facts.get("local_date_max")
    if isinstance(day, date):
        return day
    return date.fromisoformat(day) if isinstance(day, str) and day else None
