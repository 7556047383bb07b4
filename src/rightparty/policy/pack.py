# SPDX-License-Identifier: Apache-2.0
"""Law packs and house rules as data: dated, cited, with their confidence; read, checked, never guessed (right_time).

A pack states law; the house rules may only be stricter. Nothing here is legal advice, and every pack says so.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final

from rightparty.kernel.reasons import BY_CODE
from rightparty.kernel.vocabulary import MessageChannel
from rightparty.policy.errors import PackError
from rightparty.policy.house import HouseRules, Thresholds, read_house
from rightparty.policy.toml_lines import TomlText, parse_toml

CONFIDENCE: Final = {"P": "primary text read", "S": "secondary source read", "U": "unverified, stricter reading taken",
                     "D": "the product's own default"}  # fmt: skip

PARAMETERS: Final[Mapping[str, frozenset[str]]] = {
    "liable_roles": frozenset(),
    "contact_hours": frozenset({"from", "to", "agreed_hours", "days", "until_dpd"}),
    "contact_days": frozenset({"weekdays", "holidays", "agreed_days"}),
    "frequency": frozenset({"counts", "window", "most"}),
    "after_conversation": frozenset({"days"}),
    "requested_hours": frozenset(),
    "workplace": frozenset(),
    "medium_refused": frozenset(),
    "consent_required": frozenset(),
    "consent_revoked": frozenset(),
    "cease_communication": frozenset(),
    "represented": frozenset(),
    "deceased": frozenset(),
    "bankrupt": frozenset(),
    "minor": frozenset({"age"}),
    "statute_barred": frozenset({"years"}),
    "hold": frozenset({"holds"}),
    "location_enquiry": frozenset(),
    "duty": frozenset({"duty", "days"}),
}
"""Kinds of rule and the parameters they know; `policy.rules.law` holds their meaning.

- contact_hours: `from`, `to` (HH:MM; from included, to excluded), required; `agreed_hours` (bool, required): hours agreed
  with the person replace these; `days` "all" (default), "working", "non_working": on which days of the market's
  calendar the hours hold; `until_dpd`: the hours no longer bind above this many days past due.
- contact_days: `weekdays` (ISO numbers), "working" for the market's working days, or "all"; `holidays` (bool, required):
  false forbids public holidays; `agreed_days` (bool, required): days agreed with the person are permitted.
- frequency: `counts` contacts, messages, call_attempts, effective_calls, debt_calls; `window` day, 7d, 31d; `most`: no
  contact from this count on. The pairs that exist are `FREQUENCIES`. All are counted over the linked person but
  debt_calls, which counts per debt.
- duty: never withholds. It states what the law asks besides: `duty` identification, opt_out_text, notice, recording,
  retention, credit_report, assessment, other; `days` where there is a period. Templates, faces and people see to it.
"""

OPTIONAL: Final[Mapping[str, frozenset[str]]] = {
    "contact_hours": frozenset({"days", "until_dpd"}),
    "duty": frozenset({"days"}),
}
"""Parameters that may be left out, by kind; all others are required."""

FREQUENCIES: Final[Mapping[tuple[str, str], str]] = {
    ("contacts", "day"): "contacts_person_day",
    ("contacts", "7d"): "contacts_person_7d",
    ("messages", "day"): "messages_person_day",
    ("messages", "7d"): "messages_person_7d",
    ("messages", "31d"): "messages_person_31d",
    ("call_attempts", "day"): "call_attempts_person_day",
    ("call_attempts", "7d"): "call_attempts_person_7d",
    ("call_attempts", "31d"): "call_attempts_person_31d",
    ("effective_calls", "day"): "calls_person_day",
    ("debt_calls", "7d"): "calls_debt_7d",
}
"""(counts, window) -> the fact that holds the count."""

DUTIES: Final = (
    "identification", "opt_out_text", "notice", "recording", "retention", "credit_report", "assessment", "other",
)  # fmt: skip

_TEXTS: Final = ("id", "kind", "reason", "term", "citation", "paraphrase", "confidence", "binds", "review")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a pack."""

    id: str
    kind: str
    #: reason code given when the rule withholds
    reason: str
    parameters: Mapping[str, Any]
    #: message channels it restricts
    channels: tuple[str, ...]
    effective_from: date
    citation: str
    paraphrase: str
    #: key of CONFIDENCE
    confidence: str
    #: whom the law binds; the lender adopts the rule in any case
    binds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LawPack:
    """The rules of one market."""

    market: str
    title: str
    version: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LawPacks:
    """All packs and the house rules, with the digest under which decisions cite them."""

    packs: Mapping[str, LawPack]
    house: HouseRules
    digest: str

    @property
    def thresholds(self) -> Thresholds:
        """The house's disclosure thresholds."""
        return self.house.thresholds


