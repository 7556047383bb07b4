# SPDX-License-Identifier: Apache-2.0
"""Law packs and house rules as data: dated, cited, with their confidence; read, checked, never guessed (right_time).

A pack states law; the house rules may only be stricter. Nothing here is legal advice, and every pack says so.
"""

import hashlib
import itertools
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final

from rightparty.kernel.reasons import BY_CODE
from rightparty.kernel.vocabulary import HoldKind, MessageChannel
from rightparty.policy.clock_time import minutes_of
from rightparty.policy.errors import PackError
from rightparty.policy.house import HouseRules, Thresholds, read_house
from rightparty.policy.law_limits import refuse_laxer
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

- contact_hours: `from`, `to` (HH:MM; from included, to excluded), required; `agreed_hours` (bool, required): hours
  agreed with the person replace these; `days` "all" (default), "working", "non_working": on which days of the market's
  calendar the hours hold; `until_dpd`: the hours no longer bind above this many days past due.
- contact_days: `weekdays` (ISO numbers), "working" for the market's working days, or "all"; `holidays` (bool,
  required): false forbids public holidays; `agreed_days` (bool, required): days agreed with the person are permitted.
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

_DATES: Final = ("effective_from", "effective_to", "recorded_from", "recorded_to")
_TEXTS: Final = ("id", "kind", "reason", "term", "citation", "paraphrase", "confidence", "binds", "review")


