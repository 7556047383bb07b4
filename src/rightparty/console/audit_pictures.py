# SPDX-License-Identifier: Apache-2.0
"""The pictures of an audit as plain geometry, each with the table that says the same. No library, no script.

Numbers are written out as texts here: a template would use the language's decimal comma, which SVG does not read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log10
from typing import Any, Final

WIDE: Final = 220
HIGH: Final = 96
FOOT: Final = 16
SERIES_MOST: Final = 12
"""So many pairs of sources are drawn; those with the most comparisons."""

STRIPS_MOST: Final = 6
SHADES: Final = 4
NARROWEST: Final = 1.0
"""A stretch of a file is drawn at least so wide, in percent, or nobody sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One rectangle of a picture; places and lengths in SVG units."""

    x: str
    y: str
    width: str
    height: str
    shade: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One small picture and the rows of its table."""

    name: str
    boxes: tuple[Box, ...] = ()
    #: points of a line
    line: str = ""
    #: where single points of the line lie: x, y
    dots: tuple[tuple[str, str], ...] = ()
    first: str = ""
    last: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def bar_widths(counts: Sequence[int]) -> list[str]:
    """Return the lengths of bars in percent, by the logarithm: one case and a hundred thousand are both seen."""
    largest = log10(1 + max([*counts, 1]))
    return [f"{100 * log10(1 + count) / largest:.2f}" for count in counts]


def stretch(first_line: int, last_line: int, rows: int) -> tuple[str, str]:
    """Return where a stretch of a file begins and how wide it is, in percent; line 2 is the first row."""
    begin = 100.0 * (first_line - 2) / rows
    width = max(100.0 * (last_line - first_line + 1) / rows, NARROWEST)
    return f"{max(min(begin, 100 - width), 0):.2f}", f"{min(width, 100):.2f}"


def strips(parts: Sequence[Mapping[str, Any]]) -> list[Picture]:
    """Return a strip per load: the darker, the more of a hundredth of its rows moved from person to person."""
    loads = [(load, list(rows)) for load, rows in groupby(parts, key=lambda row: row["load_id"])]
    fullest = sorted(loads, key=lambda load: -max(row["moved"] / row["rows"] for row in load[1]))[:STRIPS_MOST]
    return [_strip(str(load or ""), rows) for load, rows in sorted(fullest, key=lambda load: load[0] or 0)]


def histograms(ages: Sequence[Mapping[str, Any]], *, oldest: int) -> list[Picture]:
    """Return a histogram of ages in whole years per segment; the last bar holds all that are older."""
    return [
        _histogram(str(segment), {int(row["years"]): int(row["points"]) for row in rows}, oldest)
        for segment, rows in groupby(ages, key=lambda row: row["segment"])
    ]


def agreement_lines(series: Sequence[Mapping[str, Any]]) -> list[Picture]:
    """Return a line per pair of sources: the share of persons about whom they agreed, month by month."""
    pairs = [(pair, list(rows)) for pair, rows in groupby(series, key=lambda row: (row["source"], row["other"]))]
    several = [(pair, rows) for pair, rows in pairs if len(rows) > 1]
    fullest = sorted(several, key=lambda pair: -sum(row["compared"] for row in pair[1]))[:SERIES_MOST]
    return [_line(f"{source} / {other}", rows) for (source, other), rows in fullest]


def _strip(name: str, rows: Sequence[Mapping[str, Any]]) -> Picture:
    shades = [min(round(SHADES * row["moved"] / row["rows"] + 0.45), SHADES) for row in rows]
    boxes = tuple(
        Box(x=str(row["part"]), y="0", width="1", height="6", shade=f"shade{shade}")
        for row, shade in zip(rows, shades, strict=True)
    )
    told = tuple(
        (f"{row['part']}–{row['part'] + 1} %", str(row["rows"]), str(row["moved"])) for row in rows if row["moved"]
    )
    return Picture(name=name, boxes=boxes, rows=told)


def _histogram(name: str, points: Mapping[int, int], oldest: int) -> Picture:
    largest = max([*points.values(), 1])
    step = WIDE / (oldest + 1)
    boxes = []
    for year in range(oldest + 1):
        height = (HIGH - FOOT) * points.get(year, 0) / largest
        boxes.append(Box(x=f"{year * step + 1:.1f}", y=f"{HIGH - FOOT - height:.1f}", width=f"{step - 2:.1f}",
                         height=f"{height:.1f}"))  # fmt: skip
    rows = tuple((f"{year}+" if year == oldest else str(year), str(points.get(year, 0))) for year in range(oldest + 1))
    return Picture(name=name, boxes=tuple(boxes), first="0", last=f"{oldest}+", rows=rows)


def _line(name: str, rows: Sequence[Mapping[str, Any]]) -> Picture:
    shares = [row["agreeing"] / row["compared"] for row in rows]
    step = (WIDE - 8) / (len(rows) - 1)
    places = [(f"{4 + at * step:.1f}", f"{4 + (HIGH - FOOT - 8) * (1 - share):.1f}") for at, share in enumerate(shares)]
    told = tuple(
        (str(row["month"])[:7], str(row["compared"]), f"{share:.0%}") for row, share in zip(rows, shares, strict=True)
    )
    return Picture(
        name=name, line=" ".join(f"{x},{y}" for x, y in places), dots=tuple(places),
        first=str(rows[0]["month"])[:7], last=str(rows[-1]["month"])[:7], rows=told,
    )  # fmt: skip