def load_packs(*, directory: Path | None = None, house_file: Path | None = None) -> LawPacks:
    """Read every `<market>/pack.toml` and the house rules.

    Args:
        directory: where the packs lie; None for the shipped ones.
        house_file: the lender's house rules; None for the shipped ones.

    Raises:
        PackError: a file is missing, is not TOML, or breaks the form.
    """
    root = directory or Path(str(resources.files(__package__).joinpath("packs")))
    house_path = house_file or Path(str(resources.files(__package__).joinpath("house.toml")))
    sealed = hashlib.sha256()
    packs = {}
    for file in sorted(root.glob("*/pack.toml")):
        raw = _read(file)
        sealed.update(file.read_bytes())
        packs[file.parent.name] = _pack(f"{file.parent.name}/pack.toml", file.parent.name, raw)
    if not packs:
        raise PackError(f"{root.name}: no law packs found. {PackError.remedy}")
    house = read_house(_source(house_path.name, house_path))
    sealed.update(house_path.read_bytes())
    return LawPacks(packs=packs, house=house, digest=sealed.hexdigest())


def _source(label: str, file: Path) -> TomlText:
    try:
        return parse_toml(label, file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(f"{label}: {error}. {PackError.remedy}") from error


def _read(file: Path) -> dict[str, Any]:
    return dict(_source(f"{file.parent.name}/{file.name}", file).values)


def _pack(label: str, market: str, raw: dict[str, Any]) -> LawPack:
    for name in ("market", "title", "version", "not_legal_advice"):
        if not isinstance(raw.get(name), str):
            raise PackError(f"{label}: field {name}: a text is needed. {PackError.remedy}")
    if raw["market"] != market:
        raise PackError(f"{label}: field market: {raw['market']} does not stand in its own folder")
    rules = tuple(_rule(label, entry) for entry in raw.get("rules", []))
    if len({rule.id for rule in rules}) != len(rules) or not rules:
        raise PackError(f"{label}: field rules: at least one rule, each with an id of its own")
    kinds = {rule.kind for rule in rules}
    for needed in ("contact_hours", "liable_roles", "medium_refused"):
        if needed not in kinds:
            raise PackError(f"{label}: a rule of kind {needed} is needed; without it the pack has a gap")
    return LawPack(market=market, title=raw["title"], version=raw["version"], rules=rules)


def _rule(label: str, entry: dict[str, Any]) -> Rule:
    place = f"{label}: rule {entry.get('id', '?')}"
    for name in _TEXTS:
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise PackError(f"{place}: field {name}: a text is needed. {PackError.remedy}")
    for name, allowed in (("kind", PARAMETERS), ("reason", BY_CODE), ("confidence", CONFIDENCE)):
        if entry[name] not in allowed:
            raise PackError(f"{place}: field {name}: {entry[name]} is not one of {', '.join(allowed)}")
    if not isinstance(entry.get("effective_from"), date):
        raise PackError(f"{place}: field effective_from: a date is needed")
    channels = entry.get("channels", [channel.value for channel in MessageChannel])
    if set(channels) - {channel.value for channel in MessageChannel}:
        raise PackError(f"{place}: field channels: unknown channel")
    known = {*_TEXTS, "effective_from", "channels"}
    parameters = {name: value for name, value in entry.items() if name not in known}
    if set(parameters) != PARAMETERS[entry["kind"]]:
        needed = ", ".join(sorted(PARAMETERS[entry["kind"]])) or "none"
        raise PackError(f"{place}: parameters of kind {entry['kind']} are: {needed}")
    return Rule(
        **{name: entry[name] for name in _TEXTS},
        parameters=parameters,
        channels=tuple(channels),
        effective_from=entry["effective_from"],
    )
