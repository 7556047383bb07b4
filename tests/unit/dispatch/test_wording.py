# SPDX-License-Identifier: Apache-2.0
"""right_words: sender, code, link and stop word in every text, no debt word where a stranger may read."""

from dataclasses import replace
from pathlib import Path

import pytest

from rightparty.dispatch.wording import (
    LANGUAGES,
    WordingError,
    available_wordings,
    lint,
    load_wordings,
    render,
    shipped_wordings,
)
from rightparty.kernel.vocabulary import Disclosure

VALUES = {
    "sender": "Lantern Finance",
    "code": "0000-0000-000",
    "link": "https://lender.example/m/00000000000",
    "amount": "CNY 1,234.50",
    "due_date": "2026-11-01",
}
TEMPLATES = ("courtesy", "due", "overdue_soft", "overdue_firm")


def test_every_template_speaks_every_language_on_both_channels_at_both_levels() -> None:
    found = available_wordings().select("template", "language", "channel", "disclosure").rows()
    wanted = {
        (template, language, channel, level)
        for template in TEMPLATES
        for language in LANGUAGES
        for channel in ("sms", "email")
        for level in ("limited_content", "amount")
    }
    assert wanted <= set(found)


@pytest.mark.parametrize("key", sorted(shipped_wordings()))
def test_every_text_names_sender_code_and_link(key: tuple[str, str, str, str]) -> None:
    template, language, channel, disclosure = key
    text = render(
        shipped_wordings(), template=template, language=language, channel=channel, disclosure=disclosure, values=VALUES
    )
    for part in ("【Lantern Finance】", VALUES["code"], VALUES["link"]):
        assert part in text.body
    assert ("CNY 1,234.50" in text.body) == (disclosure == "amount")
    assert "{" not in text.body + text.subject
    assert bool(text.subject) == (channel == "email")


GOOD = shipped_wordings()["neutral", "en", "sms", "limited_content"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "your loan"), ("en", "Payment"), ("en", "you owe"), ("en", "ACCOUNT"),
        ("zh-Hans", "还款"), ("zh-Hans", "您的贷款"), ("zh-Hans", "逾期"),
        ("zh-Hant", "還款"), ("zh-Hant", "帳戶"), ("vi", "khoản vay"), ("vi", "thanh toán"),
        ("cs", "dlužíte"), ("cs", "splatná částka"), ("cs", "úvěr"),
    ],
)  # fmt: skip
def test_a_debt_word_in_limited_content_is_found(language: str, words: str) -> None:
    neutral = shipped_wordings()["neutral", language, "sms", "limited_content"]
    assert lint(neutral) == []
    assert any("tells a stranger" in finding for finding in lint(replace(neutral, text=neutral.text + " " + words)))


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"text": GOOD.text.replace("{code}", "")}, "{code} is missing"),
        ({"text": GOOD.text.replace("{link}", "")}, "{link} is missing"),
        ({"text": GOOD.text + "{amount}"}, "{amount} may not stand here"),
        ({"text": GOOD.text + "{"}, "its braces do not match"),
        ({"text": GOOD.text.replace("【", "")}, "the sender must be named as 【{sender}】"),
        ({"text": GOOD.text.replace("STOP", "")}, "the stop word STOP is not offered"),
        ({"text": GOOD.text + "x" * 600}, "longer than 600 characters"),
        ({"subject": "【{sender}】"}, "an e-mail needs a subject, a text has none"),
        ({"disclosure": Disclosure.NONE}, "its language, channel or disclosure level is not known"),
    ],
)
def test_lint_names_the_broken_rule(change: dict[str, str], finding: str) -> None:
    assert finding in lint(replace(GOOD, **change))


def test_a_missing_value_or_text_is_an_error_and_never_a_hole_in_the_message() -> None:
    for template, values in (("neutral", VALUES | {"code": " "}), ("no_such", VALUES)):
        with pytest.raises(WordingError):
            render(
                shipped_wordings(),
                template=template,
                language="en",
                channel="sms",
                disclosure="limited_content",
                values=values,
            )


@pytest.mark.parametrize("content", ["disclosure = 3", "version = ", 'disclosure = "amount"\nversion = "1"\nen = 4'])
def test_a_file_that_is_no_wording_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.toml").write_text(content)
    with pytest.raises(WordingError, match=r"bad\.toml"):
        load_wordings(tmp_path)
