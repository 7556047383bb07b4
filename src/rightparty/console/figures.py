# SPDX-License-Identifier: Apache-2.0
"""The pictures of the console as plain geometry: bars that a template draws as SVG beside their table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 460
LABEL: Final = 130
ROW: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One labelled bar; lengths in SVG units."""

    label: str
    count: int
    y: int
    length: int
    #: where the count is written
    count_x: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Bars under one another, longest = the largest count."""

    bars: tuple[Bar, ...]
    width: int
    height: int


def bar_chart(counts: Mapping[str, int]) -> BarChart:
    """Lay out one bar per count, in the order given."""
    largest = max([*counts.values(), 1])
    room = WIDTH - LABEL - 70
    bars = []
    for position, (label, count) in enumerate(counts.items()):
        length = max(round(room * count / largest), 1 if count else 0)
        bars.append(Bar(label=label, count=count, y=position * ROW, length=length, count_x=LABEL + length + 8))
    return BarChart(bars=tuple(bars), width=WIDTH, height=max(len(counts), 1) * ROW)
