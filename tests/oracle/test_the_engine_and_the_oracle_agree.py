# SPDX-License-Identifier: Apache-2.0
"""right_time: a slow reader of the law and the engine give the same reasons, whatever the situation and the law.

`RIGHTPARTY_ORACLE_FRAMES=2000` compares more frames than CI does; a frame holds 500 situations.
"""

import os
import random
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle.comparing import SHIPPED, THRESHOLDS, agree, readers
from tests.oracle.drafts import LONG_AGO, RECORDED, draft
from tests.oracle.generate import MARKETS, frame_of
from tests.oracle.judge import judge

FRAMES = int(os.environ.get("RIGHTPARTY_ORACLE_FRAMES", "60"))
SITUATIONS = 500
SEEDS = st.integers(0, 2**32 - 1)
KNOWN_ON = [None, *(day + timedelta(days=n) for day in RECORDED for n in (-1, 0)), LONG_AGO - timedelta(days=1)]
BOTH = readers(SHIPPED)


@settings(max_examples=FRAMES)
@given(SEEDS)
def test_they_agree_on_the_law_of_every_market(seed: int) -> None:
    agree(BOTH, frame_of(seed, SITUATIONS, BOTH.oracle))


@settings(max_examples=FRAMES)
@given(SEEDS, st.sampled_from(KNOWN_ON))
def test_they_agree_on_laws_that_nobody_wrote(seed: int, known_on: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        draft(Path(folder), random.Random(seed))
        both = readers(Path(folder), known_on=known_on)  # type: ignore[arg-type]
        agree(both, frame_of(seed, SITUATIONS, both.oracle))
