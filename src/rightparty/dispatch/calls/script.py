# SPDX-License-Identifier: Apache-2.0
"""What an agent says, and what the market's law asks of the call besides (right_words).

Before the person has proven who he is, nothing that is said tells of a debt. Pure.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from rightparty.dispatch.variables import filled
from rightparty.policy.pack import Rule

FILE: Final = Path(__file__).parent / "script.toml"

COLLECTOR_RULES: Final = frozenset({"US.identification"})
"""Duties to say, once the person is identified, that a debt is being collected (12 CFR 1006.18(e), 15 U.S.C.
1692e(11)). The other markets' duties of identification are done by the opening, which names the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The lines of one call, in the recipient's language."""

    #: BCP 47
    language: str
    #: the approved text that was released; it names the sender and says that the call is recorded
    opening: str = field(repr=False)
    #: asks for the person by name
    ask: str = field(repr=False)
    #: all that others are told
    others: str
    #: a neutral message for a machine; empty where the lender has no number to call back
    voicemail: str
    #: to be said as soon as the person is identified; empty where no duty asks for it
    collector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDuties:
    """What the market's law asks of a call."""

    #: rules that want every call recorded
    record: tuple[Rule, ...]
    #: days for which a recording is kept; None where the law names no period
    keep_days: int | None
    #: rules that name the period
    keep: tuple[Rule, ...]
    #: the collector's statement has to be made
    collector: bool


@cache
def script_lines() -> Mapping[str, Mapping[str, str]]:
    """Return [language][ask, others, voicemail, collector] as written in `script.toml`."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def script_of(*, language: str, opening: str, name: str, sender: str, phone: str, collector: bool) -> Script:
    """Return the lines of a call.

    Args:
        language: of the released text.
        opening: the released text.
        name: the person's, as it is asked for.
        sender: the lender's name.
        phone: the lender's own number; empty if there is none.
        collector: the market wants the collector's statement.

    Raises:
        KeyError: texts are released in a language that `script.toml` lacks; a test keeps the two together.
    """
    lines = script_lines()[language]
    return Script(
        language=language,
        opening=opening,
        ask=_with_name(lines["ask"], name),
        others=lines["others"],
        voicemail=filled(lines["voicemail"], {"sender": sender, "phone": phone}) if phone else "",
        collector=lines["collector"] if collector else "",
    )


def _with_name(line: str, name: str) -> str:
    """A person's name is no variable of a message's text: it is spoken, and stands in no text that is sent."""
    before, _mark, after = line.partition("{name}")
    return f"{before}{name}{after}"


def call_duties(duties: Sequence[Rule]) -> CallDuties:
    """Return what the duties of a market that bear on calls ask of one.

    A duty `recording` without days wants calls recorded; one with days, and `retention`, says how long what there is
    has to be kept. The longest period counts.
    """
    record = tuple(d for d in duties if d.parameters["duty"] == "recording" and "days" not in d.parameters)
    keep = tuple(d for d in duties if d.parameters["duty"] in ("recording", "retention") and "days" in d.parameters)
    return CallDuties(
        record=record,
        keep=keep,
        keep_days=max((int(d.parameters["days"]) for d in keep), default=None),
        collector=any(d.id in COLLECTOR_RULES for d in duties),
    )


def keep_until(called_on: date, duties: CallDuties) -> date | None:
    """Return the last day on which a recording has to be kept; None where the law names no period."""
    return called_on + timedelta(days=duties.keep_days) if duties.keep_days is not None else None
