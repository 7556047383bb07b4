# SPDX-License-Identifier: Apache-2.0
"""Screens clean and spoiled loads: how many clean ones are quarantined, how many spoiled ones are not.

`python -m benchmarks.load_screening --clean 600 --spoiled 270 --rows 100000`

A portfolio of twice as many persons as a load has rows, most with one phone. A clean load of a bureau states most
numbers again; some people bring a new number, which now and then stood under somebody else (numbers come back, families
share, mistakes are typed), and some agents' and firms' numbers stand under a few dozen persons. The bureau agrees with
the application about most persons, less so in some parts of the file than in others. The same load brings the persons:
a few birth dates, ids and names are corrected, some to what another person has.

A spoiled load is a clean one in which a stretch of the contact column is shifted, sorted apart from its rows, reversed
or exchanged with another stretch; or of the birth dates, ids or names shifted; or in which an agent's own number stands
in 200 rows; or a stretch of the bureau's numbers is wrong in a digit. What is not detectable stays so: persons who were
not on file before.
"""

import argparse
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.machine import BenchmarkReport, Measurement, peak_memory_mib, print_report
from rightparty.intake.limits import read_limits
from rightparty.parties.screening import History, is_quarantined, screen, screen_persons

type Ints = NDArray[np.int64]

SPOILS: Final = ("shifted", "sorted", "reversed", "exchanged", "births shifted", "ids shifted", "names shifted",
                 "agent's number", "agreement falls")  # fmt: skip
SIZES: Final = (50, 60, 100, 400, 5_000)
DISAGREEING_SIZES: Final = (400, 600, 1_000, 2_000, 5_000)
"""Fewer rows of a source that is wrong about values nobody else has do not stand out from its usual mistakes."""

AGENT_ROWS: Final = 200
NEWCOMERS: Final = (0.0, 0.2, 0.5)
"""Shares of persons in a load who were not on file before."""

BLOCK: Final = 2_000
"""Rows of a branch: a bureau is better about some than about others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A load as numbers: row i is about person[i]; a person's own value, id, name and birth date have his number."""

    person: Ints
    value: Ints
    births: Ints
    ids: Ints
    names: Ints
    #: whether the bureau's earlier value agreed with the application's
    agreed: NDArray[np.bool_]
    known: int


