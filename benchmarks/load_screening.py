# SPDX-License-Identifier: Apache-2.0
"""Screens clean and spoiled loads: how many clean ones are quarantined, how many spoiled ones are not.

`python -m benchmarks.load_screening --clean 600 --spoiled 240 --rows 100000`

A portfolio of twice as many persons as a load has rows, most with one phone. A clean load states most numbers again;
some people bring a new number, which now and then stood under somebody else (numbers come back, families share,
mistakes are typed). A spoiled load is a clean one in which a stretch of the column is shifted, sorted apart from its
rows, reversed or exchanged with another stretch. What is not detectable stays so: persons who were not on file before.
"""

import argparse
from time import perf_counter
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.machine import BenchmarkReport, Measurement, peak_memory_mib, print_report
from rightparty.intake.limits import read_limits
from rightparty.parties.screening import History, is_quarantined, screen

type Ints = NDArray[np.int64]

SPOILS: Final = ("shifted", "sorted", "reversed", "exchanged")
SIZES: Final = (50, 60, 100, 400, 5_000)
NEWCOMERS: Final = (0.0, 0.2, 0.5)
"""Shares of persons in a load who were not on file before."""


def clean_load(dice: np.random.Generator, rows: int, newcomers: float) -> tuple[Ints, Ints]:
    """Return [person, value] of each row; a person's own number has his number, new ones lie beyond."""
    persons = np.sort(dice.choice(2 * rows, rows, replace=False))
    new = dice.random(rows) < newcomers
    person = np.where(new, 2 * rows + np.arange(rows), persons)
    value = person.copy()
    changed = dice.random(rows) < 0.08
    value[changed] = 10 * rows + np.flatnonzero(changed)
    # of the changed ones some stood under somebody: re-assigned, typed wrongly, or a neighbour's in the file
    kind = dice.random(rows)
    back = changed & (kind < dice.uniform(0.0, 0.06))
    value[back] = dice.integers(0, 2 * rows, int(back.sum()))
    family = np.flatnonzero(dice.random(rows) < dice.uniform(0.0, 0.002))
    value[family] = value[np.maximum(family - 1, 0)]
    return person, value


def spoil(dice: np.random.Generator, value: Ints, how: str, size: int) -> Ints:
    """Return the column with a stretch of it displaced."""
    spoiled = value.copy()
    begin = int(dice.integers(0, len(value) - 2 * size))
    part = value[begin : begin + size]
    if how == "shifted":
        spoiled[begin : begin + size] = np.roll(part, int(dice.integers(1, min(size, 10))))
    elif how == "sorted":
        spoiled[begin : begin + size] = part[np.argsort(dice.random(size))]
    elif how == "reversed":
        spoiled[begin : begin + size] = part[::-1]
    else:
        spoiled[begin : begin + size] = value[begin + size : begin + 2 * size]
        spoiled[begin + size : begin + 2 * size] = part
    return spoiled


def is_caught(person: Ints, value: Ints, known: int, history: History) -> bool:
    """Screen a load as intake does: moved is what stood under another person before."""
    frame = pl.DataFrame(
        {"line": np.arange(len(person)) + 2, "party_id": person.astype(str), "value": value.astype(str)}
    ).with_columns(channel=pl.lit("phone"), relation=pl.lit("self"))
    moved = frame.filter(pl.Series((value < known) & (value != person))).select("channel", "value", to_party="party_id")
    return is_quarantined(screen(frame, moved, history=history, limits=read_limits()))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clean", type=int, default=600)
    parser.add_argument("--spoiled", type=int, default=240)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    dice = np.random.default_rng(20_261_124)
    nothing = History(rows=0, moved=0)
    begin = perf_counter()
    false_alarms = 0
    for number in range(given.clean):
        person, value = clean_load(dice, given.rows, NEWCOMERS[number % len(NEWCOMERS)])
        false_alarms += is_caught(person, value, 2 * given.rows, nothing)
    missed: dict[str, int] = dict.fromkeys(SPOILS, 0)
    for number in range(given.spoiled):
        how, size = SPOILS[number % len(SPOILS)], SIZES[(number // len(SPOILS)) % len(SIZES)]
        person, value = clean_load(dice, given.rows, NEWCOMERS[number % len(NEWCOMERS)])
        missed[how] += not is_caught(person, spoil(dice, value, how, size), 2 * given.rows, nothing)
    seconds = perf_counter() - begin
    report = BenchmarkReport(
        benchmark="load_screening",
        parameters={"clean": given.clean, "spoiled": given.spoiled, "rows": given.rows, "sizes": list(SIZES)},
        measurements=[
            Measurement(name="clean loads quarantined", value=float(false_alarms), unit="loads"),
            *(Measurement(name=f"{how} loads not caught", value=float(n), unit="loads") for how, n in missed.items()),
            Measurement(name="a load", value=seconds / (given.clean + given.spoiled), unit="s"),
            Measurement(name="peak memory", value=peak_memory_mib(), unit="MiB"),
        ],
    )
    print_report(report, as_json=given.json)


if __name__ == "__main__":
    main()
