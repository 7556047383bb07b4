# SPDX-License-Identifier: Apache-2.0
"""The machine a benchmark ran on, and the one shape in which every benchmark reports."""

import json
import os
import platform
import resource
from dataclasses import asdict, dataclass, field
from pathlib import Path

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One thing measured, beside the floor of the same run."""

    name: str
    value: float
    unit: str
    #: the least that any implementation must do, measured in the same run and unit
    floor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkReport:
    """What a benchmark prints."""

    benchmark: str
    parameters: dict[str, object]
    measurements: list[Measurement]
    machine: dict[str, object] = field(default_factory=dict)


def machine_facts() -> dict[str, object]:
    """Return processor, cores, memory and versions."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(), "cores": len(os.sched_getaffinity(0)), "memory_mib": pages * page_bytes // 2**20,
        "system": platform.system(), "python": platform.python_version(), "polars": pl.__version__,
    }  # fmt: skip


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].partition(":")[2].strip() if names else platform.machine()


def peak_memory_mib() -> float:
    """Return the most memory that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_report(report: BenchmarkReport, *, as_json: bool) -> None:
    """Print a report for machines or for people."""
    if as_json:
        print(json.dumps(asdict(report) | {"machine": machine_facts()}, indent=2))
        return
    print(f"{report.benchmark} {report.parameters}")
    for m in report.measurements:
        floor = f"   floor {m.floor:,.1f} ({m.value / m.floor:.3f} of it)" if m.floor else ""
        print(f"  {m.name:32} {m.value:>16,.1f} {m.unit}{floor}")
    print(f"  {machine_facts()}")
