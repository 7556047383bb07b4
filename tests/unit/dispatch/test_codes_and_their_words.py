# SPDX-License-Identifier: Apache-2.0
"""right_words, right_party: texts of codes and letters tell of no debt; a code is kept as a digest."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.code_texts import code_text, code_texts, letter_text
from rightparty.dispatch.one_time_codes import digest_of, is_same_code, new_one_time_code
from rightparty.dispatch.verification_state import VerificationState, may_follow
from rightparty.dispatch.word_lists import debt_word_in, threats_in
from rightparty.dispatch.wording_lint import LANGUAGES

WHO = UUID(int=7)
codes = st.integers(0, 999_999).map(lambda n: f"{n:06d}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_tells_of_a_debt_and_each_names_sender_and_code(language: str) -> None:
    subject, text = code_text(language, sender="Lantern", code="204613")
    letter = letter_text(language, sender="Lantern", code="4K7P-9XQ2-M3D")
    for words in (subject, text, letter):
        assert debt_word_in(words, language) is None
        assert threats_in(words, language) == []
        assert "Lantern" in words
    assert "204613" in text
    assert "4K7P-9XQ2-M3D" in letter
    assert "http" not in text


def test_the_texts_are_those_of_the_languages_of_reminders() -> None:
    assert set(code_texts()) == set(LANGUAGES)
    assert code_text("xx", sender="Lantern", code="1") == code_text("en", sender="Lantern", code="1")


@given(codes, codes)
def test_only_the_code_itself_is_the_code(right: str, typed: str) -> None:
    kept = digest_of(right, verification=WHO, key="k")
    assert is_same_code(typed, digest=kept, verification=WHO, key="k") == (typed == right)
    assert not is_same_code(right, digest=kept, verification=UUID(int=8), key="k")
    assert not is_same_code(right, digest=kept, verification=WHO, key="other")
    assert not is_same_code(right, digest="", verification=WHO, key="k")


def test_a_code_has_six_digits_also_when_small() -> None:
    assert new_one_time_code(lambda _: 42) == "000042"
    assert new_one_time_code().isdecimal()


@given(st.sampled_from(VerificationState), st.sampled_from(VerificationState))
def test_no_end_is_left_and_nothing_opens_again(before: VerificationState, after: VerificationState) -> None:
    ends = set(VerificationState) - {VerificationState.OPEN, VerificationState.STATED}
    assert not (before in ends and may_follow(before, after))
    assert not may_follow(before, VerificationState.OPEN)
