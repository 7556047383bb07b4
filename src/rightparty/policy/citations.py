# SPDX-License-Identifier: Apache-2.0
"""Which article stands behind a reason, in a market, on a day: for explanations and for courts."""

from datetime import date

from rightparty.policy.pack import LawPacks, Rule


def rules_behind(code: str, *, market: str, channel: str, packs: LawPacks, on: date | None = None) -> tuple[Rule, ...]:
    """Return the pack's rules that give this reason on this channel; empty where the product's own promise does.

    `on`: the local day of the decision; None: whatever the day.
    """
    pack = packs.packs.get(market)
    if pack is None:
        return ()
    return tuple(
        rule
        for rule in pack.rules
        if rule.reason == code
        and rule.kind != "duty"
        and channel in rule.channels
        and (on is None or rule.is_in_force(on))
    )


def citation_of(code: str, *, market: str, channel: str, packs: LawPacks, on: date | None = None) -> str:
    """Return the citations behind a reason, joined by `; `, or the product's own name for it."""
    cited = [
        f"{rule.citation} ({rule.confidence})"
        for rule in rules_behind(code, market=market, channel=channel, packs=packs, on=on)
    ]
    return "; ".join(dict.fromkeys(cited)) or f"rightparty promise {code.partition('.')[0]}"
