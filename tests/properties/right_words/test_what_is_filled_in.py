# SPDX-License-Identifier: Apache-2.0
"""right_words: whatever a text or a value contains, only plain known names are replaced and only by clean values."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.variables import VARIABLES, VariableError, checked_value, filled, names_in, unclean_in
from rightparty.dispatch.wording import render, shipped_wordings
from rightparty.dispatch.wording_lint import Wording, WordingError, lint
from rightparty.kernel.identifiers import new_reference_code, show_code
from rightparty.kernel.money import MINOR_DIGITS, MINOR_LIMIT, Money
from rightparty.kernel.vocabulary import Disclosure

EXAMPLES = {name: variable.example for name, variable in VARIABLES.items()}
HOSTILE = [
    "{sender.__class__.__mro__}", "{sender!r}", "{0}", "{}", "{{sender}}", "{sender:1000000000}", "{ sender }",
    "{sender[0]}", "{sender", "sender}", "{SENDER}", "{%s}", "${sender}{", "{{{code}}}", "{\u202esender}", "{link}{",
]  # fmt: skip
braces = st.text(st.sampled_from("{}!:.[]_0 scode"), max_size=30)


@given(st.one_of(braces, st.text(max_size=60), st.sampled_from(HOSTILE)))
def test_a_text_is_filled_only_if_all_its_braces_are_plain_known_names(text: str) -> None:
    try:
        names = names_in(text)
    except VariableError:
        with pytest.raises(VariableError):
            filled(text, EXAMPLES)
        return
    assert names <= VARIABLES.keys()
    expected = text
    for name in names:
        expected = expected.replace(f"{{{name}}}", EXAMPLES[name])
    assert filled(text, EXAMPLES) == expected


@pytest.mark.parametrize("text", [text for text in HOSTILE if text != "${sender}{"])
def test_what_a_format_string_would_evaluate_is_refused(text: str) -> None:
    with pytest.raises(VariableError):
        names_in(text)


@given(st.text(max_size=40))
def test_what_a_value_contains_is_never_read_as_a_variable(value: str) -> None:
    assert filled("{sender}|{code}", {"sender": value, "code": "{sender}"}) == f"{value}|{{sender}}"


@given(st.sampled_from(sorted(VARIABLES)), st.one_of(st.text(max_size=140), braces))
def test_a_value_that_is_taken_is_clean_short_and_of_its_form(name: str, value: str) -> None:
    try:
        taken = checked_value(name, value)
    except VariableError:
        return
    assert taken == unicodedata.normalize("NFC", value)
    assert 0 < len(taken) <= VARIABLES[name].longest
    assert unclean_in(taken) is None
    assert not set(taken) & set("{}\n\r\t<>")


@pytest.mark.parametrize("name", sorted(VARIABLES))
@pytest.mark.parametrize(
    "mark", ["\n", "\r", "\x00", "\x1b", "\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\ue000"]
)
def test_a_control_or_turning_mark_in_a_value_is_refused(name: str, mark: str) -> None:
    example = VARIABLES[name].example
    for value in (example + mark, mark + example, example[:3] + mark + example[3:]):
        with pytest.raises(VariableError):
            checked_value(name, value)


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_example_and_longest_value_are_of_the_variables_form(name: str) -> None:
    for value in (VARIABLES[name].example, VARIABLES[name].worst):
        assert checked_value(name, value) == value


@given(st.integers(0, MINOR_LIMIT), st.sampled_from(sorted(MINOR_DIGITS)))
def test_every_amount_of_money_is_an_amount(minor: int, currency: str) -> None:
    amount = Money(minor, currency).plain()
    assert checked_value("amount", amount) == amount


@given(st.randoms(use_true_random=False))
def test_every_reference_code_and_its_page_are_taken(dice) -> None:
    code = new_reference_code(dice.randrange)
    assert checked_value("code", show_code(code))
    for home in ("https://pay.lender.example", "http://127.0.0.1:8000", "https://lender.example/reminders/"):
        assert checked_value("link", f"{home.rstrip('/')}/m/{code}", home=home)


@pytest.mark.parametrize(
    "link",
    [
        "https://lender.example.evil.example/m/7K3M92XQA4B",
        "https://lender.example@evil.example/m/7K3M92XQA4B",
        "https://evil.example/m/7K3M92XQA4B",
        "javascript://lender.example/m/7K3M92XQA4B",
        "https://lender.example/m/7K3M92XQA4B?next=//evil.example",
        "https://lender.example/m/7K3M92XQA4B#x",
        "https://lender.example/evil",
        "https://lender.example/m/7K3M92XQA4B ",
        "https://[lender.example/m/7K3M92XQA4B",
        "//lender.example/m/7K3M92XQA4B",
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(link: str) -> None:
    with pytest.raises(VariableError):
        checked_value("link", link, home="https://lender.example")


@given(st.sampled_from(sorted(shipped_wordings())), st.dictionaries(st.sampled_from(sorted(VARIABLES)), st.text()))
def test_a_message_is_made_whole_and_clean_or_not_at_all(key: tuple[str, ...], values: dict[str, str]) -> None:
    template, language, channel, disclosure, _market = key
    try:
        said = render(
            shipped_wordings(), template=template, language=language, channel=channel, disclosure=disclosure,
            values=EXAMPLES | values,
        )  # fmt: skip
    except WordingError:
        return
    assert unclean_in(said.body, allowed="\n") is None
    assert unclean_in(said.subject) is None
    assert not set(said.body + said.subject) & set("{}")


@given(st.text(max_size=300), st.text(max_size=50), st.sampled_from(["sms", "email", "post"]))
def test_lint_answers_whatever_it_is_asked(text: str, subject: str, channel: str) -> None:
    wording = Wording(template="due", language="ru", channel=channel, disclosure=Disclosure.AMOUNT, version="1",
                      subject=subject, text=text)  # fmt: skip
    assert lint(wording) != []
