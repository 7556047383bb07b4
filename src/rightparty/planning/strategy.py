# SPDX-License-Identifier: Apache-2.0
"""Treatment strategies: which step an account is in by its days past due, read from the lender's TOML file.

A file may name challengers: other steps for a share of the persons, in per mille. Steps may name the step that takes
their place once a promise to pay was broken; a step without a band of days is reached in this way alone.
"""

import hashlib
import itertools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from rightparty.kernel.vocabulary import MessageChannel
from rightparty.policy.toml_lines import KeyPath, TomlText, parse_toml

FIELDS: Final[Mapping[str, type]] = {
    "name": str, "dpd_from": int, "dpd_to": int, "every_days": int, "channels": list, "template": str, "tone": str,
    "on_broken_promise": str,
}  # fmt: skip
"""The fields of a step."""

OPTIONAL: Final = frozenset({"dpd_from", "dpd_to", "on_broken_promise"})
"""Fields that may be left out; of a band both ends or none."""

STEPS_LIMIT: Final = 50
"""More steps than any cadence needs; keeps a mistaken file from becoming a plan."""

CHAMPION: Final = "champion"
"""Name of the arm that holds whoever no challenger does."""

PER_MILLE: Final = 1_000


class StrategyError(ValueError):
    """A strategy file cannot be used; the message names file, line, step and field."""

    remedy = "Correct the strategy file; nothing is planned until it is right."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One band of days past due and what is sent in it."""

    name: str
    #: first and last day past due of the band, both included; None: reached only through a broken promise
    dpd_from: int | None
    dpd_to: int | None
    #: one reminder in each period of this many days, counted from the band's first
    every_days: int
    #: message channels in the order they are tried
    channels: tuple[MessageChannel, ...]
    #: name of the wording
    template: str
    tone: str
    #: name of the step that takes its place once a promise to pay was broken; empty: itself
    on_broken_promise: str
    #: where it stands in the file
    path: KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One side of a comparison: its share of the persons, and how they are treated."""

    name: str
    per_mille: int
    #: in order of days past due, those without a band last
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """The steps of a treatment, and of its challengers."""

    name: str
    #: what persons are divided by beside their id; another text divides them anew
    salt: str
    #: the champion first; shares sum to PER_MILLE
    arms: tuple[Arm, ...]
    #: SHA-256 of the file, recorded with every plan
    digest: str
    source: TomlText

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of every arm; names are unique."""
        return tuple(step for arm in self.arms for step in arm.steps)


def load_strategy(
    path: Path | None, *, templates: Sequence[str] | None = None, source: TomlText | None = None
) -> Strategy:
    """Read and check a strategy.

    Args:
        path: the lender's file; None for the default.
        templates: names of the wordings that exist; None leaves them unchecked.
        source: a strategy that stands in no file, such as an approved draft; in place of `path`.

    Raises:
        StrategyError: the file cannot be read or used.
    """
    strategy = read_strategy(source or read_strategy_file(path))
    if templates is not None:
        _refuse_missing_templates(strategy, templates)
    return strategy


def read_strategy_file(path: Path | None) -> TomlText:
    """Read a strategy file, unchecked; None for the shipped one.

    Raises:
        StrategyError: it cannot be read, or is not TOML.
    """
    label = path.name if path else "default.toml"
    try:
        raw = path.read_bytes() if path else resources.files(__package__).joinpath("strategies", label).read_bytes()
        return parse_toml(label, raw.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StrategyError(f"{label}: {error}. {StrategyError.remedy}") from error


def read_strategy(source: TomlText) -> Strategy:
    """Return the strategy of a text, checked in itself.

    Raises:
        StrategyError: a field is missing, unknown or senseless; bands overlap; a step is never reached; jumps go round.
    """
    _refuse_unknown(source, (), source.values, frozenset({"name", "salt", "steps", "challengers"}))
    for name in ("name", "salt"):
        if not isinstance(source.values.get(name, ""), str):
            raise StrategyError(f"{source.place(name)}: a text is needed")
    challengers = tuple(_challengers(source))
    rest = PER_MILLE - sum(arm.per_mille for arm in challengers)
    if rest < 0:
        raise StrategyError(f"{source.place('challengers')}: the shares add up to more than {PER_MILLE} per mille")
    champion = Arm(name=CHAMPION, per_mille=rest, steps=_steps(source, ()))
    strategy = Strategy(
        name=str(source.values.get("name", source.label)),
        salt=str(source.values.get("salt", "")),
        arms=(champion, *challengers),
        digest=hashlib.sha256(source.text.encode()).hexdigest(),
        source=source,
    )
    _refuse_same_names(strategy)
    return strategy


def step_place(source: TomlText, step: Step, field: str) -> str:
    """Return `file, line 7: step soft: field dpd_to`, the beginning of every message about a step."""
    return f"{source.label}, line {source.line_of((*step.path, field))}: step {step.name}: field {field}"


def _challengers(source: TomlText) -> Iterator[Arm]:
    entries = source.values.get("challengers", [])
    if not isinstance(entries, list):
        raise StrategyError(f"{source.place('challengers')}: [[challengers]] tables are needed")
    for number, entry in enumerate(entries):
        path: KeyPath = ("challengers", number)
        _refuse_unknown(source, path, entry, frozenset({"name", "per_mille", "steps"}))
        name, share = entry.get("name"), entry.get("per_mille")
        if not isinstance(name, str) or not name or name == CHAMPION:
            raise StrategyError(f"{source.place(*path, 'name')}: a name other than {CHAMPION} is needed")
        if type(share) is not int or not 0 < share <= PER_MILLE:
            raise StrategyError(f"{source.place(*path, 'per_mille')}: a whole number from 1 to {PER_MILLE} is needed")
        yield Arm(name=name, per_mille=share, steps=_steps(source, path))


def _refuse_unknown(source: TomlText, path: KeyPath, table: object, known: frozenset[str]) -> None:
    if not isinstance(table, dict):
        raise StrategyError(f"{source.place(*path)}: must be a table")
    if unknown := sorted(set(table) - known):
        raise StrategyError(f"{source.place(*path, unknown[0])}: unknown; known are {', '.join(sorted(known))}")


def _steps(source: TomlText, parent: KeyPath) -> tuple[Step, ...]:
    table: Any = source.values
    for part in parent:
        table = table[part]
    entries = table.get("steps")
    if not isinstance(entries, list) or not 0 < len(entries) <= STEPS_LIMIT:
        raise StrategyError(f"{source.place(*parent, 'steps')}: 1 to {STEPS_LIMIT} [[steps]] tables are needed")
    steps = [_step(source, (*parent, "steps", number), entry) for number, entry in enumerate(entries)]
    ordered = tuple(sorted(steps, key=lambda step: (step.dpd_from is None, step.dpd_from or 0)))
    _refuse_overlap(source, [step for step in ordered if step.dpd_from is not None])
    _refuse_lost_steps(source, ordered)
    return ordered


def _step(source: TomlText, path: KeyPath, entry: object) -> Step:
    number = int(path[-1]) + 1
    name = entry.get("name") if isinstance(entry, dict) else None
    told = name if isinstance(name, str) and name else number

    def fault(field: str, text: str) -> StrategyError:
        line = source.line_of((*path, field))
        return StrategyError(f"{source.label}, line {line}: step {told}: field {field}: {text}")

    if not isinstance(entry, dict):
        raise StrategyError(f"{source.label}, line {source.line_of(path)}: step {number}: must be a table")
    for field, kind in FIELDS.items():
        value = entry.get(field)
        if field in OPTIONAL and value is None:
            continue
        if not isinstance(value, kind) or isinstance(value, bool) or value == "":
            raise fault(field, f"a value of type {kind.__name__} is needed")
    if unknown := sorted(set(entry) - set(FIELDS)):
        raise fault(unknown[0], f"unknown; known are {', '.join(FIELDS)}")
    if problem := _senseless(entry):
        raise fault(*problem)
    known = {**dict.fromkeys(("dpd_from", "dpd_to")), "on_broken_promise": "", **entry, "path": path}
    return Step(**{**known, "channels": tuple(MessageChannel(channel) for channel in entry["channels"])})


def _senseless(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the first field that has the right type and no meaning, and what is wrong."""
    first, last, channels = entry.get("dpd_from"), entry.get("dpd_to"), entry["channels"]
    known = {channel.value for channel in MessageChannel}
    if (first is None) is not (last is None):
        return ("dpd_from" if first is None else "dpd_to"), "of a band both ends are needed, or none"
    if first is not None and first < 0:
        return "dpd_from", "nothing is owed before the due date (right_debt)"
    if first is not None and last is not None and last < first:
        return "dpd_to", "before dpd_from, the step cannot be reached"
    if entry["every_days"] < 1:
        return "every_days", "at least 1"
    if not channels or len(set(map(str, channels))) != len(channels) or any(name not in known for name in channels):
        return "channels", f"one or more of {', '.join(sorted(known))}, each once"
    return None


