# SPDX-License-Identifier: Apache-2.0
"""right_words: under an approved template goes only a text that the filled template is, to the last sign."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.approved_templates import LONGEST_VALUE, ApprovedTemplate, read_templates, template_of

FILE = """
[[template]]
code = "SMS_1"
text = "请打开 ${link} 查询码${code}。再看 ${link}"

[[template]]
code = "SMS_2"
text = "您好。"
"""


def filled(template: ApprovedTemplate, values: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], template.text)


def test_a_text_is_found_with_its_values() -> None:
    templates = read_templates(FILE)
    assert template_of("请打开 a.example/m 查询码K7。再看 a.example/m", templates) == (
        "SMS_1", {"link": "a.example/m", "code": "K7"},
    )  # fmt: skip
    assert template_of("您好。", templates) == ("SMS_2", {})


@pytest.mark.parametrize(
    "text",
    [
        "请打开 a.example/m 查询码K7。再看 b.example/m",
        "请打开 a.example/m 查询码。再看 a.example/m",
        "您好。 ",
        "您好",
        f"请打开 {'a' * 101} 查询码K7。再看 {'a' * 101}",
    ],
)
def test_what_differs_anywhere_is_not_found(text: str) -> None:
    assert template_of(text, read_templates(FILE)) is None


@given(
    link=st.text(min_size=1, max_size=LONGEST_VALUE), code=st.text(min_size=1, max_size=LONGEST_VALUE),
    pattern=st.sampled_from(["${link}-${code}", "a${code}b${link}", ".*${link}(${code})?", "${link}", "\\d${code}$"]),
)  # fmt: skip
def test_values_put_back_give_the_text_again(link: str, code: str, pattern: str) -> None:
    template = ApprovedTemplate(code="SMS_1", text=pattern)
    text = filled(template, {"link": link, "code": code})
    values = template.values_in(text)
    assert values is not None
    assert filled(template, values) == text


def test_a_text_that_almost_fits_in_many_ways_is_soon_given_up() -> None:
    template = ApprovedTemplate(code="SMS_1", text=" ".join(f"${{v{n}}}" for n in range(15)) + "!")
    assert template.values_in(" " * 800) is None


@given(text=st.text(max_size=60))
def test_whatever_is_found_is_the_text(text: str) -> None:
    template = ApprovedTemplate(code="SMS_1", text="a${x}b${y}")
    values = template.values_in(text)
    assert values is None or filled(template, values) == text


@pytest.mark.parametrize(
    "file",
    [
        "", "[[template]]\ncode = 'SMS_1'", "[[template]]\ncode = 1\ntext = 2", "template = 3", "[[template]",
        "[[template]]\ncode = 'SMS_1'\ntext = '${a}${b}'", "[[template]]\ncode = ''\ntext = 'a'",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused(file: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_templates(file)
