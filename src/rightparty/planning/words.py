# SPDX-License-Identifier: Apache-2.0
"""Whether every step of a strategy has a text in the language of every market that is served (right_words)."""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from rightparty.planning.strategy import Step, Strategy, StrategyError, step_place
from rightparty.policy.pack import LawPacks

LANGUAGE_OF_MARKET: Final[Mapping[str, str]] = {
    "CN": "zh-Hans", "CZ": "cs", "GB": "en", "HK": "zh-Hant", "ID": "id", "IN": "hi", "KZ": "kk", "PH": "fil",
    "RU": "ru", "SK": "sk", "US": "en", "VN": "vi",
}  # fmt: skip
"""The language that a market's people read if no other is on record: a strategy must have its texts there."""


def refuse_missing_words(strategy: Strategy, *, packs: LawPacks, wordings: pl.DataFrame) -> None:
    """Refuse a strategy with a step for which a text is missing.

    Raises:
        StrategyError: one line for each step, channel and market without a text.
    """
    if faults := list(missing_words(strategy, packs=packs, wordings=wordings)):
        raise StrategyError("\n".join([*faults, StrategyError.remedy]))


def missing_words(strategy: Strategy, *, packs: LawPacks, wordings: pl.DataFrame) -> Iterator[str]:
    """Name every template that does not exist, and every translation that a served market lacks.

    Shape: wordings [template, language, channel, …], the approved ones.
    """
    names = ("template", "language", "channel")
    known = set(wordings.select(names).unique().rows())
    templates = sorted({template for template, _, _ in known})
    markets = packs.house.markets or tuple(sorted(packs.packs))
    for step in strategy.steps:
        place = step_place(strategy.source, step, "template")
        if step.template not in templates:
            yield f"{place}: no wording {step.template!r}; there are {', '.join(templates)}"
            continue
        for language, served in _languages(markets).items():
            if lacking := _lacking(step, language, known):
                yield (
                    f"{place}: {step.template} has no approved text in {language} ({', '.join(served)}) for"
                    f" {', '.join(lacking)}; write and approve one, or leave the market out of the house rules' markets"
                )


def _languages(markets: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for market in markets:
        if language := LANGUAGE_OF_MARKET.get(market):
            found.setdefault(language, []).append(market)
    return found


def _lacking(step: Step, language: str, known: set[tuple[str, ...]]) -> list[str]:
    return [channel.value for channel in step.channels if (step.template, language, channel.value) not in known]
