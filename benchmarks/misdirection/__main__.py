# SPDX-License-Identifier: Apache-2.0
"""`python -m benchmarks.misdirection [--preset us_card …] [--persons N] [--seed N] [--portfolio DIR] [--plots DIR]`.

For each process a portfolio that nothing was fitted on by hand: attribution with the shipped numbers, attribution
fitted to that portfolio's own events without labels, the simple policies, a linkage score, and two ceilings: gradient
boosting trained with the truth of another portfolio of the same process, and the posterior of the process itself.
"""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from benchmarks.machine import machine_facts, peak_memory_mib
from benchmarks.misdirection import figures, policies
from benchmarks.misdirection.boosting import boosted
from benchmarks.misdirection.ceiling import posterior
from benchmarks.misdirection.linkage_only import linkage_score
from benchmarks.misdirection.portfolio import Portfolio, brought, grown
from rightparty.parties.attribution.fit import fit
from rightparty.parties.attribution.judge import attribute, gather_evidence
from rightparty.parties.attribution.parameters import AttributionParameters, shipped_parameters
from rightparty.simulation.population.rates import presets

AT = datetime(2026, 6, 1, tzinfo=UTC)
SEED, OTHER_SEED = 20_261, 7_411


def run(portfolio: Portfolio, other: Portfolio | None, *, with_posterior: bool = True) -> dict[str, Any]:
    """Return every policy's figures on a portfolio; `other` is the portfolio whose truth boosting may see.

    The posterior of the process sums over whole lives, which is slow, so it can be left out.
    """
    points, events, at = portfolio.contact_points, portfolio.contact_events, portfolio.at
    shipped = shipped_parameters()
    begin = perf_counter()
    gathered = gather_evidence(points, events, portfolio.links, at=at, parameters=shipped)
    fitted = fit(gathered.evidence, shipped, at=at, version="benchmark")
    fitting = perf_counter() - begin
    judged = {"attribution, shipped": _judge(portfolio, shipped), "attribution, fitted": _judge(portfolio, fitted)}
    if other is not None:
        judged["ceiling: boosting with a truth"] = boosted(other, portfolio)
    if portfolio.population is not None and with_posterior:
        judged["ceiling: the process' posterior"] = posterior(portfolio)
    ranked = {name: policies.by_attribution(frame) for name, frame in judged.items()} | {
        "linkage score only (Splink)": linkage_score(points, events, at=at),
        "newest point only": policies.newest_only(points),
        "code-verified only": policies.code_verified_only(events, at=at),
        "latest log-in or reply": policies.latest_sign(points, events, at=at),
    }
    return {
        "portfolio": portfolio.name,
        "points": portfolio.states.height,
        "events": events.height,
        "fit_seconds": round(fitting, 1),
        "everyone": round(figures.everyone(portfolio.states)),
        "policies": {name: figures.strangers_by_reach(frame, portfolio.states) for name, frame in ranked.items()},
        "quality": {name: figures.quality(frame, portfolio.states) for name, frame in judged.items()},
    }


def _judge(portfolio: Portfolio, parameters: AttributionParameters) -> pl.DataFrame:
    return attribute(
        portfolio.contact_points, portfolio.contact_events, portfolio.links, at=portfolio.at, parameters=parameters
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", nargs="*", default=list(presets()))
    parser.add_argument("--persons", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=SEED, help="of the portfolio judged")
    parser.add_argument("--portfolio", type=Path, nargs="*", default=[])
    parser.add_argument("--at", type=datetime.fromisoformat, default=AT, help="instant for --portfolio")
    parser.add_argument("--no-posterior", action="store_true", help="leave out the posterior of the process (slow)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plots", type=Path)
    given = parser.parse_args()
    at = given.at if given.at.tzinfo else given.at.replace(tzinfo=UTC)
    results = [run(brought(directory, at=at), None) for directory in given.portfolio]
    for result in results:
        _print(result, as_json=given.json)
    for preset in given.preset if not given.portfolio else []:
        test = grown(preset, persons=given.persons, seed=given.seed, at=AT)
        other = grown(preset, persons=given.persons, seed=OTHER_SEED, at=AT)
        results.append(run(test, other, with_posterior=not given.no_posterior))
        _print(results[-1], as_json=given.json)
    if given.plots:
        from benchmarks.misdirection.plots import draw

        draw(results, given.plots)
    if given.json:
        print(json.dumps({"machine": machine_facts(), "peak_mib": peak_memory_mib(), "results": results}, indent=2))


def _print(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        return
    print(f"\n{result['portfolio']}: {result['points']:,} points, {result['events']:,} events")
    print(
        f"  every point written to: {result['everyone']:,} strangers per million; fitted in {result['fit_seconds']} s"
    )
    for told, what in (("strangers", "received by a stranger"), ("nobody", "reaching nobody")):
        print(
            f"  {what}, per million sent, at reach".ljust(46)
            + "".join(f"{x:>9.0%}" for x in figures.REACHES)
            + "   all"
        )
        for name, rows in result["policies"].items():
            cells = [rows[f"{reach:.0%}"][told] for reach in figures.REACHES]
            shown = "".join("        -" if cell is None else f"{cell:>9,.0f}" for cell in cells)
            print(f"    {name:<42}{shown}{rows['all'][told]:>9,.0f} ({rows['all']['reach']:.0%})")
    for name, states in result["quality"].items():
        told = "; ".join(
            f"{state} Brier {row['brier']:.4f}, calibration error {row['calibration_error']:.4f}"
            for state, row in states.items()
        )
        print(f"  {name:<34}{told}")


if __name__ == "__main__":
    main()
