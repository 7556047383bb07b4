# SPDX-License-Identifier: Apache-2.0
"""right_words: sender, code, link and stop word in every text; no debt word for strangers, no threat for anybody."""

from dataclasses import replace
from pathlib import Path

import pytest

from rightparty.dispatch.channels.segments import length_of, segments_of
from rightparty.dispatch.word_lists import announces_recording, threats_in, words_by_language
from rightparty.dispatch.wording import (
    Key,
    as_file,
    available_wordings,
    load_wordings,
    put_together,
    read_file,
    render,
    shipped_wordings,
    with_own,
)
from rightparty.dispatch.wording_lint import LANGUAGES, Wording, WordingError, lint, worst_length
from rightparty.kernel.vocabulary import Disclosure

VALUES = {
    "sender": "Lantern Finance",
    "code": "0000-0000-000",
    "link": "https://lender.example/m/00000000000",
    "amount": "CNY 1,234.50",
    "due_date": "2026-11-01",
}
TEMPLATES = ("courtesy", "due", "overdue_soft", "overdue_firm")
READ_IN = {
    "CN": ("zh-Hans",), "US": ("en",), "VN": ("vi",), "ID": ("id",), "PH": ("fil", "en"), "IN": ("hi", "en"),
    "KZ": ("kk", "ru"), "RU": ("ru",), "CZ": ("cs",), "SK": ("sk",), "GB": ("en",), "HK": ("zh-Hant", "en"),
}  # fmt: skip


def test_every_template_speaks_every_language_on_both_channels_at_all_levels() -> None:
    found = available_wordings().select("template", "language", "channel", "disclosure").rows()
    wanted = {
        (template, language, channel, level)
        for template in TEMPLATES
        for language in LANGUAGES
        for channel in ("sms", "email")
        for level in ("limited_content", "account", "amount")
    }
    assert wanted <= set(found)
    assert len(found) == len(set(found))


def test_the_languages_of_all_twelve_markets_are_spoken() -> None:
    assert len(READ_IN) == 12
    assert {language for languages in READ_IN.values() for language in languages} == set(LANGUAGES)


@pytest.mark.parametrize("key", sorted(shipped_wordings()), ids="/".join)
def test_every_text_names_sender_code_and_link(key: Key) -> None:
    template, language, channel, disclosure, market = key
    text = render(
        shipped_wordings(), template=template, language=language, channel=channel, disclosure=disclosure,
        market=market, values=VALUES, home="https://lender.example",
    )  # fmt: skip
    for part in ("Lantern Finance", VALUES["code"], *([] if channel == "call" else [VALUES["link"]])):
        assert part in text.body
    assert ("CNY 1,234.50" in text.body) == (disclosure == "amount")
    assert "{" not in text.body + text.subject
    assert bool(text.subject) == (channel in ("email", "post"))


GOOD = shipped_wordings()["neutral", "en", "sms", "limited_content", ""]
DUE = shipped_wordings()["due", "en", "sms", "amount", ""]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "your loan"), ("en", "Payment"), ("en", "you owe"), ("en", "ACCOUNT"),
        ("zh-Hans", "还款"), ("zh-Hans", "您的贷款"), ("zh-Hans", "逾期"),
        ("zh-Hant", "還款"), ("zh-Hant", "帳戶"), ("vi", "khoản vay"), ("vi", "thanh toán"),
        ("cs", "dlužíte"), ("cs", "splatná částka"), ("cs", "úvěr"), ("sk", "dlhujete"), ("sk", "splatná suma"),
        ("sk", "úver"), ("id", "utang Anda"), ("id", "pembayaran"), ("id", "jatuh tempo"), ("fil", "inyong utang"),
        ("fil", "magbayad"), ("fil", "pautang"), ("hi", "ऋण"), ("hi", "भुगतान"), ("hi", "क़र्ज़"), ("ru", "задолженность"),
        ("ru", "Ваш платёж"), ("ru", "кредит"), ("kk", "қарыз"), ("kk", "төлем"), ("kk", "несие"),
    ],
)  # fmt: skip
def test_a_debt_word_in_limited_content_is_found(language: str, words: str) -> None:
    neutral = shipped_wordings()["neutral", language, "sms", "limited_content", ""]
    assert lint(neutral) == []
    assert any("tells a stranger" in finding for finding in lint(replace(neutral, text=neutral.text + " " + words)))