def clean_load(dice: np.random.Generator, rows: int, newcomers: float) -> Delivery:
    """Return a load as it comes every day."""
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
    for firm in range(int(dice.integers(0, 4))):
        value[dice.integers(0, rows, int(dice.integers(5, 45)))] = 20 * rows + firm
    lost = np.repeat(dice.uniform(0.02, 0.3, rows // BLOCK + 1), BLOCK)[:rows]
    wrong = dice.random(rows) < lost
    value[wrong & (value == person)] = 30 * rows + np.flatnonzero(wrong & (value == person))
    return Delivery(
        person=person, value=value, births=_corrected(dice, person, 0.001), ids=_corrected(dice, person, 0.002),
        names=_corrected(dice, person, 0.003), agreed=dice.random(rows) > lost, known=2 * rows,
    )  # fmt: skip


def _corrected(dice: np.random.Generator, person: Ints, share: float) -> Ints:
    """Return the persons' own, a share of them corrected: half to something new, half to what another person has."""
    column = person.copy()
    changed = np.flatnonzero(dice.random(len(person)) < share)
    column[changed] = np.where(
        dice.random(len(changed)) < 0.5, person[dice.integers(0, len(person), len(changed))], -1 - changed
    )
    return column


def spoil(dice: np.random.Generator, load: Delivery, how: str, size: int) -> Delivery:
    """Return the load with a stretch of it spoiled."""
    rows = len(load.value)
    begin = int(dice.integers(0, rows - 2 * size))
    inside = slice(begin, begin + size)
    if how == "agent's number":
        value = load.value.copy()
        value[dice.choice(rows, AGENT_ROWS, replace=False)] = 40 * rows
        return replace(load, value=value)
    if how == "agreement falls":
        value = load.value.copy()
        value[inside] = 50 * rows + np.arange(size)
        return replace(load, value=value)
    by = int(dice.integers(1, min(size, 10)))
    if how == "births shifted":
        return replace(load, births=_shifted(load.births, inside, by))
    if how == "ids shifted":
        return replace(load, ids=_shifted(load.ids, inside, by))
    if how == "names shifted":
        return replace(load, names=_shifted(load.names, inside, by))
    return replace(load, value=_displaced(dice, load.value, how, begin, size))


def _shifted(column: Ints, inside: slice, by: int) -> Ints:
    spoiled = column.copy()
    spoiled[inside] = np.roll(column[inside], by)
    return spoiled


def _displaced(dice: np.random.Generator, value: Ints, how: str, begin: int, size: int) -> Ints:
    spoiled = value.copy()
    part = value[begin : begin + size]
    if how == "shifted":
        return _shifted(value, slice(begin, begin + size), int(dice.integers(1, min(size, 10))))
    if how == "sorted":
        spoiled[begin : begin + size] = part[np.argsort(dice.random(size))]
    elif how == "reversed":
        spoiled[begin : begin + size] = part[::-1]
    else:
        spoiled[begin : begin + size] = value[begin + size : begin + 2 * size]
        spoiled[begin + size : begin + 2 * size] = part
    return spoiled


def is_caught(load: Delivery, history: History) -> bool:
    """Screen a load as intake does: moved is what stood under another person before."""
    n = pl.Series(load.person)
    text = n.cast(pl.String)
    frame = pl.DataFrame(
        {"line": np.arange(len(load.person)) + 2, "party_id": text, "value": pl.Series(load.value).cast(pl.String)}
    ).with_columns(channel=pl.lit("phone"), relation=pl.lit("self"), source=pl.lit("bureau"))
    was = (load.value < load.known) & (load.value != load.person)
    moved = frame.filter(pl.Series(was)).select("channel", "value", to_party="party_id")
    on_file = frame.select("party_id", "channel", value=text, source=pl.lit("application")).filter(n < load.known)
    earlier = pl.Series(np.where(load.agreed, load.person, 60 * len(load.person) + load.person)).cast(pl.String)
    bureau = frame.select("party_id", "channel", value=earlier, source=pl.lit("bureau")).filter(n < load.known)
    limits = read_limits()
    found = screen(frame, moved, history=history, limits=limits, before=pl.concat([on_file, bureau]))
    return is_quarantined(found) or any(
        finding and finding["quarantines"] for finding in screen_persons(*_persons(load, frame), limits=limits)
    )


def _persons(load: Delivery, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the persons as delivered and as they stood."""

    def written(births: Ints, ids: Ints, names: Ints) -> pl.DataFrame:
        return frame.select(
            "line", "party_id",
            full_name=pl.format("Name{} Sur{}", pl.Series(names), pl.Series(names // 7)),
            national_id=pl.format("N{}", pl.Series(ids)),
            date_of_birth=pl.date(1950, 1, 1) + pl.duration(days=pl.lit(pl.Series(births * 7_919 % 18_000))),
            id_born_differs=pl.lit(None, pl.Boolean),
        )  # fmt: skip

    before = written(load.person, load.person, load.person).filter(pl.Series(load.person) < load.known)
    return written(load.births, load.ids, load.names), before.drop("line", "id_born_differs")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clean", type=int, default=600)
    parser.add_argument("--spoiled", type=int, default=270)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    dice = np.random.default_rng(20_261_124)
    nothing = History(rows=0, moved=0)
    begin = perf_counter()
    false_alarms = 0
    for number in range(given.clean):
        false_alarms += is_caught(clean_load(dice, given.rows, NEWCOMERS[number % len(NEWCOMERS)]), nothing)
    missed: dict[str, int] = dict.fromkeys(SPOILS, 0)
    for number in range(given.spoiled):
        how, turn = SPOILS[number % len(SPOILS)], number // len(SPOILS)
        size = (DISAGREEING_SIZES if how == "agreement falls" else SIZES)[turn % len(SIZES)]
        load = clean_load(dice, given.rows, NEWCOMERS[turn % len(NEWCOMERS)])
        missed[how] += not is_caught(spoil(dice, load, how, size), nothing)
    seconds = perf_counter() - begin
    report = BenchmarkReport(
        benchmark="load_screening",
        parameters={"clean": given.clean, "spoiled": given.spoiled, "rows": given.rows, "sizes": list(SIZES)},
        measurements=[
            Measurement(name="clean loads quarantined", value=float(false_alarms), unit="loads"),
            *(Measurement(name=f"{how}: not caught", value=float(n), unit="loads") for how, n in missed.items()),
            Measurement(name="a load", value=seconds / (given.clean + given.spoiled), unit="s"),
            Measurement(name="peak memory", value=peak_memory_mib(), unit="MiB"),
        ],
    )
    print_report(report, as_json=given.json)


if __name__ == "__main__":
    main()
