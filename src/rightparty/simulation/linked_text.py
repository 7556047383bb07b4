# SPDX-License-Identifier: Apache-2.0
"""Find the links to recipients' pages in a message's text, as a phone would make them tappable."""

import re
from dataclasses import dataclass
from typing import Final

_LINK: Final = re.compile(r"(?:https?://)?[^\s【】（），。]*?/m/([0-9A-Za-z-]{11,14})(?![0-9A-Za-z-])")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text: plain if `code` is empty, else a link to the page of that reference code."""

    text: str
    code: str = ""


def pieces_of(body: str) -> list[Piece]:
    """Return the text cut at its links, in order; joined again it is the text."""
    pieces: list[Piece] = []
    end = 0
    for link in _LINK.finditer(body):
        if link.start() > end:
            pieces.append(Piece(body[end : link.start()]))
        pieces.append(Piece(link.group(), link.group(1)))
        end = link.end()
    if end < len(body):
        pieces.append(Piece(body[end:]))
    return pieces
