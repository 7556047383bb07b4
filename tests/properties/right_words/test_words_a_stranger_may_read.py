# SPDX-License-Identifier: Apache-2.0
"""right_words: the text discloses no more than the attribution supports; the sender is named."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.word_lists import debt_word_in, threats_in
from rightparty.dispatch.wording import Key, render, shipped_wordings
from rightparty.dispatch.wording_lint import LANGUAGES
from rightparty.kernel.vocabulary import DISCLOSURE_LEVELS, Disclosure
from rightparty.policy.disclosure import needed_probability, supported_disclosure
from rightparty.policy.pack import load_packs

THRESHOLDS = load_packs().thresholds
WORDINGS = shipped_wordings()
NEUTRAL = [key for key in sorted(WORDINGS) if key[3] == Disclosure.LIMITED_CONTENT]
TELLING = [key for key in sorted(WORDINGS) if key[3] == Disclosure.AMOUNT]
VALUES = {"sender": "Lantern", "code": "7K3M-92XQ-A4B", "link": "https://lender.example/m/7K3M92XQA4B",
          "amount": "CNY 1,234.50", "due_date": "2026-11-08"}  # fmt: skip


def level(p_person: float | None, mask: int | None, p_stranger: float | None = 0.0) -> int:
    schema = {"p": pl.Float64, "s": pl.Float64, "m": pl.Int64}
    frame = pl.DataFrame({"p": [p_person], "s": [p_stranger], "m": [mask]}, schema=schema)
    return int(frame.select(supported_disclosure(pl.col("p"), pl.col("s"), pl.col("m"), THRESHOLDS)).item())


@given(st.floats(0, 1), st.floats(0, 1))
def test_less_certainty_never_says_more(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert level(low, 0) <= level(high, 0)


@given(st.one_of(st.none(), st.floats(0, 1)), st.one_of(st.none(), st.integers(1, 2**40)))
def test_a_contradiction_or_a_gap_says_nothing_of_a_debt(p_person: float | None, mask: int | None) -> None:
    assert level(p_person, mask) == DISCLOSURE_LEVELS[Disclosure.LIMITED_CONTENT]
    assert level(None, 0) == DISCLOSURE_LEVELS[Disclosure.LIMITED_CONTENT]


@given(st.floats(0, 1))
def test_the_level_that_is_supported_is_also_certain_enough(p_person: float) -> None:
    supported = level(p_person, 0)
    needed = pl.DataFrame({"level": [supported]}).select(needed_probability(pl.col("level"), THRESHOLDS)).item()
    assert p_person >= needed or supported == DISCLOSURE_LEVELS[Disclosure.LIMITED_CONTENT]


@given(st.floats(0, 1), st.one_of(st.none(), st.floats(0.0016, 1)))
def test_where_a_stranger_is_too_likely_nothing_is_said_of_a_debt(p_person: float, p_stranger: float | None) -> None:
    assert level(p_person, 0, p_stranger) == DISCLOSURE_LEVELS[Disclosure.LIMITED_CONTENT]
    assert level(0.999, 0, 0.0014) == DISCLOSURE_LEVELS[Disclosure.AMOUNT]


@pytest.mark.parametrize("key", NEUTRAL, ids="/".join)
def test_a_neutral_text_has_no_word_of_debt_and_no_amount(key: Key) -> None:
    text = render(WORDINGS, template=key[0], language=key[1], channel=key[2], disclosure=key[3], values=VALUES)
    whole = text.subject + text.body
    for language in LANGUAGES:
        # the address of the page is the lender's own and no word of the text
        assert debt_word_in(whole.replace(VALUES["link"], ""), language) is None, (key, language)
    assert VALUES["amount"] not in whole
    assert VALUES["due_date"] not in whole


@pytest.mark.parametrize("key", sorted(WORDINGS), ids="/".join)
def test_every_text_names_its_sender_and_can_be_answered(key: Key) -> None:
    text = render(WORDINGS, template=key[0], language=key[1], channel=key[2], disclosure=key[3], values=VALUES)
    assert "Lantern" in text.body.split("\n")[0][:60]
    assert VALUES["code"] in text.body
    assert (VALUES["link"] in text.body) != (key[2] == "call")
    assert text.version


@pytest.mark.parametrize("key", sorted(WORDINGS), ids="/".join)
def test_no_text_threatens_shames_or_names_other_people_in_any_language(key: Key) -> None:
    whole = WORDINGS[key].subject + WORDINGS[key].text
    assert [threats_in(whole, language) for language in LANGUAGES] == [[]] * len(LANGUAGES)


@pytest.mark.parametrize("key", [key for key in sorted(WORDINGS) if key[3] == Disclosure.ACCOUNT], ids="/".join)
def test_a_text_that_names_the_account_names_no_amount(key: Key) -> None:
    text = render(WORDINGS, template=key[0], language=key[1], channel=key[2], disclosure=key[3], values=VALUES)
    assert VALUES["amount"] not in text.subject + text.body
    assert VALUES["due_date"] not in text.subject + text.body


@pytest.mark.parametrize("key", TELLING, ids="/".join)
def test_a_telling_text_states_the_ledgers_amount(key: Key) -> None:
    text = render(WORDINGS, template=key[0], language=key[1], channel=key[2], disclosure=key[3], values=VALUES)
    assert VALUES["amount"] in text.body


def test_every_template_speaks_every_language_on_every_channel_at_both_levels() -> None:
    templates = {key[0] for key in WORDINGS}
    for template in templates - {"neutral", "account"}:
        for language in LANGUAGES:
            for channel in ("sms", "email"):
                for disclosure in (Disclosure.LIMITED_CONTENT, Disclosure.ACCOUNT, Disclosure.AMOUNT):
                    assert (template, language, channel, disclosure, "") in WORDINGS
