# SPDX-License-Identifier: Apache-2.0
"""Spark's workers give the same pairs, chances, verdicts and clusters as DuckDB in this process (right_party)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.linkage.chinese import chinese_portfolio
from rightparty.parties.linkage.clusters import cluster
from rightparty.parties.linkage.link import link
from rightparty.parties.linkage.model import shipped_model
from tests.integration.spark_cluster import cluster_of_processes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    settings = {"spark.sql.shuffle.partitions": "4", "spark.sql.execution.arrow.pyspark.enabled": "true"}
    with cluster_of_processes("linkage", settings) as session:
        yield session


def test_a_cluster_of_worker_processes_gives_what_this_process_gives(spark: Any) -> None:
    made = chinese_portfolio(1_500, np.random.default_rng(7))
    here = link(made.people, made.points, model=shipped_model())
    there = link(made.people, made.points, model=shipped_model(), engine=spark)
    assert here.filter(pl.col("verdict") == "same").height > 50, "nothing was linked at all"
    assert_frame_equal(there, here, abs_tol=1e-9, rel_tol=0)
    assert_frame_equal(cluster(there, made.people), cluster(here, made.people))

    executors = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size()
    assert executors == 3, "a driver and two workers"
