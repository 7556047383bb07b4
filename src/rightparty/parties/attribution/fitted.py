# SPDX-License-Identifier: Apache-2.0
"""Parameters fitted to a lender's own events: as a file, and as a list of what changed. Serves right_party."""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from rightparty.parties.attribution.parameters import AttributionParameters, Segment

CHANGES: Final[Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "segment": pl.String,
    "parameter": pl.String,
    "state": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
}
"""Columns of `changes`."""

_STATES: Final = ("person", "nobody", "stranger")
_AGEING: Final = ("given_up_per_year", "quarantine_days", "shelf_days", "void_days", "longer_at_most")


def fitted_toml(fitted: AttributionParameters, base: AttributionParameters) -> str:
    """Return the file that turns `base` into `fitted`; `read_parameters(text, base=base)` reads it back."""
    lines = [
        "# Attribution parameters estimated from this installation's own events, without labels.",
        "# Replaces what it names of the shipped numbers, once the setting RIGHTPARTY_ATTRIBUTION names this file.",
        f'version = "{fitted.version}"',
        "",
    ]
    moved = [name for name, segment in fitted.segments.items() if segment != base.segments[name]]
    for name in moved:
        lines += [*_segment_lines(name, fitted.segments[name]), ""]
    lines.append("# source|relation|seen at capture = [person, nobody] on the day of collection")
    lines.append("[prior]")
    for name in fitted.segments:
        cells = {key[1:]: pair for key, pair in fitted.prior.items() if key[0] == name and pair != base.prior[key]}
        if cells:
            lines.append(f"[prior.{name}]")
            lines += [f'"{"|".join(key)}" = [{pair[0]:.6g}, {pair[1]:.6g}]' for key, pair in cells.items()]
    return "\n".join(lines) + "\n"


def changes(before: AttributionParameters, after: AttributionParameters) -> pl.DataFrame:
    """Return every number that differs between two sets of parameters, CHANGES."""
    rows = [row for name in after.segments for row in _changed(name, before.segments[name], after.segments[name])]
    for key, pair in after.prior.items():
        if pair != before.prior[key]:
            label = "prior " + " ".join(part for part in key[1:] if part)
            rows += [
                (key[0], label, state, old, new)
                for state, old, new in zip(_STATES[:2], before.prior[key], pair, strict=True)
            ]
    return pl.DataFrame(rows, schema=CHANGES, orient="row")


def _changed(name: str, before: Segment, after: Segment) -> Iterator[tuple[str, str, str, float, float]]:
    for number in _AGEING:
        pair = float(getattr(before.ageing, number)), float(getattr(after.ageing, number))
        if pair[0] != pair[1]:
            yield name, number, "", *pair
    for kind, rates in after.rates.items():
        for state, old, new in zip(_STATES, before.rates[kind], rates, strict=True):
            if old != new:
                yield name, f"{kind} ({after.exposure[kind]})", state, old, new


def _segment_lines(name: str, segment: Segment) -> list[str]:
    lines = [f"[segment.{name}]"]
    lines += [f"{number} = {getattr(segment.ageing, number):.6g}" for number in _AGEING]
    rows = ", ".join(f"[{_numbers(row)}]" for row in segment.activity)
    lines.append(f"lapse_per_year = [{_numbers(segment.lapse_per_year)}]")
    lines += [f"activity = [{rows}]", f"frailty = [{_numbers(segment.frailty)}]", f"[segment.{name}.exposure]"]
    lines += [f'{kind} = "{how}"' for kind, how in segment.exposure.items()]
    lines.append(f"[segment.{name}.rate]")
    lines += [f"{kind} = [{_numbers(rates)}]" for kind, rates in segment.rates.items()]
    return lines


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)
