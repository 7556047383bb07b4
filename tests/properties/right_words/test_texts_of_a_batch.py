# SPDX-License-Identifier: Apache-2.0
"""right_words: a batch's texts are those that `render` makes one by one, and none where it makes none."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.texts_of_batch import Lender, texts_of_batch
from rightparty.dispatch.wording import RenderedText, render, shipped_wordings
from rightparty.dispatch.wording_lint import WordingError
from rightparty.kernel.identifiers import new_reference_codes, read_code, show_code
from rightparty.kernel.money import MINOR_DIGITS, Money, MoneyError

WORDINGS = dict(shipped_wordings())
KEY = ("due", "en", "sms", "amount", "")
WORDINGS[*KEY[:4], "GB"] = replace(
    WORDINGS[KEY], version="percent", text=WORDINGS[KEY].text + " 100% {phone} %(amount)s %s"
)
ROW = {
    "template": pl.String, "language": pl.String, "channel": pl.String, "disclosure": pl.String, "market": pl.String,
    "amount_due_minor": pl.Int64, "currency": pl.String, "oldest_due_on": pl.Date,
}  # fmt: skip
ROWS = st.tuples(
    st.sampled_from([*sorted(WORDINGS), ("due", "xx", "sms", "amount", "")]),
    st.none() | st.sampled_from(["", "GB", "CN"]),
    st.none() | st.integers(-(10**6), 10**18),
    st.none() | st.sampled_from([*sorted(MINOR_DIGITS), "", "XXX", "cny"]),
    st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
)
CODES = st.sampled_from(["7K3M92XQA4B", "00000000000", "7K3M92XQA4", "7k3m92xqa4b", "7K3M92XQA4O", "", "%(amount)s"])
LENDERS = st.builds(
    Lender,
    sender=st.sampled_from(["Lantern", "50% Lantern %s", "Cafe\u0301", "", " x", "a{b}", "x" * 61]),
    public_url=st.sampled_from(
        [
            "https://pay.lender.example",
            "http://127.0.0.1:8000",
            "https://a.example/50%25",
            "javascript://x",
            "https:// x",
        ]
    ),
    phone=st.sampled_from(["+1 555 010 0199", "", "soon", "555%0100"]),
)


def one_by_one(row: tuple, code: str, lender: Lender) -> RenderedText | None:
    (template, language, channel, disclosure, _), market, minor, currency, due_on = row
    try:
        values = {
            "sender": lender.sender, "phone": lender.phone, "code": show_code(code),
            "link": f"{lender.public_url}/m/{code}", "amount": Money(minor, currency).plain(),
            "due_date": due_on.isoformat() if due_on else "",
        }  # fmt: skip
        return render(
            WORDINGS, template=template, language=language, channel=channel, disclosure=disclosure, values=values,
            market=market or "", home=lender.public_url,
        )  # fmt: skip
    except (WordingError, MoneyError):
        return None


@given(st.lists(st.tuples(ROWS, CODES), max_size=4), LENDERS)
def test_a_batch_says_what_each_of_its_messages_says(given_rows: list, lender: Lender) -> None:
    rows = [(*key[:4], market, minor, currency, due_on) for (key, market, minor, currency, due_on), _ in given_rows]
    codes = [code for _, code in given_rows]
    texts = texts_of_batch(pl.DataFrame(rows, schema=ROW, orient="row"), WORDINGS, codes=codes, lender=lender)
    assert texts == [one_by_one(row, code, lender) for row, code in given_rows]


def test_texts_are_made_at_all() -> None:
    row = (*KEY[:4], "GB", 123_450, "GBP", date(2026, 11, 1))
    lender = Lender(sender="Lantern", public_url="https://pay.lender.example", phone="+1 555 010 0199")
    (text,) = texts_of_batch(
        pl.DataFrame([row], schema=ROW, orient="row"), WORDINGS, codes=["7K3M92XQA4B"], lender=lender
    )
    assert text is not None
    assert text.body.endswith(" 100% +1 555 010 0199 %(amount)s %s")
    assert "GBP 1,234.50" in text.body


@given(st.integers(-(10**18), 10**18), st.sampled_from(sorted(MINOR_DIGITS)))
def test_an_amount_is_written_as_its_decimal(minor: int, currency: str) -> None:
    digits = MINOR_DIGITS[currency]
    assert Money(minor, currency).plain() == f"{currency} {Decimal(minor).scaleb(-digits):,.{digits}f}"


@given(st.integers(0, 50), st.randoms(use_true_random=False))
def test_codes_of_a_batch_are_codes(count: int, dice) -> None:
    codes = new_reference_codes(count, dice.randbytes)
    assert len(codes) == count
    assert [read_code(show_code(code)) for code in codes] == codes


def test_every_letter_of_a_code_is_as_likely() -> None:
    letters = "".join(code[:10] for code in new_reference_codes(20_000))
    counts = [letters.count(letter) for letter in set(letters)]
    assert len(counts) == 31
    # 6,452 expected of each, standard deviation 79: a letter drawn twice as often would be 80 of them away
    assert max(abs(count - 200_000 / 31) for count in counts) < 6 * 79