NEEDED: Final = ("contact_hours", "liable_roles", "medium_refused")
"""Kinds without which a market is not judged at all: on a day when no version is in force its rows are withheld."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of one rule of a pack. Versions of a rule share its id and follow each other without gap."""

    id: str
    kind: str
    #: reason code given when the rule withholds
    reason: str
    #: the field's term for what it restricts
    term: str
    parameters: Mapping[str, Any]
    #: message channels it restricts
    channels: tuple[str, ...]
    #: valid time: first day in force, and first day no longer in force
    effective_from: date
    effective_to: date | None
    #: knowledge time: day on which this statement entered the pack, and day on which another replaced it
    recorded_from: date
    recorded_to: date | None
    citation: str
    paraphrase: str
    #: key of CONFIDENCE
    confidence: str
    #: whom the law binds; the lender adopts the rule in any case
    binds: str
    #: who should review it
    review: str

    def is_known(self, on: date | None) -> bool:
        """Tell whether the pack stated this on a day; None: whether it states it now."""
        if on is None:
            return self.recorded_to is None
        return self.recorded_from <= on and (self.recorded_to is None or on < self.recorded_to)

    def is_in_force(self, on: date) -> bool:
        """Tell whether the rule is in force on a local day."""
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class LawPack:
    """The rules of one market, as known on one day."""

    market: str
    title: str
    version: str
    not_legal_advice: str
    rules: tuple[Rule, ...]

    def gaps(self) -> tuple[tuple[date, date | None], ...]:
        """Return the periods for which a needed rule has no version: [first day, first day after), None: for ever.

        Needed are the kinds NEEDED, from the beginning of time, and every rule between its first and last version.
        """
        found = [gap for kind in NEEDED for gap in _gaps([r for r in self.rules if r.kind == kind], begin=date.min)]
        for name in {rule.id for rule in self.rules}:
            versions = [rule for rule in self.rules if rule.id == name]
            found += [gap for gap in _gaps(versions, begin=None) if gap[1] is not None]
        return tuple(sorted(set(found), key=lambda gap: (gap[0], gap[1] or date.max)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LawPacks:
    """All packs and the house rules, with the digest under which decisions cite them.

    Compared by identity, so that compiled rules can be kept with it.
    """

    packs: Mapping[str, LawPack]
    house: HouseRules
    digest: str

    @property
    def thresholds(self) -> Thresholds:
        """The house's disclosure thresholds."""
        return self.house.thresholds


def load_packs(
    *,
    directory: Path | None = None,
    house_file: Path | None = None,
    house: TomlText | None = None,
    known_on: date | None = None,
) -> LawPacks:
    """Read every `<market>/pack.toml` and the house rules.

    Args:
        directory: where the packs lie; None for the shipped ones.
        house_file: the lender's house rules; None for the shipped ones.
        house: house rules that stand in no file, such as an approved draft; in place of `house_file`.
        known_on: the packs as they stood on this day, to explain a decision of that day; None for the newest.

    Raises:
        PackError: a file is missing, is not TOML, or breaks the form; or the house rules are laxer than the newest
            packs.
    """
    root = directory or Path(str(resources.files(__package__).joinpath("packs")))
    sealed = hashlib.sha256()
    packs = {}
    for file in sorted(root.glob("*/pack.toml")):
        raw = _read(file)
        sealed.update(file.read_bytes())
        packs[file.parent.name] = _pack(f"{file.parent.name}/pack.toml", file.parent.name, raw, known_on=known_on)
    if not packs:
        raise PackError(f"{root.name}: no law packs found. {PackError.remedy}")
    own = house or read_house_file(house_file)
    rules = read_house(own)
    if known_on is None:
        refuse_laxer(own, rules, packs)
    sealed.update(own.text.encode())
    return LawPacks(packs=packs, house=rules, digest=sealed.hexdigest())


def read_house_file(file: Path | None) -> TomlText:
    """Read a file of house rules, unchecked; None for the shipped ones.

    Raises:
        PackError: it cannot be read, or is not TOML.
    """
    path = file or Path(str(resources.files(__package__).joinpath("house.toml")))
    return _source(path.name, path)


def _source(label: str, file: Path) -> TomlText:
    try:
        return parse_toml(label, file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(f"{label}: {error}. {PackError.remedy}") from error


def _read(file: Path) -> dict[str, Any]:
    return dict(_source(f"{file.parent.name}/{file.name}", file).values)


def _pack(label: str, market: str, raw: dict[str, Any], *, known_on: date | None) -> LawPack:
    for name in ("market", "title", "version", "not_legal_advice"):
        if not isinstance(raw.get(name), str):
            raise PackError(f"{label}: field {name}: a text is needed. {PackError.remedy}")
    if raw["market"] != market:
        raise PackError(f"{label}: field market: {raw['market']} does not stand in its own folder")
    if unknown := sorted(set(raw) - {"market", "title", "version", "not_legal_advice", "rules"}):
        raise PackError(f"{label}: field {unknown[0]}: unknown")
    rules = tuple(_rule(label, entry) for entry in raw.get("rules", []))
    for day in sorted({rule.recorded_from for rule in rules} | {rule.recorded_to or date.max for rule in rules}):
        _refuse_overlap(label, [rule for rule in rules if rule.is_known(day)])
    for needed in NEEDED:
        if needed not in {rule.kind for rule in rules}:
            raise PackError(f"{label}: a rule of kind {needed} is needed; without it the pack has a gap")
    return LawPack(
        market=market,
        title=raw["title"],
        version=raw["version"],
        not_legal_advice=raw["not_legal_advice"],
        rules=tuple(rule for rule in rules if rule.is_known(known_on)),
    )


def _refuse_overlap(label: str, rules: Sequence[Rule]) -> None:
    ordered = sorted(rules, key=lambda rule: (rule.id, rule.effective_from))
    for before, after in itertools.pairwise(ordered):
        if before.id != after.id:
            continue
        if before.kind != after.kind:
            raise PackError(f"{label}: rule {after.id}: field kind: two versions are of different kinds")
        if before.effective_to is None or after.effective_from < before.effective_to:
            raise PackError(f"{label}: rule {after.id}: field effective_from: overlaps its earlier version")


def _gaps(versions: Sequence[Rule], *, begin: date | None) -> list[tuple[date, date | None]]:
    """Return the days that no version covers: from `begin` (None: from the first version) on."""
    ordered = sorted(versions, key=lambda rule: rule.effective_from)
    covered = ordered[0].effective_from if ordered and begin is None else begin
    if covered is None:
        return []
    found: list[tuple[date, date | None]] = []
    for rule in ordered:
        if rule.effective_from > covered:
            found.append((covered, rule.effective_from))
        if rule.effective_to is None:
            return found
        covered = max(covered, rule.effective_to)
    return [*found, (covered, None)]


def _rule(label: str, entry: dict[str, Any]) -> Rule:
    place = f"{label}: rule {entry.get('id', '?')}"
    for name in _TEXTS:
        if not isinstance(entry.get(name), str) or not entry[name]:
            raise PackError(f"{place}: field {name}: a text is needed. {PackError.remedy}")
    for name, allowed in (("kind", PARAMETERS), ("reason", BY_CODE), ("confidence", CONFIDENCE)):
        if entry[name] not in allowed:
            raise PackError(f"{place}: field {name}: {entry[name]} is not one of {', '.join(allowed)}")
    channels = entry.get("channels", [channel.value for channel in MessageChannel])
    if not isinstance(channels, list) or set(channels) - {channel.value for channel in MessageChannel}:
        raise PackError(f"{place}: field channels: unknown channel")
    known = {*_TEXTS, *_DATES, "channels"}
    parameters = {name: value for name, value in entry.items() if name not in known}
    _check_parameters(place, entry["kind"], parameters)
    return Rule(
        **{name: entry[name] for name in _TEXTS},
        **_dates(place, entry),
        parameters=parameters,
        channels=tuple(channels),
    )


def _dates(place: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Read both periods of a rule; an end must lie after its beginning."""
    found = {name: entry.get(name) for name in _DATES}
    for name, value in found.items():
        if type(value) is not date and not (value is None and name.endswith("_to")):
            raise PackError(f"{place}: field {name}: a date is needed")
    for begin, end in (("effective_from", "effective_to"), ("recorded_from", "recorded_to")):
        first, last = found[begin], found[end]
        if first is not None and last is not None and last <= first:
            raise PackError(f"{place}: field {end}: must lie after {begin}")
    return found


def _check_parameters(place: str, kind: str, parameters: Mapping[str, Any]) -> None:
    missing = PARAMETERS[kind] - OPTIONAL.get(kind, frozenset()) - set(parameters)
    unknown = set(parameters) - PARAMETERS[kind]
    if missing or unknown:
        needed = ", ".join(sorted(PARAMETERS[kind])) or "none"
        raise PackError(f"{place}: field {min(missing | unknown)}: parameters of kind {kind} are: {needed}")
    for name, value in parameters.items():
        if not _VALID[name](value):
            raise PackError(f"{place}: field {name}: {value!r} has no meaning. {PackError.remedy}")
    if kind == "contact_hours" and not minutes_of(parameters["from"]) < minutes_of(parameters["to"]):
        raise PackError(f"{place}: field from: must lie before to")
    if kind == "frequency" and (parameters["counts"], parameters["window"]) not in FREQUENCIES:
        raise PackError(f"{place}: field window: {parameters['counts']} are not counted over {parameters['window']}")


def _is_clock(value: object) -> bool:
    try:
        return isinstance(value, str) and minutes_of(value) >= 0
    except PackError:
        return False


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _are_weekdays(value: object) -> bool:
    if isinstance(value, str):
        return value in {"all", "working"}
    return isinstance(value, list) and bool(value) and all(type(day) is int and 1 <= day <= 7 for day in value)


def _are_holds(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(name in set(HoldKind) for name in value)


_VALID: Final[Mapping[str, Callable[[Any], bool]]] = {
    "from": _is_clock,
    "to": _is_clock,
    "agreed_hours": lambda value: type(value) is bool,
    "agreed_days": lambda value: type(value) is bool,
    "holidays": lambda value: type(value) is bool,
    "days": lambda value: _is_count(value) or value in {"all", "working", "non_working"},
    "until_dpd": _is_count,
    "weekdays": _are_weekdays,
    "counts": lambda value: value in {counts for counts, _ in FREQUENCIES},
    "window": lambda value: value in {window for _, window in FREQUENCIES},
    "most": lambda value: _is_count(value) and value > 0,
    "age": _is_count,
    "years": _is_count,
    "holds": _are_holds,
    "duty": lambda value: value in DUTIES,
}
"""What each parameter may be."""
