# SPDX-License-Identifier: Apache-2.0
"""One reason of one rule: on which channels it withholds and where, over FACTS (right_time). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import MessageChannel

_EVERY_CHANNEL: Final = frozenset(channel.value for channel in MessageChannel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Kept apart from its channels, so that what several rules look at is computed once."""

    #: reason code
    reason: str
    #: message channels on which it withholds, and one that is not known (null); None: whatever the channel is
    channels: frozenset[str] | None
    #: where it withholds on these channels; null withholds
    where: pl.Expr

    @property
    def whole(self) -> pl.Expr:
        """Where it withholds, whatever the channel of the row."""
        if self.channels is None:
            return self.where
        return pl.col("channel").is_in(sorted(self.channels)).fill_null(value=True) & self.where


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
