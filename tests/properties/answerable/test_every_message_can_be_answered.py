# SPDX-License-Identifier: Apache-2.0
"""answerable: every text carries its code and the page of its code; codes are read back as typed and do not repeat."""

from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.wording import render, shipped_wordings
from rightparty.kernel.identifiers import new_reference_code, read_code, show_code

SENT = [key for key in sorted(shipped_wordings()) if key[2] != "call"]
"""A call names its code; its page is on the lender's own site."""


@given(st.sampled_from(SENT), st.randoms(use_true_random=False))
def test_code_and_page_stand_in_every_text(key: tuple[str, str, str, str, str], dice) -> None:
    template, language, channel, disclosure, _market = key
    code = new_reference_code(dice.randrange)
    values = {
        "sender": "S", "code": show_code(code), "link": f"https://lender.example/m/{code}", "amount": "CNY 1.00",
        "due_date": "2026-11-01",
    }  # fmt: skip
    text = render(
        shipped_wordings(), template=template, language=language, channel=channel, disclosure=disclosure, values=values
    )
    assert values["link"] in text.body
    assert read_code(show_code(code)) == code
    assert show_code(code) in text.body


def test_codes_do_not_repeat() -> None:
    assert len({new_reference_code() for _ in range(50_000)}) == 50_000
