# SPDX-License-Identifier: Apache-2.0
"""Links the whole portfolio anew: who is one human, who is one household, and which pairs a person must look at.

Linkage reads and computes outside the transaction; only its outcome is applied under the lock, and what a person has
decided meanwhile stands. Serves right_party and right_time.
"""

from collections.abc import Callable
from datetime import datetime

import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.parties.linkage.link import link
from rightparty.parties.linkage.model import LinkageModel, shipped_model
from rightparty.parties.linked.queries import installed_link_rules, linkage_frames
from rightparty.parties.linked.rules import LinkRules
from rightparty.parties.operations.apply_pairs import LinkageApplied, apply_pairs

type Linker = Callable[[pl.DataFrame, pl.DataFrame, LinkageModel], pl.DataFrame]


def in_process(people: pl.DataFrame, points: pl.DataFrame, model: LinkageModel) -> pl.DataFrame:
    """Link with DuckDB in this process."""
    return link(people, points, model=model, engine="duckdb")


def link_portfolio(
    *,
    at: datetime,
    linker: Linker = in_process,
    model: LinkageModel | None = None,
    rules: LinkRules | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> LinkageApplied:
    """Re-link everybody. Repeated on the same rows it changes nothing.

    Raises:
        LinkRulesError: the house's rules are not whole.
    """
    require_aware(at)
    tell = on_progress or (lambda _: None)
    known = model or shipped_model()
    house = rules or installed_link_rules()
    tell("reading")
    people, points = linkage_frames()
    tell("linking")
    pairs = linker(people, points, known)
    tell("applying")
    return apply_pairs(pairs=pairs, at=at, model=f"linkage {known.version}", rules=house, about=None)
