# SPDX-License-Identifier: Apache-2.0
"""Links to recipients' pages are found in texts of every language (answerable)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.simulation.linked_text import Piece, pieces_of

CODE = "ABCDEFGHJKM"


@pytest.mark.parametrize(
    "body",
    [
        "Check: http://127.0.0.1:8000/m/ABCDEFGHJKM code",
        "请打开 https://l.example/m/ABCDEFGHJKM，查询码",
        "l.example/m/ABCDEFGHJKM",
    ],
)
def test_a_link_becomes_tappable(body: str) -> None:
    (link,) = [piece for piece in pieces_of(body) if piece.code]
    assert link.code == CODE
    assert link.text.endswith("/m/" + CODE)


def test_a_text_without_links_is_one_plain_piece() -> None:
    assert pieces_of("nothing here") == [Piece("nothing here")]


@given(st.text())
def test_pieces_joined_are_the_text(body: str) -> None:
    assert "".join(piece.text for piece in pieces_of(body)) == body
