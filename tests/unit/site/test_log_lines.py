# SPDX-License-Identifier: Apache-2.0
"""Privacy: a log line holds only listed keys, numbers and codes; other libraries' messages never pass."""

import logging
import sys

import pytest

from rightparty.site.log_lines import keep_only_harmless, without_message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "王小明"), ("origin", "王小明"), ("origin", "Jane Roe"), ("origin", "jane@example.com"),
        ("origin", "+8613800001234"), ("origin", 13800001234), ("event", "A" * 65), ("kind", {"a": "b"}),
    ],
)  # fmt: skip
def test_what_might_be_personal_is_dropped_and_counted(key: str, value: object) -> None:
    assert keep_only_harmless(None, "", {key: value}) == {"dropped": 1}


def test_numbers_and_codes_pass() -> None:
    line = {
        "event": "dispatch.batch",
        "released": 12,
        "worker": "77-ab12cd",
        "timestamp": "2026-11-23T02:00:00.123456Z",
    }
    assert keep_only_harmless(None, "", dict(line)) == line


def test_a_librarys_message_and_exception_text_are_left_out() -> None:
    try:
        raise ValueError("jane@example.com")
    except ValueError:
        record = logging.LogRecord("lib", logging.ERROR, "f.py", 1, "call %s", ("+8613800001234",), sys.exc_info())
    reduced = without_message(None, "", {"_record": record, "level": "error", "event": "call +8613800001234"})
    assert reduced["exception"] == "ValueError"
    assert "jane" not in str({key: value for key, value in reduced.items() if key != "_record"})
    assert "1380" not in str({key: value for key, value in reduced.items() if key != "_record"})
