# SPDX-License-Identifier: Apache-2.0
"""One reason of one rule: on which channels it withholds and where, over FACTS (right_time). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import MessageChannel

_EVERY_CHANNEL: Final = frozenset(channel.value for channel in MessageChannel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A value of a fact (whole number) that must not be reached, or must be reached."""

    fact: str
    value: int
    #: True: withholds from the value on; False: below it
    upper: bool
    #: whether it withholds where the fact is not known
    unknown: bool

    @property
    def where(self) -> pl.Expr:
        """Where it withholds."""
        fact = pl.col(self.fact)
        return (fact >= self.value if self.upper else fact < self.value).fill_null(value=self.unknown)


def stays_below(fact: str, value: int) -> Bound:
    """Return the bound of what must be known and less than a value."""
    return Bound(fact=fact, value=value, upper=True, unknown=True)


def within_minutes(begin: int, end: int, *, unknown: bool) -> tuple[Bound, Bound]:
    """Return the bounds of hours, in minutes after local midnight: [begin, end) in every plausible zone."""
    return (
        Bound(fact="local_minute_min", value=begin, upper=False, unknown=unknown),
        Bound(fact="local_minute_max", value=end, upper=True, unknown=unknown),
    )


type Where = pl.Expr | Bound
"""Where something withholds; a null withholds."""


def any_of(wheres: Iterable[Where]) -> pl.Expr:
    """Return where any of them withholds."""
    return reduce(or_, (each.where if isinstance(each, Bound) else each for each in wheres))


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Channels, bounds and expressions are kept apart, so that what several rules look at is computed once."""

    #: reason code
    reason: str
    #: message channels on which it withholds, and one that is not known (null); None: whatever the channel is
    channels: frozenset[str] | None
    #: any of these withholds on these channels
    where: tuple[Where, ...]

    @property
    def whole(self) -> pl.Expr:
        """Where it withholds, whatever the channel of the row."""
        where = any_of(self.where)
        if self.channels is None:
            return where
        return pl.col("channel").is_in(sorted(self.channels)).fill_null(value=True) & where


def on_channels(names: Iterable[str]) -> frozenset[str] | None:
    """Return the channels of a rule as a term has them: None if it names all."""
    channels = frozenset(names)
    return None if channels == _EVERY_CHANNEL else channels


def folded(terms: Iterable[Term]) -> dict[str, pl.Expr]:
    """Return reason code -> where any of the terms withholds for it."""
    found: dict[str, pl.Expr] = {}
    for term in terms:
        found[term.reason] = found[term.reason] | term.whole if term.reason in found else term.whole
    return found
