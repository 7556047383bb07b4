# SPDX-License-Identifier: Apache-2.0
"""right_time: a slow reader of the law and the engine give the same reasons, whatever the situation and the law.

`RIGHTPARTY_ORACLE_FRAMES=2000` compares more frames than CI does; a frame holds 2000 situations.
"""

import os
import random
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.comparing import SHIPPED, SILENT_HOUSE, agree, readers
from tests.oracle.drafts import LONG_AGO, RECORDED, draft
from tests.oracle.generate import frame_of

FRAMES = int(os.environ.get("RIGHTPARTY_ORACLE_FRAMES", "60"))
SITUATIONS = 2000
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]
"""A seed has no smaller seed that tells more; `comparing` makes the situation plain instead."""
SEEDS = st.integers(0, 2**32 - 1)
KNOWN_ON = [None, *(day + timedelta(days=n) for day in RECORDED for n in (-1, 0)), LONG_AGO - timedelta(days=1)]
BOTH = readers(SHIPPED)


@settings(max_examples=FRAMES, phases=UNSHRUNK)
@given(SEEDS)
def test_they_agree_on_the_law_of_every_market(seed: int) -> None:
    agree(BOTH, frame_of(seed, SITUATIONS, BOTH.oracle))


@settings(max_examples=FRAMES, phases=UNSHRUNK)
@given(SEEDS, st.sampled_from(KNOWN_ON))
def test_they_agree_on_laws_that_nobody_wrote(seed: int, known_on: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        draft(Path(folder), random.Random(seed))
        both = readers(Path(folder), known_on=known_on, house=SILENT_HOUSE)  # type: ignore[arg-type]
        agree(both, frame_of(seed, SITUATIONS, both.oracle))