@pytest.mark.parametrize(
    ("language", "kind", "words"),
    [
        ("en", "police", "the police will come"), ("en", "court", "we will take you to court"),
        ("en", "court", "LEGAL ACTION"), ("en", "seizure", "your car is repossessed"), ("en", "shame", "shame on you"),
        ("en", "other_people", "we will call your employer"), ("en", "other_people", "your family"),
        ("en", "pressure", "final notice"),
        ("zh-Hans", "police", "报警处理"), ("zh-Hans", "court", "将向法院起诉"), ("zh-Hans", "seizure", "列为失信人"),
        ("zh-Hans", "other_people", "联系您的家人"), ("zh-Hans", "pressure", "上门催收"),
        ("zh-Hant", "police", "報警處理"), ("zh-Hant", "court", "律師函"), ("zh-Hant", "other_people", "通知您的同事"),
        ("vi", "police", "báo công an"), ("vi", "court", "khởi kiện ra tòa án"), ("vi", "other_people", "gia đình bạn"),
        ("cs", "police", "policie"), ("cs", "court", "podáme žalobu"), ("cs", "seizure", "exekuce"),
        ("cs", "other_people", "Vašeho zaměstnavatele"), ("sk", "court", "na súde"), ("sk", "seizure", "exekúcia"),
        ("sk", "other_people", "Vašej rodine"), ("id", "police", "melapor ke polisi"), ("id", "court", "jalur hukum"),
        ("id", "other_people", "keluarga Anda"), ("id", "shame", "mempermalukan"), ("fil", "police", "makukulong kayo"),
        ("fil", "court", "kakasuhan kayo"), ("fil", "other_people", "inyong pamilya"), ("hi", "police", "गिरफ़्तार"),
        ("hi", "court", "अदालत"), ("hi", "other_people", "आपके परिवार को"), ("hi", "other_people", "आपके पति को"),
        ("ru", "court", "подадим в суд"), ("ru", "other_people", "Вашему работодателю"), ("ru", "police", "полиция"),
        ("kk", "court", "сотқа береміз"), ("kk", "police", "полиция"), ("kk", "other_people", "туыстарыңызға"),
    ],
)  # fmt: skip
def test_a_threat_is_found_at_every_level(language: str, kind: str, words: str) -> None:
    assert kind in {found for found, _word in threats_in(words, language)}
    text = shipped_wordings()["due", language, "sms", "amount", ""]
    assert any(f"({kind})" in finding for finding in lint(replace(text, text=text.text + " " + words)))


def test_a_threat_in_english_is_found_in_a_text_of_any_language() -> None:
    for language in LANGUAGES:
        text = shipped_wordings()["due", language, "sms", "amount", ""]
        assert any("(police)" in finding for finding in lint(replace(text, text=text.text + " police ")))