def _refuse_overlap(source: TomlText, steps: Sequence[Step]) -> None:
    for before, after in itertools.pairwise(steps):
        if (after.dpd_from or 0) <= (before.dpd_to or 0):
            raise StrategyError(
                f"{step_place(source, after, 'dpd_from')}: overlaps step {before.name}, which lasts to {before.dpd_to}"
            )


def _refuse_lost_steps(source: TomlText, steps: Sequence[Step]) -> None:
    """Refuse jumps that lead nowhere or round, and steps that neither a band nor a jump reaches."""
    jumps = {step.name: step.on_broken_promise for step in steps}
    for step in steps:
        if step.on_broken_promise and step.on_broken_promise not in jumps:
            raise StrategyError(
                f"{step_place(source, step, 'on_broken_promise')}: there is no step {step.on_broken_promise} here"
            )
        way = [step.name]
        while following := jumps[way[-1]]:
            if following in way:
                told = " -> ".join([*way, following])
                raise StrategyError(f"{step_place(source, step, 'on_broken_promise')}: goes round in a cycle, {told}")
            way.append(following)
    reached = {jump for jump in jumps.values() if jump}
    for step in steps:
        if step.dpd_from is None and step.name not in reached:
            raise StrategyError(
                f"{step_place(source, step, 'name')}: the step cannot be reached: give it a band, or name it in"
                " on_broken_promise of another"
            )


def _refuse_same_names(strategy: Strategy) -> None:
    source, arms, steps = strategy.source, strategy.arms[1:], strategy.steps
    for number, arm in enumerate(arms):
        if arm.name in {other.name for other in arms[:number]}:
            place = source.place("challengers", number, "name")
            raise StrategyError(f"{place}: two challengers have the name {arm.name}")
    for number, step in enumerate(steps):
        if step.name in {other.name for other in steps[:number]}:
            place = step_place(source, step, "name")
            raise StrategyError(f"{place}: two steps have the name {step.name}; challengers' steps need their own too")


def _refuse_missing_templates(strategy: Strategy, templates: Sequence[str]) -> None:
    for step in strategy.steps:
        if step.template not in templates:
            place = step_place(strategy.source, step, "template")
            raise StrategyError(f"{place}: no wording {step.template!r}; there are {', '.join(sorted(templates))}")
