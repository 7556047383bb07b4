# SPDX-License-Identifier: Apache-2.0
"""Strangers per million against reach, drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

from benchmarks.misdirection.figures import REACHES


def draw(results: Sequence[Mapping[str, Any]], directory: Path) -> None:
    """Write one picture a portfolio."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, result in enumerate(results):
        figure, axes = plt.subplots(figsize=(7, 4.5))
        for name, rows in result["policies"].items():
            met = [(reach, rows[f"{reach:.0%}"]["strangers"]) for reach in REACHES]
            known = [(reach * 100, max(strangers, 1.0)) for reach, strangers in met if strangers is not None]
            if known:
                axes.plot(*zip(*known, strict=True), marker="o", label=name)
        axes.axhline(result["everyone"], linestyle=":", color="grey", label="every point written to")
        axes.set(yscale="log", xlabel="reach, % of persons", ylabel="received by a stranger, per million sent")
        axes.set_title(result["portfolio"])
        axes.legend(fontsize=7)
        figure.tight_layout()
        figure.savefig(directory / f"misdirection-{number}.png", dpi=120)
        plt.close(figure)