def test_objection_and_property_in_hindi_are_no_husband() -> None:
    assert threats_in("आपत्ति और संपत्ति", "hi") == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"text": GOOD.text.replace("{code}", "")}, "{code} is missing"),
        ({"text": GOOD.text.replace("{link}", "")}, "{link} is missing"),
        ({"text": GOOD.text + "{amount}"}, "{amount} may not stand here"),
        ({"text": GOOD.text + "{"}, "its braces do not match"),
        ({"text": GOOD.text + "{{code}}"}, "its braces do not match"),
        ({"text": GOOD.text + "{0}"}, "{0} is no variable"),
        ({"text": GOOD.text + "{}"}, "{} is no variable"),
        ({"text": GOOD.text + "{code!r}"}, "{code!r} is no variable"),
        ({"text": GOOD.text + "{code:>99999999}"}, "{code:>99999999} is no variable"),
        ({"text": GOOD.text + "{sender.__class__}"}, "{sender.__class__} is no variable"),
        ({"text": GOOD.text + "{sender[0]}"}, "{sender[0]} is no variable"),
        ({"text": "Hello. " + GOOD.text}, "the sender must be named first, as {sender}"),
        ({"text": GOOD.text.replace("STOP", "")}, "the stop word STOP is not offered"),
        ({"text": GOOD.text, "market": "CN"}, "the stop word TD or 退订 is not offered"),
        ({"text": GOOD.text, "market": "Peru"}, "a market is two capital letters"),
        (
            {"text": GOOD.text, "template": "../due"},
            "a template's name is small letters, digits and underscores, 64 at most",
        ),
        ({"text": GOOD.text + "x" * 600}, "longer than 600 characters"),
        ({"text": GOOD.text + "字" + "x" * 430}, "11 segments with the longest values, 10 at most"),
        ({"subject": "{sender}"}, "an e-mail or letter needs a subject, a text, call or push has none"),
        ({"disclosure": Disclosure.NONE}, "its language, channel or disclosure level is not known"),
        ({"language": "tlh"}, "its language, channel or disclosure level is not known"),
        ({"channel": "app"}, "its language, channel or disclosure level is not known"),
        ({"text": GOOD.text + "\u202e"}, "the character U+202E may not stand in it"),
        ({"text": GOOD.text + "\nBcc: x"}, "the character U+000A may not stand in it"),
        ({"text": GOOD.text + "\u200b"}, "the character U+200B may not stand in it"),
        ({"text": GOOD.text + "e\u0301"}, "its characters are not composed (Unicode NFC)"),
        ({"text": GOOD.text + " https://evil.example"},
         "the address 'https://': a text leads to the lender only, through {link}"),
        ({"text": GOOD.text + " evil.com/x"},
         "the address 'evil.com': a text leads to the lender only, through {link}"),
        ({"text": GOOD.text + " mail me@here"},
         "the address 'me@here': a text leads to the lender only, through {link}"),
        ({"text": GOOD.text + " +1 555 010-0199"},
         "the number '+1 555 010-0199': a number of the lender stands as {phone}"),
    ],
)  # fmt: skip
def test_lint_names_the_broken_rule(change: dict[str, str], finding: str) -> None:
    assert finding in lint(replace(GOOD, **change))


def test_a_call_says_that_it_is_recorded_and_who_calls() -> None:
    for language in LANGUAGES:
        call = shipped_wordings()["neutral", language, "call", "limited_content", ""]
        assert lint(call) == []
        assert announces_recording(call.text, language)
        silent = replace(call, text=words_by_language()[language].recording.sub("", call.text))
        assert "it does not say that the call is recorded" in lint(silent)
        assert "{sender} is missing" in lint(replace(call, text=call.text.replace("{sender}", "we")))


def test_what_the_outbox_does_not_send_is_not_there_for_the_planner() -> None:
    assert set(available_wordings()["channel"]) == {"sms", "email"}
    assert {key[2] for key in shipped_wordings()} == {"sms", "email", "call", "post"}


def test_a_number_may_be_named_only_where_one_is_configured() -> None:
    text = replace(DUE, text=DUE.text + " Or call {phone}.")
    assert lint(text, has_phone=True) == []
    assert lint(text, has_phone=False) == ["{phone} stands in it, and no number is configured (RIGHTPARTY_PHONE)"]
    said = render(
        put_together([text]), template="due", language="en", channel="sms", disclosure="amount",
        values=VALUES | {"phone": "+1 555 010 0199"},
    )  # fmt: skip
    assert said.body.endswith("Or call +1 555 010 0199.")
    with pytest.raises(WordingError, match="no value for phone"):
        render(
            put_together([text]), template="due", language="en", channel="sms", disclosure="amount",
            values=VALUES | {"phone": ""},
        )  # fmt: skip


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


@pytest.mark.parametrize(
    "content",
    [
        "disclosure = 3",
        "version = ",
        'disclosure = "amount"\nversion = "1"\nen = 4',
        'disclosure = "amount"\n[en.sms]\ntext = 4',
        'disclosure = "amount"\n[en.sms]\nsubject = "no text"',
        'disclosure = "amount"\n[en.sms]\ntext = "x"\nhtml = "y"',
    ],
)
def test_a_file_that_is_no_wording_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.toml").write_text(content)
    with pytest.raises(WordingError, match=r"bad\.toml"):
        load_wordings(tmp_path)


