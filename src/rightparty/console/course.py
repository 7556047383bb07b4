# SPDX-License-Identifier: Apache-2.0
"""The picture of a batch's test as plain geometry: reports predicted, seen, and that would stop it, over time."""

from dataclasses import dataclass
from typing import Final

import polars as pl

WIDTH: Final = 460
HEIGHT: Final = 180
LEFT: Final = 34
BOTTOM: Final = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseChart:
    """Three lines as points of SVG polylines, and where the axis is labelled."""

    predicted: str
    reports: str
    stops_at: str
    #: [(y, label)] of the scale
    scale: tuple[tuple[str, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


def course_chart(course: pl.DataFrame) -> CourseChart | None:
    """Lay out a course [at, messages, predicted, reports, stops_at]; None if nothing was sent yet."""
    if course.is_empty():
        return None
    seconds = course["at"].dt.epoch("s")
    span = max(int(str(seconds.max())) - int(str(seconds.min())), 1)
    across = [LEFT + (WIDTH - LEFT - 8) * (second - int(str(seconds.min()))) / span for second in seconds]
    top = max(float(str(course[name].max())) for name in ("predicted", "reports", "stops_at"))
    top = max(top, 1.0)

    def line(name: str) -> str:
        return " ".join(_steps(across, [_up(float(value), top) for value in course[name]]))

    marks = sorted({0, round(top / 2), round(top)})
    return CourseChart(
        predicted=line("predicted"),
        reports=line("reports"),
        stops_at=line("stops_at"),
        scale=tuple((f"{_up(mark, top):.1f}", str(mark)) for mark in marks),
    )


def _up(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 12) * value / top


def _steps(across: list[float], up: list[float]) -> list[str]:
    """Counts jump: each line goes level to the next instant and then up; one that has one instant goes all across."""
    points = [f"{across[0]:.1f},{up[0]:.1f}"]
    for before, x, y in zip(up, across[1:], up[1:], strict=False):
        points += [f"{x:.1f},{before:.1f}", f"{x:.1f},{y:.1f}"]
    return [*points, f"{WIDTH - 8},{up[-1]:.1f}"]
