# SPDX-License-Identifier: Apache-2.0
"""right_words: the text is in the recipient's language, or there is none."""

import pytest

from rightparty.planning.language import language_read

APPROVED = ("en", "zh-Hans", "zh-Hant", "vi", "fil", "id", "hi")


@pytest.mark.parametrize(
    ("tag", "read"),
    [
        ("en", "en"), ("en-US", "en"), ("zh-Hans", "zh-Hans"), ("zh-hans-cn", "zh-Hans"), ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hant"), ("zh-HK", "zh-Hant"), ("zh", None), ("cs", None), ("", None), ("-", None),
        ("tl", "fil"), ("tl-PH", "fil"), ("fil-PH", "fil"), ("in", "id"), ("id-ID", "id"), ("hi-Deva-IN", "hi"),
    ],
)  # fmt: skip
def test_a_tag_reads_as_the_nearest_approved_language(tag: str, read: str | None) -> None:
    assert language_read(tag, APPROVED) == read
