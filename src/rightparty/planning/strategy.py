# SPDX-License-Identifier: Apache-2.0
"""Treatment strategies: which step an account is in by its days past due, read from the lender's TOML file."""

import hashlib
import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from rightparty.kernel.vocabulary import MessageChannel

FIELDS: Final[Mapping[str, type]] = {
    "name": str, "dpd_from": int, "dpd_to": int, "every_days": int, "channels": list, "template": str, "tone": str,
}  # fmt: skip
"""The fields of a step, all required."""

STEPS_LIMIT: Final = 50
"""More steps than any cadence needs; keeps a mistaken file from becoming a plan."""


class StrategyError(ValueError):
    """A strategy file cannot be used; the message names file, step and field."""

    remedy = "Correct the strategy file; nothing is planned until it is right."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One band of days past due and what is sent in it."""

    name: str
    #: first and last day past due of the band, both included
    dpd_from: int
    dpd_to: int
    #: one reminder in each period of this many days, counted from dpd_from
    every_days: int
    #: message channels in the order they are tried
    channels: tuple[MessageChannel, ...]
    #: name of the wording
    template: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """The steps of a treatment, in order of days past due."""

    name: str
    steps: tuple[Step, ...]
    #: SHA-256 of the file, recorded with every plan
    digest: str


def load_strategy(path: Path | None, *, templates: Sequence[str] | None = None) -> Strategy:
    """Read and check a strategy file, or the shipped default.

    Args:
        path: the lender's file; None for the default.
        templates: names of the wordings that exist; None leaves them unchecked.

    Raises:
        StrategyError: the file cannot be read or used.
    """
    label = path.name if path else "default.toml"
    try:
        text = path.read_bytes() if path else resources.files(__package__).joinpath("strategies", label).read_bytes()
        raw = tomllib.loads(text.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StrategyError(f"{label}: {error}. {StrategyError.remedy}") from error
    steps = tuple(_step(label, number, entry) for number, entry in enumerate(_entries(label, raw), start=1))
    ordered = tuple(sorted(steps, key=lambda step: step.dpd_from))
    _refuse_overlap(label, ordered)
    if templates is not None:
        _refuse_missing_templates(label, ordered, templates)
    return Strategy(name=str(raw.get("name", label)), steps=ordered, digest=hashlib.sha256(text).hexdigest())


def _entries(label: str, raw: Mapping[str, Any]) -> list[Any]:
    entries = raw.get("steps")
    if not isinstance(entries, list) or not 0 < len(entries) <= STEPS_LIMIT:
        raise StrategyError(f"{label}: field steps: 1 to {STEPS_LIMIT} [[steps]] tables are needed")
    return entries


def _step(label: str, number: int, entry: object) -> Step:
    place = f"{label}: step {number}"
    if not isinstance(entry, dict):
        raise StrategyError(f"{place}: must be a table")
    for name, kind in FIELDS.items():
        if not isinstance(entry.get(name), kind) or isinstance(entry.get(name), bool):
            raise StrategyError(f"{place}: field {name}: a value of type {kind.__name__} is needed")
    if unknown := sorted(set(entry) - set(FIELDS)):
        raise StrategyError(f"{place}: field {unknown[0]}: unknown")
    if entry["dpd_from"] < 0:
        raise StrategyError(f"{place}: field dpd_from: nothing is owed before the due date (right_debt)")
    if entry["dpd_to"] < entry["dpd_from"]:
        raise StrategyError(f"{place}: field dpd_to: before dpd_from, the step cannot be reached")
    if entry["every_days"] < 1:
        raise StrategyError(f"{place}: field every_days: at least 1")
    return Step(**{**entry, "channels": _channels(place, entry["channels"])})


def _channels(place: str, names: Sequence[object]) -> tuple[MessageChannel, ...]:
    known = {channel.value for channel in MessageChannel}
    if not names or len(set(map(str, names))) != len(names) or any(name not in known for name in names):
        raise StrategyError(f"{place}: field channels: one or more of {', '.join(sorted(known))}, each once")
    return tuple(MessageChannel(str(name)) for name in names)


def _refuse_overlap(label: str, steps: Sequence[Step]) -> None:
    for before, after in itertools.pairwise(steps):
        if after.dpd_from <= before.dpd_to:
            raise StrategyError(f"{label}: step {after.name}: field dpd_from: overlaps step {before.name}")
    if len({step.name for step in steps}) != len(steps):
        raise StrategyError(f"{label}: field name: two steps have one name")


def _refuse_missing_templates(label: str, steps: Sequence[Step], templates: Sequence[str]) -> None:
    for step in steps:
        if step.template not in templates:
            raise StrategyError(f"{label}: step {step.name}: field template: no wording {step.template!r}")
