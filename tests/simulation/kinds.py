# SPDX-License-Identifier: Apache-2.0
"""How histories of a kind are run: the world they begin with, the gate, and how a seed becomes a scenario."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.simulation.history import Runner
from tests.simulation.light_gate import LightGate
from tests.simulation.mass_history import MassHistory, watch
from tests.simulation.mass_scenario import draw_mass
from tests.simulation.scenario import Scenario, draw, draw_large
from tests.simulation.template import judged_row, make_template


def prepared(
    kind: str, folder: Path, *, gate: str, persons: int, empty: Path | None = None
) -> tuple[Runner, Callable[[int], Scenario]]:
    """Make the world of a kind of history in a folder; return what runs one and what draws one.

    Args:
        kind: light, whole, large or mass.
        folder: for the world and the history under way.
        gate: light or whole.
        persons: in the world of large and mass histories.
        empty: a migrated, empty store to begin with; None to migrate here.
    """
    path = folder / f"{kind}.db"
    many = kind in ("large", "mass")
    make_template(path, empty=empty, more_persons=persons if many else 0)
    judge = LightGate(judged_row(path, folder)) if gate == "light" else None
    if kind == "mass":
        watch(path)
        return Runner(path, folder, judge, MassHistory), partial(draw_mass, persons=persons)
    return Runner(path, folder, judge), partial(draw_large, persons=persons) if kind == "large" else draw
