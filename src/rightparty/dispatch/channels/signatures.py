# SPDX-License-Identifier: Apache-2.0
"""Signatures of requests after Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA-256 of id, second and body.

Three headers: `webhook-id`, `webhook-timestamp` (seconds since 1970) and `webhook-signature` (`v1,BASE64`, several
separated by a blank while a key is changed). The library signs; the clock is a parameter here, so the check of the time
is ours.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from standardwebhooks.webhooks import Webhook

TOLERANCE_SECONDS: Final = 300
"""How far a request's time may lie from ours, either way; what is older may be a replay."""
PREFIX: Final = "whsec_"
LEAST_KEY_BYTES: Final = 16


class WrongSignatureError(Exception):
    """A request is not signed with the key, is too old, or was altered: which, is not said."""


def key_of(text: str) -> bytes:
    """Return the key written as `whsec_BASE64`, or else the bytes of the text itself.

    Raises:
        ValueError: it is no base64, or shorter than 16 bytes.
    """
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True) if text.startswith(PREFIX) else text.encode()
    except binascii.Error:
        raise ValueError("a key that begins with whsec_ goes on in base64") from None
    if len(key) < LEAST_KEY_BYTES:
        raise ValueError(f"a signing key has at least {LEAST_KEY_BYTES} bytes")
    return key


def signature(key: bytes, *, message_id: str, stamp: int, body: bytes) -> str:
    """Return the signature of one request.

    Raises:
        UnicodeDecodeError: the body is no text.
    """
    return Webhook(key).sign(message_id, datetime.fromtimestamp(stamp, tz=UTC), body.decode())


def signed_headers(key: bytes, *, message_id: str, stamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a request."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signature(key, message_id=message_id, stamp=stamp, body=body),
    }


def check_signature(key: bytes, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """Return the id of a request that is signed with the key and recent.

    Args:
        key: the shared key.
        headers: of the request, names in lower case.
        body: of the request, as received.
        now: seconds since 1970.

    Raises:
        WrongSignatureError: it is not.
    """
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    # eleven digits last until the year 5138, and more could not be compared with a float
    if not message_id or not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 11):
        raise WrongSignatureError
    try:
        wanted = signature(key, message_id=message_id, stamp=int(stamp), body=body).encode()
    except (UnicodeDecodeError, ValueError, OverflowError, OSError):
        raise WrongSignatureError from None
    given = headers.get("webhook-signature", "").encode("utf-8", "replace").split()
    matches = [hmac.compare_digest(wanted, each) for each in given]
    if not any(matches) or abs(now - int(stamp)) > TOLERANCE_SECONDS:
        raise WrongSignatureError
    return message_id
