# SPDX-License-Identifier: Apache-2.0
"""right_time: a slow reader of the law and the engine give the same reasons, whatever the situation and the law.

Each test compares 8 frames of 2000 situations. `RIGHTPARTY_ORACLE_FRAMES=75` compares 300 000 situations in all, in
about three minutes of one core.
"""

import os
import random
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.comparing import SHIPPED, SILENT_HOUSE, THRESHOLDS, agree, readers
from tests.oracle.drafts import LONG_AGO, RECORDED, draft
from tests.oracle.generate import frame_of
from tests.oracle.judge import judge
from tests.oracle.promises import CONTRADICTED, HELD

FRAMES = int(os.environ.get("RIGHTPARTY_ORACLE_FRAMES", "8"))
SITUATIONS = 2000
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]
"""A seed has no smaller seed that tells more; `comparing` makes the situation plain instead."""
SEEDS = st.integers(0, 2**32 - 1)
KNOWN_ON = [None, *(day + timedelta(days=n) for day in RECORDED for n in (-1, 0)), LONG_AGO - timedelta(days=1)]
BOTH = readers(SHIPPED)


@settings(max_examples=FRAMES, phases=UNSHRUNK)
@given(SEEDS, st.booleans())
def test_they_agree_on_the_law_of_every_market(seed: int, at_once: bool) -> None:
    agree(BOTH, frame_of(seed, SITUATIONS, BOTH.oracle, at_once=at_once))


@settings(max_examples=FRAMES, phases=UNSHRUNK)
@given(SEEDS, st.booleans(), st.sampled_from(KNOWN_ON))
def test_they_agree_on_laws_that_nobody_wrote(seed: int, at_once: bool, known_on: date | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        draft(Path(folder), random.Random(seed))
        both = readers(Path(folder), known_on=known_on, house=SILENT_HOUSE)
        agree(both, frame_of(seed, SITUATIONS, both.oracle, at_once=at_once))


def test_the_generated_situations_reach_every_reason_of_law_and_product() -> None:
    """What is never seen is never compared: every reason the packs can give is given, and a good part is permitted."""
    told = [judge(situation, BOTH.oracle, THRESHOLDS) for situation in frame_of(1, 6000, BOTH.oracle)]
    seen = Counter(code for reasons in told for code in reasons)
    assert {rule["reason"] for rules in BOTH.oracle.of_market.values() for rule in rules if rule["kind"] != "duty"} <= {
        *seen
    }
    assert {*HELD.values(), *CONTRADICTED} <= {*seen}
    assert sum(not reasons for reasons in told) > len(told) / 10
