# SPDX-License-Identifier: Apache-2.0
"""Which article stands behind a reason, in a market: for explanations and for courts."""

from rightparty.policy.pack import LawPacks, Rule


def rules_behind(code: str, *, market: str, channel: str, packs: LawPacks) -> tuple[Rule, ...]:
    """Return the pack's rules that give this reason on this channel; empty where the product's own promise does."""
    pack = packs.packs.get(market)
    if pack is None:
        return ()
    return tuple(rule for rule in pack.rules if rule.reason == code and channel in rule.channels)


def citation_of(code: str, *, market: str, channel: str, packs: LawPacks) -> str:
    """Return the citations behind a reason, joined by `; `, or the product's own name for it."""
    cited = [
        f"{rule.citation} ({rule.confidence})"
        for rule in rules_behind(code, market=market, channel=channel, packs=packs)
    ]
    return "; ".join(dict.fromkeys(cited)) or f"rightparty promise {code.partition('.')[0]}"
