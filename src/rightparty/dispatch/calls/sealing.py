# SPDX-License-Identifier: Apache-2.0
"""A recording sealed under a key of its own, piece by piece, so that nobody has to hold it whole (provable). Pure.

AES-256-GCM (NIST SP 800-38D). A key seals one file once, so its nonces are the numbers of the pieces; number and "is
the last" are authenticated with each piece: none can be left out, added, swapped or cut off at the end.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE: Final = 256 * 1024
"""Bytes of sound in each sealed piece but the last."""

KEY_BYTES: Final = 32

_TAG: Final = 16
_NONCE: Final = 12


class UnsealError(ValueError):
    """The file is not what was sealed under this key."""


def seal(sound: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """Yield sealed pieces of a recording.

    Args:
        sound: the recording, in pieces of any size.
        key: KEY_BYTES from a source of randomness, used for this recording alone.
    """
    cipher = AESGCM(key)
    held, number = b"", 0
    for piece in sound:
        held += piece
        while len(held) > PIECE:
            yield cipher.encrypt(_nonce(number), held[:PIECE], b"more")
            held, number = held[PIECE:], number + 1
    yield cipher.encrypt(_nonce(number), held, b"last")


def unseal(file: BinaryIO, key: bytes) -> Iterator[bytes]:
    """Yield the sound of a sealed file.

    Raises:
        UnsealError: a piece is not what was sealed, or pieces are missing.
    """
    cipher = AESGCM(key)
    number, piece = 0, file.read(PIECE + _TAG)
    while True:
        following = file.read(PIECE + _TAG)
        try:
            yield cipher.decrypt(_nonce(number), piece, b"more" if following else b"last")
        except InvalidTag:
            raise UnsealError(f"piece {number} is not what was sealed") from None
        if not following:
            return
        number, piece = number + 1, following


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE, "big")
