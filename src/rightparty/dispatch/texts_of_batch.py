# SPDX-License-Identifier: Apache-2.0
"""The texts of a batch that is released: what `wording.render` makes, checked once where the answer is the same.

A wording is taken apart once and the lender's own values are checked once for it, an amount or date once for each that
occurs; of code and link only the code differs between rows. Serves right_words.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from rightparty.dispatch.variables import VariableError, checked_value, filled, names_in
from rightparty.dispatch.wording import RenderedText, Wordings, wording_for
from rightparty.dispatch.wording_lint import WordingError
from rightparty.kernel.identifiers import ALPHABET, CODE_DATA_CHARACTERS, show_code
from rightparty.kernel.money import MINOR_DIGITS, Money

_CODE: Final = re.compile(rf"[{ALPHABET}]{{{CODE_DATA_CHARACTERS + 1}}}")
_LETTERS: Final = frozenset(ALPHABET)
_ANY_CODE: Final = ALPHABET[0] * (CODE_DATA_CHARACTERS + 1)
_WORDING: Final = ("template", "language", "channel", "disclosure", "market")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lender:
    """What of a text is the installation's own."""

    #: who signs
    sender: str
    #: under which the recipient's page is served
    public_url: str
    #: his own number, for texts that name it
    phone: str = ""


@dataclass(frozen=True, slots=True)
class _Form:
    """A wording with the lender's own values filled in, the rest to be filled in by `%` and a mapping."""

    subject: str
    text: str
    version: str
    needs_amount: bool
    needs_due_date: bool


def texts_of_batch(
    rows: pl.DataFrame, wordings: Wordings, *, codes: Sequence[str], lender: Lender
) -> list[RenderedText | None]:
    """Return the text of each row, or None where it cannot be made.

    Args:
        rows: what is released [template, language, channel, disclosure, market, amount_due_minor, currency,
            oldest_due_on, …].
        wordings: the approved texts.
        codes: a fresh reference code for each row; a row whose code has not a code's form gets no text.
        lender: what is the installation's own.
    """
    texts: list[RenderedText | None] = []
    forms: dict[tuple[str, ...], _Form | None] = {}
    values = _Values({}, {})
    keys = zip(*(rows[name].fill_null("").to_list() for name in _WORDING), strict=True)
    columns = (rows[name].to_list() for name in ("amount_due_minor", "currency", "oldest_due_on"))
    for key, code, is_code, *own in zip(keys, codes, _are_codes(codes), *columns, strict=True):
        if key not in forms:
            forms[key] = _form_of(key, wordings, lender)
        form = forms[key]
        filling = values.of(form, code, *own) if form and is_code else None
        texts.append(
            RenderedText(form.subject % filling, form.text % filling, form.version) if form and filling else None
        )
    return texts


@dataclass(frozen=True, slots=True)
class _Values:
    """What is filled in, each amount and date checked once."""

    money: dict[tuple[int, str], tuple[str, bool]]
    days: dict[date | None, tuple[str, bool]]

    def of(
        self, form: _Form, code: str, minor: int | None, currency: str | None, due_on: date | None
    ) -> dict[str, str] | None:
        """Return what a form asks for, or None if something may not be filled in."""
        # what is no money at all is told of in no words
        if type(minor) is not int or currency not in MINOR_DIGITS:
            return None
        values, all_may = {"code": show_code(code), "page": code}, True
        if form.needs_amount:
            if (minor, currency) not in self.money:
                self.money[minor, currency] = _checked("amount", Money(minor, currency).plain())
            values["amount"], all_may = self.money[minor, currency]
        if form.needs_due_date:
            if due_on not in self.days:
                self.days[due_on] = _checked("due_date", due_on.isoformat() if due_on else "")
            values["due_date"], may = self.days[due_on]
            all_may = all_may and may
        return values if all_may else None


def _are_codes(codes: Sequence[str]) -> Iterable[bool]:
    """Tell of each whether it has a code's form; looked at together first, for mostly all of them have."""
    if set(map(len, codes)) == {len(_ANY_CODE)} and _LETTERS.issuperset("".join(codes)):
        return [True] * len(codes)
    return (_CODE.fullmatch(code) is not None for code in codes)


def _form_of(key: tuple[str, ...], wordings: Wordings, lender: Lender) -> _Form | None:
    """Take a wording apart; None if there is none, or a value of the lender's own cannot be filled in."""
    template, language, channel, disclosure, market = key
    try:
        wording = wording_for(
            wordings, template=template, language=language, channel=channel, disclosure=disclosure, market=market
        )
        needed = names_in(wording.subject) | names_in(wording.text)
        given = {
            "sender": lender.sender, "phone": lender.phone, "code": show_code(_ANY_CODE),
            "link": f"{lender.public_url}/m/{_ANY_CODE}",
        }  # fmt: skip
        own = {
            name: checked_value(name, value, home=lender.public_url) for name, value in given.items() if name in needed
        }
    except (WordingError, VariableError):
        return None
    # nothing of a link but its code differs: a page's address was checked with one, and every code has one form
    marks = {"code": "%(code)s", "link": f"{_literal(lender.public_url)}/m/%(page)s", "amount": "%(amount)s"}
    marks["due_date"] = "%(due_date)s"
    marks |= {name: _literal(own[name]) for name in ("sender", "phone") if name in own}
    subject, text = (filled(_literal(part), marks) for part in (wording.subject, wording.text))
    return _Form(subject, text, wording.version, "amount" in needed, "due_date" in needed)


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _checked(name: str, value: str) -> tuple[str, bool]:
    try:
        return checked_value(name, value), True
    except VariableError:
        return value, False
