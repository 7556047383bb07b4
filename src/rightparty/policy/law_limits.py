# SPDX-License-Identifier: Apache-2.0
"""Where house rules allow more than the law: an error of the file, although the law holds besides (right_time).

A lender who writes 07:00 believes that people are called at 07:00. What a table leaves out says nothing, and the law of
each market decides; what it says for every market must hold in every market that is served.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from rightparty.policy.clock_time import minutes_of
from rightparty.policy.errors import PackError
from rightparty.policy.house import CAPS, WEEK, Cap, HouseRules, path_of
from rightparty.policy.toml_lines import TomlText

if TYPE_CHECKING:  # the packs' loader asks this module
    from rightparty.policy.pack import LawPack, Rule

_WIDER: Final[Mapping[str, frozenset[str]]] = {
    "contacts": frozenset({"contacts"}),
    "messages": frozenset({"messages", "contacts"}),
    "call_attempts": frozenset({"call_attempts", "contacts"}),
    "effective_calls": frozenset({"effective_calls", "call_attempts", "contacts"}),
    "debt_calls": frozenset({"debt_calls", "call_attempts", "contacts"}),
}
"""What is counted -> the counts that are at least as great, so that their limit is one for it too."""

_LONGER: Final[Mapping[str, frozenset[str]]] = {
    "day": frozenset({"day", "7d", "31d"}), "7d": frozenset({"7d", "31d"}), "31d": frozenset({"31d"}),
}  # fmt: skip
"""Window -> the windows that hold it."""

_WORKING: Final = frozenset(WEEK[:5])


def refuse_laxer(source: TomlText, house: HouseRules, packs: "Mapping[str, LawPack]") -> None:
    """Refuse house rules that are laxer than a law pack.

    Raises:
        PackError: one line for each fault.
    """
    if faults := list(laxer_than_law(source, house, packs)):
        raise PackError("\n".join([*faults, PackError.remedy]))


def laxer_than_law(source: TomlText, house: HouseRules, packs: "Mapping[str, LawPack]") -> Iterator[str]:
    """Name every value beyond the law of a served market: file, line, field, the law's rule and value, what to do.

    Meaning: of the law the versions count that have no end; a version that is to end binds in the engine until then.
    """
    named = {market: (table, market) for table in ("calendar", "caps") for market in _markets_in(source, table)}
    for market, path in {**dict.fromkeys(house.markets, ("markets",)), **named}.items():
        if market not in packs:
            yield f"{source.place(*path)}: there is no law pack for {market}; known are {', '.join(sorted(packs))}"
    for market in house.markets or packs:
        for rule in packs[market].rules if market in packs else ():
            if rule.effective_to is None:
                yield from _faults(source, house, market, rule)


def _markets_in(source: TomlText, table: str) -> list[str]:
    return [name for name, value in source.values.get(table, {}).items() if isinstance(value, dict)]


def _faults(source: TomlText, house: HouseRules, market: str, rule: "Rule") -> Iterator[str]:
    match rule.kind:
        case "contact_hours":
            yield from _hours(source, house, market, rule)
        case "contact_days":
            yield from _days(source, house, market, rule)
        case "frequency":
            yield from _counts(source, house, market, rule)


def _place(source: TomlText, table: str, market: str, field: str) -> str:
    """Return the place of the value that holds in a market: its own, or that of every market."""
    own = field in source.values.get(table, {}).get(market, {})
    return source.place(*path_of(table, market if own else "", field))


def _say(place: str, value: object, market: str, rule: "Rule", limit: object) -> str:
    return (
        f"{place}: {value} is laxer than the law of {market} ({rule.id}: {limit}); "
        f"write a stricter value, for every market or in a table of {market} alone"
    )


def _hours(source: TomlText, house: HouseRules, market: str, rule: "Rule") -> Iterator[str]:
    calendar = house.calendar_of(market)
    if calendar.begin is None or calendar.end is None:
        return
    if rule.parameters.get("days") == "non_working" and calendar.working_days:
        return
    begin, end = rule.parameters["from"], rule.parameters["to"]
    if calendar.begin < minutes_of(begin):
        yield _say(_place(source, "calendar", market, "from"), _clock(calendar.begin), market, rule, f"from {begin}")
    if calendar.end > minutes_of(end):
        yield _say(_place(source, "calendar", market, "to"), _clock(calendar.end), market, rule, f"to {end}")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days(source: TomlText, house: HouseRules, market: str, rule: "Rule") -> Iterator[str]:
    calendar, days = house.calendar_of(market), rule.parameters["weekdays"]
    allowed = _WORKING if days == "working" else set(WEEK) if days == "all" else set(days)
    if calendar.weekdays is not None and set(calendar.weekdays) - allowed:
        place = _place(source, "calendar", market, "weekdays")
        yield _say(place, list(calendar.weekdays), market, rule, f"weekdays {days}")
    table = source.values.get("calendar", {})
    says_holidays = "holidays" in {**table, **table.get(market, {})}
    if says_holidays and calendar.holidays and not calendar.working_days and not rule.parameters["holidays"]:
        yield _say(_place(source, "calendar", market, "holidays"), "true", market, rule, "no public holidays")


def _counts(source: TomlText, house: HouseRules, market: str, rule: "Rule") -> Iterator[str]:
    most = int(rule.parameters["most"])
    for name, value in house.caps_of(market).items():
        if value > most and _is_bound(CAPS[name], rule):
            limit = f"at most {most} {rule.parameters['counts']}, {rule.parameters['window']}"
            yield _say(_place(source, "caps", market, name), value, market, rule, limit)


def _is_bound(cap: Cap, rule: "Rule") -> bool:
    return (
        rule.parameters["counts"] in _WIDER[cap.counts]
        and rule.parameters["window"] in _LONGER[cap.window]
        and not cap.channels.isdisjoint(rule.channels)
    )
