# SPDX-License-Identifier: Apache-2.0
"""right_party: the step chosen first begins the best of all plans of asking, counted one by one."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.planning.reverification.choose import Step, Steps, look_ahead

type Plan = tuple[str, Any, Any]
"""("end", remind or leave, None), or ("ask", place of the step, a plan for each answer)."""


def plans(left: Sequence[int], deep: int) -> Iterator[Plan]:
    """Every plan of asking: at its ends remind or leave it; no step twice."""
    yield ("end", "remind", None)
    yield ("end", "leave", None)
    if deep:
        for place in left:
            after = list(plans([each for each in left if each != place], deep - 1))
            for pair in product(after, repeat=2):
                yield ("ask", place, pair)


def value(plan: Plan, state: int, steps: Steps, floor: float) -> float:
    """What a plan is worth if the point is in a state, over all answers."""
    kind, what, then = plan
    if kind == "end":
        return floor if what == "leave" else (steps.reach, 0.0, -steps.disclosure)[state]
    step = steps.steps[what]
    cost = step.price + step.nuisance[state] + steps.wait * step.days
    return sum(step.answers[a, state] * value(then[a], state, steps, floor) for a in (0, 1)) - cost


def a_step(name: str, yes: Sequence[float], price: float, nuisance: float, days: float) -> Step:
    return Step(
        name=name, price=price, again=timedelta(days=1), answers=np.array([yes, [1 - y for y in yes]]),
        nuisance=(nuisance, 0.0, 2 * nuisance), days=days,
    )  # fmt: skip


chance = st.floats(0.01, 0.99)
some_step = st.tuples(st.lists(chance, min_size=3, max_size=3), st.floats(0, 20), st.floats(0, 5), st.floats(0, 5))
some_state = st.tuples(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.001, 1)).map(lambda w: np.array(w) / sum(w))


@given(st.lists(some_step, min_size=1, max_size=2), some_state, st.floats(10, 1000), st.floats(0, 60), chance)
def test_looking_ahead_finds_the_best_plan(
    drawn: list[Any], state: Any, disclosure: float, floor: float, wait: float
) -> None:
    own = tuple(a_step(f"s{n}", *each) for n, each in enumerate(drawn))
    steps = Steps(reach=100, disclosure=disclosure, steps=own, wait=wait)
    every = list(plans(range(len(own)), 2))
    worths = [sum(state[s] * value(plan, s, steps, floor) for s in range(3)) for plan in every]
    free = np.ones((1, len(own)), dtype=bool)
    best, first = look_ahead(state[None, :], own, free, steps, np.array([floor]), deep=2)
    assert best[0] == pytest.approx(max(worths), abs=1e-6)
    begins = [plan[1] if plan[0] == "ask" else -1 for plan, w in zip(every, worths, strict=True)
              if w > max(worths) - 1e-6]  # fmt: skip
    assert first[0] in begins


@given(st.lists(some_step, min_size=2, max_size=2), some_state, st.floats(10, 1000))
def test_a_step_that_may_not_be_taken_is_not(drawn: list[Any], state: Any, disclosure: float) -> None:
    own = tuple(a_step(f"s{n}", *each) for n, each in enumerate(drawn))
    steps = Steps(reach=100, disclosure=disclosure, steps=own)
    both = np.vstack([state, state])
    free = np.array([[True, True], [False, False]])
    best, first = look_ahead(both, own, free, steps, np.zeros(2), deep=2)
    assert best[0] >= best[1] - 1e-9
    assert first[1] == -1
