# SPDX-License-Identifier: Apache-2.0
"""The engine and the oracle on the same situations; where they part, the least situation that still parts them."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path

import rightparty.policy
from rightparty.policy.pack import LawPacks, load_packs
from rightparty.policy.toml_lines import TomlText, parse_toml
from tests.oracle.judge import judge
from tests.oracle.lawbook import Lawbook
from tests.oracle.production import verdicts
from tests.oracle.situation import Situation

POLICY = Path(rightparty.policy.__file__ or "").parent
SHIPPED = POLICY / "packs"
SILENT_HOUSE = parse_toml(
    "house.toml",
    """plan_expires_hours = 24
[thresholds]
limited_content = 0.85
account = 0.98
amount = 0.98
stranger_at_most = 0.0015
""",
)
"""House rules that say nothing of hours and counts, for packs that nobody wrote; thresholds as shipped."""
THRESHOLDS: dict[str, float] = tomllib.loads((POLICY / "house.toml").read_text(encoding="utf-8"))["thresholds"]


@dataclass(slots=True, frozen=True)
class Readers:
    """Both readers with the law each of them reads: the same, unless a test wants to see them part."""

    engine: LawPacks
    oracle: Lawbook

    def part(self, situations: Sequence[Situation]) -> list[tuple[Situation, set[str], set[str]]]:
        """Return the situations that they judge differently, with the reasons of engine and oracle."""
        told = verdicts(situations, self.engine)
        return [
            (situation, engine, oracle)
            for situation, engine in zip(situations, told, strict=True)
            if engine != (oracle := judge(situation, self.oracle, THRESHOLDS))
        ]


def readers(
    directory: Path, *, known_on: date | None = None, oracle: Path | None = None, house: TomlText | None = None
) -> Readers:
    """Return both readers of the packs of a directory; `oracle` gives the oracle packs of its own."""
    return Readers(
        load_packs(directory=directory, known_on=known_on, house=house), Lawbook(oracle or directory, known_on=known_on)
    )


def agree(both: Readers, situations: Sequence[Situation]) -> None:
    """Assert that both readers give the same reasons for every situation."""
    parted = both.part(situations)
    assert not parted, _least(both, parted)


def _least(both: Readers, parted: Sequence[tuple[Situation, set[str], set[str]]]) -> str:
    situation, engine, oracle = parted[0]
    apart = engine ^ oracle

    def still_parts(tried: Situation) -> bool:
        found = both.part([tried])
        return bool(found) and bool((found[0][1] ^ found[0][2]) & apart)

    situation = plainest(situation, still_parts)
    told = {f.name: getattr(situation, f.name) for f in fields(Situation)}
    lawful = Situation()
    odd = ", ".join(f"{name}={value!r}" for name, value in told.items() if value != getattr(lawful, name))
    return (
        f"{len(parted)} situations are judged differently. Only the engine: {sorted(engine - oracle)}; "
        f"only the oracle: {sorted(oracle - engine)}. The plainest: Situation({odd})"
    )


def plainest(situation: Situation, parts: Callable[[Situation], bool]) -> Situation:
    """Make everything lawful that is not needed to part the readers."""
    lawful = Situation()
    for field in fields(Situation):
        tried = replace(situation, **{field.name: getattr(lawful, field.name)})
        if field.name not in ("at", "market", "zones") and tried != situation and parts(tried):
            situation = tried
    for contact in situation.past:
        tried = replace(situation, past=tuple(kept for kept in situation.past if kept is not contact))
        if parts(tried):
            situation = tried
    return situation
