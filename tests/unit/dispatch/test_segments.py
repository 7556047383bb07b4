# SPDX-License-Identifier: Apache-2.0
"""once: a long text arrives whole; no character is cut in two between segments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.channels.adapter import ReceiptOutcome
from rightparty.dispatch.channels.segments import CODING_UCS2, TextTooLongError, segments_of
from rightparty.dispatch.channels.smpp_deliveries import receipt_in


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=300))
def test_segments_put_together_are_the_text(text: str) -> None:
    cut = segments_of(text, reference=7)
    encoding = "utf-16-be" if cut.data_coding == CODING_UCS2 else "ascii"
    bodies = cut.parts if len(cut.parts) == 1 else tuple(part[6:] for part in cut.parts)
    assert "".join(body.decode(encoding) for body in bodies) == text
    assert all(len(part) <= 160 for part in cut.parts)
    if len(cut.parts) > 1:
        assert [part[:6] for part in cut.parts] == [
            bytes([5, 0, 3, 7, len(cut.parts), n + 1]) for n in range(len(cut.parts))
        ]


def test_a_letter_is_not_a_text() -> None:
    with pytest.raises(TextTooLongError):
        segments_of("款" * 700, reference=1)


@pytest.mark.parametrize(
    ("body", "identity", "state", "outcome"),
    [
        (b"id:m1 stat:DELIVRD", None, None, ReceiptOutcome.DELIVERED),
        (b"id:m1 stat:UNDELIV err:001", None, None, ReceiptOutcome.UNDELIVERED),
        (b"", b"m1\0", 2, ReceiptOutcome.DELIVERED),
        (b"", b"m1", 5, ReceiptOutcome.UNDELIVERED),
        (b"", b"m1", 1, None),
        (b"id:m1 stat:ENROUTE", None, None, None),
        (b"stat:DELIVRD", None, None, None),
        (b"\xff\xfe nonsense", None, 99, None),
    ],
)
def test_receipts_are_read_from_parameters_or_text(
    body: bytes, identity: bytes | None, state: int | None, outcome: ReceiptOutcome | None
) -> None:
    report = receipt_in(body, identity, state)
    assert (report.outcome if report else None) == outcome
    assert report is None or report.provider_id == "m1"
