# SPDX-License-Identifier: Apache-2.0
"""Spark on this machine as a cluster: a master and two workers, each a Java process of its own."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_SETTINGS = {
    "spark.ui.enabled": "false", "spark.driver.memory": "1g", "spark.executor.memory": "512m",
    "spark.log.level": "ERROR", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
}  # fmt: skip


@contextmanager
def cluster_of_processes(name: str, settings: dict[str, str]) -> Iterator[Any]:
    """Give a session on a cluster with the given settings over the common ones; skip where Spark is not installed."""
    sql = pytest.importorskip("pyspark.sql")
    logging.getLogger("py4j").setLevel(logging.WARNING)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = sql.SparkSession.builder.master("local-cluster[2,1,1024]").appName(name)
    for key, value in (_SETTINGS | settings).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()
