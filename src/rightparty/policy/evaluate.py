# SPDX-License-Identifier: Apache-2.0
"""The one decision of the product: facts in, verdict out, for a portfolio or for one message (all promises).

Reasons are bits (kernel.reasons): a verdict is one integer per row. A "no" is a value, never an exception.
Rules are compiled to expressions once for each set of packs; what holds alike in several markets is evaluated once.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, reduce
from operator import or_
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.kernel.reasons import BY_CODE
from rightparty.kernel.vocabulary import MessageChannel
from rightparty.policy.house import EVERYWHERE
from rightparty.policy.pack import LawPack, LawPacks, Rule
from rightparty.policy.rules.house import house_terms
from rightparty.policy.rules.law import law_terms
from rightparty.policy.rules.product import contradictions, is_promised_everywhere, product_rules
from rightparty.policy.rules.term import Bound, Term, Where

VERDICT: Final = {"reasons_mask": pl.Int64(), "permitted": pl.Boolean()}
"""Columns a judgement adds."""

_WITHOUT_PACK: Final = Term(reason="right_time.no_law_pack", channels=None, where=(pl.lit(value=True),))
_UNJUDGED: Final = BY_CODE["right_time.rules_gap"].mask


def evaluate(facts: pl.LazyFrame, packs: LawPacks, *, house: bool = True) -> pl.LazyFrame:
    """Judge every row, lazily.

    Args:
        facts: the columns of FACTS; others are carried.
        packs: law packs with the house rules.
        house: False leaves out the lender's own rules.

    Shape: the rows in the same order with VERDICT. A market without a pack withholds with right_time.no_law_pack; what
    is not known withholds with its reason.

    Raises:
        PackError: a rule's parameter has no meaning.
    """
    schema = facts.collect_schema() | VERDICT
    return facts.map_batches(lambda frame: judge(frame, packs, house=house), schema=schema, streamable=True)


def judge(facts: pl.DataFrame, packs: LawPacks, *, house: bool = True) -> pl.DataFrame:
    """Judge every row at once; see `evaluate`."""
    masks = compile_rules(packs, house=house, days=days_of(facts)).masks(facts)
    return facts.with_columns(masks, (masks == 0).alias("permitted"))


@dataclass(frozen=True, slots=True)
class Days:
    """The local dates of rows that are judged together."""

    first: date
    last: date
    #: every row has both its local dates
    known: bool


def days_of(facts: pl.DataFrame) -> Days | None:
    """Return the local dates of some rows; None if no row has one."""
    first, last = facts["local_date_min"], facts["local_date_max"]
    least, greatest = first.min(), last.max()
    if not isinstance(least, date) or not isinstance(greatest, date):
        return None
    return Days(least, greatest, known=not first.null_count() and not last.null_count())


type _Reasons = NDArray[np.int64]
"""Masks of reasons by market and channel, flat: a market and a channel are a cell."""


@dataclass(frozen=True, slots=True)
class _Levels:
    """What the bounds of one fact say of its values."""

    fact: str
    #: values of the bounds, in order
    values: tuple[int, ...]
    #: reasons by how many of the values are reached, and where the fact is not known; each for every cell
    reasons: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is computed for rows of some markets.

    One deep expression that yields the whole mask costs four times as much to run on a thousand rows, and a bound less
    than an expression of its own.
    """

    #: contradictions, then where rules withhold: each a column of its own
    columns: tuple[pl.Expr, ...]
    #: of each rule's column, the mask of the reasons it gives: one for all rows, or one for each cell
    reasons: tuple[np.int64 | _Reasons, ...]
    levels: tuple[_Levels, ...]


