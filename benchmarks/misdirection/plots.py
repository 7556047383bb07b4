# SPDX-License-Identifier: Apache-2.0
"""Strangers per million against reach, drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

from benchmarks.misdirection.figures import REACHES

WHAT: Final = {"strangers": "received by a stranger", "nobody": "reaching nobody"}


def draw(results: Sequence[Mapping[str, Any]], directory: Path) -> None:
    """Write one picture a portfolio: strangers, and messages that reach nobody, against reach."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, result in enumerate(results):
        figure, both = plt.subplots(1, 2, figsize=(13, 4.8))
        for axes, (told, label) in zip(both, WHAT.items(), strict=True):
            for name, rows in result["policies"].items():
                met = [(reach, rows[f"{reach:.0%}"][told]) for reach in REACHES]
                known = [(reach * 100, max(count, 1.0)) for reach, count in met if count is not None]
                if known:
                    axes.plot(*zip(*known, strict=True), marker="o", label=name)
            axes.set(yscale="log", xlabel="reach, % of persons", ylabel=f"{label}, per million sent")
        both[0].axhline(result["everyone"], linestyle=":", color="grey", label="every point written to")
        both[0].legend(fontsize=7)
        figure.suptitle(result["portfolio"])
        figure.tight_layout()
        figure.savefig(directory / f"misdirection-{number}.png", dpi=120)
        plt.close(figure)
