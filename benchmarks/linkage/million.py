# SPDX-License-Identifier: Apache-2.0
"""A whole portfolio linked anew, and one application against it."""

from time import perf_counter, process_time

import numpy as np
import polars as pl

from benchmarks.linkage.chinese import Portfolio, chinese_portfolio
from benchmarks.linkage.scores import quality
from benchmarks.machine import BenchmarkReport, Measurement, peak_memory_mib, print_report
from rightparty.parties.linkage.clusters import cluster
from rightparty.parties.linkage.index import LinkIndex
from rightparty.parties.linkage.link import link
from rightparty.parties.linkage.model import LinkageModel, shipped_model

APPLICATIONS = 300
LOADS = (300, 2_000)


def measure_million(people: int, *, seed: int, as_json: bool) -> None:
    """Link so many made-up people with the shipped model, then ask an index of them for single applications."""
    made = chinese_portfolio(people, np.random.default_rng(seed))
    model = shipped_model()
    cluster(link(made.people.head(500), made.points, model=model), made.people.head(500))  # compiles
    begin = perf_counter(), process_time()
    pairs = link(made.people, made.points, model=model)
    clusters = cluster(pairs, made.people)
    wall, cpu = perf_counter() - begin[0], process_time() - begin[1]
    memory = peak_memory_mib()
    measurements = [
        Measurement(name="link and cluster everybody", value=wall, unit="s"),
        Measurement(name="the same, processor", value=cpu, unit="s"),
        Measurement(name="peak memory", value=memory, unit="MiB"),
        Measurement(name="humans with several ids", value=_several(clusters), unit="humans"),
        *_verdicts(pairs, made),
        *_latency(made, model),
    ]
    print_report(
        BenchmarkReport(
            benchmark="linkage --million", parameters={"people": made.people.height, "seed": seed},
            measurements=measurements,
        ),
        as_json=as_json,
    )  # fmt: skip


def _several(clusters: pl.DataFrame) -> float:
    return float(clusters.group_by("person_id").len().filter(pl.col("len") > 1).height)


def _verdicts(pairs: pl.DataFrame, made: Portfolio) -> list[Measurement]:
    humans = made.truth.select("party_id", "human")
    truth = humans.join(humans, on="human").filter(pl.col("party_id") < pl.col("party_id_right"))
    truth = truth.select(left_id="party_id", right_id="party_id_right")
    same = pairs.filter(pl.col("verdict") == "same").join(truth, on=["left_id", "right_id"], how="anti").height
    scored = pairs.select("left_id", "right_id", p="p_same")
    found = quality(scored, truth, data="", method="", seconds=0, cpu_seconds=0)
    return [
        Measurement(name="pairs of one human", value=truth.height, unit="pairs"),
        Measurement(name="verdict same", value=pairs.filter(pl.col("verdict") == "same").height, unit="pairs"),
        Measurement(name="of these wrong", value=same, unit="pairs"),
        Measurement(name="verdict review", value=pairs.filter(pl.col("verdict") == "review").height, unit="pairs"),
        Measurement(name="best F1", value=found.best_f1 * 100, unit="%"),
        Measurement(name="recall at precision .999", value=found.recall_at_precision_999 * 100, unit="%"),
    ]


def _latency(made: Portfolio, model: LinkageModel) -> list[Measurement]:
    begin = perf_counter()
    index = LinkIndex(made.people, made.points, model=model)
    built = perf_counter() - begin
    who = made.people.sample(APPLICATIONS + 20, seed=1)
    points = made.points.join(who.select("party_id"), on="party_id", how="semi").partition_by("party_id", as_dict=True)
    taken, processor = [], []
    for row in who.iter_rows(named=True):
        begin, busy = perf_counter(), process_time()
        index.candidates_of(row | {"party_id": "new"}, points.get((row["party_id"],), made.points.clear()))
        taken.append(perf_counter() - begin)
        processor.append(process_time() - busy)
    warm, cpu = np.array(taken[20:]) * 1_000, np.array(processor[20:]) * 1_000
    return [
        Measurement(name="building the index", value=built, unit="s"),
        Measurement(name="one application, median", value=float(np.median(warm)), unit="ms"),
        Measurement(name="one application, 99th percentile", value=float(np.percentile(warm, 99)), unit="ms"),
        Measurement(name="one application, fastest", value=float(warm.min()), unit="ms"),
        Measurement(name="one application, processor", value=float(np.median(cpu)), unit="ms"),
        *(_load(index, made, parties) for parties in LOADS if parties <= made.people.height),
    ]


def _load(index: LinkIndex, made: Portfolio, parties: int) -> Measurement:
    who = made.people.sample(parties, seed=1)
    points = made.points.join(who.select("party_id"), on="party_id", how="semi")
    begin = perf_counter()
    index.candidates_of_many(who, points)
    return Measurement(name=f"a load of {parties} parties together", value=perf_counter() - begin, unit="s")