class CompiledRules:
    """What the rules of a set of packs look at, each once, with the reasons that it gives in each market and channel.

    Most rules look at the same facts in many markets, and a node of an expression costs the same for any few rows.
    Markets without a pack come last, and so do channels that are none or not known.
    """

    def __init__(self, packs: LawPacks, *, house: bool, days: Days | None) -> None:
        """Compile every pack for rows whose local dates lie within `days` (None: any)."""
        self._known = pl.Enum(list(packs.packs))
        self._wheres: dict[bytes | Bound, Where] = {}
        self._reasons: dict[bytes | Bound, NDArray[np.int64]] = {}
        product = [
            Term(reason=code, channels=None, where=(where,)) for code, where in product_rules(packs.house).items()
        ]
        for number, market in enumerate((*packs.packs, EVERYWHERE)):
            own = house_terms(packs.house, market) if house else []
            law = _of_pack(packs.packs[market], days) if market in packs.packs else [_WITHOUT_PACK]
            for term in (*product, *own, *law):
                for where in term.where:
                    self._add(number, term, where, markets=len(packs.packs) + 1)
        self._plans: dict[bytes, _Plan] = {}

    def _add(self, market: int, term: Term, where: Where, *, markets: int) -> None:
        key = where if isinstance(where, Bound) else where.meta.serialize()
        self._wheres.setdefault(key, where)
        reasons = self._reasons.setdefault(key, np.zeros((markets, _UNKNOWN_CHANNEL + 1), dtype=np.int64))
        bound = [number for number, name in enumerate(_CHANNELS) if term.channels is None or name in term.channels]
        # which channel it is may not be known: then every rule holds
        bound += [_UNKNOWN_CHANNEL, *([_NO_CHANNEL] if term.channels is None else [])]
        reasons[market, bound] |= BY_CODE[term.reason].mask

    def masks(self, facts: pl.DataFrame) -> pl.Series:
        """Return the reasons_mask of each row."""
        market_of_row = _places(facts["market"], self._known)
        plan = self._plan_for(market_of_row)
        cell = market_of_row * np.intp(_UNKNOWN_CHANNEL + 1) + _channels(facts["channel"])
        told = facts.select(plan.columns)
        masks = told.drop_in_place("contradictions").to_numpy().copy()
        for where, reasons in zip(_truths(told).T, plan.reasons, strict=True):
            some = np.flatnonzero(where)
            if some.size:
                masks[some] |= reasons[cell[some]] if isinstance(reasons, np.ndarray) else reasons
        for levels in plan.levels:
            masks |= levels.reasons[_level(facts[levels.fact], levels.values), cell]
        return pl.Series("reasons_mask", masks, dtype=pl.Int64)

    def _plan_for(self, market_of_row: NDArray[np.uint8]) -> _Plan:
        present = np.flatnonzero(np.bincount(market_of_row))
        key = present.tobytes()
        if key not in self._plans:
            self._plans[key] = self._planned(present)
        return self._plans[key]

    def _planned(self, present: NDArray[np.intp]) -> _Plan:
        columns = [contradictions().cast(pl.Int64).fill_null(_UNJUDGED).alias("contradictions")]
        reasons: list[np.int64 | _Reasons] = []
        bounds: dict[str, list[Bound]] = defaultdict(list)
        for key, where in self._wheres.items():
            given = self._reasons[key][present]
            if not given.any():
                continue
            if isinstance(where, Bound):
                bounds[where.fact].append(where)
            else:
                columns.append(where.alias(f"rule {len(reasons)}"))
                reasons.append(given[0, 0] if (given == given[0, 0]).all() else self._reasons[key].ravel())
        levels = tuple(self._levels(fact, theirs) for fact, theirs in bounds.items())
        return _Plan(tuple(columns), tuple(reasons), levels)

    def _levels(self, fact: str, bounds: list[Bound]) -> _Levels:
        values = sorted({bound.value for bound in bounds})
        reasons = np.zeros((len(values) + 2, self._reasons[bounds[0]].size), dtype=np.int64)
        for bound in bounds:
            # at this level and above it the value is reached
            place = values.index(bound.value) + 1
            withholds = slice(place, len(values) + 1) if bound.upper else slice(place)
            reasons[withholds] |= self._reasons[bound].ravel()
            if bound.unknown:
                reasons[-1] |= self._reasons[bound].ravel()
        return _Levels(fact, tuple(values), reasons)


def _level(fact: pl.Series, values: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return how many of the values each row reaches; one more than all where the fact is not known."""
    # floating, and no number where the fact is null
    told = fact.to_numpy()
    level = np.zeros(told.size, dtype=np.uint8)
    for value in values:
        level += told >= value
    if fact.null_count():
        level[np.isnan(told)] = len(values) + 1
    return level


_CHANNELS: Final = tuple(channel.value for channel in MessageChannel)
_CHANNEL: Final = pl.Enum(_CHANNELS)
_NO_CHANNEL: Final = len(_CHANNELS)
"""What is named as a channel is none."""
_UNKNOWN_CHANNEL: Final = len(_CHANNELS) + 1


def _channels(column: pl.Series) -> NDArray[np.uint8]:
    """Return the number of each row's channel."""
    places = _places(column, _CHANNEL)
    return np.where(column.is_null().to_numpy(), np.uint8(_UNKNOWN_CHANNEL), places) if column.null_count() else places


def _places(texts: pl.Series, known: pl.Enum) -> NDArray[np.uint8]:
    """Return the place of each text among the known ones; one more than all where it is none of them."""
    places = texts.cast(known, strict=False).to_physical()
    return (places.fill_null(known.categories.len()) if places.null_count() else places).to_numpy()


@lru_cache(maxsize=64)
def compile_rules(packs: LawPacks, *, house: bool = True, days: Days | None = None) -> CompiledRules:
    """Return the compiled rules of a set of packs, made once and kept."""
    return CompiledRules(packs, house=house, days=days)


def _of_pack(pack: LawPack, days: Days | None) -> list[Term]:
    rules = [rule for rule in pack.rules if not is_promised_everywhere(rule) and not _is_past_or_to_come(rule, days)]
    found = [term for rule in rules for term in law_terms(_without_dates(rule, days))]
    gaps = [gap for gap in pack.gaps() if days is None or (gap[0] <= days.last and (gap[1] or date.max) > days.first)]
    if gaps:
        found.append(Term(reason="right_time.rules_gap", channels=None, where=(_in_a_gap(gaps),)))
    return found


def _is_past_or_to_come(rule: Rule, days: Days | None) -> bool:
    """Tell whether a rule is in force on none of the days, nor can be for want of a date."""
    if days is None or not days.known:
        return False
    return rule.effective_from > days.last or (rule.effective_to is not None and rule.effective_to <= days.first)


def _without_dates(rule: Rule, days: Days | None) -> Rule:
    """Return a rule that is in force on all of the days without its dates, which then need no comparison."""
    if days is None or not (rule.is_in_force(days.first) and rule.is_in_force(days.last)):
        return rule
    return replace(rule, effective_from=date.min, effective_to=None)


def _in_a_gap(gaps: Iterable[tuple[date, date | None]]) -> pl.Expr:
    """Return where a local day lies in a period for which the pack has no version of a needed rule."""
    inside = [
        (pl.col("local_date_min") < (end or date.max)) & (pl.col("local_date_max") >= begin) for begin, end in gaps
    ]
    return reduce(or_, inside, pl.lit(value=False)).fill_null(value=False)


def _truths(columns: pl.DataFrame) -> NDArray[np.bool_]:
    """Return columns of truth values; no rule leaves a null, and should one ever do, it withholds."""
    truths = columns.to_numpy()
    return truths if truths.dtype == np.bool_ else columns.fill_null(value=True).to_numpy()