def test_a_file_of_texts_that_break_a_rule_is_refused(tmp_path: Path) -> None:
    (tmp_path / "due.toml").write_text('disclosure = "amount"\n[en.sms]\ntext = "{sender}: pay or go to jail"\n')
    with pytest.raises(WordingError, match=r"due en sms amount: .*jail"):
        load_wordings(tmp_path)


def test_a_file_may_name_template_and_market(tmp_path: Path) -> None:
    file = tmp_path / "our_own.toml"
    file.write_text('template = "due"\nmarket = "US"\ndisclosure = "amount"\n[en.sms]\ntext = "x"\n')
    (text,) = read_file(file)
    assert (text.template, text.market, text.version) == ("due", "US", "draft")


def test_texts_written_into_a_file_are_read_back_as_they_were(tmp_path: Path) -> None:
    odd = replace(DUE, text=DUE.text + ' "quoted" \\ and so on', market="US")
    every = [odd, *(w for key, w in shipped_wordings().items() if key[0] == "due" and w.template == "due")]
    for texts in ([odd], [w for w in every if not w.market]):
        file = tmp_path / f"{len(texts)}.toml"
        file.write_text(as_file(texts), encoding="utf-8")
        assert read_file(file) == [replace(w, version="draft") for w in texts]
    with pytest.raises(WordingError):
        as_file(every)


def say(texts: list[Wording], *, template: str, disclosure: str, market: str = "") -> str:
    return render(
        with_own(texts), template=template, language="en", channel="sms", disclosure=disclosure, market=market,
        values=VALUES,
    ).version  # fmt: skip


def test_a_text_for_one_market_is_said_there_and_the_one_for_all_elsewhere() -> None:
    american = replace(DUE, market="US", version="own-1")
    assert say([american], template="due", disclosure="amount", market="US") == "own-1"
    assert say([american], template="due", disclosure="amount", market="GB") == DUE.version
    assert say([american], template="courtesy", disclosure="amount", market="US") == DUE.version


def test_the_later_text_is_said_and_an_own_neutral_text_is_said_by_all_templates() -> None:
    own = [replace(GOOD, version="own-1"), replace(GOOD, version="own-2")]
    assert say(own, template="overdue_firm", disclosure="limited_content") == "own-2"
    assert say(own, template="overdue_firm", disclosure="amount") != "own-2"
    special = replace(GOOD, template="due", version="own-3")
    assert say([*own, special], template="due", disclosure="limited_content") == "own-3"


def test_a_template_of_the_lenders_own_speaks_the_neutral_words_too() -> None:
    own = replace(DUE, template="our_last_step", version="own-9")
    assert say([own], template="our_last_step", disclosure="limited_content") == GOOD.version
    frame = available_wordings(with_own([own]))
    rows = set(frame.filter(template="our_last_step", language="en", channel="sms")["disclosure"])
    assert rows == {"limited_content", "account", "amount"}


def test_a_text_for_one_market_adds_no_row_that_the_planner_could_take_twice() -> None:
    american = replace(DUE, market="US", version="own-1")
    assert available_wordings(with_own([american])).equals(available_wordings())


@pytest.mark.parametrize(
    "text", ["x" * 160, "x" * 161, "字" * 70, "字" * 71, "😀" * 35, "😀" * 36, "x" * 1000 + "é", ""]
)
def test_the_length_shown_is_the_length_sent(text: str) -> None:
    length = length_of(text)
    try:
        sent = segments_of(text, reference=1)
    except ValueError:
        assert length.segments > 10
        return
    assert length.segments == len(sent.parts)
    assert (length.alphabet == "UCS-2") == (sent.data_coding == 8)


def test_english_indonesian_and_filipino_texts_stay_in_the_small_alphabet() -> None:
    for key, text in shipped_wordings().items():
        if key[1] in ("en", "id", "fil") and key[2] == "sms":
            assert worst_length(text).alphabet == "GSM-7", key
