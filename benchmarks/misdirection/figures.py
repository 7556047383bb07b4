# SPDX-License-Identifier: Apache-2.0
"""Strangers per million messages against reach, Brier score and calibration error."""

from typing import Final

import numpy as np
import polars as pl

REACHES: Final = (0.30, 0.50, 0.70, 0.80, 0.90, 0.95)
STATES: Final = ("person", "nobody", "stranger")
KEYS: Final = ("party_id", "channel", "value")
BINS: Final = 20
MESSAGED: Final = ("phone", "email")
"""Channels that count for reach and misdirection: a letter is another matter, and a push is bound to a log-in."""


def strangers_by_reach(ranked: pl.DataFrame, states: pl.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return, for each reach, strangers and nobodies per million messages sent.

    Shape: ranked [party_id, channel, value, score], a lower score is sent first; one message per person, to his best
    point. Reach is the share of persons to whom some point on file leads that get their message: nobody can do more
    with what is on file. None where the ranking never reaches so many.
    """
    states = states.filter(pl.col("channel").is_in(MESSAGED))
    reachable = max(states.filter(pl.col("state") == "person")["party_id"].n_unique(), 1)
    best = (
        ranked.join(states, on=KEYS)
        .sort("score", "party_id", "channel", "value")
        .unique("party_id", keep="first", maintain_order=True)
    )
    state = best["state"].to_numpy()
    hits, strangers, nobody = (np.cumsum(state == name) for name in ("person", "stranger", "nobody"))
    rows: dict[str, dict[str, float | None]] = {}
    for reach in REACHES:
        sent = int(np.searchsorted(hits, reach * reachable))
        enough = sent < len(hits)
        rows[f"{reach:.0%}"] = {
            "strangers": float(strangers[sent] * 1e6 / (sent + 1)) if enough else None,
            "nobody": float(nobody[sent] * 1e6 / (sent + 1)) if enough else None,
        }
    most = len(state)
    rows["all"] = {
        "reach": float(hits[-1] / reachable),
        "strangers": float(strangers[-1] * 1e6 / most),
        "nobody": float(nobody[-1] * 1e6 / most),
    }
    return rows


def everyone(states: pl.DataFrame) -> float:
    """Return strangers per million if every point on file is written to."""
    return states.filter(pl.col("state") == "stranger").height * 1e6 / states.height


def quality(judged: pl.DataFrame, states: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return mean, true share, Brier score and expected calibration error (20 bins) for each state."""
    met = judged.join(states, on=KEYS)
    return {name: _quality_of(met[f"p_{name}"].to_numpy(), (met["state"] == name).to_numpy()) for name in STATES}


def _quality_of(given: np.ndarray, true: np.ndarray) -> dict[str, float]:
    cell = np.minimum((given * BINS).astype(int), BINS - 1)
    count = np.maximum(np.bincount(cell, minlength=BINS), 1)
    gap = np.abs(np.bincount(cell, given, BINS) - np.bincount(cell, true, BINS)) / count
    return {
        "mean": float(given.mean()),
        "true": float(true.mean()),
        "brier": float(((given - true) ** 2).mean()),
        "calibration_error": float((gap * np.bincount(cell, minlength=BINS)).sum() / len(given)),
    }
