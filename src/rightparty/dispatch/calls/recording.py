# SPDX-License-Identifier: Apache-2.0
"""What a recording may be: sound, by its first bytes, and no larger than a long call (provable). Pure."""

from typing import Final

MOST_BYTES: Final = 50 * 1024 * 1024
"""An hour of a call at 100 kbit/s."""

HEAD_BYTES: Final = 16

EXTENSIONS: Final = {
    "audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/mp4": "m4a", "audio/webm": "webm",
    "audio/flac": "flac",
}  # fmt: skip
"""Media type -> how a file of it is named."""

_MPEG_LAYER_3: Final = (0xF2, 0xF3, 0xFA, 0xFB)


def media_type_of(head: bytes) -> str | None:
    """Return the media type of a file by its first HEAD_BYTES; None if it is not sound that we know."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:3] == b"ID3" or (head[:1] == b"\xff" and len(head) > 1 and head[1] in _MPEG_LAYER_3):
        return "audio/mpeg"
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    known = {b"OggS": "audio/ogg", b"fLaC": "audio/flac", b"\x1a\x45\xdf\xa3": "audio/webm"}
    return known.get(head[:4])
